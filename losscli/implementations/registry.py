"""Implementations by the text that names them: a library is its file in `libraries/`."""

import os
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import NamedTuple

from losscli.errors import UsageError
from losscli.implementations import libraries as folder
from losscli.implementations.implementation import Framework, Runner, Setting, Workload
from losscli.losses.spec.grammar import LABEL
from losscli.losses.spec.user_code import is_reference, split


@cache
def libraries() -> dict[str, str]:
    """The names of all libraries, each with its module; imports none of them."""
    files = sorted(entry.name for path in folder.__path__ for entry in os.scandir(path))
    names = [name.removesuffix(".py") for name in files if name.endswith(".py")]
    return {
        name.replace("_", "."): f"{folder.__name__}.{name}"
        for name in names
        if not name.startswith("_")
    }


# LOSS:key=value=REFERENCE, where the reference follows the last equals sign, or LABEL=REFERENCE.
_BOUND = rf"({LABEL}:\w+=.*)=([^=]*)|({LABEL})=(.*)"


class Implementation(NamedTuple):
    """A requested implementation; text: its name in results.

    library: a name of `libraries()`; None for a user's function, which `reference` names and which
    takes arrays of `framework`. loss: the label or name of the only loss that it is for; None for
    all losses.
    """

    text: str
    library: str | None
    reference: str | None = None
    framework: Framework = "torch"
    loss: str | None = None

    @property
    def words(self) -> str:
        """Its name, with files relative to the current folder."""
        if self.reference is None:
            return self.library or self.text
        return f"numpy:{self.reference}" if self.framework == "numpy" else self.reference

    def prepare(self, workload: Workload, setting: Setting) -> Runner:
        """The computation, forward only where the loss has no gradient.

        Raises UnsupportedError, or MissingError where its library is absent.
        """
        runner: Runner
        if self.reference is not None:
            from losscli.implementations.function import prepare

            runner = prepare(self.reference, workload, setting, self.framework)
        else:
            module = import_module(libraries()[self.library or ""])
            runner = module.prepare(workload, setting)
        return runner if workload.loss.differentiable else runner._replace(both=None)


def parse(text: str, at: Callable[[str], str] = str) -> Implementation:
    """The implementation that `[LOSS=][numpy:]REFERENCE` or the name of a library means.

    at: gives the path of a file by its name.

    Raises UsageError with the nearest names for one that is unknown.
    """
    found = re.fullmatch(_BOUND, text)
    bound, rest = (found[1] or found[3], found[2] or found[4]) if found else (None, text)
    if rest in libraries():
        return Implementation(text, rest, loss=bound)
    framework: Framework = "torch"
    if rest.startswith("numpy:"):
        framework, rest = "numpy", rest.removeprefix("numpy:")
    if is_reference(rest):
        where, name = split(rest)
        if where.endswith(".py"):
            rest = f"{at(where)}:{name}"
        return Implementation(text, None, rest, framework, bound)
    from difflib import get_close_matches

    near = get_close_matches(rest, libraries(), 2)
    known = f"{', '.join(libraries())}, all, FILE.py:FUNCTION or MODULE:FUNCTION"
    raise UsageError(
        f"unknown implementation {rest!r}",
        hint=f"did you mean {' or '.join(near)}? {known}" if near else known,
    )
