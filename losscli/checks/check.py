"""`check_implementation`: ordinary, extreme and adversarial inputs, judged by one rule."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from losscli.backends.machine import environment
from losscli.checks.cases import Case, cases
from losscli.checks.checker import Checker
from losscli.checks.precision import Floats, Precision, precision
from losscli.checks.probes import empty_input
from losscli.checks.search import DEFAULT_EXAMPLES, adversarial, search_available
from losscli.checks.truth import truth_available, truth_of
from losscli.checks.vacuous import perfect_constant
from losscli.errors import MissingError
from losscli.implementations.implementation import Setting, UnsupportedError
from losscli.implementations.registry import Implementation
from losscli.losses.core.labels import Choice
from losscli.losses.core.loss import Loss
from losscli.losses.spec.binding import BoundLoss
from losscli.results.document import Note, Timing, pass_name
from losscli.results.documents.check import Check, CheckRow

_LOSES_DIGITS = 16.0  # ULP
_PATIENCE_S = 30.0  # for a case
_LABELS = 50  # rows that hold labels of both kinds
_SLOPE_ERROR = 1e-9  # relative: float64 formulas lose some digits, and a wrong one is far off
_EXTRA = "pip install 'losscli[check]'"


def check_implementation(
    implementation: Implementation,
    bound: BoundLoss,
    setting: Setting,
    seed: int,
    progress: Callable[[float], None],
    examples: int | None = None,
) -> Check:
    """Check an implementation of a loss; progress is told the share of the cases done.

    examples: adversarial inputs that are tried; None is some, where hypothesis is installed.

    Raises MissingError where its library or device is absent, or examples were asked for without
    hypothesis.
    """
    start = time.perf_counter()
    kind = precision(setting.dtype)
    if examples and not search_available():
        raise MissingError(
            "adversarial examples need hypothesis and mpmath", hint=_EXTRA, place="--examples"
        )
    rows: list[CheckRow] = []
    notes: dict[Note, None] = {}
    checker = Checker(implementation, setting, seed)
    loss = _in_its_labels(checker, bound, kind, seed)
    todo = list(cases(loss, bound.label, bound.params, kind, seed))
    growth = _Growth()
    left_out: dict[str, list[str]] = {}
    for number, case in enumerate(todo):
        hindrance = growth.hindrance(case)
        if hindrance:
            left_out.setdefault(hindrance, []).append(case.name)
            continue
        try:
            begin = time.perf_counter()
            found = list(checker.rows(case))
            growth.saw(case, found, time.perf_counter() - begin)
            rows += found
        except UnsupportedError as reason:
            if not rows:
                raise MissingError(f"{implementation.text}: {reason}") from reason
            left_out.setdefault(str(reason), []).append(case.name)
        if bound.code:  # nobody has held its derivative to its reference yet
            rows += _slopes(case)
        progress((number + 1) / (len(todo) + 2))
    rows += empty_input(checker, todo[0].workload, todo[0].arrays)
    wanted = DEFAULT_EXAMPLES if examples is None else examples
    if wanted and search_available():
        rows += adversarial(checker, todo[0].workload, kind, seed, wanted)
    progress(1.0)
    for why, names in left_out.items():
        were = "was" if len(names) == 1 else "were"
        notes[Note("left_out", f"{', '.join(names)} {were} left out: {why}")] = None
    notes |= dict.fromkeys(checker.notes)
    notes |= dict.fromkeys(
        _notes(implementation.text, rows, todo, kind, missing=not search_available())
    )
    if implementation.reference and implementation.framework == "torch" and all(map(_raised, rows)):
        words = f"it raised on everything: numpy:{implementation.text} gives it arrays, not tensors"
        notes[Note("numpy_function", words)] = None
    return Check(
        impl=implementation.text,
        loss=bound.loss.name,
        label=bound.label,
        device=setting.device,
        dtype=setting.dtype,
        seed=seed,
        correct=all(row.correct for row in rows),
        rows=tuple(rows),
        notes=tuple(notes),
        environment=environment(),
        timing=Timing(time.perf_counter() - start),
    )


class _Growth:
    """Whether a larger case is worth its time: not where a smaller one is wrong, or took long."""

    def __init__(self) -> None:
        self._last: Case | None = None
        self._seconds = 0.0
        self._wrong = False

    def hindrance(self, case: Case) -> str:
        """Why a case is left out; empty where it is not."""
        last = self._last
        if last is None or not case.ordinary or case.arrays[0].size <= last.arrays[0].size:
            return ""
        if self._wrong:
            return f"{last.name} is wrong"
        expected = self._seconds * case.arrays[0].size / last.arrays[0].size
        return f"{last.name} took {self._seconds:.1f} s" if expected > _PATIENCE_S else ""

    def saw(self, case: Case, found: Sequence[CheckRow], seconds: float) -> None:
        """Remember what an ordinary case came to."""
        if case.ordinary:
            self._last, self._seconds = case, seconds
            self._wrong = any(row.fault for row in found)


def _in_its_labels(checker: Checker, bound: BoundLoss, kind: Precision, seed: int) -> Loss:
    """The loss of labels of 0 and 1, or of -1 and 1 where a function is right with these alone."""
    loss, target = bound.loss, bound.loss.target
    signs = target.signs if isinstance(target, Choice) else None
    if checker.implementation.reference is None or signs is None:
        return loss
    signed = replace(loss, target=signs)

    def takes(one: Loss) -> bool:
        found = cases(one, bound.label, bound.params, kind, seed)
        case = next(case for case in found if len(case.arrays[0]) >= _LABELS)
        return checker.judged(case.workload, case.arrays, None, both=False).right

    if takes(loss) or not takes(signed):
        return loss
    words = f"{checker.implementation.text} takes labels of -1 and 1, and is judged by these"
    checker.notes.append(Note("labels", words))
    return signed


def _slopes(case: Case) -> Iterator[CheckRow]:
    """A row for a case that is small enough: whether derivative is the slope of the reference."""
    work = case.workload
    if not case.gradient or not truth_available(work):
        return
    arrays = [a if a.dtype.kind in "iu" else a.astype(np.float64) for a in case.arrays]
    truth = truth_of(work, tuple(arrays))
    if truth.low is None or truth.high is None:
        return
    outputs = arrays[0][0].size if work.loss.elementwise else 1
    other = arrays[1] if len(arrays) > 1 else None
    with np.errstate(all="ignore"):
        found = np.asarray(work.loss.derivative(np, arrays[0], other, **work.params)) / outputs
    fault = _off_the_slope(found, truth.low, truth.high)
    yield CheckRow(
        case=f"slopes, {case.name}",
        passes=pass_name(True),
        shape=work.shape,
        max_ulp=None,
        grad_max_ulp=None,
        truth="mpmath",
        correct=not fault,
        fault=fault or None,
    )


def _raised(row: CheckRow) -> bool:
    """Whether the fault is an exception, and no number."""
    return bool(re.match(r"\w*(Error|Exception)\b", row.fault or ""))


def _off_the_slope(found: Floats, low: Floats, high: Floats) -> str:
    """What is wrong with slopes that should lie between two; nan is no slope."""
    if found.shape != low.shape:
        return f"its derivative has the shape {found.shape}, its predictions {low.shape}"
    with np.errstate(all="ignore"):
        room = _SLOPE_ERROR * np.maximum(1.0, np.maximum(np.abs(low), np.abs(high)))
        good = (found >= low - room) & (found <= high + room) | (found == low) | (found == high)
    off = ~good & ~np.isnan(low)
    if not off.any():
        return ""
    at = np.unravel_index(int(off.argmax()), off.shape)
    return f"its derivative is {found[at] + 0.0:.6g} where its reference rises by {high[at]:.6g}"


def _notes(
    impl: str, rows: Sequence[CheckRow], done: Sequence[Case], kind: Precision, *, missing: bool
) -> Iterator[Note]:
    worst = max(rows, key=lambda row: row.worst)
    if all(row.correct for row in rows) and worst.worst > _LOSES_DIGITS:
        where = f"in {worst.case}, {worst.passes}"
        yield Note("loses_digits", f"{impl} is up to {worst.worst:.3g} ULP off, {where}")
    for name in dict.fromkeys(row.case for row in rows if row.vacuous):
        yield Note("vacuous", f"a constant would pass as {name} in {kind.name}")
    constant = perfect_constant(done)
    if constant:
        yield Note("constant_prediction", constant)
    if missing:
        words = "adversarial inputs and true values were left out: they need hypothesis and mpmath"
        yield Note("left_out", f"{words}: {_EXTRA}")
