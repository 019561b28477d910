"""The notes of an evaluation: facts that a number alone does not show."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from losscli.evaluation.preparation import clamp_of
from losscli.evaluation.sampling import (
    Series,
    few_clusters,
    interval_notes,
    low_coverage,
    short_series,
)
from losscli.evaluation.state import EvaluationState
from losscli.losses.spec.binding import BoundLoss
from losscli.results.document import Note
from losscli.results.statistics import LossResult, MetricResult
from losscli.sources.source import Source
from losscli.sources.table import CLUSTERS, is_group_role

_skipped = attrgetter("skipped")
_convention = attrgetter("convention")

_FLAGS = {"weights": "--weights", CLUSTERS: "--cluster"}  # of roles that may be columns

_MUCH = 0.1  # the share of a mean from which few rows are noted
_CONCENTRATED = {0.001: 0.25, 0.01: 0.5}  # the same, where a distribution is requested

if TYPE_CHECKING:
    from losscli.evaluation.metrics import MetricAccumulator
    from losscli.metrics.binding import BoundMetric


def notes_of(
    source: Source,
    losses: Sequence[BoundLoss],
    results: Sequence[LossResult],
    layout: Mapping[str, tuple[int, ...]],
    state: EvaluationState,
    dtype: str,
) -> Iterator[Note]:
    """The notes of an evaluation, each once; dtype: of the arithmetic."""
    if state.probabilities and (logits := [loss for loss in losses if loss.takes_logits]):
        yield _looks_like_probabilities(source.table("preds").path, logits[0])
    for role, row in layout.items():
        if not row and source.roles[role][1].row and not _is_of_equal_columns(role, source):
            name = source.table(role).path
            yield Note("column_read", f"{name} is (N, 1) and was read as one column, (N,)")
    if layout["preds"] and any(
        loss.loss.elementwise
        and result.reduction == "sum"
        and not (loss.convention and loss.convention.by_elements)
        for loss, result in zip(losses, results, strict=True)
    ):
        words = "a row is the mean of its outputs, so the sum is torch's divided by them"
        yield Note("row_is_mean_of_outputs", words)
    if any(map(_convention, losses)):
        yield from _conventions(losses)
    yield from _counts(results)
    if state.clamped:
        yield from _dominant(losses, results, layout, state)
    yield from _without_spread(results)
    yield from interval_notes(source, losses, results, state.accumulators[: len(losses)])
    if state.details:
        yield from _concentrated(results)
    if dtype == "float32":
        yield Note("single_precision", "arithmetic is in float32; the sum of the rows is exact")
    yield from _table_notes(source)
    if state.rounded:
        digits = np.finfo(dtype).nmant + 1
        words = f"integers beyond 2^{digits} were rounded to the nearest {dtype}"
        yield Note("integers_rounded", words)


def metric_notes(
    source: Source,
    metrics: "Sequence[BoundMetric]",
    results: Sequence[MetricResult],
    accumulators: "Sequence[MetricAccumulator]",
) -> Iterator[Note]:
    """The notes of metrics: rows that do not count, undefined values, and missing intervals."""
    yield from _counts(results)
    pairs = [(each, rows) for each, rows in zip(results, accumulators, strict=True) if each.n]
    names = [
        r.label
        for r, rows in pairs
        if (rows.clustered and r.clusters is None) or (rows.lag is not None and r.stderr is None)
    ]
    if names:
        words = f"no standard error of {', '.join(names)}: the rows are not independent"
        yield Note("no_clustered_stderr", words)
    series = [
        Series(r.correlation or 0.0, r.label, rows.lag or 0, r.n)
        for r, rows in pairs
        if r.stderr and rows.lag is not None
    ]
    yield from short_series(series)
    counts = [(r.effective_clusters, r.clusters or 0) for r, _ in pairs if r.effective_clusters]
    yield from few_clusters(source, [each for each in counts if each[1] > 1])
    names = [r.label for r, rows in pairs if rows.resampled and r.bootstrap_ci is None]
    if names:
        yield Note("not_resampled", f"no bootstrap interval of {', '.join(names)}")
    for metric, result, rows in zip(metrics, results, accumulators, strict=True):
        found = None if result.ci is None else metric.declared.caution(rows.state, metric.params)
        if found is not None:
            yield low_coverage(result.label, *found)
        if result.n and math.isnan(result.value) and not result.missing:
            reason = metric.declared.undefined or "a sum is not finite"
            yield Note("undefined", f"{result.label} is undefined: {reason}")


def _is_of_equal_columns(role: str, source: Source) -> bool:
    """True for predictions and targets that are both (N, 1): their shapes match as they are."""
    roles = ("preds", "targets")
    return role in roles and all(r in source.roles and source.field(r).row == (1,) for r in roles)


def _looks_like_probabilities(path: str, loss: BoundLoss) -> Note:
    found, name = f"every row of {path} lies in [0, 1] and sums to 1", "categorical_cross_entropy"
    if loss.loss.elementwise:
        found, name = f"every value of {path} lies in [0, 1]", "bce"
    hint = f"{loss.loss.name} takes logits; for probabilities: -l {name}"
    return Note("looks_like_probabilities", f"{found}: probabilities?", hint)


def _conventions(losses: Sequence[BoundLoss]) -> Iterator[Note]:
    """The differences of a library's conventions, once for each loss."""
    notes = [
        f"{loss.loss.name}: {loss.convention.note}"
        for loss in losses
        if loss.convention is not None and loss.convention.note
    ]
    for words in dict.fromkeys(notes):
        yield Note("convention", words)


