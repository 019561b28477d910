"""A result as text, one file a format; a renderer computes nothing."""

from importlib import import_module
from typing import TYPE_CHECKING

from losscli.errors import LossCliError

if TYPE_CHECKING:
    from losscli.evaluation import Evaluation


def text(result: "Evaluation", form: str) -> str:
    """The result in a format, as a file holds it: the file of that name here writes it."""
    return str(import_module(f"{__name__}.{form}").render(result))


def error_text(error: LossCliError, form: str) -> str:
    """An error in the same format, for a file that would have held a result."""
    return str(import_module(f"{__name__}.{form}").render_error(error))
