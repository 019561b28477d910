"""The section of an error that stands where a result would have been."""

from losscli.render.report.blocks import Section, Text
from losscli.render.report.source import Source


def section(source: Source) -> Section:
    """The message, the place, the hint."""
    return Section(source.name, [Text(source.result.lines(), "bad")], status="error")
