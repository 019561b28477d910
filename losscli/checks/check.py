"""`check_implementation`: ordinary, extreme and adversarial inputs, judged by one rule."""

import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from losscli.backends.machine import environment
from losscli.checks.answer_check import AnswerCheck, Subject, exception_text
from losscli.checks.cases import Case, cases, perfect_constant
from losscli.checks.failures import Counterexample, check_row, counterexample
from losscli.checks.input_data import InputData
from losscli.checks.precision import precision
from losscli.checks.probes import BACKWARD, FORWARD, declared_slopes, empty_input
from losscli.checks.rule import LOSES_DIGITS
from losscli.checks.search import DEFAULT_EXAMPLES, adversarial, search_available
from losscli.checks.truth import Truth, known_truth
from losscli.errors import MissingError
from losscli.implementations.implementation import Setting, UnsupportedError
from losscli.implementations.registry import Implementation
from losscli.losses.core.labels import Choice
from losscli.losses.core.loss import Loss
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.check import CheckPlan
from losscli.results.document import Note, Timing
from losscli.results.documents.check import CaseCount, Check, CheckRow, SkippedCase
from losscli.stats.formatting import ulps

_LABELS = 50  # rows that hold labels of both kinds
_EXTRA = "pip install 'losscli[check]'"
_LIMIT_S = 60.0  # CPU time of the calls of a case
_CALLS = 25  # of each direction of a case, about
_SMALLEST = 500  # predictions; below, a call's fixed cost says nothing of larger inputs
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
            errors = data.check_summary(summary, update)
            # Extremes have kinks, where slopes other than the declared one are correct as well.
            correct = errors.mean.correct and errors.rows.correct
            if not correct or not (errors.slopes.correct or case.each):
                return "it is incorrect once the contents of its inputs change"
        return ""

    def _probe(self, case: Case, truth: Truth | None, *, both: bool) -> str:
        probes = BACKWARD if both else FORWARD
        return next((fault for probe in probes if (fault := probe(self.subject, case, truth))), "")


def check_implementation(
    implementation: Implementation,
    bound: BoundLoss,
    setting: Setting,
    plan: CheckPlan,
    progress: Callable[[float, str], None],
) -> Check:
    """Check an implementation of a loss.

    progress: is called with the share of the cases done, and the phase.

    Raises MissingError if its library or device is absent, or if adversarial inputs were requested
    without hypothesis.
    """
    start = time.perf_counter()
    if plan.examples and not search_available():
        raise MissingError(
            "adversarial examples need hypothesis and mpmath", hint=_EXTRA, place="--examples"
        )
    run = _Run(implementation, bound, setting, plan)
    run.check_cases(progress)
    run.check_further(progress)
    return Check(
        impl=implementation.text,
        loss=bound.loss.name,
        label=bound.label,
        device=setting.device,
        dtype=setting.dtype,
        seed=plan.seed,
        rows=tuple(run.rows),
        notes=tuple(dict.fromkeys(run.notes())),
        environment=environment(),
        correct=all(row.correct for row in run.rows),
        timing=Timing(time.perf_counter() - start),
        cases=CaseCount(run.planned, run.planned - len(run.skipped)),
        skipped=tuple(run.skipped),
        allow_skipped=plan.allow_skipped,
    )


