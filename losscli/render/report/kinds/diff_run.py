"""The sections of a difference between runs: that of each step."""

from losscli.render.report.blocks import Section, Text
from losscli.render.report.kinds import section_of
from losscli.render.report.source import Source
from losscli.render.report.verdicts import verdict_summary
from losscli.render.verdicts import count_line, one_sided
from losscli.results.documents.diff import RunDiff

summary = verdict_summary


def section(source: Source) -> Section:
    """The section of a difference between two runs."""
    result: RunDiff = source.result
    steps = [section_of(Source(name, part)) for name, part in result.parts.items()]
    failed = [
        Section(name, [Text(error.lines(), "bad")], status="error")
        for name, error in result.failures.items()
    ]
    lines = list(one_sided(result.only_old, result.only_new))
    lines.append(count_line(result.counts, "the rows of each run", result.exit_code))
    return Section(source.name, [Text(lines, "quiet")], [*steps, *failed], result.status)
