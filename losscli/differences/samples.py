"""The losses of two evaluations, and those of their rows, read block by block and paired."""

import math
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.groups import Grouping
from losscli.accumulators.rows import RowAccumulator, RowLosses
from losscli.differences.saved import LEVEL, Saved, shared_fields
from losscli.errors import DataError
from losscli.results.documents.diff import LossDiff, LossVerdict
from losscli.results.documents.eval import Evaluation
from losscli.results.samples import SampleDigest
from losscli.results.statistics import LossResult, MetricResult, Statistic
from losscli.results.text import escape_cell
from losscli.sources.opener import open_table
from losscli.sources.source import Block, Source
from losscli.sources.table import Field, Workspace
from losscli.stats.means import MeanDifference

_AGAIN = "evaluate again with --per-sample FILE and -o FILE.json, or diff without --per-sample"


@dataclass(slots=True)
class Change:
    """One loss or metric of both evaluations, or of a group of both.

    bound: the largest change that is tolerated. shift: new minus old; used: how it was computed.
    pairs: the number of rows in both means; unpaired: why their losses were not paired. p, and the
    fields after it: as a comparison of models has them.
    """

    old: Statistic
    new: Statistic
    by: dict[str, str]
    bound: float = 0.0
    shift: MeanDifference | None = None
    used: Literal["pairs", "standard errors"] | None = None
    pairs: int | None = None
    unpaired: str | None = None
    p: float | None = None
    p_adjusted: float | None = None
    verdict: LossVerdict = "undecided"
    reason: str | None = None
    rows_needed: int | None = None

    @property
    def loss(self) -> str:
        """The name of the loss or metric."""
        return self.new.loss if isinstance(self.new, LossResult) else self.new.metric

    @property
    def higher_is_better(self) -> bool:
        """True for a metric that is better when higher."""
        return isinstance(self.new, MetricResult) and bool(self.new.higher_is_better)

    def result(self) -> LossDiff:
        """Return the row of the document."""
        shift, size = self.shift, abs(self.old.of_mean)
        kept = shared_fields(self, LossDiff) | {"old": self.old.of_mean, "new": self.new.of_mean}
        return LossDiff(
            **kept,
            label=self.new.label,
            params=self.new.params,
            n=(self.old.n, self.new.n),
            change=None if shift is None else shift.estimate,
            relative=None if shift is None or not size else shift.estimate / size,
            stderr=None if shift is None else shift.stderr,
            degrees_of_freedom=None if shift is None else shift.freedom,
            ci=None if shift is None else shift.interval(LEVEL),
            old_stderr=self.old.stderr,
            new_stderr=self.new.stderr,
        )


def statistic_of(result: Statistic) -> str | None:
    """The derived statistic that a loss was requested as, such as rmse; None for a plain mean."""
    return result.statistic if isinstance(result, LossResult) else None


def unpaired_reason(change: Change, old: Saved[Evaluation], new: Saved[Evaluation]) -> str:
    """Return why the saved losses of the rows cannot be paired for a loss; empty if they can."""
    if isinstance(change.old, MetricResult) or isinstance(change.new, MetricResult):
        return "a metric has no per-sample losses"
    for name, saved in (("OLD", old), ("NEW", new)):
        kept = saved.result.per_sample
        if kept is None:
            return f"{name} has no per-sample losses: losscli eval --per-sample FILE saves them"
        if change.new.label not in kept.labels:
            return f"the per-sample losses of {name} do not include this loss"
    if change.by and not any(_has_groups(side, change.by) for side in (old, new)):
        return "per-sample losses do not give the group of a row: a .csv does"
    for saved in (old, new):
        if any(part.role == "weights" for part in saved.result.inputs):
            return "rows have weights, which per-sample losses do not give"
    # A sum of weights equal to the number of rows may still be of many weights: balanced classes.
    weighted = any(isinstance(value, list) for value in change.new.params.values())
    if weighted or any(side.weight_sum != side.n for side in (change.old, change.new)):
        return "classes have weights, which per-sample losses do not give"
    if change.old.ignored != change.new.ignored:
        return "different rows are ignored"
    return ""


def _has_groups(saved: Saved[Evaluation], by: Mapping[str, str]) -> bool:
    kept = saved.result.per_sample
    return kept is not None and kept.by == tuple(by)


def pair(old: Saved[Evaluation], new: Saved[Evaluation], changes: Sequence[Change]) -> None:
    """Set the paired difference of each loss over the rows in both, in constant memory.

    Raises DataError if a file is missing, is not the one that was saved, or has other rows.
    """
    with ExitStack() as stack:
        sides = [_SavedLosses(saved, name) for saved, name in ((old, "OLD"), (new, "NEW"))]
        for side in sides:
            stack.callback(side.table.close)
        source = _source(sides, changes)
        places = [[side.column(change.new.label) for side in sides] for change in changes]
        contrasts = [_contrasts(change) for change in changes]
        accumulators = [[RowAccumulator() for _ in slopes] for slopes in contrasts]
        seen = [0] * len(changes)
        workspace = Workspace()
        for cut in source.blocks():
            block = cut.load(workspace)
            tables = [side.rows(block) for side in sides]
            rows_of = _rows_by_group(block)
            each = zip(changes, places, contrasts, accumulators, strict=True)
            for place, (change, ours, slopes, sums) in enumerate(each):
                rows = rows_of.get(tuple(map(escape_cell, change.by.values())))
                if rows is None:
                    continue
                seen[place] += block.rows if not change.by else len(rows)
                before, after = (t[rows, c] for t, c in zip(tables, ours, strict=True))
                skip = np.isnan(before) | np.isnan(after)
                for at, (a, b) in enumerate(slopes):
                    with np.errstate(invalid="ignore"):  # inf - inf is nan
                        shift = b * after - a * before
                    sums[at] += RowLosses(shift, skip=skip).accumulate(block.first, block.unit)
        source.verify()
        for side in sides:
            side.verify()
    for change, sums, rows in zip(changes, accumulators, seen, strict=True):
        if change.by and rows != change.new.rows:
            change.unpaired = "the groups of the per-sample losses are not those of the result"
        else:
            _set_difference(change, sums)


