"""The top of a report of a difference: the number of each verdict, and what did not pass."""

from losscli.render.page import Result
from losscli.render.pages import builder_of
from losscli.render.report.blocks import Summary


def verdict_summary(result: Result) -> Summary:
    """The verdicts of a difference, and the rows that are worse or undecided."""
    counts = [f"{n:,} {verdict.replace('_', ' ')}" for verdict, n in result.counts.items() if n]
    cases = [case for case in builder_of(result).report_cases(result) if case.status != "pass"]
    cases.sort(key=lambda case: case.status == "undecided")
    reasons = [(case.status.upper(), f"{case.name}: {case.message}") for case in cases]
    return Summary(", ".join(counts) or "nothing to compare", reasons)
