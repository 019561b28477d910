"""`compare_evaluations`: the difference of two saved evaluations, loss by loss, with verdicts."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast, get_args

from losscli.comparison.decisions import Tested, decided
from losscli.differences.samples import Change, pair, statistic_of, unpaired_reason
from losscli.differences.saved import LEVEL, Saved, Terms
from losscli.errors import DataError
from losscli.results.document import Note, json_numbers
from losscli.results.documents.compare import PairResult
from losscli.results.documents.diff import (
    EvaluationDiff,
    EvaluationSide,
    LoneLoss,
    LossVerdict,
    counted,
)
from losscli.results.documents.eval import Evaluation, difference_of_data
from losscli.results.statistics import MetricResult, Statistic
from losscli.stats.means import Mean, welch_difference

Side: TypeAlias = Saved[Evaluation]
Key: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]  # a label, and the keys of a group


def compare_evaluations(old: Side, new: Side, terms: Terms) -> EvaluationDiff:
    """Return the differences of `new` from `old`, of all rows and of each group.

    Raises DataError for results of different data unless allowed, without a loss in both, and for
    per-sample losses that were requested and cannot be read.
    """
    other = difference_of_data(new.result.inputs, old.result, old.name)
    if other and not terms.different_data:
        raise DataError(
            other,
            place=f"{new.name} cannot be compared with it",
            hint="evaluate both on the same targets with -o FILE.json, or --allow-different-data",
        )
    before, after = _by_key(old), _by_key(new)
    rows = [Change(before[key], loss, dict(key[1])) for key, loss in after.items() if key in before]
    if not rows:
        raise DataError(
            f"no loss of {new.name} is in {old.name}",
            place=f"OLD has {_labels(before)}; NEW has {_labels(after)}",
            hint="losses match by their labels: evaluate the same",
        )
    for row in rows:
        row.bound = terms.margin * abs(row.old.of_mean)
        row.reason = _incomparable(row) or None
    pairable = not other and any(not (row.reason or unpaired_reason(row, old, new)) for row in rows)
    _measure(old, new, rows, terms, same_data=not other)
    _decide(rows)
    return EvaluationDiff(
        old=EvaluationSide(**old.side, per_sample=old.result.per_sample),
        new=EvaluationSide(**new.side, per_sample=new.result.per_sample),
        margin=terms.margin,
        fail_on=tuple(terms.fail_on),
        ci_level=LEVEL,
        per_sample=terms.per_sample,
        allow_different_data=terms.different_data,
        rows=tuple(row.result() for row in rows),
        only_old=_on_one_side(before, after),
        only_new=_on_one_side(after, before),
        counts=counted((row.verdict for row in rows), get_args(LossVerdict)),
        notes=tuple(_notes(old, new, rows, terms, other)),
        pairable=pairable and not terms.per_sample,
    )


def _by_key(saved: Side) -> dict[Key, Statistic]:
    """Return all losses and metrics, then those of the groups, by label and group."""
    losses_by_key: dict[Key, Statistic] = {}
    parts: list[tuple[tuple[tuple[str, str], ...], tuple[Statistic, ...]]]
    parts = [((), saved.result.statistics)]
    parts += [(tuple(group.by.items()), group.statistics) for group in saved.result.groups]
    for by, losses in parts:
        for loss in losses:
            if (loss.label, by) in losses_by_key:
                raise DataError(f"{saved.name} has two losses labelled {loss.label!r}")
            losses_by_key[loss.label, by] = loss
    return losses_by_key


def _on_one_side(
    losses: Mapping[Key, Statistic], others: Mapping[Key, Statistic]
) -> tuple[LoneLoss, ...]:
    return tuple(
        LoneLoss(loss.label, _name(loss), dict(key[1]), loss.of_mean, loss.n)
        for key, loss in losses.items()
        if key not in others
    )


def _incomparable(row: Change) -> str:
    """Return why two losses cannot be compared; empty if they can."""
    old, new = row.old, row.new
    names = [statistic_of(side) or _name(side) for side in (old, new)]
    if names[0] != names[1] or _name(old) != _name(new):
        return f"different losses with one label: {names[0]} and {names[1]}"
    if isinstance(new, MetricResult) and new.higher_is_better is None:
        return "this metric is neither better when higher nor when lower"
    before, after = json_numbers(old.params), json_numbers(new.params)
    different = [
        f"{key} {_short(before.get(key))} and {_short(after.get(key))}"
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    ]
    if different:
        return f"different parameters: {'; '.join(different)}"
    for name, side in (("OLD", old), ("NEW", new)):
        if not side.n:
            return f"no rows in the mean of {name}"
        if not math.isfinite(side.of_mean):
            return f"{side.of_mean} in {name}"
    return ""


def _name(result: Statistic) -> str:
    return result.metric if isinstance(result, MetricResult) else result.loss


def _short(value: Any) -> str:
    return f"{len(value)} numbers" if isinstance(value, list) else str(value)


def _measure(
    old: Side, new: Side, rows: Sequence[Change], terms: Terms, *, same_data: bool
) -> None:
    """Set the differences: of paired rows if requested and possible, else by standard errors."""
    comparable = [row for row in rows if not row.reason]
    if terms.per_sample:
        for row in comparable:
            reason = unpaired_reason(row, old, new) if same_data else "the data are not the same"
            row.unpaired = reason or None
        pairable = [row for row in comparable if not row.unpaired]
        if pairable:
            pair(old, new, pairable)
    for row in comparable:
        if row.pairs is None:
            _by_standard_errors(row)


def _by_standard_errors(row: Change) -> None:
    sides = (row.old, row.new)
    means = [
        Mean(s.of_mean, s.stderr, s.clusters or s.n)
        for s in sides
        if s.stderr is not None and s.n > 1
    ]
    if len(means) < len(sides):
        row.reason = "no standard error: fewer than two rows, or beyond float64"
    else:
        row.shift, row.used = welch_difference(*means), "standard errors"


def _decide(rows: Sequence[Change]) -> None:
    """Set the verdict of each row: of noninferiority, Holm-corrected over its family.

    The losses and metrics of all rows are one family, the groups of each label one of their own.
    """
    families: dict[str | None, list[Change]] = {}
    for row in rows:
        if row.shift is not None:
            families.setdefault(row.new.label if row.by else None, []).append(row)
    for family in families.values():
        found = decided(list(map(_tested, family)), "noninferior", LEVEL)
        for row, tested in zip(family, found, strict=True):
            row.p, row.p_adjusted, row.rows_needed = tested.p, tested.p_adjusted, tested.rows_needed
            row.reason = tested.reason
            row.verdict = cast("LossVerdict", tested.verdict)  # there is no claim of equivalence


def _tested(row: Change) -> Tested:
    """A row as a pair of models, of which the second is the baseline."""
    assert row.shift is not None
    value = row.shift.estimate
    pair = PairResult(
        model="new",
        baseline="old",
        difference=value,
        n=row.pairs if row.pairs is not None else min(row.old.n, row.new.n),
        bound=row.bound,
    )
    harm = row.shift._replace(estimate=-value) if row.higher_is_better else row.shift
    return Tested(pair, (1, 0), harm)


def _notes(
    old: Side, new: Side, rows: Sequence[Change], terms: Terms, other: str
) -> Iterator[Note]:
    if old.result == new.result:
        yield Note("same_result", "OLD and NEW are the same result")
    if other:
        yield Note("different_data", f"compared despite different data: {other}")
    reasons = dict.fromkeys(row.unpaired for row in rows if row.unpaired and not row.by)
    for reason in reasons if terms.per_sample else ():
        yield Note("unpaired", f"Welch t instead of paired t: {reason}")
    if old.result.dtype != new.result.dtype:
        words = f"the arithmetic was in {old.result.dtype} and in {new.result.dtype}"
        yield Note("other_precision", words)


def _labels(losses: Mapping[Key, Statistic]) -> str:
    return ", ".join(dict.fromkeys(label for label, _ in losses)) or "none"