def _source(sides: "Sequence[_SavedLosses]", changes: Sequence[Change]) -> Source:
    """The rows of both sides, with the groups of one that has them, if any change is of a group."""
    roles = {side.role: (side.table, side.field) for side in sides}
    if not any(change.by for change in changes):
        return Source(roles)
    side = next(side for side in sides if side.by)
    return Source({**roles, "groups": (side.table, side.groups())}, side.by)


def _rows_by_group(block: Block) -> dict[tuple[str, ...], Any]:
    """The rows of a block by the keys of their group; all rows by no keys."""
    found: dict[tuple[str, ...], Any] = {(): slice(None)}
    for keys in block.keys.values():
        found |= zip(keys.texts, Grouping(keys.codes, len(keys.texts)).rows, strict=True)
    return found


def _contrasts(change: Change) -> list[tuple[float, float]]:
    """Return the factors of OLD and NEW: those of the difference, then those of its spread.

    Both 1 for a mean, where the spread is that of the differences. The spread of a root is
    linearised by its slope, 1 / (2 √mean).
    """
    if statistic_of(change.new) is None:
        return [(1.0, 1.0)]
    roots = (change.old.of_mean, change.new.of_mean)
    a, b = (0.5 / root if root else 0.0 for root in roots)
    return [(1.0, 1.0), (a, b)]


def _set_difference(change: Change, accumulators: Sequence[RowAccumulator]) -> None:
    """Set the difference of finished accumulators; ignored rows are differences of 0 there."""
    ignored = change.new.ignored
    pairs = accumulators[0].count - ignored
    change.pairs = max(pairs, 0)
    if pairs < 2 or not all(accumulator.numerator.finite for accumulator in accumulators):
        change.reason = f"no interval from the {change.pairs:,} rows in both means"
        return
    means = [float(accumulator.numerator) / pairs for accumulator in accumulators]
    squares = accumulators[-1].moments.squares_about(means[-1]) - ignored * means[-1] ** 2
    stderr = math.sqrt(max(squares, 0.0) / (pairs - 1) / pairs)
    # √new - √old = (new - old) / (√new + √old)
    root = statistic_of(change.new) is not None
    scale = change.old.of_mean + change.new.of_mean if root else 1.0
    change.shift = MeanDifference(means[0] / (scale or 1.0), stderr, float(pairs - 1))
    change.used = "pairs"


class _SavedLosses:
    """The per-sample losses of one side: the file, its columns and the digest of its rows."""

    def __init__(self, saved: Saved[Evaluation], name: str) -> None:
        self.role = name.lower()
        self._name = name
        assert saved.result.per_sample is not None  # checked by `unpaired_reason`
        self._record = saved.result.per_sample
        self._labels = list(self._record.labels)
        self.by = self._record.by
        self._path = place_of(saved)
        self._digest = SampleDigest()
        self.table = open_table(self._path, self._path)
        try:
            self.field = self._columns()
        except BaseException:
            self.table.close()
            raise

    def _columns(self) -> Field:
        field = self.table.field(self.role, self._labels if self.table.names() else None, ())
        if field.width != len(self._labels):
            words = f"{self._path} has {field.width} columns, not {len(self._labels)}"
            raise DataError(words, hint=_AGAIN)
        return field

    def groups(self) -> Field:
        """The columns of the keys of groups."""
        return self.table.field("groups", self.by, ())

    def column(self, label: str) -> int:
        return self._labels.index(label)

    def rows(self, block: Block) -> NDArray[np.float64]:
        """Return the next rows, one column for each loss, and add them to the digest."""
        array = block.arrays[self.role]
        losses = np.asarray(array, np.float64).reshape(len(array), -1)
        self._digest.append(losses)
        return losses

    def verify(self) -> None:
        """Raise DataError if the file is not the one that the result names."""
        wanted = self._record.digest
        if not wanted:
            raise DataError(f"{self._name} has no digest of {self._path}", hint=_AGAIN)
        if wanted != self._digest.hexdigest():
            raise DataError(
                f"{self._path} has changed since {self._name} was saved: the digests differ",
                hint=_AGAIN,
            )


def place_of(saved: Saved[Evaluation]) -> str:
    """Return the path of the per-sample losses: from the result's folder, else the current one."""
    assert saved.result.per_sample is not None
    path = saved.result.per_sample.path
    nearby = path if saved.folder is None else os.path.join(saved.folder, path)  # noqa: PTH118
    with suppress(ValueError):  # a NUL in it
        if os.path.isfile(nearby):  # noqa: PTH113
            return nearby
    return path