def _counts(results: Sequence[LossResult | MetricResult]) -> Iterator[Note]:
    skipped = next(filter(_skipped, results), None)
    if skipped is not None:
        was = "row was" if skipped.skipped == 1 else "rows were"
        words = f"{skipped.skipped:,} {was} skipped of {skipped.rows:,}: a number is missing"
        yield Note("skipped", words)
    for result in results:
        if not result.n:
            words = f"no row counts in {result.label}: every one is ignored, skipped or weightless"
            yield Note("all_ignored", words)


def _without_spread(results: Sequence[LossResult]) -> Iterator[Note]:
    """One note for all losses whose rows are equal, which says nothing about other rows."""
    labels = [result.label for result in results if result.ci and result.ci[0] == result.ci[1]]
    if labels:
        words = f"all rows have the same {', '.join(labels)}: the interval has no width"
        yield Note("no_spread", words, "gates on its ends are errors")


def _left_out(source: Source) -> Iterator[Note]:
    """The rows that have no partner, of both sides in one note, and those that repeat others."""
    counts = {}
    for table in source.fields:
        if table.unmatched is not None:
            counts[table.path] = table.unmatched
    if any(counts.values()):
        words = ", ".join(f"{count:,} of {path}" for path, count in counts.items())
        yield Note("unmatched", f"rows without a partner were left out: {words}")
    for table in source.fields:
        if table.duplicates_dropped:
            count = table.duplicates_dropped
            rows = "1 repeated row" if count == 1 else f"{count:,} repeated rows"
            words = f"{rows} of {table.path} {'was' if count == 1 else 'were'} left out"
            yield Note("duplicates_dropped", words)


def _column_order(source: Source) -> Iterator[Note]:
    """The columns of predictions whose numbers do not ascend, such as p_0, p_1, p_10, p_2."""
    table, field = source.roles["preds"]
    from losscli.sources.columns import out_of_order

    if out_of_order(field.columns):
        shown = ", ".join(field.columns[:4])
        words = f"the columns of {table.path} are not in the order of their numbers: {shown}"
        hint = "the order of the columns is that of the classes: --pred 'prefix_*' sorts them"
        yield Note("column_order", words, hint)


def _dominant(
    losses: Sequence[BoundLoss],
    results: Sequence[LossResult],
    layout: Mapping[str, tuple[int, ...]],
    state: EvaluationState,
) -> Iterator[Note]:
    """Clamped rows that make up much of a mean, though they are few."""
    for loss, result in zip(losses, results, strict=True):
        found = state.clamped.get(loss.label)
        clamp = clamp_of(loss, layout["preds"])
        if found is None or clamp is None or not result.sum > 0:
            continue
        total = float(found.total)
        share = 1.0 if math.isinf(total) else total / result.sum
        if share < _MUCH or share < 2 * found.rows / result.n:
            continue
        rows, make = ("1 row", "makes") if found.rows == 1 else (f"{found.rows:,} rows", "make")
        words = f"{rows} {clamp.words} {make} up {_percent(share)} of {result.label}"
        yield Note("few_rows", words, clamp.hint)


def _concentrated(results: Sequence[LossResult]) -> Iterator[Note]:
    """A loss that depends on a few rows, whose distribution is known."""
    for result in results:
        for each in result.distribution.worst if result.distribution else ():
            if each.loss is None or each.loss < _CONCENTRATED.get(each.share, math.inf):
                continue
            words = f"{100 * each.share:g} % of rows carry {_percent(each.loss)} of {result.label}"
            if each.gradient is not None:
                words += f" and {_percent(each.gradient)} of its gradient norm"
            if each.smooth_l1 is not None and each.smooth_l1 < 0.5 * each.loss:
                words += f"; under smooth_l1 they carry {_percent(each.smooth_l1)}"
            hint = "--top 10 shows them"
            if result.loss == "mse":
                hint += "; smooth_l1 and mae weight large errors less"
            yield Note("concentrated", words, hint)
            break


def _percent(share: float) -> str:
    """A share in whole percent, rounded down: only all of it is 100 %."""
    return f"{math.floor(100 * min(share, 1.0))} %"


def _table_notes(source: Source) -> Iterator[Note]:
    if len(source.roles["preds"][1].columns) > 1:
        yield from _column_order(source)
    for table in source.fields:
        for note in table.notes():
            yield Note(note.code, note.words, note.hint)
    yield from _left_out(source)
    if not (source.by or _FLAGS.keys() & source.roles.keys()):
        return
    at_hand = [source.table(role) for role in ("preds", "targets") if role in source.roles]
    for role, (table, field) in source.roles.items():
        flag = "--by" if is_group_role(role) else _FLAGS.get(role)
        if table not in at_hand or flag is None:
            continue
        for name in field.columns:
            if os.path.exists(name):  # noqa: PTH110 - pathlib would cost its import
                words = f"{flag} {name} is the column of {table.path}; ./{name} would be the file"
                yield Note("column_taken", words)
