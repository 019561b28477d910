"""The losses of the rows that two evaluations kept, read block by block and paired."""

import math
import os
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.rows import RowAccumulator, RowLosses
from losscli.differences.change import Change
from losscli.differences.saved import Saved
from losscli.errors import DataError
from losscli.results.documents.eval import Evaluation
from losscli.results.samples import SampleDigest
from losscli.sources.source import Source
from losscli.sources.table import Field
from losscli.sources.tables import open_table
from losscli.sources.workspace import Workspace
from losscli.stats.means import MeanDifference

_AGAIN = "evaluate again with --per-sample FILE and -o FILE.json, or diff without --per-sample"


class Paired(NamedTuple):
    """The shift of the means over the rows that count in both, and how many those are."""

    shift: MeanDifference | None
    pairs: int


def unpaired_reason(change: Change, old: Saved[Evaluation], new: Saved[Evaluation]) -> str:
    """Why the kept losses of the rows cannot be paired for a loss; empty where they can."""
    for name, saved in (("OLD", old), ("NEW", new)):
        kept = saved.result.per_sample
        if kept is None:
            return f"{name} kept no losses of its rows: losscli eval --per-sample FILE does"
        if change.new.label not in kept.labels:
            return f"{name} kept the losses of its rows, but not of this loss"
    if change.by:
        return "the kept losses do not say which group a row is of"
    for saved in (old, new):
        if any(part.role == "weights" for part in saved.result.inputs):
            return "rows have weights, which the kept losses do not say"
    # A sum of weights that is the number of rows may yet be of many weights: balanced classes.
    weighted = any(isinstance(value, list) for value in change.new.params.values())
    if weighted or any(side.weight_sum != side.n for side in (change.old, change.new)):
        return "classes have weights, which the kept losses do not say"
    if change.old.ignored != change.new.ignored:
        return "other rows are ignored"
    return ""


def paired(
    old: Saved[Evaluation], new: Saved[Evaluation], changes: Sequence[Change]
) -> list[Paired]:
    """The shift of each change, over the rows that count in both; memory does not grow.

    Raises DataError where a file is missing, is not the one that was kept, or has other rows.
    """
    with ExitStack() as stack:
        kept = [_Kept(saved, name) for saved, name in ((old, "OLD"), (new, "NEW"))]
        for side in kept:
            stack.callback(side.table.close)
        source = Source({side.role: (side.table, side.field) for side in kept})
        places = [[side.place(change.new.label) for side in kept] for change in changes]
        contrasts = [_contrasts(change) for change in changes]
        accumulators = [[RowAccumulator() for _ in slopes] for slopes in contrasts]
        workspace = Workspace()
        for cut in source.blocks():
            block = cut.load(workspace)
            tables = [side.taken(block.arrays[side.role]) for side in kept]
            for ours, slopes, sums in zip(places, contrasts, accumulators, strict=True):
                before, after = (t[:, c] for t, c in zip(tables, ours, strict=True))
                skip = np.isnan(before) | np.isnan(after)
                for at, (a, b) in enumerate(slopes):
                    with np.errstate(invalid="ignore"):  # an infinity less another is nan
                        shift = b * after - a * before
                    sums[at] += RowLosses(shift, skip=skip).accumulate(block.first, block.unit)
        source.verify()
        for side in kept:
            side.verify()
        return [_paired(*each) for each in zip(changes, accumulators, strict=True)]


def _contrasts(change: Change) -> list[tuple[float, float]]:
    """By what the losses of OLD and NEW are multiplied: first for the change, then for its spread.

    1 for a mean, whose spread is that of the same differences. The spread of a root is linearised
    by the root's slope, 1 / (2 √mean).
    """
    if change.new.statistic is None:
        return [(1.0, 1.0)]
    roots = (change.old.of_mean, change.new.of_mean)
    a, b = (0.5 / root if root else 0.0 for root in roots)
    return [(1.0, 1.0), (a, b)]


def _paired(change: Change, accumulators: Sequence[RowAccumulator]) -> Paired:
    """The shift of finished accumulators, in which ignored rows stand as differences of 0."""
    ignored = change.new.ignored
    pairs = accumulators[0].count - ignored
    if pairs < 2 or not all(accumulator.numerator.finite for accumulator in accumulators):
        return Paired(None, max(pairs, 0))
    means = [float(accumulator.numerator) / pairs for accumulator in accumulators]
    squares = accumulators[-1].moments.squares_about(means[-1]) - ignored * means[-1] ** 2
    stderr = math.sqrt(max(squares, 0.0) / (pairs - 1) / pairs)
    # √new - √old = (new - old) / (√new + √old)
    root = change.new.statistic is not None
    scale = change.old.of_mean + change.new.of_mean if root else 1.0
    return Paired(MeanDifference(means[0] / (scale or 1.0), stderr, float(pairs - 1)), pairs)


class _Kept:
    """The file of one side: its columns, and the digest of what is read of it."""

    def __init__(self, saved: Saved[Evaluation], name: str) -> None:
        self.role = name.lower()
        self._name = name
        assert saved.result.per_sample is not None  # `unpaired_reason` has looked
        self._record = saved.result.per_sample
        self._labels = list(self._record.labels)
        self._path = place_of(saved)
        self._digest = SampleDigest()
        self.table = open_table(self._path, self._path)
        try:
            self.field = self._columns()
        except BaseException:
            self.table.close()
            raise

    def _columns(self) -> Field:
        found = self.table.field(self.role, self._labels if self.table.names() else None, ())
        if found.width != len(self._labels):
            words = f"{self._path} has {found.width} columns, not {len(self._labels)}"
            raise DataError(words, hint=_AGAIN)
        return found

    def place(self, label: str) -> int:
        """The column of a loss."""
        return self._labels.index(label)

    def taken(self, block: NDArray[Any]) -> NDArray[np.float64]:
        """The rows that follow, one column a loss."""
        found = np.asarray(block, np.float64).reshape(len(block), -1)
        self._digest.append(found)
        return found

    def verify(self) -> None:
        """Raise DataError where the file is not the one that the result kept."""
        wanted = self._record.digest
        if not wanted:
            raise DataError(f"{self._name} does not say what {self._path} held", hint=_AGAIN)
        if wanted != self._digest.hexdigest():
            raise DataError(
                f"{self._path} is not what {self._name} kept: the digests differ", hint=_AGAIN
            )


def place_of(saved: Saved[Evaluation]) -> str:
    """The path of the kept losses: from the result's folder, else from the current one."""
    assert saved.result.per_sample is not None
    path = saved.result.per_sample.path
    beside = path if saved.folder is None else os.path.join(saved.folder, path)  # noqa: PTH118
    with suppress(ValueError):  # a NUL in it
        if os.path.isfile(beside):  # noqa: PTH113
            return beside
    return path
