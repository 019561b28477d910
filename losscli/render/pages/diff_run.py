"""The page of two runs of a config: the tables of each run, under its name."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from losscli.differences.runs import together
from losscli.render.page import Page, ReportCase, Table
from losscli.render.pages import builder_of, page_of
from losscli.render.verdicts import count_line, missing_case, one_sided
from losscli.results.text import escape

if TYPE_CHECKING:
    from losscli.differences.runs import RunDifferences


def page(result: "RunDifferences") -> Page:
    """The pages of the runs, one after the other."""
    pages = {name: page_of(part) for name, part in result.parts.items()}
    tables = [_named(name, table) for name, part in pages.items() for table in part.tables]
    # The first two lines of a page name its files.
    shared = dict.fromkeys(line for part in pages.values() for line in part.header[2:])
    footer = [*_footers(pages), *_footer(result)]
    return Page([*_header(result), *shared], tables, footer, [n.message for n in result.notes])


def report_cases(result: "RunDifferences") -> list[ReportCase]:
    """The cases of each run, and one for each run that only OLD has."""
    cases = [
        case._replace(run=name)
        for name, part in result.parts.items()
        for case in builder_of(part).report_cases(part)
    ]
    return cases + [missing_case(name, result.fail_on, name) for name in result.only_old]


def _header(result: "RunDifferences") -> Iterator[str]:
    for side, saved in (("OLD", result.old), ("NEW", result.new)):
        parts = [saved.name, f"losscli {saved.document.get('losscli')}"]
        parts += [str(saved.document[key]) for key in ("started",) if saved.document.get(key)]
        commit = (saved.document.get("git") or {}).get("commit")
        parts += [f"commit {str(commit)[:10]}"] if commit else []
        yield f"{side} {' · '.join(map(escape, parts))}"


def _footers(pages: Mapping[str, Page]) -> Iterator[str]:
    """The footers of the pages, without their last lines: one line counts all verdicts."""
    for line, names in together({name: part.footer[:-1] for name, part in pages.items()}):
        yield f"{', '.join(map(escape, names))}: {line}"


def _named(name: str, table: Table) -> Table:
    return table._replace(headers=(f"{escape(name)}: {table.headers[0]}", *table.headers[1:]))


def _footer(result: "RunDifferences") -> Iterator[str]:
    for failure in result.failures:
        yield f"{escape(failure.run)} was not compared: {escape(failure.error.message)}"
    yield from one_sided(result.only_old, result.only_new)
    failures = {"not compared": len(result.failures)}
    yield count_line({**result.counts, **failures}, "the rows of each run", result.exit_code)
