"""The page of a run of a config: its results, its gates, the files written."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from losscli.gates.grammar import groups_text
from losscli.render.gates import gates_line
from losscli.render.numbers import interval, percent
from losscli.render.page import Page, ReportCase, Table, TableRow
from losscli.render.pages import builder_of
from losscli.results.text import escape
from losscli.stats.formatting import duration, number

_BENCH_HEADERS = ("run", "implementation", "median", "speed-up", "")
_MOST_GROUPS = 40


def page(result: Any) -> Page:
    """The page of a run, new or read back."""
    document = result.to_dict()
    tables = [table for table in (_evals(document), _benches(document)) if table]
    footer = [*_failures(document), *_wrong(document)]
    footer += [f"wrote {', '.join(map(escape, result.written))}"] if result.written else []
    footer.append(gates_line(result.gates, document["exit_code"]))
    return Page((), tables, footer, [note.message for note in result.notes], result.gates)


def report_cases(result: Any) -> list[ReportCase]:
    """The cases of each run: its losses, or the rows of its benchmark."""
    return [
        case._replace(run=name)
        for name, part in {**result.evals, **result.benches}.items()
        for case in builder_of(part).report_cases(part)
    ]


def _evals(document: Mapping[str, Any]) -> Table | None:
    rows = [row for name, part in document["evals"].items() for row in _losses(name, part)]
    interval_header = _interval_header(document["evals"].values())
    headers = ("run", "loss", "mean", interval_header, "n")
    return Table(headers, rows, frozenset({0, 1, 3}), (interval_header,)) if rows else None


def _interval_header(parts: Iterable[Mapping[str, Any]]) -> str:
    """The header of the intervals, with their level where all have the same."""
    levels = {loss["ci_level"] for part in parts for loss in part.get("losses", ())}
    return f"{percent(*levels)} interval" if len(levels) == 1 else "interval"


def _losses(name: str, part: Mapping[str, Any]) -> Iterator[TableRow]:
    for loss in part.get("losses", ()):
        yield TableRow((escape(name), escape(loss["label"]), *_cells(loss)))
    groups = part.get("groups") or ()
    for group in groups[:_MOST_GROUPS]:
        key = groups_text(list(group["by"].items()))
        for loss in group["losses"]:
            yield TableRow((escape(name), escape(f"{loss['label']}{key}"), *_cells(loss)))
    if len(groups) > _MOST_GROUPS:
        more = f"… and {len(groups) - _MOST_GROUPS:,} more groups: the JSON has all"
        yield TableRow((escape(name), more, "", "", ""))


def _cells(loss: Mapping[str, Any]) -> tuple[str, str, str]:
    value, stderr = _number(loss.get("value")), _number(loss.get("stderr"))
    ci = loss.get("ci")
    ends = None if ci is None else (float(ci[0]), float(ci[1]))
    mean = loss.get("reduction") == "mean"
    return (
        "-" if value is None else number(value, stderr if mean else None),
        interval(ends, stderr) if mean else "-",
        f"{loss['n']:,}",
    )


def _benches(document: Mapping[str, Any]) -> Table | None:
    lines = [
        TableRow(
            (
                escape(name),
                escape(_name_of(row)),
                duration(float(row["time_s"]["median"])) if row.get("time_s") else "-",
                "-" if row.get("speedup") is None else f"{row['speedup']:.3g}",
                "" if row["correct"] else "WRONG",
            ),
            "" if row["correct"] else "red",
        )
        for name, part in document["benches"].items()
        for row in part.get("rows", ())
    ]
    return Table(_BENCH_HEADERS, lines, frozenset({0, 1, 4})) if lines else None


def _name_of(row: Mapping[str, Any]) -> str:
    shape = "x".join(map(str, row["shape"]))
    where = "" if row["device"] == "cpu" else f" {row['device']}"
    return f"{row['label']} {row['impl']} {shape} {row['dtype']} {row['pass']}{where}"


def _failures(document: Mapping[str, Any]) -> Iterator[str]:
    """Why a run has no result, where none of its gates says so."""
    gated = {gate["run"] for gate in document["gates"]}
    for name, part in {**document["evals"], **document["benches"]}.items():
        if part.get("schema") == "losscli/error/1" and name not in gated:
            place = f" ({escape(part['place'])})" if part.get("place") else ""
            yield f"{escape(name)} failed: {escape(part['message'])}{place}"


def _wrong(document: Mapping[str, Any]) -> Iterator[str]:
    """Why a row of a benchmark is incorrect."""
    for name, part in document["benches"].items():
        for row in part.get("rows", ()):
            if not row["correct"]:
                fault = escape(str(row.get("fault")))
                yield f"WRONG {escape(name)} {escape(_name_of(row))}: {fault}"


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
