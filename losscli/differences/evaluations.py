"""`compare_losses`: two saved evaluations, loss by loss and group by group."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.differences.changes import Change, Changes, SavedLoss
from losscli.differences.samples import paired, unpaired_reason
from losscli.errors import DataError
from losscli.results.difference import LEVEL, Saved, Terms
from losscli.results.document import Note, json_numbers
from losscli.results.reader import other_data
from losscli.stats.decisions import compare_to_bound, holm
from losscli.stats.means import Mean, welch_difference

_ALPHA = (1.0 - LEVEL) / 2.0  # one-sided, so that a verdict and its interval agree


def compare_evaluations(old: Saved, new: Saved, terms: Terms) -> Changes:
    """What changed from `old` to `new`, documents of the schema losscli/eval/1.

    Raises DataError where they are of other data and that was not allowed, where no loss is in
    both, and where the kept losses of the rows are asked for and are not there.
    """
    other = other_data(new.document.get("inputs") or [], old.document, old.name)
    if other and not terms.different_data:
        raise DataError(
            other,
            place=f"{new.name} cannot be compared with it",
            hint="evaluate both on the same targets with -o FILE.json, or --allow-different-data",
        )
    before, after = _by_key(old), _by_key(new)
    rows = [Change(before[key], loss) for key, loss in after.items() if key in before]
    if not rows:
        raise DataError(
            f"no loss of {new.name} is in {old.name}",
            place=f"OLD has {_labels(before.values())}; NEW has {_labels(after.values())}",
            hint="losses match by their labels: evaluate the same",
        )
    for row in rows:
        row.bound = terms.margin * abs(row.old.value)
        row.reason = _incomparable(row)
    pairable = not other and any(not (row.reason or unpaired_reason(row, old, new)) for row in rows)
    _measure(old, new, rows, terms, same_data=not other)
    _decide(rows)
    return Changes(
        rows=tuple(rows),
        only_old=tuple(loss for key, loss in before.items() if key not in after),
        only_new=tuple(loss for key, loss in after.items() if key not in before),
        old=old,
        new=new,
        terms=terms,
        pairable=pairable and not terms.per_sample,
        notes=tuple(_notes(old, new, rows, terms, other)),
    )


def _by_key(saved: Saved) -> dict[Any, SavedLoss]:
    """All losses, then those of the groups."""
    found: dict[Any, SavedLoss] = {}
    for part in (saved.document, *saved.document.get("groups", ())):
        by = {str(key): str(value) for key, value in (part.get("by") or {}).items()}
        for document in part["losses"]:
            loss = _loss(document, by)
            if loss.key in found:
                raise DataError(f"{saved.name} has two losses labelled {loss.label!r}")
            found[loss.key] = loss
    return found


def _loss(saved: Mapping[str, Any], by: Mapping[str, str]) -> SavedLoss:
    statistic, stderr = saved.get("statistic"), saved["stderr"]
    total, count = float(saved["sum"]), float(saved["weight_sum"])
    if saved.get("reduction") == "mean" and saved["value"] is not None:
        value = saved["value"]
    elif statistic is not None and saved.get(statistic) is not None:
        value = saved[statistic]
    else:
        value = total / count if count else math.nan
    return SavedLoss(
        label=saved["label"],
        loss=saved["loss"],
        params=json_numbers(saved["params"]),
        statistic=statistic,
        by=by,
        value=float(value),
        stderr=None if stderr is None else float(stderr),
        n=saved["n"],
        ignored=saved["ignored"],
        weight_sum=count,
    )


def _incomparable(row: Change) -> str:
    """Why the numbers of both sides are not of the same kind; empty where they are."""
    old, new = row.old, row.new
    if (old.loss, old.statistic) != (new.loss, new.statistic):
        names = [side.statistic or side.loss for side in (old, new)]
        return f"other losses of one label: {names[0]} and {names[1]}"
    keys = dict.fromkeys([*old.params, *new.params])
    apart = [
        f"{key} {_short(old.params.get(key))} and {_short(new.params.get(key))}"
        for key in keys
        if old.params.get(key) != new.params.get(key)
    ]
    if apart:
        return f"other parameters: {'; '.join(apart)}"
    for name, side in (("OLD", old), ("NEW", new)):
        if not side.n:
            return f"no row counts in {name}"
        if not math.isfinite(side.value):
            return f"{side.value} in {name}"
    return ""


def _short(value: Any) -> str:
    return f"{len(value)} numbers" if isinstance(value, list) else str(value)


def _measure(
    old: Saved, new: Saved, rows: Sequence[Change], terms: Terms, *, same_data: bool
) -> None:
    """Fill in the shifts: by pairs where that was asked for and can be, else by standard errors."""
    fair = [row for row in rows if not row.reason]
    if terms.per_sample:
        for row in fair:
            row.unpaired = (
                unpaired_reason(row, old, new) if same_data else "the data are not the same"
            )
        _by_pairs(old, new, [row for row in fair if not row.unpaired])
    for row in fair:
        if row.pairs is None:
            _by_standard_errors(row)


def _by_pairs(old: Saved, new: Saved, rows: Sequence[Change]) -> None:
    for row, found in zip(rows, paired(old, new, rows) if rows else (), strict=True):
        row.pairs, row.shift = found.pairs, found.shift
        if found.shift is None:
            row.reason = f"no interval comes of the {found.pairs:,} rows that count in both"
        else:
            row.how = "pairs"


def _by_standard_errors(row: Change) -> None:
    sides = (row.old, row.new)
    means = [Mean(s.value, s.stderr, s.n) for s in sides if s.stderr is not None and s.n > 1]
    if len(means) < len(sides):
        row.reason = "there is no standard error: fewer than two rows, or beyond float64"
    else:
        row.shift, row.how = welch_difference(*means), "standard errors"


def _decide(rows: Sequence[Change]) -> None:
    """Give each row its verdict; those that can be decided share Holm's correction."""
    fair = [(row, row.shift) for row in rows if row.shift is not None]
    worse = holm([shift.p_above(row.bound) for row, shift in fair])
    not_worse = holm([shift.p_at_most(row.bound) for row, shift in fair])
    better = holm([shift.p_at_most(0.0) for _, shift in fair])
    for (row, shift), p_worse, p_not, p_better in zip(fair, worse, not_worse, better, strict=True):
        row.p_worse, row.p_not_worse = p_worse, p_not
        low, high = shift.interval(LEVEL)
        side = compare_to_bound(low, high, row.bound)
        if side == "undecided":
            row.reason = f"the interval holds {'the margin' if row.bound else '0'}"
        elif (p_worse if side == "above" else p_not) > _ALPHA:
            word = "worse" if side == "above" else "better" if high < 0.0 else "not worse"
            row.reason = f"{word} alone, but not beyond chance among {len(fair)} rows"
        elif side == "above":
            row.verdict = "worse"
        else:
            row.verdict = "better" if high < 0.0 and p_better <= _ALPHA else "not worse"


def _notes(
    old: Saved, new: Saved, rows: Sequence[Change], terms: Terms, other: str
) -> Iterator[Note]:
    if old.document == new.document:
        yield Note("same_result", "OLD and NEW are the same result")
    if other:
        yield Note("different_data", f"compared all the same: {other}")
    whole = [row for row in rows if not row.new.by]
    reasons = dict.fromkeys(row.unpaired for row in whole if row.unpaired)
    for reason in reasons if terms.per_sample else ():
        yield Note("unpaired", f"by standard errors, not by pairs of rows: {reason}")
    precisions = [saved.document.get("dtype") for saved in (old, new)]
    if precisions[0] != precisions[1]:
        words = f"the arithmetic was in {precisions[0]} and in {precisions[1]}"
        yield Note("other_precision", words)


def _labels(losses: Any) -> str:
    return ", ".join(dict.fromkeys(loss.label for loss in losses)) or "none"
