"""The evaluation of one block: check it, compute every loss, accumulate the rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from losscli.accumulators.design import Design
from losscli.accumulators.digest import Leaves
from losscli.accumulators.exact import ExactSum
from losscli.accumulators.rows import RowAccumulator, RowLosses
from losscli.backends.backend import Array, Backend
from losscli.evaluation.folding import Folding
from losscli.evaluation.groups import Accumulator, BlockGroups, GroupedStates
from losscli.evaluation.inputs import Inputs, is_of_integers, loses_digits
from losscli.evaluation.leaves import leaves_of
from losscli.evaluation.masking import check_masking, masked
from losscli.evaluation.preparation import prepare
from losscli.evaluation.sampling import (
    INDEPENDENT,
    Sampling,
    check_sampling,
    design_of,
    is_clustered,
)
from losscli.evaluation.validity import BlockValidity, Mark, Violation
from losscli.kernels import machine
from losscli.kernels.machine import Folded
from losscli.losses.core.domain import Mask
from losscli.losses.core.inputs import chunks
from losscli.losses.core.probabilities import looks_like_probabilities
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy
from losscli.sources.keys import Keys
from losscli.sources.source import Block, BlockCut, Source
from losscli.sources.table import Workspace

if TYPE_CHECKING:
    from losscli.evaluation.details import DetailFinder, Details
    from losscli.evaluation.metrics import MetricRows
    from losscli.metrics.binding import BoundMetric


class Clamped(NamedTuple):
    """Rows at the `Clamp` of a loss: how many, and the sum of their weighted losses."""

    rows: int = 0
    total: ExactSum = ExactSum()

    def plus(self, other: "Clamped") -> "Clamped":
        """The rows of both."""
        return Clamped(self.rows + other.rows, self.total + other.total)


class BlockResult(Struct):
    """The states of one block.

    accumulators: one a loss, then one a metric, of all rows; groups: the same of each group.
    details: one a loss, if any are requested.
    samples: the losses of the rows, one array a loss, if per-sample losses are wanted; keys: the
    groups of these rows, where there are groups.
    marks: what a domain needs of every block, by the loss's label and the role.
    clamped: the rows of a loss that are clamped, by the loss's label.
    probabilities: True if the predictions look like probabilities under a loss of logits.
    rounded: True if integers lost digits when they became floating-point numbers.
    """

    rows: int
    size: int
    accumulators: list[Accumulator] = field(default_factory=list)
    groups: GroupedStates = GroupedStates()
    details: "list[Details]" = field(default_factory=list)
    samples: list[NDArray[np.float64]] = field(default_factory=list)
    keys: Keys | None = None
    leaves: dict[str, Leaves] = field(default_factory=dict)
    violations: dict[tuple[str, str], Violation] = field(default_factory=dict)
    marks: dict[Mark, frozenset[str]] = field(default_factory=dict)
    clamped: dict[str, Clamped] = field(default_factory=dict)
    probabilities: bool = False
    rounded: bool = False


class BlockEvaluator:
    """Evaluates blocks; one object serves all threads, its only state a hint for speed.

    layout: the shape of a row of each role, as the losses take it. sampling: of the rows.
    """

    def __init__(
        self,
        source: Source,
        losses: Sequence[BoundLoss],
        backend: Backend,
        layout: Mapping[str, tuple[int, ...]],
        *,
        nan: NanPolicy,
        samples: bool,
        digest: bool,
        metrics: "Sequence[BoundMetric]" = (),
        details: "DetailFinder | None" = None,
        sampling: Sampling = INDEPENDENT,
    ) -> None:
        self._source = source
        self._details = details
        self._metrics = metrics
        pred, target = layout["preds"], layout.get("targets")
        dtypes = [source.roles["preds"][1].dtype]
        if target is not None:
            dtypes.append(source.roles["targets"][1].dtype)
        ready = prepare(tuple(losses), backend, pred, target, tuple(dtypes))
        self._losses = ready.losses
        self._backend = backend
        self._layout = layout
        self._nan = nan
        if nan == "mask":
            for loss in losses:
                check_masking(loss)
        self._samples = samples
        self._digest = digest
        if digest:
            import hashlib  # noqa: F401 - now: Ctrl-C inside an import would lock other threads out
        self._clamps = ready.clamps
        self._logits = ready.logits
        check_sampling(source, sampling)
        self._sampling = sampling
        self._designed = sampling != INDEPENDENT or is_clustered(source)
        self.keeps_rows = bool(samples or source.by or self._designed)
        spread = details is not None and details.distribution
        self._foldings = () if spread or metrics or "weights" in layout else ready.foldings

    def copied(self) -> "BlockEvaluator":
        """An evaluator for other rows, without the hints that these have left."""
        return copy(self) if self._logits else self

    def __call__(self, cut: BlockCut, workspace: Workspace) -> BlockResult:
        """The states of one block."""
        return self.of_block(cut.load(workspace), cut.size, workspace)

    def of_block(self, block: Block, size: int, workspace: Workspace) -> BlockResult:
        """The same of a block that is read; size: the bytes that it took."""
        result = BlockResult(block.rows, size)
        if self._digest:
            with np.errstate(all="ignore"):
                result.leaves = dict(leaves_of(block))
        if self._foldings and self._fold(block, result, workspace):
            return result
        groups = BlockGroups(self._source, block) if block.keys else None
        design = self.design(block, result)
        with np.errstate(all="ignore"):
            for accumulator, rows in self.evaluate(block, result, workspace, design):
                self._observe_clamped(len(result.accumulators), accumulator, rows, result)
                result.accumulators.append(accumulator)
                if groups is not None:
                    groups.add(rows)
                if self._samples:
                    result.samples.append(rows.values)
                if self._details is not None:
                    at, raw = len(result.details), self.raw(block)
                    norms = self._norms(at, raw) if self._details.distribution else None
                    result.details.append(self._details.of_rows(at, rows, block, raw, norms))
            if self._samples and block.keys:
                result.keys = Keys.product(list(block.keys.values()))
            if self._metrics and not result.violations:
                self._add_metrics(block, result, groups, design)
        if groups is not None and result.accumulators:
            result.groups = groups.states()
        return result

    def design(self, block: Block, result: BlockResult) -> Design | None:
        """The design of the rows of a block; None where they are independent and not resampled.

        result: takes rows without a cluster as violations.
        """
        if not self._designed:
            return None
        positions = self._source.positions
        return design_of(block, positions, self._sampling, result.violations)

    def _add_metrics(
        self,
        block: Block,
        result: BlockResult,
        groups: BlockGroups | None,
        design: Design | None,
    ) -> None:
        """Add the accumulators of all metrics; a violation where one does not take the rows."""
        for rows in self.metric_rows(block, result, design):
            result.accumulators.append(rows.accumulate())
            if groups is not None:
                groups.add_statistic(rows, result.accumulators[-1])

    def metric_rows(
        self, block: Block, result: BlockResult, design: Design | None
    ) -> "Iterator[MetricRows]":
        """Yield the rows of a block for each metric; nothing on violations, which result takes."""
        from losscli.evaluation.metrics import MetricRows

        raw = self.raw(block)
        validity = BlockValidity(block.first, raw, self._nan, result.violations)
        outside = [validity.record_outside(metric) for metric in self._metrics]
        if any(outside):
            return
        for metric in self._metrics:
            result.marks |= validity.marks(metric)
            nan: NanPolicy = "skip" if self._nan == "mask" else self._nan
            yield MetricRows(metric, raw, validity, nan, design)

    def foldings(
        self, raw: Mapping[str, NDArray[Any]], workspace: Workspace
    ) -> list[tuple[Folding, list[NDArray[Any]]]] | None:
        """The losses that one pass each can compute, with the arrays that it reads.

        raw: of `raw`. None where a row needs a closer look.
        """
        inputs = None
        if not machine.readable(*raw.values()):
            inputs = Inputs(raw, self._backend, workspace)
        found = []
        for folding in self._foldings:
            if folding.indexed and raw["targets"].dtype.kind not in "iub":
                return None
            if inputs is None:
                arrays = [raw[role] for role in folding.roles]
            else:
                arrays = [inputs.readable(role, folding.indexed) for role in folding.roles]
            found.append((folding, arrays))
        return found or None

    def _fold(self, block: Block, result: BlockResult, workspace: Workspace) -> bool:
        """Add the accumulators of all losses, in one pass each, to the result.

        False where a row needs a closer look.
        """
        raw = self.raw(block)
        states: list[Folded] = []
        values: list[NDArray[np.float64] | None] = []
        marks: dict[Mark, frozenset[str]] = {}
        for folding, arrays in self.foldings(raw, workspace) or ():
            values.append(self._room(len(values), block, workspace) if self.keeps_rows else None)
            wanted = self._details.wanted(len(states), block) if self._details else ()
            state = folding.fold(arrays, block, marks, values[-1], *wanted)
            if state is None:
                return False
            states.append(state)
        if not states or not self.take_folded(states, raw, result, marks):
            return False
        if self.keeps_rows:
            self._take_rows(block, result, states, [each for each in values if each is not None])
        for state in () if self.keeps_rows else states:
            result.accumulators.append(RowAccumulator.of_folded(state, block.first, block.rows))
        if self._details is not None:
            result.details = [
                self._details.of_folded(at, state, block, raw) for at, state in enumerate(states)
            ]
        return True

    def _room(self, at: int, block: Block, workspace: Workspace) -> NDArray[np.float64]:
        """An array for the rows of a loss; a new one for samples, which are kept."""
        if self._samples:
            return np.empty(block.rows)
        return workspace.empty(f"losses {at}", (block.rows,), np.dtype(np.float64))

    def _take_rows(
        self,
        block: Block,
        result: BlockResult,
        states: Sequence[Folded],
        values: Sequence[NDArray[np.float64]],
    ) -> None:
        """Add the accumulators of all losses, whose states and rows are known, to the result."""
        groups = BlockGroups(self._source, block) if block.keys else None
        design = self.design(block, result)
        for state, rows in zip(states, values, strict=True):
            sums = None if design is None else design.sums(rows, None)
            accumulator = RowAccumulator.of_folded(state, block.first, block.rows, sums)
            result.accumulators.append(accumulator)
            if groups is not None:
                groups.add(RowLosses(rows, design=design))
        if groups is not None:
            result.groups = groups.states()
        if self._samples:
            result.samples = list(values)
            result.keys = Keys.product(list(block.keys.values())) if block.keys else None

    def take_folded(
        self,
        states: Sequence[Folded],
        raw: Mapping[str, NDArray[Any]],
        result: BlockResult,
        marks: dict[Mark, frozenset[str]],
    ) -> bool:
        """Record what notes are made of, of all losses in one pass each.

        raw: of `raw`. False where a row needs a closer look.
        """
        pairs = zip(self._foldings, states, strict=True)
        if self._clamps and any(self._is_clamped(each.loss, state.high) for each, state in pairs):
            return False
        result.marks = marks
        if self._logits or any(map(is_of_integers, raw.values())):
            self._observe(raw, result)
        return True

    def _norms(self, at: int, raw: Mapping[str, NDArray[Any]]) -> NDArray[np.float64] | None:
        """The norm of the gradient of each row of a loss; None where it has none."""
        loss = self._losses[at]
        if not loss.loss.differentiable or loss.convention is not None or loss.code:
            return None
        inputs = Inputs(raw, self._backend, Workspace())
        labels = raw.get("targets")
        missing = None if labels is None or labels.dtype.kind != "f" else np.isnan(labels)
        target = inputs.target(loss, missing) if loss.loss.rows_of.targeted else None
        found = loss.loss.slopes(self._backend.xp, inputs.real("preds"), target, loss.params)
        slopes = self._backend.to_numpy(found).reshape(len(raw["preds"]), -1)
        if slopes.shape[1] == 1:
            return np.abs(slopes[:, 0])
        norms: NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", slopes, slopes))
        return norms / slopes.shape[1] if loss.loss.elementwise else norms

    def evaluate(
        self,
        block: Block,
        result: BlockResult,
        workspace: Workspace,
        design: Design | None,
    ) -> Iterator[tuple[RowAccumulator, RowLosses]]:
        """Yield each loss of a block as its accumulator and its row losses; nothing on violations.

        result: takes violations, marks and the other observations of the block.
        design: of its rows.
        """
        raw = self.raw(block)
        validity = BlockValidity(block.first, raw, self._nan, result.violations)
        outside = [validity.record_outside(loss) for loss in self._losses]
        if any(outside):
            self._record_missing(validity)
            return
        for loss in self._losses:
            result.marks |= validity.marks(loss)
        self._observe(raw, result)
        inputs = Inputs(raw, self._backend, workspace, design)
        for loss in self._losses:
            yield self._evaluate_loss(loss, block, inputs, validity)

    def raw(self, block: Block) -> dict[str, NDArray[Any]]:
        """The arrays of a block in the shapes that the losses take."""
        raw = {}
        for role, row in self._layout.items():
            array = block.arrays[role]
            raw[role] = array if array.ndim == 1 + len(row) else array.reshape(-1)
        return raw

    def _observe(self, raw: Mapping[str, NDArray[Any]], result: BlockResult) -> None:
        """Record what notes are made of: logits that look like probabilities, and rounding."""
        if self._logits:
            with np.errstate(all="ignore"):
                logits = self._as_logits(raw["preds"])
                result.probabilities = looks_like_probabilities(logits)
            self._logits = result.probabilities  # one block of logits settles it
        if any(map(is_of_integers, raw.values())):
            result.rounded = self._rounds_integers(raw)

    def _is_clamped(self, loss: BoundLoss, high: float) -> bool:
        """True if a row of the loss is clamped, whose largest is `high`."""
        clamp = self._clamps.get(loss.label)
        return clamp is not None and high >= clamp.least

    def _observe_clamped(
        self, at: int, accumulator: RowAccumulator, rows: RowLosses, result: BlockResult
    ) -> None:
        """Count the clamped rows of a loss."""
        loss = self._losses[at]
        if not self._is_clamped(loss, accumulator.extremes.high):
            return
        clamped = rows.values >= self._clamps[loss.label].least
        if rows.skip is not None:
            clamped &= ~rows.skip
        weight = 1.0 if rows.weight is None else rows.weight[clamped]
        total = ExactSum.of(rows.values[clamped] * weight)
        result.clamped[loss.label] = Clamped(int(clamped.sum()), total)

    def _record_missing(self, validity: BlockValidity) -> None:
        """Record missing values too: the error names the first invalid row of any kind."""
        for loss in self._losses:
            missing = validity.missing(loss, everywhere=True)
            if missing is not None:
                validity.record_missing(loss, missing & ~validity.excluded(loss))

    def _rounds_integers(self, raw: Mapping[str, NDArray[Any]]) -> bool:
        """True if the arithmetic cannot hold the digits of an integer that it computes with."""
        roles = ["preds"]
        if "targets" in raw:
            row, losses = raw["targets"].shape[1:], [bound.loss for bound in self._losses]
            if not all(of.indexed(row) or not of.rows_of.targeted for of in losses):
                roles.append("targets")  # class indices are only compared
        return any(loses_digits(raw[role], self._backend.dtype) for role in roles)

    def _as_logits(self, pred: NDArray[Any]) -> NDArray[Any]:
        """The predictions as the losses of logits take them: rows of classes, or single values."""
        logits = (loss.loss for loss in self._losses if loss.takes_logits)
        return pred.reshape(-1) if all(loss.elementwise for loss in logits) else pred

    def _evaluate_loss(
        self, loss: BoundLoss, block: Block, inputs: "Inputs", validity: BlockValidity
    ) -> tuple[RowAccumulator, RowLosses]:
        """The accumulator and the row losses of one loss.

        A missing value in inputs that may be any number shows in the losses, so such inputs are
        searched only if a loss is not finite.
        """
        saturates = loss.may_saturate(self._layout.get("targets"))
        missing = validity.missing(loss, everywhere=saturates)
        if saturates:
            validity.record_infinite(loss, validity.excluded(loss))
        rows = self._row_losses(loss, inputs, missing)
        accumulator = rows.accumulate(block.first, block.unit)
        if missing is None and accumulator.numerator.finite:
            return accumulator, rows
        gone: Mask | None = None
        if self._nan == "mask" and inputs.raw["preds"].ndim > 1:
            holes = validity.holes(loss)
            both = inputs.real("preds"), inputs.real("targets")
            rows = masked(loss, rows, holes, both, self._backend)
            gone = np.asarray(holes.reshape(len(holes), -1).all(axis=1))
            if rows.weight is not None:
                gone = gone | np.isnan(rows.weight)
        rows = self._without_missing(loss, rows, validity, gone)
        return rows.accumulate(block.first, block.unit), rows

    def _row_losses(self, loss: BoundLoss, inputs: "Inputs", missing: Mask | None) -> RowLosses:
        """The losses of all rows, as if every row were valid."""
        target = inputs.target(loss, missing) if loss.loss.rows_of.targeted else None
        denominator = loss.denominator(self._backend, target)
        return RowLosses(
            self._values(loss, inputs.real("preds"), target),
            None if denominator is None else self._backend.to_numpy(denominator),
            np.array(inputs.raw["weights"], np.float64) if "weights" in inputs.raw else None,
            by_rows=loss.convention is not None and loss.convention.by_rows,
            design=inputs.design,
        )

    def _without_missing(
        self, loss: BoundLoss, rows: RowLosses, validity: BlockValidity, gone: Mask | None
    ) -> RowLosses:
        """The same rows, those that are missing values handled as --nan says.

        gone: the rows that are missing; None for all that lack any number.
        """
        values, denominator, weight = rows[:3]
        excluded = validity.excluded(loss)
        validity.record_infinite(loss, excluded)
        missing = validity.missing(loss, everywhere=True) if gone is None else gone
        if missing is not None:
            missing = missing & ~excluded  # a row that does not count may hold anything
            validity.record_missing(loss, missing)
            values[missing & validity.nans() if self._nan == "propagate" else missing] = np.nan
            if denominator is not None:  # a label of nan was replaced, perhaps by an ignored one
                denominator = np.where(missing, 1.0, denominator)
        if weight is not None:
            weight = np.where(excluded, 0.0, weight)
        skip = None
        if self._nan != "propagate":
            skip = np.isnan(values) & ~excluded
            if self._nan == "error" and skip.any():
                validity.record_nan(loss, skip)
        return rows._replace(values=values, denominator=denominator, weight=weight, skip=skip)

    def _values(self, loss: BoundLoss, pred: Array, target: Array | None) -> NDArray[np.float64]:
        """One loss a row; by NumPy in chunks, whose temporaries stay in cache."""
        if self._backend.name != "numpy":
            return self._backend.to_numpy(loss.rows(self._backend, pred, target))
        parts = chunks(len(pred), math.prod(pred.shape[1:]))
        if len(parts) == 1:
            return self._backend.to_numpy(loss.rows(self._backend, pred, target))
        out = np.empty(len(pred))
        for chunk in parts:
            part = None if target is None else target[chunk]
            out[chunk] = loss.rows(self._backend, pred[chunk], part)
        return out
