"""What is done with one block: check it, compute every loss, accumulate the rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.digest import Leaves
from losscli.accumulators.rows import RowAccumulator, RowLosses
from losscli.backends.backend import Array, Backend
from losscli.backends.heap import prime_heap, reuses_memory
from losscli.errors import DataError
from losscli.evaluation.groups import BlockGroups, leaves
from losscli.losses.core.domain import WEIGHT, Domain, Mask, rows_with
from losscli.losses.core.inputs import chunks
from losscli.losses.core.probabilities import looks_like_probabilities
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy
from losscli.sources.keys import Key
from losscli.sources.source import Block, BlockCut, Source, check_ids
from losscli.sources.workspace import Workspace

Mark: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Violation:
    """Rows that a loss cannot take: the first of them, and how many; `+` takes later ones."""

    message: str
    role: str
    row: int
    column: int | None
    count: int
    hint: str = ""

    def __add__(self, later: "Violation") -> "Violation":
        count = self.count + later.count
        return Violation(self.message, self.role, self.row, self.column, count, self.hint)

    def error(self, source: Source, total: int) -> DataError:
        """What the user is told."""
        table, of = source.roles[self.role]
        place = table.place(self.row, self.column, of)
        return DataError(self.message, place=place, count=self.count, total=total, hint=self.hint)


@dataclass(slots=True)
class BlockResult:
    """What one block gives; `samples` are the losses of its rows, where they are wanted.

    accumulators: one a loss, of the block; groups: the same of each group in it.
    marks: what bears on the whole, by the loss's label and the role.
    rounded: whether integers lost digits when they became floating-point numbers.
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
    """Measures blocks; one object serves all threads, and keeps nothing but a hint of speed.

    layout: the shape of a row of each role as the losses see it.
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
        self._by_chunks = backend.name == "numpy" and not reuses_memory()
        if self._by_chunks:
            prime_heap()

    def __call__(self, cut: BlockCut, workspace: Workspace) -> BlockResult:
        """The measure of one block."""
        with np.errstate(all="ignore"):
            block = cut.load(workspace)
            check_ids(self._source, block)
            measured = BlockResult(block.rows, cut.size)
            if self._digest:
                measured.leaves = dict(self._leaves(block))
            groups = BlockGroups(self._source, block) if block.keys else None
            for accumulator, rows in self.evaluate(block, measured, workspace):
                measured.accumulators.append(accumulator)
                if groups is not None:
                    groups.add(rows, accumulator)
                if self._samples:
                    measured.samples.append(rows.values)
            if groups is not None and measured.accumulators:
                measured.groups = groups.accumulators()
            return measured

    def evaluate(
        self, block: Block, measured: BlockResult, workspace: Workspace
    ) -> Iterator[tuple[RowAccumulator, RowLosses]]:
        """Yield each loss of a block as its accumulator and its row losses; nothing on violations.

        measured: takes what was noticed of the block.
        """
        raw = {
            role: block.arrays[role].reshape(block.rows, *row) for role, row in self._layout.items()
        }
        if self._logits:
            measured.probabilities = looks_like_probabilities(self._as_logits(raw["preds"]))
            self._logits = measured.probabilities  # one block of logits settles it
        checks = _Checks(block, raw, self._nan, measured.violations)
        outside = [checks.outside(loss) for loss in self._losses]
        if any(outside):
            for loss in self._losses:  # of all that is wrong, the first row is to be told
                missing = checks.missing(loss, everywhere=True)
                if missing is not None:
                    checks.blame_missing(loss, missing & ~checks.out(loss))
            return
        for loss in self._losses:
            measured.marks |= checks.marks(loss)
        wide = {"preds": self._widened("preds", raw["preds"], workspace)}
        real = [raw["preds"]]
        if "targets" in raw and not self._indices(raw):
            real.append(raw["targets"])
        measured.rounded = any(_loses_integers(role, self._backend.dtype) for role in real)
        for loss in self._losses:
            yield self._looked_at(loss, checks, raw, wide, workspace)

    def _indices(self, raw: Mapping[str, NDArray[Any]]) -> bool:
        """Whether targets are class indices, which are compared and never computed with."""
        row = raw["targets"].shape[1:]
        return all(
            loss.loss.indexed(row) or not loss.loss.rows_of.targeted for loss in self._losses
        )

    def _as_logits(self, pred: NDArray[Any]) -> NDArray[Any]:
        """The predictions as the losses of logits take them: rows of classes, or single values."""
        logits = (loss.loss for loss in self._losses if loss.takes_logits)
        return pred.reshape(-1) if all(loss.elementwise for loss in logits) else pred

    def _looked_at(
        self,
        loss: BoundLoss,
        checks: "_Checks",
        raw: Mapping[str, NDArray[Any]],
        wide: dict[str, Array],
        workspace: Workspace,
    ) -> tuple[RowAccumulator, RowLosses]:
        """The accumulator and the row losses of one loss of the block.

        What is missing from inputs that may be any number shows in the losses, so the inputs are
        looked at only where a loss is not finite.
        """
        missing = checks.missing(loss, everywhere=loss.may_saturate(self._layout.get("targets")))
        target = None
        if loss.loss.rows_of.targeted:
            target = self._target(loss, raw["targets"], missing, wide, workspace)
        share = loss.denominator(self._backend, target)
        denominator = None if share is None else self._backend.to_numpy(share)
        weight = np.array(raw["weights"], np.float64) if "weights" in raw else None
        values = self._values(loss, wide["preds"], target)
        by_rows = loss.convention is not None and loss.convention.by_rows
        rows = RowLosses(values, denominator, weight, by_rows=by_rows)
        accumulator = rows.accumulate(checks.first, checks.unit)
        if missing is None and accumulator.numerator.finite:
            return accumulator, rows
        out = checks.out(loss)
        missing = checks.missing(loss, everywhere=True)
        if missing is not None:
            missing = missing & ~out  # a row that does not count may hold anything
            checks.blame_missing(loss, missing)
            lost = missing & checks.nans() if self._nan == "propagate" else missing
            values[lost] = np.nan
            if (
                denominator is not None
            ):  # a label that is nan was replaced, perhaps by an ignored one
                denominator = np.where(missing, 1.0, denominator)
        if weight is not None:
            weight = np.where(out, 0.0, weight)
        skip = None
        if self._nan != "propagate":
            skip = np.isnan(values) & ~out
            if self._nan == "error" and skip.any():
                checks.blame_loss(loss, skip)
        rows = RowLosses(values, denominator, weight, skip, by_rows)
        return rows.accumulate(checks.first, checks.unit), rows

    def _values(self, loss: BoundLoss, pred: Array, target: Array | None) -> NDArray[np.float64]:
        """One loss a row; in chunks where the system would take large temporaries back."""
        if not self._by_chunks:
            return self._backend.to_numpy(loss.rows(self._backend, pred, target))
        out = np.empty(len(pred))
        for chunk in chunks(len(pred), math.prod(pred.shape[1:])):
            part = None if target is None else target[chunk]
            out[chunk] = loss.rows(self._backend, pred[chunk], part)
        return out

    def _widened(self, role: str, raw: NDArray[Any], workspace: Workspace) -> Array:
        return self._backend.widen(
            raw, workspace.empty(f"wide {role}", raw.shape, self._backend.dtype)
        )

    def _target(
        self,
        loss: BoundLoss,
        raw: NDArray[Any],
        missing: Mask | None,
        wide: dict[str, Array],
        workspace: Workspace,
    ) -> Array:
        """The targets as the loss takes them: indices of classes, or real numbers."""
        key = "labels" if loss.loss.indexed(raw.shape[1:]) else "targets"
        if key not in wide:
            if key == "targets":
                wide[key] = self._widened(key, raw, workspace)
            else:
                if missing is not None and raw.dtype.kind == "f":
                    raw = np.where(np.isnan(raw), 0, raw)
                wide[key] = self._backend.indices(raw)
        return wide[key]

    def _leaves(self, block: Block) -> Iterator[tuple[str, Leaves]]:
        """The part of each role's digest: float64 in little-endian C order, texts by lines."""
        for role, values in block.arrays.items():
            if values.dtype.kind == "O":
                # Texts have no fixed length, so their parts cannot be placed: one leaf a row run.
                text = "".join(f"{len(key)}:{key}" for key in values.tolist()).encode()
                yield role, Leaves(text, (), b"")
            else:
                flat = np.ascontiguousarray(values, "<f8").reshape(-1)
                start = 8 * block.first * (flat.size // block.rows)
                yield role, Leaves.of(flat.data.cast("B"), start)
        yield from leaves(block)


class _Checks:
    """The offending rows of one block, found once for each domain that its losses ask for."""

    def __init__(
        self,
        block: Block,
        raw: Mapping[str, NDArray[Any]],
        nan: NanPolicy,
        violations: dict[tuple[str, str], Violation],
    ) -> None:
        self.first, self.unit = block.first, block.unit
        self._raw = raw
        self._nan = nan
        self._violations = violations
        self._surely_valid: dict[tuple[str, Domain], bool] = {}
        self._found: dict[tuple[str, Domain, int | None, int], tuple[Mask | None, Mask | None]] = {}

    def outside(self, loss: BoundLoss) -> bool:
        """Whether a value of the block lies outside the loss's domain; such rows are blamed."""
        found = False
        for role, domain in self._roles(loss):
            if domain.bounded:
                _, outside = self._masks(loss, role, domain)
                if outside is not None:
                    self._blame(loss, role, domain, outside, domain.hint)
                    found = True
        return found

    def missing(self, loss: BoundLoss, *, everywhere: bool) -> Mask | None:
        """The rows that lack a number that the loss needs; None where none does.

        everywhere: look at inputs too that may be any number.
        """
        found: Mask | None = None
        for role, domain in self._roles(loss):
            if domain.bounded or everywhere:
                mask, _ = self._masks(loss, role, domain)
                if mask is not None:
                    found = rows_with(mask) if found is None else found | rows_with(mask)
        return found

    def out(self, loss: BoundLoss) -> Mask:
        """The rows that are out by what they say themselves: ignored, or of weight 0."""
        found = np.zeros(len(self._raw["preds"]), np.bool_)
        if "weights" in self._raw:
            found |= self._raw["weights"] == 0
        ignore_index = loss.params.get("ignore_index")
        if ignore_index is not None and loss.loss.indexed(self._raw["targets"].shape[1:]):
            found |= self._raw["targets"] == ignore_index
        return found

    def nans(self) -> Mask:
        """The rows with a nan: comparisons and indices hide it, hence their loss must say so."""
        found = np.zeros(len(self._raw["preds"]), np.bool_)
        for role in self._raw.keys() & {"preds", "targets"}:
            if self._raw[role].dtype.kind == "f":
                found |= rows_with(np.isnan(self._raw[role]))
        return found

    def blame_missing(self, loss: BoundLoss, rows: Mask) -> None:
        """Under --nan error, remember the rows that lack a number."""
        if self._nan != "error":
            return
        for role, domain in self._roles(loss):
            mask, _ = self._masks(loss, role, domain)
            if mask is not None:
                kept = mask & rows.reshape(-1, *(1,) * (mask.ndim - 1))
                if kept.any():
                    self._blame(loss, role, domain, kept, _NAN_HINT)

    def blame_loss(self, loss: BoundLoss, rows: Mask) -> None:
        """Remember rows whose loss is nan, though every input of theirs is allowed."""
        if not self._violations:
            row, count = self.first + int(rows.argmax()), int(rows.sum())
            message = f"{loss.label} of this row is nan"
            self._violations["preds", message] = Violation(
                message, "preds", row, None, count, _NAN_HINT
            )

    def _roles(self, loss: BoundLoss) -> list[tuple[str, Domain]]:
        roles: list[tuple[str, Domain]] = [("preds", loss.pred)]
        if (target := loss.target) is not None:
            roles.append(("targets", target))
        return [*roles, ("weights", WEIGHT)] if "weights" in self._raw else roles

    def _is_surely_valid(self, role: str, domain: Domain) -> bool:
        """Whether the domain needs one look at the block only; it is taken once."""
        if (role, domain) not in self._surely_valid:
            self._surely_valid[role, domain] = domain.surely_valid(self._raw[role])
        return self._surely_valid[role, domain]

    def _masks(self, loss: BoundLoss, role: str, domain: Domain) -> tuple[Mask | None, Mask | None]:
        if self._is_surely_valid(role, domain):
            return None, None
        ignore_index = loss.params.get("ignore_index") if role == "targets" else None
        key = (role, domain, ignore_index, loss.loss.rows_of.extra_classes)
        if key not in self._found:
            classes = loss.loss.classes(self._raw["preds"].shape[1:])
            self._found[key] = domain.violations(self._raw[role], classes, ignore_index)
        return self._found[key]

    def _blame(self, loss: BoundLoss, role: str, domain: Domain, mask: Mask, hint: str) -> None:
        rows = rows_with(mask)
        at = np.unravel_index(int(mask.argmax()), mask.shape)
        value = float(self._raw[role][at])
        subject = "--weights" if role == "weights" else loss.loss.name
        fault = domain.reason(value, loss.loss.classes(self._raw["preds"].shape[1:]))
        message = f"{subject} takes {domain.words}; {value:.10g} {fault}"
        column = int(at[1]) if len(at) > 1 else None
        violation = Violation(message, role, self.first + int(at[0]), column, int(rows.sum()), hint)
        kind = f"{domain.words}, {'missing' if hint == _NAN_HINT else 'outside'}"
        self._violations.setdefault((role, kind), violation)

    def marks(self, loss: BoundLoss) -> Iterator[tuple[Mark, frozenset[str]]]:
        """What the block shows that only all blocks can judge."""
        for role, domain in self._roles(loss):
            if domain.leaves_marks and not self._is_surely_valid(role, domain):
                found = domain.marks(self._raw[role])
                if found:
                    yield (loss.label, role), found


def _spacing(dtype: str) -> float:
    """The distance of 1 from the next number of a type; of integers that of float64."""
    kind = np.dtype(dtype)
    return float(np.finfo(kind if kind.kind == "f" else np.float64).eps)


def _loses_integers(raw: NDArray[Any], dtype: str) -> bool:
    """Whether an integer has more digits than a number of a floating-point type."""
    digits = np.finfo(dtype).nmant + 1
    if raw.dtype.kind not in "iu" or np.iinfo(raw.dtype).bits <= digits:
        return False
    return bool(raw.max() > 1 << digits or raw.min() < -(1 << digits))


_NAN_HINT = "--nan skip leaves such rows out, --nan propagate computes with them"
