"""The notes of an evaluation: facts that a number alone does not show."""

import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from losscli.backends.backend import Backend
from losscli.evaluation.state import EvaluationState
from losscli.losses.spec.binding import BoundLoss
from losscli.results.document import Note
from losscli.results.documents.eval import LossResult
from losscli.sources.source import Source
from losscli.sources.table import is_group_role


def notes_of(
    source: Source,
    losses: Sequence[BoundLoss],
    results: Sequence[LossResult],
    layout: Mapping[str, tuple[int, ...]],
    state: EvaluationState,
    backend: Backend,
) -> Iterator[Note]:
    """The notes of an evaluation, each once."""
    path = source.table("preds").path
    logits = [loss for loss in losses if loss.takes_logits]
    if state.probabilities and logits:
        yield _looks_like_probabilities(path, logits[0])
    columns = {role: source.field(role).row == (1,) and layout[role] == () for role in layout}
    if columns["preds"] and columns.get("targets"):
        columns["preds"] = columns["targets"] = False  # their shapes match as they are
    for role in layout:
        if columns[role]:
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
    yield from _conventions(losses)
    yield from _counts(results)
    if backend.dtype == "float32":
        yield Note("single_precision", "arithmetic is in float32; the sum of the rows is exact")
    yield from _table_notes(source)
    if state.rounded:
        digits = np.finfo(backend.dtype).nmant + 1
        words = f"integers beyond 2^{digits} were rounded to the nearest {backend.dtype}"
        yield Note("integers_rounded", words)


def _looks_like_probabilities(path: str, loss: BoundLoss) -> Note:
    found, name = f"every row of {path} lies in [0, 1] and sums to 1", "categorical_cross_entropy"
    if loss.loss.elementwise:
        found, name = f"every value of {path} lies in [0, 1]", "bce"
    hint = f"{loss.loss.name} takes logits; for probabilities: -l {name}"
    return Note("looks_like_probabilities", f"{found}: probabilities?", hint)


def _conventions(losses: Sequence[BoundLoss]) -> Iterator[Note]:
    """The differences of a library's conventions, once for each loss."""
    for words in dict.fromkeys(
        f"{loss.loss.name}: {loss.convention.note}"
        for loss in losses
        if loss.convention is not None and loss.convention.note
    ):
        yield Note("convention", words)


def _counts(results: Sequence[LossResult]) -> Iterator[Note]:
    for result in results:
        if result.skipped:
            was = "row was" if result.skipped == 1 else "rows were"
            words = f"{result.skipped:,} {was} skipped of {result.rows:,}: a number is missing"
            yield Note("skipped", words)
            break
    for result in results:
        if not result.n:
            words = f"no row counts in {result.label}: every one is ignored, skipped or weightless"
            yield Note("all_ignored", words)


def _left_out(source: Source) -> Iterator[Note]:
    """The rows that have no partner, of both sides in one note, and those that repeat others."""
    counts = {table.path: table.unmatched for table in source.tables if table.unmatched is not None}
    if any(counts.values()):
        words = ", ".join(f"{count:,} of {path}" for path, count in counts.items())
        yield Note("unmatched", f"rows without a partner were left out: {words}")
    for table in source.tables:
        if table.duplicates_dropped:
            words = f"{table.duplicates_dropped:,} repeated rows of {table.path} were left out"
            yield Note("duplicates_dropped", words)


def _table_notes(source: Source) -> Iterator[Note]:
    for table in source.tables:
        for note in table.notes():
            yield Note(note.code, note.words, note.hint)
    yield from _left_out(source)
    for role, (table, field) in source.roles.items():
        flag = "--by" if is_group_role(role) else "--weights" if role == "weights" else None
        if not flag:
            continue
        at_hand = table in [source.table(r) for r in ("preds", "targets") if r in source.roles]
        for name in field.columns if at_hand else ():
            if os.path.exists(name):  # noqa: PTH110 - pathlib would cost its import
                words = f"{flag} {name} is the column of {table.path}; ./{name} would be the file"
                yield Note("column_taken", words)
