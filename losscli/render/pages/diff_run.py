"""Two runs of a config as a page: the tables of each run of it, under its name."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from losscli.differences.runs import together
from losscli.render.page import Page, ReportCase, Table
from losscli.render.pages import builder_of, page_of
from losscli.results.text import escape

if TYPE_CHECKING:
    from losscli.differences.runs import RunDifferences


def page(result: "RunDifferences") -> Page:
    """The pages of the runs, one after the other."""
    pages = {name: page_of(part) for name, part in result.parts.items()}
    tables = [_named(name, table) for name, part in pages.items() for table in part.tables]
    top = [*_top(result), *_shared(pages.values())]
    tail = _of_runs(pages)
    return Page(top, tables, [*tail, *_tail(result)], [note.message for note in result.notes])


def report_cases(result: "RunDifferences") -> list[ReportCase]:
    """Those of each run; one that only OLD has cannot be decided."""
    found = [
        outcome._replace(run=name)
        for name, part in result.parts.items()
        for outcome in builder_of(part).report_cases(part)
    ]
    strict = "undecided" in result.fail_on
    words = "only in the old result"
    return [*found, *(ReportCase(n, "undecided", words, n, strict) for n in result.only_old)]


def _top(result: "RunDifferences") -> Iterator[str]:
    for word, saved in (("OLD", result.old), ("NEW", result.new)):
        parts = [saved.name, f"losscli {saved.document.get('losscli')}"]
        parts += [str(saved.document[key]) for key in ("started",) if saved.document.get(key)]
        commit = (saved.document.get("git") or {}).get("commit")
        parts += [f"commit {str(commit)[:10]}"] if commit else []
        yield f"{word} {' · '.join(map(escape, parts))}"


def _shared(pages: Iterable[Page]) -> list[str]:
    """What pages say above their tables of more than two files, each once."""
    return list(dict.fromkeys(line for part in pages for line in part.header[2:]))


def _of_runs(pages: Mapping[str, Page]) -> Iterator[str]:
    """What their pages say below; the verdicts in their last lines are summed up for all."""
    for line, names in together({name: part.footer[:-1] for name, part in pages.items()}):
        yield f"{', '.join(map(escape, names))}: {line}"


def _named(name: str, table: Table) -> Table:
    return table._replace(headers=(f"{escape(name)}: {table.headers[0]}", *table.headers[1:]))


def _tail(result: "RunDifferences") -> Iterator[str]:
    for failure in result.failures:
        yield f"{escape(failure.run)} was not compared: {escape(failure.error.message)}"
    for word, names in (("OLD", result.only_old), ("NEW", result.only_new)):
        if names:
            yield f"only {word} has a result of: {escape(', '.join(names))}"
    counts = [f"{count} {verdict}" for verdict, count in result.counts.items() if count]
    counts += [f"{len(result.failures)} not compared"] if result.failures else []
    code = f"; exit code {result.exit_code}" if result.exit_code else ""
    yield f"{', '.join(counts)}; verdicts by Holm over the rows of each run, at 95 %{code}"
