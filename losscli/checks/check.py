"""`examine`: an implementation on ordinary, extreme and adversarial inputs, by one rule."""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from losscli.checks.cases import Case, cases
from losscli.checks.examiner import Examiner
from losscli.checks.precision import Floats, Precision, precision
from losscli.checks.probes import no_rows
from losscli.checks.result import Check, Checked
from losscli.checks.search import DEFAULT_EXAMPLES, adversarial, can_search
from losscli.checks.truth import can_tell, truth_of
from losscli.checks.vacuous import constant_that_scores
from losscli.documents import Note
from losscli.errors import MissingError
from losscli.implementations.implementation import Setting, UnsupportedError
from losscli.implementations.registry import Contestant
from losscli.losses.spec import BoundLoss
from losscli.machine import environment

_LOSES_DIGITS = 16.0  # ULP
_SLOPE_ERROR = 1e-9  # relative: float64 formulas lose some digits, and a wrong one is far off
_EXTRA = "pip install 'losscli[check]'"


def examine(
    contestant: Contestant,
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
    if examples and not can_search():
        raise MissingError(
            "adversarial examples need hypothesis and mpmath", hint=_EXTRA, place="--examples"
        )
    todo = list(cases(bound.loss, bound.label, bound.params, kind, seed))
    rows: list[Checked] = []
    notes: dict[Note, None] = {}
    examiner = Examiner(contestant, setting, seed)
    for number, case in enumerate(todo):
        try:
            rows += examiner.rows(case)
        except UnsupportedError as reason:
            if not rows:
                raise MissingError(f"{contestant.text}: {reason}") from reason
            notes[Note("left_out", f"{case.name} was left out: {reason}")] = None
        if bound.code:  # nobody has held its derivative to its reference yet
            rows += _slopes(case)
        progress((number + 1) / (len(todo) + 2))
    rows += no_rows(examiner, todo[0].workload, todo[0].arrays)
    wanted = DEFAULT_EXAMPLES if examples is None else examples
    if wanted and can_search():
        rows += adversarial(examiner, todo[0].workload, kind, seed, wanted)
    progress(1.0)
    notes |= dict.fromkeys(examiner.notes)
    notes |= dict.fromkeys(_notes(contestant.text, rows, todo, kind, missing=not can_search()))
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
    if not case.gradient or not can_tell(work):
        return
    arrays = [a if a.dtype.kind in "iu" else a.astype(np.float64) for a in case.arrays]
    truth = truth_of(work, tuple(arrays))
    if truth.low is None or truth.high is None:
        return
    outputs = arrays[0][0].size if work.loss.elementwise else 1
    other = arrays[1] if len(arrays) > 1 else None
    with np.errstate(all="ignore"):
        found = np.asarray(work.loss.derivative(np, arrays[0], other, **work.params)) / outputs
    yield Checked(
        case=f"slopes, {case.name}",
        both=True,
        shape=work.shape,
        max_ulp=None,
        grad_max_ulp=None,
        truth="mpmath",
        fault=_off_the_slope(found, truth.low, truth.high),
        smallest="",
    )


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
    impl: str, rows: Sequence[Checked], done: Sequence[Case], kind: Precision, *, missing: bool
) -> Iterator[Note]:
    worst = max(rows, key=lambda row: row.worst)
    if all(row.correct for row in rows) and worst.worst > _LOSES_DIGITS:
        where = f"in {worst.case}, {worst.passes}"
        yield Note("loses_digits", f"{impl} is up to {worst.worst:.3g} ULP off, {where}")
    for name in dict.fromkeys(row.case for row in rows if row.vacuous):
        yield Note("vacuous", f"a constant would pass as {name} in {kind.name}")
    constant = constant_that_scores(done)
    if constant:
        yield Note("constant_prediction", constant)
    if missing:
        words = "adversarial inputs and true values were left out: they need hypothesis and mpmath"
        yield Note("left_out", f"{words}: {_EXTRA}")
