"""Parts of an evaluation: the state of some of its rows, and the results of all parts together."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

from losscli.accumulators.moments import units_kept
from losscli.backends.backend import Backend
from losscli.engines.local import LocalEngine
from losscli.evaluation.block import BlockEvaluator, BlockResult
from losscli.evaluation.layout import Row
from losscli.evaluation.measure import (
    evaluation_of,
    inputs_of,
    line_of,
    maker_of_results,
    merged,
    no_progress,
    prepared,
    with_details,
)
from losscli.evaluation.sampling import INDEPENDENT, Sampling
from losscli.evaluation.state import EvaluationState
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy, Reduction
from losscli.results.documents.eval import EvalTiming, Evaluation, Input
from losscli.sources.source import BlockCut, Source
from losscli.sources.table import Cut, Field, Table, TableNote

if TYPE_CHECKING:
    from losscli.evaluation.details import DetailFinder
    from losscli.metrics.binding import BoundMetric

State = TypeVar("State")
Notes: TypeAlias = Mapping[tuple[str, str], TableNote]  # by their code and hint


class TableFacts(Struct, frozen=True):
    """The facts of a table that results report.

    shapes: of roles whose shape is not that of the rows.
    """

    path: str
    format: str
    rows: int | None
    size: int
    unmatched: int | None
    duplicates_dropped: int | None
    notes: tuple[TableNote, ...]
    shapes: dict[str, tuple[int, ...]]


class SourceFacts(Struct, frozen=True):
    """The facts of a source that results report.

    roles: the number of the table, and the field, of each.
    """

    tables: tuple[TableFacts, ...]
    roles: dict[str, tuple[int, Field]]
    by: tuple[str, ...]
    positions: int

    @classmethod
    def of(cls, source: Source) -> "SourceFacts":
        """The facts of an open source."""
        tables = source.tables
        roles = {
            role: (tables.index(table), field) for role, (table, field) in source.roles.items()
        }
        facts = tuple(_facts(table, source.fields[table]) for table in tables)
        return cls(facts, roles, source.by, source.positions)

    def source(self, earlier: "Sequence[Notes]" = ()) -> Source:
        """A source of these facts that has no rows.

        earlier: of each table, the notes of the parts before; none without parts before.
        """
        known = earlier or [{}] * len(self.tables)
        tables = [*map(_DescribedTable, self.tables, known)]
        roles = {role: (tables[at], field) for role, (at, field) in self.roles.items()}
        return Source(roles, self.by, self.positions)


class Arithmetic(NamedTuple):
    """The name, the device and the precision of the backend that computed row losses."""

    backend: str
    device: str
    dtype: str

    @classmethod
    def of(cls, backend: Backend) -> "Arithmetic":
        """The arithmetic of a backend."""
        return cls(backend.name, backend.device, backend.dtype)


class PartFacts(Struct, frozen=True):
    """The facts of a part that results need, apart from the state of its rows.

    first: its first row; None without rows. lines: of rows that results name, in a text file.
    """

    first: int | None
    rows: int
    lines: dict[int, int | None] | None
    source: SourceFacts
    arithmetic: Arithmetic


class MeasuredPart(NamedTuple):
    """A part that was evaluated. inputs: with digests of its rows. block: the state of its rows."""

    facts: PartFacts
    inputs: tuple[Input, ...]
    block: BlockResult


def measure_part(
    source: Source,
    losses: Sequence[BoundLoss],
    backend: Backend,
    engine: LocalEngine,
    number: int,
    count: int,
    *,
    nan: NanPolicy = "error",
    metrics: "Sequence[BoundMetric]" = (),
    details: "DetailFinder | None" = None,
    sampling: Sampling = INDEPENDENT,
    digest: bool = True,
    progress: Callable[[float], None] = no_progress,
) -> MeasuredPart:
    """The state of part `number` of `count`, from 1.

    digest: True if the result has digests of the inputs.

    Raises as `measure` does, for the rows of the part.
    """
    losses, metrics, layout = prepared(source, losses, metrics)
    evaluator = BlockEvaluator(
        source,
        losses,
        backend,
        layout,
        nan=nan,
        samples=False,
        digest=digest,
        metrics=metrics,
        details=details,
        sampling=sampling,
    )
    found = PartCuts(source.part(number, count))

    def advance(done: float) -> None:
        progress(min(1.0, done * count))

    with units_kept():
        state = merged(source, engine.map(evaluator, found), None, advance, joined=True)
    source.verify()
    state.raise_violation()
    block = state.as_block()
    facts = PartFacts(
        found.first,
        state.rows,
        _lines(source, losses, layout, state, block),
        SourceFacts.of(source),
        Arithmetic.of(backend),
    )
    return MeasuredPart(facts, inputs_of(source, state, digest=bool(state.digests)), block)


def _lines(
    source: Source,
    losses: Sequence[BoundLoss],
    layout: Mapping[str, Row],
    state: EvaluationState,
    block: BlockResult,
) -> dict[int, int | None] | None:
    """The lines of the rows that results name; None where no role is of a text file."""
    line = line_of(source)
    if line is None:
        return None
    lines: dict[int, int | None] = {}
    results_of = maker_of_results(losses, (), layout, "mean", 0.95, _recorded(line, lines))
    for rows in (block.accumulators, *(rows for _, rows in block.groups.parts())):
        results, _ = results_of(rows)
        if state.details:
            with_details(source, losses, state, results, _recorded(line, lines))
    return lines


def evaluation_of_parts(
    parts: Iterable[tuple[PartFacts, BlockResult]],
    losses: Sequence[BoundLoss],
    metrics: "Sequence[BoundMetric]" = (),
    *,
    reduction: Reduction,
    ci: float,
    like: str | None,
) -> Evaluation:
    """The results of all rows, without the time and the machine that they took.

    parts: the facts and the state of each, in row order; taken one after the other, so that many
    need no more memory than one.

    Raises DataError where all rows together are not valid.
    """
    joined = JoinedParts(parts)
    losses, metrics, layout = prepared(joined.source, losses, metrics)
    state = merged(joined.source, joined.blocks())
    return evaluation_of(
        joined.whole(),
        state,
        losses,
        metrics,
        layout,
        reduction=reduction,
        ci=ci,
        line=None if joined.last.lines is None else joined.lines.get,
        digest=bool(state.digests),
        about={"like": like, "timing": EvalTiming(), **joined.last.arithmetic._asdict()},
    )


class JoinedParts(Generic[State]):
    """Parts in row order, and what results need of them all.

    source: as the first part has it, which is enough for the states. last: the part that was read
    last. lines: of the rows that results name.
    """

    def __init__(self, parts: Iterable[tuple[PartFacts, State]]) -> None:
        self._parts = iter(parts)
        self.last, self._first = next(self._parts)
        self.source = self.last.source.source()
        self.lines: dict[int, int | None] = {}
        # Of each table, the notes of the parts before the last, each once.
        self._notes: list[dict[tuple[str, str], TableNote]] = [{} for _ in self.last.source.tables]

    def blocks(self) -> Generator[State]:
        """The states; reads all parts."""
        self.lines |= self.last.lines or {}
        yield self._first
        for facts, block in self._parts:
            for known, table in zip(self._notes, self.last.source.tables, strict=True):
                for note in table.notes:
                    known.setdefault((note.code, note.hint), note)
            self.last = facts
            self.lines |= facts.lines or {}
            yield block

    def whole(self) -> Source:
        """The source of all rows, after all parts were read."""
        return self.last.source.source(self._notes)


class PartCuts:
    """The cuts of a part. first: the first row of the first of them."""

    def __init__(self, cuts: Iterator[BlockCut]) -> None:
        self._cuts = cuts
        self.first: int | None = None

    def __iter__(self) -> Iterator[BlockCut]:
        for cut in self._cuts:
            self.first = cut.first if self.first is None else self.first
            yield cut


class _DescribedTable(Table):
    """A table without rows, as the facts of one describe it. earlier: notes of the parts before."""

    def __init__(self, facts: TableFacts, earlier: "Notes") -> None:
        self.path = facts.path
        self.format = facts.format
        self.rows = facts.rows
        self.size = facts.size
        self.unmatched = facts.unmatched
        self.duplicates_dropped = facts.duplicates_dropped
        self._shapes = facts.shapes
        # The last part has seen the end of the table, so its facts are those of all rows, but for
        # those about the first row of a kind.
        self._notes = {(note.code, note.hint): note for note in facts.notes}
        self._notes |= {kind: note for kind, note in earlier.items() if note.of_first}

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """No field: a source has those of its roles."""
        raise NotImplementedError

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """No rows: their state is known."""
        raise NotImplementedError

    def notes(self) -> Iterable[TableNote]:
        """The notes of all rows."""
        return self._notes.values()

    def shape(self, rows: int, field: Field) -> tuple[int, ...]:
        """The shape of the values of a field."""
        return self._shapes.get(field.role, (rows, *field.row))


def _facts(table: Table, fields: Sequence[Field]) -> TableFacts:
    shapes = {field.role: table.shape(0, field) for field in fields}
    return TableFacts(
        table.path,
        table.format,
        table.rows,
        table.size,
        table.unmatched,
        table.duplicates_dropped,
        tuple(table.notes()),
        {f.role: shapes[f.role] for f in fields if shapes[f.role] != (0, *f.row)},
    )


def _recorded(
    line: Callable[[int], int | None], lines: dict[int, int | None]
) -> Callable[[int], int | None]:
    """The same function, which keeps its answers."""

    def known(row: int) -> int | None:
        lines[row] = line(row)
        return lines[row]

    return known
