"""A result as text, one file a format; a renderer computes nothing."""

from losscli.errors import LossCliError
from losscli.render.formats import load
from losscli.render.page import Result


def text(result: Result, form: str, encoding: str = "utf-8") -> str:
    """The result in a format, in characters that an encoding has."""
    return load(form).render(result, encoding)


def error_text(error: LossCliError, form: str) -> str:
    """An error in the same format, for a file that would have held a result."""
    return load(form).render_error(error)
