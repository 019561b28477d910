"""The evaluation of one block: check it, compute every loss, accumulate the rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from losscli.accumulators.digest import Leaves
from losscli.accumulators.rows import RowAccumulator, RowLosses
from losscli.backends.backend import Array, Backend
from losscli.evaluation.folding import Folding, folding_of
from losscli.evaluation.groups import BlockGroups
from losscli.evaluation.validity import BlockValidity, Mark, Violation
from losscli.kernels import machine
from losscli.losses.core.domain import Mask
from losscli.losses.core.inputs import chunks
from losscli.losses.core.probabilities import looks_like_probabilities
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy
from losscli.sources.keys import Key
from losscli.sources.source import Block, BlockCut, Source
from losscli.sources.table import Workspace


class BlockResult(Struct):
    """The states of one block.

    accumulators: one a loss, of all rows; groups: the same of each group.
    samples: the losses of the rows, one array a loss, if per-sample losses are wanted.
    marks: what a domain needs of every block, by the loss's label and the role.
    probabilities: True if the predictions look like probabilities under a loss of logits.
    rounded: True if integers lost digits when they became floating-point numbers.
    """

    rows: int
    size: int
    accumulators: list[RowAccumulator] = field(default_factory=list)
    groups: dict[Key, tuple[RowAccumulator, ...]] = field(default_factory=dict)
    samples: list[NDArray[np.float64]] = field(default_factory=list)
    leaves: dict[str, Leaves] = field(default_factory=dict)
    violations: dict[tuple[str, str], Violation] = field(default_factory=dict)
    marks: dict[Mark, frozenset[str]] = field(default_factory=dict)
    probabilities: bool = False
    rounded: bool = False


class BlockEvaluator:
    """Evaluates blocks; one object serves all threads, its only state a hint for speed.

    layout: the shape of a row of each role, as the losses take it.
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
    ) -> None:
        self._source = source
        spacing = _spacing(source.field("preds").dtype)
        self._losses = [loss.on(backend, spacing) for loss in losses]
        self._backend = backend
        self._layout = layout
        self._nan = nan
        self._samples = samples
        self._digest = digest
        if digest:
            import hashlib  # noqa: F401 - now: Ctrl-C inside an import would lock other threads out
        self._logits = any(loss.takes_logits for loss in losses)
        whole = not (samples or source.by or "weights" in layout)
        self._foldings = self._in_one_pass() if whole else None

    def __call__(self, cut: BlockCut, workspace: Workspace) -> BlockResult:
        """The states of one block."""
        with np.errstate(all="ignore"):
            block = cut.load(workspace)
            result = BlockResult(block.rows, cut.size)
            if self._digest:
                result.leaves = dict(_leaves(block))
            folded = self._fold(block, result, workspace)
            if folded is not None:
                result.accumulators = folded
                return result
            groups = BlockGroups(self._source, block) if block.keys else None
            for accumulator, rows in self.evaluate(block, result, workspace):
                result.accumulators.append(accumulator)
                if groups is not None:
                    groups.add(rows, accumulator)
                if self._samples:
                    result.samples.append(rows.values)
            if groups is not None and result.accumulators:
                result.groups = groups.accumulators()
            return result

    def _in_one_pass(self) -> list[Folding] | None:
        """The losses for the compiled machine, if it computes all of them in one pass each."""
        if self._backend.name != "numpy" or self._backend.dtype != "float64":
            return None
        roles = [role for role in ("preds", "targets") if role in self._layout]
        dtypes = tuple(self._source.field(role).dtype for role in roles)
        rows = self._layout["preds"], self._layout.get("targets")
        found = [folding_of(loss, *rows, dtypes) for loss in self._losses]
        return [each for each in found if each] if all(found) else None

    def _fold(
        self, block: Block, result: BlockResult, workspace: Workspace
    ) -> list[RowAccumulator] | None:
        """The accumulators of all losses in one pass each; None where a row needs a closer look."""
        if self._foldings is None:
            return None
        raw = self._raw(block)
        inputs = _Inputs(raw, self._backend, workspace)
        accumulators: list[RowAccumulator] = []
        marks: dict[Mark, frozenset[str]] = {}
        for folding in self._foldings:
            if folding.indexed and raw["targets"].dtype.kind not in "iub":
                return None
            arrays = {role: inputs.readable(role, folding.indexed) for role in folding.roles}
            folded = folding.fold(arrays, block)
            if folded is None:
                return None
            accumulators.append(folded.accumulator)
            marks |= folded.marks
        result.marks |= marks
        self._observe(raw, result)
        return accumulators

    def evaluate(
        self, block: Block, result: BlockResult, workspace: Workspace
    ) -> Iterator[tuple[RowAccumulator, RowLosses]]:
        """Yield each loss of a block as its accumulator and its row losses; nothing on violations.

        result: takes violations, marks and the other observations of the block.
        """
        raw = self._raw(block)
        validity = BlockValidity(block, raw, self._nan, result.violations)
        outside = [validity.record_outside(loss) for loss in self._losses]
        if any(outside):
            self._record_missing(validity)
            return
        for loss in self._losses:
            result.marks |= validity.marks(loss)
        self._observe(raw, result)
        inputs = _Inputs(raw, self._backend, workspace)
        for loss in self._losses:
            yield self._evaluate_loss(loss, block, inputs, validity)

    def _raw(self, block: Block) -> dict[str, NDArray[Any]]:
        """The arrays of a block in the shapes that the losses take."""
        return {
            role: block.arrays[role].reshape(block.rows, *row) for role, row in self._layout.items()
        }

    def _observe(self, raw: Mapping[str, NDArray[Any]], result: BlockResult) -> None:
        """Record what notes are made of: logits that look like probabilities, and rounding."""
        if self._logits:
            result.probabilities = looks_like_probabilities(self._as_logits(raw["preds"]))
            self._logits = result.probabilities  # one block of logits settles it
        result.rounded = self._rounds_integers(raw)

    def _record_missing(self, validity: BlockValidity) -> None:
        """Record missing values too: the error names the first invalid row of any kind."""
        for loss in self._losses:
            missing = validity.missing(loss, everywhere=True)
            if missing is not None:
                validity.record_missing(loss, missing & ~validity.excluded(loss))

    def _rounds_integers(self, raw: Mapping[str, NDArray[Any]]) -> bool:
        """True if the arithmetic cannot hold the digits of an integer that it computes with."""
        if not any(array.dtype.kind in "iu" for array in raw.values()):
            return False
        roles = ["preds"]
        if "targets" in raw:
            row, losses = raw["targets"].shape[1:], [bound.loss for bound in self._losses]
            if not all(of.indexed(row) or not of.rows_of.targeted for of in losses):
                roles.append("targets")  # class indices are only compared
        return any(_loses_digits(raw[role], self._backend.dtype) for role in roles)

    def _as_logits(self, pred: NDArray[Any]) -> NDArray[Any]:
        """The predictions as the losses of logits take them: rows of classes, or single values."""
        logits = (loss.loss for loss in self._losses if loss.takes_logits)
        return pred.reshape(-1) if all(loss.elementwise for loss in logits) else pred

    def _evaluate_loss(
        self, loss: BoundLoss, block: Block, inputs: "_Inputs", validity: BlockValidity
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
        rows = self._without_missing(loss, rows, validity)
        return rows.accumulate(block.first, block.unit), rows

    def _row_losses(self, loss: BoundLoss, inputs: "_Inputs", missing: Mask | None) -> RowLosses:
        """The losses of all rows, as if every row were valid."""
        target = inputs.target(loss, missing) if loss.loss.rows_of.targeted else None
        denominator = loss.denominator(self._backend, target)
        return RowLosses(
            self._values(loss, inputs.real("preds"), target),
            None if denominator is None else self._backend.to_numpy(denominator),
            np.array(inputs.raw["weights"], np.float64) if "weights" in inputs.raw else None,
            by_rows=loss.convention is not None and loss.convention.by_rows,
        )

    def _without_missing(
        self, loss: BoundLoss, rows: RowLosses, validity: BlockValidity
    ) -> RowLosses:
        """The same rows, those that are missing values handled as --nan says."""
        values, denominator, weight = rows[:3]
        excluded = validity.excluded(loss)
        validity.record_infinite(loss, excluded)
        missing = validity.missing(loss, everywhere=True)
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
        return RowLosses(values, denominator, weight, skip, rows.by_rows)

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


class _Inputs:
    """The arrays of a block by role, and their conversions, made once for all losses."""

    def __init__(
        self, raw: Mapping[str, NDArray[Any]], backend: Backend, workspace: Workspace
    ) -> None:
        self.raw = raw
        self._backend = backend
        self._workspace = workspace
        self._converted: dict[str, Array] = {}

    def real(self, role: str) -> Array:
        """The numbers of a role in the type of the arithmetic."""
        if role not in self._converted:
            empty = partial(self._workspace.empty, f"wide {role}")
            self._converted[role] = self._backend.widen(self.raw[role], empty)
        return self._converted[role]

    def readable(self, role: str, indexed: bool) -> Array:
        """A role as the compiled machine reads it; indexed: True if targets are class indices."""
        raw = self.raw[role]
        if indexed and role == "targets":
            return np.ascontiguousarray(raw, np.int64)
        return raw if machine.readable(raw) else self.real(role)

    def target(self, loss: BoundLoss, missing: Mask | None) -> Array:
        """The targets as the loss takes them: indices of classes, or real numbers."""
        raw = self.raw["targets"]
        if not loss.loss.indexed(raw.shape[1:]):
            return self.real("targets")
        if "labels" not in self._converted:
            if missing is not None and raw.dtype.kind == "f":
                raw = np.where(np.isnan(raw), 0, raw)
            self._converted["labels"] = self._backend.indices(raw)
        return self._converted["labels"]


@cache
def _spacing(dtype: str) -> float:
    """The distance of 1 from the next number of a type; of integers that of float64."""
    kind = np.dtype(dtype)
    return float(np.finfo(kind if kind.kind == "f" else np.float64).eps)


def _loses_digits(raw: NDArray[Any], dtype: str) -> bool:
    """True if an integer has more digits than a number of a floating-point type."""
    digits = np.finfo(dtype).nmant + 1
    if raw.dtype.kind not in "iu" or np.iinfo(raw.dtype).bits <= digits:
        return False
    return bool(raw.max() > 1 << digits or raw.min() < -(1 << digits))


def _leaves(block: Block) -> Iterator[tuple[str, Leaves]]:
    """The leaves of each role: float64 in little-endian C order, texts by rows, keys by hashes.

    Of a group's key, the first eight bytes of its SHA-256: the same in any format, and every row
    has its place.
    """
    from hashlib import sha256

    for role, values in block.arrays.items():
        if values.dtype.kind == "O":
            # Texts have no fixed length, so their parts cannot be placed: one leaf a block.
            text = "".join(f"{len(key)}:{key}" for key in values.tolist())
            yield role, Leaves(text.encode(errors="surrogatepass"), (), b"")
        else:
            flat = np.ascontiguousarray(values, "<f8").reshape(-1)
            start = 8 * block.first * (flat.size // block.rows)
            yield role, Leaves.of(flat.data.cast("B"), start)
    for role, keys in block.keys.items():
        texts = ("".join(f"{len(part)}:{part}" for part in key) for key in keys.texts)
        marks = b"".join(sha256(t.encode(errors="surrogatepass")).digest()[:8] for t in texts)
        flat = np.frombuffer(marks, np.uint64)[keys.codes]
        yield role, Leaves.of(flat.data.cast("B"), 8 * block.first)
