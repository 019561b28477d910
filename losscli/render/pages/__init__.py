"""Page builders: the file that a document names as its `page` makes it, `page(result)`.

A file may also declare `report_cases(result)`, the cases that CI reports count.
"""

from importlib import import_module
from types import ModuleType

from losscli.render.page import Page, Result


def page_of(result: Result) -> Page:
    """The page that the formats for people lay out."""
    page: Page = builder_of(result).page(result)
    return page


def builder_of(result: Result) -> ModuleType:
    """The page builder of a result; one page does not cost the import of another."""
    return import_module(f"{__name__}.{result.page}")
