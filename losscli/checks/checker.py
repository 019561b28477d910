"""`Checker`: one implementation on one case after the other, whole and row by row."""

from collections.abc import Iterator
from dataclasses import replace

from losscli.checks.answer_check import AnswerCheck, Call, check_call, exception_text
from losscli.checks.arrays import as_dtype
from losscli.checks.cases import Case
from losscli.checks.input_data import InputData
from losscli.checks.inputs import Arrays, InputGenerator, in_domain
from losscli.checks.probes import BACKWARD, FORWARD
from losscli.checks.shrinking import smallest
from losscli.checks.snippet import inputs_text, snippet
from losscli.checks.truth import Truth, truth_available, truth_of
from losscli.errors import DataError, UsageError
from losscli.implementations.implementation import Runner, Setting, Workload
from losscli.implementations.registry import Implementation
from losscli.results.document import Note, pass_name
from losscli.results.documents.check import CheckRow

_CHANGES = 3


class Checker:
    """Judges one implementation; notes: what was seen that is not wrong."""

    def __init__(self, implementation: Implementation, setting: Setting, seed: int) -> None:
        self.implementation = implementation
        self.setting = setting
        self.notes: list[Note] = []
        self._seed = seed
        self._runners: dict[tuple[int, ...], Runner] = {}

    def rows(self, case: Case) -> Iterator[CheckRow]:
        """A row a pass of a case."""
        workload, arrays = case.workload, self._rounded(case.arrays)
        truth = _truth(workload, arrays, slopes=True)
        case = case._replace(arrays=arrays)
        yield self._row(case, truth, both=False)
        if case.gradient and self.runner(workload).both is not None:
            yield self._row(case, truth, both=True)

    def runner(self, workload: Workload) -> Runner:
        """The computation of a workload, prepared once for each shape.

        Raises UnsupportedError where it has none for this one.
        """
        if workload.shape not in self._runners:
            self._runners[workload.shape] = self.implementation.prepare(workload, self.setting)
        return self._runners[workload.shape]

    def call(self, workload: Workload, *, both: bool) -> Call:
        """What is called in a pass."""
        runner = self.runner(workload)
        call = runner.both if both else runner.forward
        assert call is not None
        return call

    def data(self, workload: Workload, arrays: Arrays, truth: Truth | None) -> InputData:
        """The inputs in buffers, with the truth of them where it is known."""
        sized = replace(workload, shape=arrays[0].shape)
        draw = InputGenerator(sized, arrays[0].dtype, self._seed)
        data = InputData(sized, self.setting, arrays, draw)
        if truth is not None and data.correct(truth):
            words = "where a loss is clamped, its declared gradient counts, not the formula's"
            self.notes.append(Note("declared_gradient", words))
        return data

    def judged(
        self, workload: Workload, arrays: Arrays, truth: Truth | None, *, both: bool
    ) -> AnswerCheck:
        """One call beside the truth, without more ado."""
        verdict = AnswerCheck()
        data = self.data(workload, arrays, truth)
        call = self.call(data.workload, both=both)
        try:
            verdict.judge(data, call(*data.inputs(self.runner(workload).framework)))
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            verdict.failure = exception_text(error)
        return verdict

    def faulty(self, workload: Workload, arrays: Arrays, *, both: bool) -> tuple[str, str, str]:
        """The smallest inputs that show a fault, the fault, and a snippet; empty: none was found.

        The inputs must belong to the domains, and fail when they are tried once more.
        """

        def fails(candidate: Arrays) -> bool:
            return self._fits(workload, candidate) and bool(self._words(workload, candidate, both))

        if not fails(arrays):  # once and not again, or only in a row alone
            alone = (tuple(a[at : at + 1] for a in arrays) for at in range(len(arrays[0])))
            failing = next((row for row in alone if fails(row)), None)
            if failing is None:
                return "", "", ""
            arrays = failing
        found = smallest(arrays, fails)
        words = self._words(workload, found, both)
        paste = snippet(self.implementation, workload, found, self.setting, both=both)
        return f"{inputs_text(found)}: {words}", words, paste

    def _words(self, workload: Workload, arrays: Arrays, both: bool) -> str:
        arrays = self._rounded(arrays)
        sized = replace(workload, shape=arrays[0].shape)
        truth = _truth(sized, arrays, slopes=both)
        return self._tried(sized, arrays, truth, both=both)[0].words

    def _fits(self, workload: Workload, arrays: Arrays) -> bool:
        pred, *rest = arrays
        try:
            row = rest[0].shape[1:] if rest else None
            workload.loss.check_shapes(pred.shape[1:], row, workload.params)
        except (DataError, UsageError):
            return False
        return bool(in_domain(workload, arrays).all())

    def _rounded(self, arrays: Arrays) -> Arrays:
        return tuple(as_dtype(array, self.setting.dtype) for array in arrays)

    def _row(self, case: Case, truth: Truth | None, *, both: bool) -> CheckRow:
        workload = case.workload
        verdict, data = self._tried(workload, case.arrays, truth, both=both)
        if case.each and verdict.right and verdict.of_mean and truth is not None:
            self._each(case, truth, verdict, both=both)
        fault = verdict.words or self._stale(case, data, both=both)
        fault = fault or self._probed(case, truth, both=both)
        shrunk, paste = "", ""
        if verdict.words:
            shrunk, words, paste = self.faulty(workload, case.arrays, both=both)
            fault = words or fault
        value, gradient = verdict.value, verdict.gradient
        return CheckRow(
            case=case.name,
            passes=pass_name(both),
            shape=workload.shape,
            max_ulp=value.ulp if value.count else None,
            grad_max_ulp=gradient.ulp if gradient.count else None,
            truth="mpmath" if truth is not None else "float64",
            correct=not fault,
            fault=fault or None,
            smallest=shrunk or None,
            median_ulp=value.typical,
            grad_median_ulp=gradient.typical,
            vacuous=case.gradient and workload.rows > 1 and (value.vacuous or gradient.vacuous),
            snippet=paste or None,
        )

    def _each(self, case: Case, truth: Truth, verdict: AnswerCheck, *, both: bool) -> None:
        """Judge each row alone."""
        for at in range(len(case.arrays[0])):
            row = slice(at, at + 1)
            alone = tuple(array[row] for array in case.arrays)
            found = self.judged(case.workload, alone, truth.part(row), both=both)
            verdict.value += found.value
            verdict.gradient += found.gradient
            verdict.failure = found.failure
            if not verdict.right:
                return

    def _tried(
        self, workload: Workload, arrays: Arrays, truth: Truth | None, *, both: bool
    ) -> tuple[AnswerCheck, InputData]:
        data = self.data(workload, arrays, truth)
        verdict = AnswerCheck()
        framework = self.runner(data.workload).framework
        check_call(self.call(data.workload, both=both), framework, data, verdict)
        return verdict, data

    def _stale(self, case: Case, data: InputData, *, both: bool) -> str:
        """Whether it keeps to an answer when the contents of its buffers change."""
        if not case.gradient:
            return ""
        framework = self.runner(case.workload).framework
        call = self.call(case.workload, both=both)
        for update in data.updates(_CHANGES):
            data.apply(update)
            try:
                seen = data.summarize(call(*data.inputs(framework)), update)
            except Exception as error:  # noqa: BLE001 - a user's code may raise anything
                return exception_text(error)
            mean, slopes = data.judge_summary(seen, update)
            # Among extremes there are kinks, where other slopes than the declared are right too.
            if mean.wrong or (slopes.wrong and not case.each):
                return "it is wrong once the contents of its inputs change"
        return ""

    def _probed(self, case: Case, truth: Truth | None, *, both: bool) -> str:
        """What a probe of a pass of the case finds wrong."""
        probes = BACKWARD if both else FORWARD
        return next((fault for probe in probes if (fault := probe(self, case, truth))), "")


def _truth(workload: Workload, arrays: Arrays, *, slopes: bool) -> Truth | None:
    """The truth, where mpmath can tell it of so many numbers."""
    return truth_of(workload, arrays, slopes=slopes) if truth_available(workload) else None
