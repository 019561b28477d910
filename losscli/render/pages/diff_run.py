"""The page of two runs of a config: the tables of each run, under its name."""

from collections.abc import Iterator, Mapping

from losscli.render.page import Page, ReportCase, Table
from losscli.render.pages import cases_of_runs, page_of
from losscli.render.verdicts import count_line, missing_case, one_sided
from losscli.results.documents.diff import RunDiff
from losscli.results.text import escape


def page(result: RunDiff) -> Page:
    """The pages of the runs, one after the other."""
    pages = {name: page_of(part) for name, part in result.parts.items()}
    tables = [_named(name, table) for name, part in pages.items() for table in part.tables]
    # The first two lines of a page name its files.
    shared = dict.fromkeys(line for part in pages.values() for line in part.header[2:])
    footer = [*_footers(pages), *_footer(result)]
    return Page([*_header(result), *shared], tables, footer, [n.message for n in result.notes])


def report_cases(result: RunDiff) -> list[ReportCase]:
    """The cases of each run, and one for each run that only OLD has."""
    cases = cases_of_runs(result.parts)
    return cases + [missing_case(name, result.fail_on, name) for name in result.only_old]


def _header(result: RunDiff) -> Iterator[str]:
    for side, saved in (("OLD", result.old), ("NEW", result.new)):
        parts = [saved.path, f"losscli {saved.losscli}"]
        parts += [saved.started] if saved.started else []
        parts += [f"commit {saved.git.commit[:10]}"] if saved.git else []
        yield f"{side} {' · '.join(map(escape, parts))}"


def _footers(pages: Mapping[str, Page]) -> Iterator[str]:
    """The footers of the pages, without their last lines: one line counts all verdicts."""
    names_of: dict[str, list[str]] = {}
    for name, part in pages.items():
        for line in part.footer[:-1]:
            names_of.setdefault(line, []).append(name)
    for line, names in names_of.items():
        yield f"{', '.join(map(escape, names))}: {line}"


def _named(name: str, table: Table) -> Table:
    return table._replace(headers=(f"{escape(name)}: {table.headers[0]}", *table.headers[1:]))


def _footer(result: RunDiff) -> Iterator[str]:
    for name, failure in result.failures.items():
        yield f"{escape(name)} was not compared: {escape(failure.message)}"
    yield from one_sided(result.only_old, result.only_new)
    failures = {"not compared": len(result.failures)}
    yield count_line({**result.counts, **failures}, "the rows of each run", result.exit_code)
