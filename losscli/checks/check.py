"""`examine`: an implementation on ordinary and extreme inputs, by the one rule of what is wrong."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from losscli.checks.arrays import as_dtype
from losscli.checks.cases import Case, cases
from losscli.checks.inputs import Arrays, Draw
from losscli.checks.material import Material
from losscli.checks.precision import precision
from losscli.checks.result import Check, Checked
from losscli.checks.shrink import shown_inputs, smallest
from losscli.checks.trial import Verdict, said, try_out
from losscli.checks.truth import can_tell, true_losses, true_slopes
from losscli.documents import Note
from losscli.implementations.implementation import Runner, Setting, UnsupportedError, Workload
from losscli.implementations.registry import Contestant
from losscli.losses.spec import BoundLoss
from losscli.machine import environment

_LOSES_DIGITS = 16.0  # ULP
_CHANGES = 3
_SLOPES = 100  # predictions: each is moved on its own, at a few milliseconds
_SLOPE_ERROR = 1e-9  # relative: float64 formulas lose some digits, and a wrong one is far off


def examine(
    contestant: Contestant,
    bound: BoundLoss,
    setting: Setting,
    seed: int,
    progress: Callable[[float], None],
) -> Check:
    """Check an implementation of a loss; progress is told the share of the cases done.

    Raises MissingError where its library or device is absent.
    """
    start = time.perf_counter()
    kind = precision(setting.dtype)
    todo = list(cases(bound.loss, bound.label, bound.params, kind, seed))
    rows: list[Checked] = []
    notes: dict[Note, None] = {}
    for number, case in enumerate(todo):
        examiner = _Examiner(contestant, case, setting, seed)
        rows += examiner.rows()
        notes |= dict.fromkeys(examiner.notes)
        if bound.code:  # nobody has held its derivative to its reference yet
            rows += _slopes(case)
        progress((number + 1) / len(todo))
    worst = max((ulp for row in rows for ulp in (row.max_ulp, row.grad_max_ulp) if ulp), default=0)
    if all(row.correct for row in rows) and worst > _LOSES_DIGITS:
        notes[Note("loses_digits", f"{contestant.text} is up to {worst:.3g} ULP off")] = None
    return Check(
        impl=contestant.text,
        loss=bound.loss.name,
        label=bound.label,
        device=setting.device,
        dtype=setting.dtype,
        seed=seed,
        rows=tuple(rows),
        notes=tuple(notes),
        environment=environment(),
        wall_s=time.perf_counter() - start,
    )


def _slopes(case: Case) -> Iterator[Checked]:
    """A row for a case that is small enough: whether derivative is the slope of the reference."""
    work = case.workload
    if not case.gradient or not can_tell(work) or work.logits > _SLOPES:
        return
    pred, target = (a if a.dtype.kind in "iu" else a.astype(np.float64) for a in case.arrays)
    with np.errstate(all="ignore"):
        found = np.asarray(work.loss.derivative(np, pred, target, **work.params))
        truth = true_slopes(work, pred, target)
        off = np.abs(found - truth) > _SLOPE_ERROR * np.maximum(1.0, np.abs(truth))
    fault = ""
    if off.any():
        at = np.unravel_index(int(off.argmax()), off.shape)
        fault = f"its derivative is {found[at]:.6g} where its reference rises by {truth[at]:.6g}"
    yield Checked(
        case=f"slopes, {case.name}",
        both=True,
        shape=work.shape,
        max_ulp=None,
        grad_max_ulp=None,
        truth="mpmath",
        fault=fault,
        smallest="",
    )


class _Examiner:
    """One case of one implementation."""

    def __init__(self, contestant: Contestant, case: Case, setting: Setting, seed: int) -> None:
        self._contestant = contestant
        self._case = case
        self._setting = setting
        self._seed = seed
        self.notes: list[Note] = []

    def rows(self) -> Iterator[Checked]:
        """A row a pass."""
        yield self._row(both=False)
        runner = self._runner(self._case.workload)
        if self._case.gradient and runner.both is not None:
            yield self._row(both=True)

    def _row(self, *, both: bool) -> Checked:
        verdict, material = self._tried(self._case.arrays, both=both)
        if self._case.each and verdict.right and verdict.of_mean:
            self._each(verdict, both=both)
        fault = verdict.words or self._stale(material, both=both)
        if not fault and not both:
            fault = self._loses_nan() or self._strided()
        shrunk = ""
        if verdict.words:
            shrunk = self._smallest(both=both)
        told = can_tell(self._case.workload)
        value, gradient = verdict.value, verdict.gradient
        return Checked(
            case=self._case.name,
            both=both,
            shape=self._case.workload.shape,
            max_ulp=value.ulp if value.count else None,
            grad_max_ulp=gradient.ulp if gradient.count else None,
            truth="mpmath" if told else "float64",
            fault=fault,
            smallest=shrunk,
        )

    def _each(self, verdict: Verdict, *, both: bool) -> None:
        """Judge each row alone."""
        for at in range(len(self._case.arrays[0])):
            alone = tuple(array[at : at + 1] for array in self._case.arrays)
            material, runner = self._material(alone)
            call = runner.both if both else runner.forward
            assert call is not None
            try:
                verdict.judge(material, call(*material.inputs(runner.framework)))
            except Exception as error:  # noqa: BLE001 - a user's code may raise anything
                verdict.failure = said(error)
            if not verdict.right:
                return

    def _tried(self, arrays: Arrays, *, both: bool) -> tuple[Verdict, Material]:
        material, runner = self._material(arrays)
        verdict = Verdict()
        call = runner.both if both else runner.forward
        assert call is not None
        try_out(call, runner.framework, material, verdict)
        return verdict, material

    def _material(self, arrays: Arrays) -> tuple[Material, Runner]:
        """The inputs in buffers, with the truest losses that can be had."""
        workload = replace(self._case.workload, shape=arrays[0].shape)
        rounded = tuple(as_dtype(array, self._setting.dtype) for array in arrays)
        draw = Draw(workload, rounded[0].dtype, self._seed)
        material = Material(workload, self._setting, rounded, draw)
        if can_tell(workload):
            material.correct(true_losses(workload, *rounded))
        return material, self._runner(workload)

    def _runner(self, workload: Workload) -> Runner:
        try:
            return self._contestant.prepare(workload, self._setting)
        except UnsupportedError as reason:
            from losscli.errors import MissingError

            raise MissingError(f"{self._contestant.text}: {reason}") from reason

    def _stale(self, material: Material, *, both: bool) -> str:
        """Whether it keeps to an answer when the contents of its buffers change."""
        runner = self._runner(self._case.workload)
        call = runner.both if both else runner.forward
        if call is None or not self._case.gradient:
            return ""
        for change in material.changes(_CHANGES):
            material.apply(change)
            try:
                seen = material.glimpse(call(*material.inputs(runner.framework)), change)
            except Exception as error:  # noqa: BLE001 - a user's code may raise anything
                return said(error)
            mean, slopes = material.judge_call(seen, change)
            if mean.wrong or slopes.wrong:
                return "it is wrong once the contents of its inputs change"
        return ""

    def _loses_nan(self) -> str:
        """Whether a prediction that is nan vanishes from the value."""
        pred, *rest = self._case.arrays
        if not self._case.gradient:
            return ""
        broken = pred.copy()
        counted = 0 if rest[0].dtype.kind != "i" else int((rest[0] >= 0).argmax())
        broken[counted] = np.nan
        workload = self._case.workload
        material = Material(
            workload,
            self._setting,
            (broken, *rest),
            Draw(workload, broken.dtype, self._seed),
        )
        runner = self._runner(workload)
        try:
            value = runner.forward(*material.inputs(runner.framework)).value
        except Exception:  # noqa: BLE001 - it does not pass in silence, and that is all
            return ""
        if material.judge_value(value).wrong:
            return "a nan among its predictions vanishes, or spreads to other rows"
        return ""

    def _strided(self) -> str:
        """Whether it misreads inputs that are not contiguous; that it refuses them is noted."""
        material, runner = self._material(self._case.arrays)
        if runner.framework != "torch" or len(self._case.arrays[0]) < 2:
            return ""
        spread = tuple(_strided(tensor) for tensor in material.inputs("torch"))
        try:
            answer = runner.forward(*spread)
        except Exception as error:  # noqa: BLE001 - a user's code may raise anything
            words = f"{self._contestant.text} needs contiguous inputs: {said(error)}"
            self.notes.append(Note("needs_contiguous", words))
            return ""
        wrong = material.judge_value(answer.value).wrong
        return "it is wrong on inputs that are not contiguous" if wrong else ""

    def _smallest(self, *, both: bool) -> str:
        def fails(arrays: Arrays) -> bool:
            return bool(self._tried(arrays, both=both)[0].words)

        arrays = self._case.arrays
        if not fails(arrays):  # once and not again, or only in a row alone
            rows = (tuple(a[at : at + 1] for a in arrays) for at in range(len(arrays[0])))
            failing = next((row for row in rows if fails(row)), None)
            if failing is None:
                return ""
            arrays = failing
        weighed = any(isinstance(v, np.ndarray) for v in self._case.workload.params.values())
        found = smallest(arrays, fails, columns=not weighed)
        words = self._tried(found, both=both)[0].words
        return f"{shown_inputs(found)}: {words}"


def _strided(tensor: Any) -> Any:
    """The same numbers, every other one of a buffer twice as long."""
    wide = tensor.new_zeros((*tensor.shape, 2))
    wide[..., 0] = tensor
    return wide[..., 0]
