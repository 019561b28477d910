"""The state of an evaluation: the sum of its blocks."""

from collections.abc import Callable, Iterable, Sequence
from operator import add, iadd
from typing import TYPE_CHECKING, Any

from losscli.accumulators.digest import Digest, Leaves
from losscli.accumulators.rows import RowAccumulator
from losscli.errors import DataError
from losscli.evaluation.block import BlockResult, Clamped
from losscli.evaluation.groups import Accumulator, GroupAccumulators
from losscli.evaluation.validity import Mark, Violation
from losscli.losses.core.bound import Bound
from losscli.results.document import Note
from losscli.sources.source import Source

if TYPE_CHECKING:
    from losscli.evaluation.details import Details

# Fields of a block that the state of several has under the same name; no part has losses of rows.
_SAME = tuple({*BlockResult.__struct_fields__} - {"samples", "keys", "groups", "leaves"})


class EvaluationState:
    """The merged results of all blocks, in row order.

    joined: True for the rows of a part, of which `as_block`
    is the state; their leaves are kept.
    """

    def __init__(self, source: Source, *, joined: bool = False) -> None:
        self._source = source
        self._leaves: dict[str, list[Leaves]] | None = {} if joined else None
        self.accumulators: list[Accumulator] = []
        self._merged = False
        self.details: list[Details] = []
        self.groups = GroupAccumulators(source)
        self.digests: dict[str, Digest] = {}
        self.violations: dict[tuple[str, str], Violation] = {}
        self.marks: dict[Mark, frozenset[str]] = {}
        self.clamped: dict[str, Clamped] = {}
        self.probabilities = True
        self.rounded = False
        self.rows = 0
        self.size = 0

    def add(self, part: BlockResult) -> None:
        """Merge the block that follows."""
        self.rows += part.rows
        self.size += part.size
        self.probabilities &= part.probabilities
        self.rounded |= part.rounded
        if part.marks:
            for mark, values in part.marks.items():
                self.marks[mark] = self.marks.get(mark, frozenset()) | values
        if part.clamped:
            for label, clamped in part.clamped.items():
                self.clamped[label] = self.clamped.get(label, Clamped()).plus(clamped)
        if part.leaves:
            for role, leaves in part.leaves.items():
                self.digests.setdefault(role, Digest()).append(leaves)
                if self._leaves is not None:
                    self._leaves.setdefault(role, []).append(leaves)
        if part.violations:
            for key, violation in part.violations.items():
                known = self.violations.get(key)
                self.violations[key] = known + violation if known else violation
        if part.groups.keys:
            self.groups.add(part.groups)
        if part.details:
            details = map(add, self.details, part.details)
            self.details = list(details) if self.details else part.details
        if part.accumulators:
            # Those of the first block are not of this state, which may change its own in place.
            merged = map(iadd if self._merged else add, self.accumulators, part.accumulators)
            self._merged = bool(self.accumulators)
            self.accumulators = list(merged) if self._merged else part.accumulators

    def settle(self, each: Callable[..., Iterable[Any]] = map) -> None:
        """Add up the rows of clusters that wait; each: calls a function for several arguments."""
        for rows in self.accumulators:
            if isinstance(rows, RowAccumulator) and rows.clusters is not None:
                rows.clusters.settle(each)

    def find_deviations(self, each: Callable[..., Iterable[Any]]) -> None:
        """Find those of the clusters of all losses, which their results need; each: as above."""
        self.settle(each)
        for rows in self.accumulators:
            if isinstance(rows, RowAccumulator) and rows.clusters is not None:
                rows.clusters.deviations(rows.mean(), each)

    def as_block(self) -> BlockResult:
        """The state of all rows as that of one block."""
        self.settle()
        own = {name: getattr(self, name) for name in _SAME}
        leaves = {role: Leaves.joined(parts) for role, parts in (self._leaves or {}).items()}
        return BlockResult(**own, groups=self.groups.states, leaves=leaves)

    def raise_violation(self) -> None:
        """Raise DataError for the first invalid row, with the number of rows like it."""
        if self.violations:
            first = min(self.violations.values(), key=lambda violation: violation.row)
            raise first.error(self._source, self.rows)

    def findings(self, losses: Sequence[Bound]) -> list[Note]:
        """The notes that the marks of all blocks lead to; raises DataError for invalid values."""
        notes: dict[str, Note] = {}
        for loss in losses:
            for role, domain in loss.roles:
                marks = self.marks.get((loss.label, role))
                finding = domain.finding(marks) if marks else None
                if finding is None:
                    continue
                path, hint = self._source.table(role).path, finding.hint
                if not finding.code:
                    raise DataError(
                        f"{loss.declared.name}: {finding.message}", place=path, hint=hint
                    )
                words = f"{path}: {finding.message}"
                notes.setdefault(words, Note(finding.code, words, hint=hint))
        return list(notes.values())
