"""A result as text, one file a format; a renderer computes nothing."""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from losscli.errors import LossCliError

if TYPE_CHECKING:
    from losscli.render.page import Page

Result: TypeAlias = Any  # a class that `_PAGES` names

# The module that makes a page and outcomes of a result, by the name of its class: one kind must
# not cost the import of another.
_PAGES = {
    "Evaluation": "words",
    "SavedEvaluation": "words",
    "Benchmark": "benchmarks",
    "Check": "checks",
    "Differences": "differences",
    "Changes": "changes",
    "RunDifferences": "suite_differences",
    "Diagnosis": "diagnosis",
    "SuiteResult": "suites",
    "SavedSuite": "suites",
    "Listing": "listings",
    "SelfTest": "faults",
    "Blessed": "blessings",
    "Started": "starts",
    "Explanation": "explanations",
    "Catalogue": "catalogues",
    "Plot": "curves",
}


def text(result: Result, form: str) -> str:
    """The result in a format, as a file holds it: the file of that name here writes it."""
    return str(import_module(f"{__name__}.{form}").render(result))


def error_text(error: LossCliError, form: str) -> str:
    """An error in the same format, for a file that would have held a result."""
    return str(import_module(f"{__name__}.{form}").render_error(error))


def page_of(result: Result) -> "Page":
    """What the formats for people lay out."""
    page: Page = module_of(result).page(result)
    return page


def module_of(result: Result) -> ModuleType:
    """What knows this kind of result: its `page`, and its `outcomes` for reports of CI."""
    return import_module(f"{__name__}.{_PAGES[type(result).__name__]}")
