"""Page builders: the file that a document names as its `page` makes it, `page(result)`.

A file may also declare `report_cases(result)`, the cases that CI reports count, and
`quantities(result)`, the numbers that other tools follow.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType

from losscli.render.page import Page, Quantity, ReportCase, Result
from losscli.results.gate import GateStatus
from losscli.results.text import escape


def page_of(result: Result) -> Page:
    """The page that the formats for people lay out.

    A saved result may hold any text, so the lines of the page are escaped as a whole.
    """
    page: Page = builder_of(result).page(result)
    return page._replace(
        header=[*map(escape, page.header)],
        footer=[*map(escape, page.footer)],
        notes=[*map(escape, page.notes)],
    )


def builder_of(result: Result) -> ModuleType:
    """The page builder of a result; one page does not cost the import of another."""
    return import_module(f"{__name__}.{result.page}")


def report_cases_of(result: Result) -> list[ReportCase]:
    """Failed steps, gates, and the cases of the page builder, or else one of the exit code.

    Next to failed steps and gates, the cases of the builder count only where they do not pass.
    """
    found = [
        ReportCase("carried out", "error", "; ".join(failure.lines()), name)
        for name, failure in getattr(result, "failures", {}).items()
    ]
    for gate in getattr(result, "gates", ()):
        from losscli.render.gates import words_of

        message = words_of(gate)
        found.append(ReportCase(gate.expr, gate.status, message, gate.run, gate.counts))
    own = getattr(builder_of(result), "report_cases", None)
    rows = own(result) if own else [_exit_code(result)] if not found else []
    kept = [*found, *(row for row in rows if row.status != "pass" or not found)]
    return [case._replace(wall_s=_wall_s(result, case.run)) for case in kept]


def _wall_s(result: Result, run: str | None) -> float | None:
    """The seconds that a run of a result took, or all of it where there is one only."""
    times: Mapping[str, float] | None = getattr(result, "times", None)
    if times is not None:
        return times.get(run or "")
    return getattr(result, "wall_s", None)


def _exit_code(result: Result) -> ReportCase:
    code = result.exit_code
    status: GateStatus = "pass" if code == 0 else "undecided" if code == 6 else "fail"
    return ReportCase("carried out", status, f"exit code {code}")


def cases_of_runs(results: Mapping[str, Result]) -> list[ReportCase]:
    """The cases of the page builder of each run."""
    return [
        case._replace(run=name)
        for name, result in results.items()
        for case in builder_of(result).report_cases(result)
    ]


def quantities_of(result: Result) -> Iterator[Quantity]:
    """The numbers of a result that other tools follow; none where its page builder has none."""
    own = getattr(builder_of(result), "quantities", None)
    return iter(own(result) if own else ())


def quantities_of_runs(results: Mapping[str, Result]) -> Iterator[Quantity]:
    """The numbers of each run, with its name first in their settings."""
    for name, result in results.items():
        for found in quantities_of(result):
            yield found._replace(setting={"run": name, **found.setting})
