"""`Checker`: one implementation on one case after the other, as a whole and row by row."""

import sys
from collections.abc import Iterator

from losscli.checks.answer_check import AnswerCheck, Subject, exception_text
from losscli.checks.cases import Case
from losscli.checks.failures import Counterexample, check_row, counterexample
from losscli.checks.input_data import InputData
from losscli.checks.probes import BACKWARD, FORWARD
from losscli.checks.rule import LOSES_DIGITS
from losscli.checks.truth import Truth, known_truth
from losscli.implementations.implementation import Setting, UnsupportedError
from losscli.implementations.registry import Implementation
from losscli.results.documents.check import CheckRow

_UPDATES = 3


class Checker:
    """Checks an implementation; subject: its calls and notes."""

    def __init__(self, implementation: Implementation, setting: Setting, seed: int) -> None:
        self.subject = Subject(implementation, setting, seed)
        # A large error says little alone: torch's is reported with it, if torch is loaded anyway.
        like_torch = implementation.framework == "torch" and implementation.library is None
        self._torch = (
            Subject(Implementation("torch", "torch"), setting, seed) if like_torch else None
        )

    def rows(self, case: Case) -> Iterator[CheckRow]:
        """One row for each direction of a case.

        Raises UnsupportedError if the implementation does not have it.
        """
        arrays = self.subject.rounded(case.arrays)
        truth = known_truth(case.workload, arrays)
        case = case._replace(arrays=arrays)
        yield self._row(case, truth, both=False)
        if case.gradient and self.subject.runner(case.workload).both is not None:
            yield self._row(case, truth, both=True)

    def _row(self, case: Case, truth: Truth | None, *, both: bool) -> CheckRow:
        subject, workload = self.subject, case.workload
        check, data = subject.check_fully(workload, case.arrays, truth, both=both)
        if case.each and check.correct and check.of_mean and truth is not None:
            self._check_each(subject, case, truth, check, both=both)
        fault = check.fault or self._stale(case, data, both=both)
        fault = fault or self._probe(case, truth, both=both)
        example = Counterexample()
        if check.fault:
            example = counterexample(subject, workload, case.arrays, both=both)
        value, gradient = check.value, check.gradient
        worst = max(value, gradient, key=lambda errors: errors.ulp)
        explained = not fault and worst.ulp > LOSES_DIGITS
        return check_row(
            case.name,
            workload.shape,
            example.fault or fault,
            "mpmath" if truth is not None else "float64",
            both=both,
            check=check,
            example=example,
            vacuous=case.gradient and workload.rows > 1 and (value.vacuous or gradient.vacuous),
            ulp_at=worst.ulp_at if explained else None,
            torch_ulp=self._torch_ulp(case, truth, check, both=both) if explained else None,
        )

    def _torch_ulp(
        self, case: Case, truth: Truth | None, check: AnswerCheck, *, both: bool
    ) -> float | None:
        """The error of torch's own loss in ULP where a check's is largest; None without one."""
        if self._torch is None or "torch" not in sys.modules:
            return None
        of_gradient = check.gradient.ulp > check.value.ulp
        if not case.each and (of_gradient or not check.of_mean):
            index = check.gradient.ulp_index // case.arrays[0][0].size
            at = index if of_gradient else check.value.ulp_index
            case, truth = case.one_row(at), truth and truth.part(slice(at, at + 1))
        try:
            if both and self._torch.runner(case.workload).both is None:
                return None
            own = self._torch.check_once(case.workload, case.arrays, truth, both=both)
        except UnsupportedError:
            return None
        if case.each and own.correct and truth is not None:
            self._check_each(self._torch, case, truth, own, both=both)
        errors = own.gradient if of_gradient else own.value
        return errors.ulp if errors.count else None

    def _check_each(
        self, subject: Subject, case: Case, truth: Truth, check: AnswerCheck, *, both: bool
    ) -> None:
        """Check each row alone, until one is incorrect."""
        for at in range(len(case.arrays[0])):
            row, part = case.one_row(at), truth.part(slice(at, at + 1))
            one = subject.check_once(row.workload, row.arrays, part, both=both)
            check.value += one.value
            check.gradient += one.gradient
            check.exception = one.exception
            if not check.correct:
                return

    def _stale(self, case: Case, data: InputData, *, both: bool) -> str:
        """The fault of an answer that does not follow when the contents of buffers change."""
        if not case.gradient:
            return ""
        framework = self.subject.runner(case.workload).framework
        call = self.subject.call(case.workload, both=both)
        for update in data.updates(_UPDATES):
            data.apply(update)
            try:
                summary = data.summarize(call(*data.inputs(framework)), update)
            except Exception as error:  # noqa: BLE001 - a user's code may raise anything
                return exception_text(error)
            mean, slopes = data.check_summary(summary, update)
            # Extremes have kinks, where slopes other than the declared one are correct as well.
            if not mean.correct or not (slopes.correct or case.each):
                return "it is incorrect once the contents of its inputs change"
        return ""

    def _probe(self, case: Case, truth: Truth | None, *, both: bool) -> str:
        """The first fault that a probe of a direction finds."""
        probes = BACKWARD if both else FORWARD
        return next((fault for probe in probes if (fault := probe(self.subject, case, truth))), "")