class _Run:
    """One check in progress; rows, skipped: its results so far."""

    def __init__(
        self, implementation: Implementation, bound: BoundLoss, setting: Setting, plan: CheckPlan
    ) -> None:
        self.rows: list[CheckRow] = []
        self.skipped: list[SkippedCase] = []
        self._unsupported: list[SkippedCase] = []
        self._implementation = implementation
        self._bound = bound
        self._plan = plan
        self._precision = precision(setting.dtype)
        self._checker = Checker(implementation, setting, plan.seed)
        self._cases = self._all_cases(self._with_accepted_labels())

    @property
    def planned(self) -> int:
        """The number of cases that the implementation has."""
        return len(self._cases) - len(self._unsupported)

    def check_cases(self, progress: Callable[[float, str], None]) -> None:
        """Check all cases, but those that are skipped."""
        schedule = Schedule(self._checker.subject)
        for number, case in enumerate(self._cases):
            progress(number / (len(self._cases) + 2), case.name)
            reason = schedule.reason_to_skip(case)
            if reason:
                self.skipped.append(SkippedCase(case.name, reason))
                continue
            try:
                schedule.warm_up(case)
                rows = list(self._checker.rows(case))
            except UnsupportedError as error:
                if not self.rows:
                    raise MissingError(f"{self._implementation.text}: {error}") from error
                self._unsupported.append(SkippedCase(case.name, str(error)))
            else:
                schedule.record(case, rows)
                self.rows += rows
            if self._bound.code:  # the derivative of a user's loss is not tested elsewhere
                self.rows += declared_slopes(case)

    def check_further(self, progress: Callable[[float, str], None]) -> None:
        """Check inputs of no rows, and search for adversarial ones."""
        subject, first = self._checker.subject, self._cases[0]
        count = len(self._cases) + 2
        progress(1.0 - 2 / count, "no rows")
        self.rows += empty_input(subject, first.workload, first.arrays)
        examples = DEFAULT_EXAMPLES if self._plan.examples is None else self._plan.examples
        if examples and search_available():
            progress(1.0 - 1 / count, "adversarial inputs")
            self.rows += adversarial(
                subject, first.workload, self._precision, self._plan.seed, examples
            )
        progress(1.0, "")

    def notes(self) -> Iterator[Note]:
        """All notes, which may repeat."""
        yield from _skip_notes(self.skipped, "skipped")
        yield from _skip_notes(self._unsupported, "left out")
        yield from self._checker.subject.notes
        name, worst = self._implementation.text, max(self.rows, key=lambda row: row.worst)
        if all(row.correct for row in self.rows) and worst.worst > LOSES_DIGITS:
            where = f"in {worst.case}, {worst.passes}"
            yield Note("loses_digits", f"{name} is up to {ulps(worst.worst)} ULP off, {where}")
        for case in dict.fromkeys(row.case for row in self.rows if row.vacuous):
            yield Note("vacuous", f"a constant would pass as {case} in {self._precision.name}")
        constant = perfect_constant(self._cases[0].workload)
        if constant:
            yield Note("constant_prediction", constant)
        if not search_available():
            text = "no adversarial inputs and no true values: they need hypothesis and mpmath"
            yield Note("left_out", f"{text}: {_EXTRA}")
        of_tensors = self._implementation.reference and self._implementation.framework == "torch"
        if of_tensors and all(map(_raised, self.rows)):
            text = f"it raised for every input: numpy:{name} passes arrays instead of tensors"
            yield Note("numpy_function", text)

    def _all_cases(self, loss: Loss) -> list[Case]:
        bound = self._bound
        return list(cases(loss, bound.label, bound.params, self._precision, self._plan.seed))

    def _with_accepted_labels(self) -> Loss:
        """The loss with labels 0 and 1, or -1 and 1 if a function is correct only with these.

        A library's loss gets the targets that the library takes.
        """
        loss = self._bound.loss
        convention = loss.like.get(self._implementation.library or "")
        if convention is not None and convention.target is not None and loss.domains is None:
            loss = replace(loss, target=convention.target)
        target = loss.target
        signs = target.signs if isinstance(target, Choice) else None
        if self._implementation.reference is None or signs is None:
            return loss
        signed = replace(loss, target=signs)
        if self._accepts(loss) or not self._accepts(signed):
            return loss
        text = f"{self._implementation.text} takes labels of -1 and 1, and is checked with these"
        self._checker.subject.notes.append(Note("labels", text))
        return signed

    def _accepts(self, loss: Loss) -> bool:
        case = next(case for case in self._all_cases(loss) if len(case.arrays[0]) >= _LABELS)
        subject = self._checker.subject
        return subject.check_once(case.workload, case.arrays, None, both=False).correct


def _skip_notes(skipped: list[SkippedCase], verb: str) -> Iterator[Note]:
    for reason in dict.fromkeys(one.reason for one in skipped):
        names = [one.case for one in skipped if one.reason == reason]
        were = "was" if len(names) == 1 else "were"
        yield Note("left_out", f"{', '.join(names)} {were} {verb}: {reason}")


def _raised(row: CheckRow) -> bool:
    """True if the fault is an exception, not a number."""
    return bool(re.match(r"\w*(Error|Exception)\b", row.fault or ""))


class Schedule:
    """Skips a larger ordinary case if a smaller one is incorrect, or shows that it is too slow.

    Speed is CPU time of calls after a warm-up, so that neither compilation nor other work on the
    machine makes cases disappear.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._last: Case | None = None
        self._seconds = 0.0
        self._incorrect = False

    def reason_to_skip(self, case: Case) -> str:
        """The reason to skip a case; empty if it is to run."""
        last = self._last
        if last is None or not case.ordinary or case.arrays[0].size <= last.arrays[0].size:
            return ""
        if self._incorrect:
            return f"{last.name} is incorrect"
        if last.arrays[0].size < _SMALLEST:
            return ""
        expected = self._seconds * case.arrays[0].size / last.arrays[0].size
        return f"{last.name} took {self._seconds:.1f} s" if expected > _LIMIT_S else ""

    def warm_up(self, case: Case) -> None:
        """Call an ordinary case once for its compilation and once for its time.

        Raises UnsupportedError if the implementation does not have it.
        """
        runner = self._subject.runner(case.workload)
        if not case.ordinary:
            return
        seconds = 0.0
        for call in (runner.forward, runner.both):
            if call is not None:
                with suppress(Exception):  # the check itself reports what is raised
                    call(*self._subject.inputs(case.workload, case.arrays))
                    inputs = self._subject.inputs(case.workload, case.arrays)
                    start = time.process_time()
                    call(*inputs)
                    seconds += time.process_time() - start
        self._last, self._seconds = case, seconds * _CALLS

    def record(self, case: Case, rows: Sequence[CheckRow]) -> None:
        """Note the result of a case."""
        if case.ordinary:
            self._incorrect = any(row.fault for row in rows)
