"""The cases that reports of CI count: failed steps, gates, losses, rows."""

from collections.abc import Mapping

from losscli.gates import GateStatus
from losscli.render.gates import words_of
from losscli.render.page import ReportCase, Result
from losscli.render.pages import builder_of


def report_cases_of(result: Result) -> list[ReportCase]:
    """Failed steps, gates, and the cases of the page builder, or else one of the exit code.

    Next to failed steps and gates, the cases of the builder count only where they do not pass.
    """
    found = [
        ReportCase("carried out", "error", "; ".join(failure.lines()), name)
        for name, failure in getattr(result, "failures", {}).items()
    ]
    for gate in getattr(result, "gates", ()):
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
