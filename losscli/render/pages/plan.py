"""The page of a dry run: a row a step, and gates that are in error already."""

from losscli.render.page import Page, Table, TableRow
from losscli.results.documents.plan import PlanListing, PlannedStep
from losscli.results.text import escape
from losscli.stats.formatting import size

_HEADERS = ("run", "kind", "losses", "rows", "size", "time", "")
_ESTIMATE = "times are estimates: 1 GB/s per loss, 200 MB/s of text; benchmarks take their --time"


def page(result: PlanListing) -> Page:
    """The page of a dry run."""
    several = len({row.config for row in result.rows}) > 1
    headers = (*(("config",) if several else ()), *_HEADERS)
    rows = [_row(row, several=several) for row in result.rows]
    tables = [Table(headers, rows, (), ("size", "time"), last_width=24)] if rows else []
    tables += [_inputs_table(row) for row in result.rows if row.inputs]
    total = _time(sum(row.seconds or 0.0 for row in result.rows))
    runs = f"{len(rows)} run{'' if len(rows) == 1 else 's'}"
    words = f"{runs}, {result.gate_count} gates, {total}; nothing was computed"
    code = f"; exit code {result.exit_code}" if result.exit_code else ""
    return Page((), tables, (_ESTIMATE, f"{words}{code}"), gates=result.gates)


def _inputs_table(step: PlannedStep) -> Table:
    """The files of an evaluation, how their rows are paired, and the memory that it needs."""
    rows = [
        TableRow((
            part.role,
            escape(part.path),
            part.format,
            escape(", ".join(part.columns[:6]) + (", ..." if part.columns[6:] else "")),
            f"(N, {', '.join(map(str, part.shape))})" if part.shape else "(N,)",
            size(part.bytes),
        ))
        for part in step.inputs
    ]  # fmt: skip
    rows.append(TableRow((f"rows paired {escape(step.alignment or '')}",)))
    rows.append(TableRow((f"memory: about {size(step.memory or 0)}",)))
    return Table(("role", "file", "format", "columns", "shape", "size"), rows, (), ("size",))


def _row(row: PlannedStep, *, several: bool) -> TableRow:
    cells = (
        *((row.config,) if several else ()),
        row.run,
        row.kind,
        ", ".join(row.losses),
        "?" if row.rows is None else f"{row.rows:,}",
        "-" if row.bytes is None else size(row.bytes),
        _time(row.seconds),
        row.problem or "",
    )
    return TableRow(tuple(map(escape, cells)))


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 0.1:
        return "under 0.1 s"
    return f"about {seconds:.1f} s" if seconds < 100 else f"about {seconds / 60:.0f} min"
