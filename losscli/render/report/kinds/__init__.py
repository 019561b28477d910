"""Sections of documents: the file that a document names as its `page`, `section(source)`.

A document without a file here has the tables that a terminal shows.
"""

from importlib import import_module
from importlib.util import find_spec

from losscli.render.report import generic
from losscli.render.report.blocks import Section
from losscli.render.report.source import Source


def section_of(source: Source) -> Section:
    """The section of a result; its title is the name of the source."""
    name = f"{__name__}.{source.result.page}"
    if find_spec(name) is None:
        return generic.section(source.result, source.name)
    found: Section = import_module(name).section(source)
    return found
