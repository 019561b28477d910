"""Sections of documents: the file that a document names as its `page`, `section(source)`.

`summary(result)` of such a file is the result in a line, for the top of the page. A document
without a file here has the tables that a terminal shows.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from losscli.render.page import Result
from losscli.render.report import generic
from losscli.render.report.blocks import Section, Summary
from losscli.render.report.source import Source


def section_of(source: Source) -> Section:
    """The section of a result; its title is the name of the source."""
    module = _module(source.result)
    if module is None:
        return generic.section(source.result, source.name)
    found: Section = module.section(source)
    return found if is_judged(source.result) else found._replace(status="")


def summary_of(result: Result) -> Summary:
    """The result in a line."""
    make = getattr(_module(result), "summary", None)
    if make is not None:
        found: Summary = make(result)
        return found
    kind, status = result.document_kind(), getattr(result, "status", "")
    return Summary(f"{kind}: {status}" if status else kind)


def is_judged(result: Result) -> bool:
    """True if the status of a result is a judgement: nothing passes where nothing is required."""
    required = [getattr(result, name, None) for name in ("gates", "fail_on")]
    asks = [each for each in required if each is not None]
    return getattr(result, "status", "") != "pass" or not asks or any(asks)


def _module(result: Result) -> ModuleType | None:
    name = f"{__name__}.{result.page}"
    return None if find_spec(name) is None else import_module(name)
