"""References to a user's objects: `FILE.py:NAME` and `MODULE:NAME`."""

import importlib
import importlib.util
import os
import sys
from types import ModuleType
from typing import Any, NamedTuple

from losscli.errors import LossCliError, MissingError, UsageError


class Reference(NamedTuple):
    """A file or module and the name of an object in it, as a user wrote them."""

    where: str
    name: str

    @property
    def is_file(self) -> bool:
        """Whether it names a file."""
        return self.where.endswith(".py")


def is_reference(text: str) -> bool:
    """Whether a text can only be a reference: a colon after a file or a dotted name."""
    where, colon, name = text.rpartition(":")
    return bool(colon and name.isidentifier() and (where.endswith(".py") or _dotted(where)))


def split(text: str) -> Reference:
    r"""The two parts, cut at the last colon, so that `C:\kernels.py:f` is a file on a drive.

    Raises UsageError where there is no such colon, or no name after it.
    """
    where, colon, name = text.rpartition(":")
    if not colon or not where or not name.isidentifier():
        raise UsageError(f"{text!r} names no function", hint="FILE.py:NAME, or MODULE:NAME")
    return Reference(where, name)


def load(text: str) -> Any:
    """The object that a reference names; its module runs, once in a process.

    Raises UsageError where the file, the module or the name does not exist or its code fails,
    MissingError where it imports a package that is not installed.
    """
    reference = split(text)
    module = _module(reference)
    try:
        return getattr(module, reference.name)
    except AttributeError:
        from difflib import get_close_matches

        near = get_close_matches(reference.name, dir(module), 3)
        raise UsageError(
            f"{reference.where} has no {reference.name!r}",
            hint=f"did you mean {' or '.join(near)}?" if near else "check the name",
        ) from None


def _module(reference: Reference) -> ModuleType:
    try:
        return _of_file(reference.where) if reference.is_file else _imported(reference.where)
    except LossCliError:
        raise
    except ModuleNotFoundError as error:
        if not reference.is_file and error.name == reference.where.partition(".")[0]:
            raise UsageError(f"there is no module {error.name}") from error
        raise MissingError(
            f"{reference.where} imports {error.name}, which is not installed"
        ) from error
    except Exception as error:
        line = _line_of(error, reference)
        raise UsageError(
            f"{reference.where} cannot be imported: {type(error).__name__}: {error}",
            place=f"line {line}" if line else None,
        ) from error


def _of_file(path: str) -> ModuleType:
    full = os.path.realpath(path)
    if not os.path.isfile(full):  # noqa: PTH113 - pathlib costs its import
        raise UsageError(f"there is no file {path}", hint="check the path")
    name = "losscli_user_" + full.replace(os.sep, "_").removesuffix(".py")
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, full)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folder = os.path.dirname(full)  # noqa: PTH120
    if folder not in sys.path:
        sys.path.insert(0, folder)  # the file's neighbours are its own modules
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _imported(name: str) -> ModuleType:
    here = os.getcwd()  # noqa: PTH109
    if here not in sys.path:
        sys.path.insert(0, here)
    return importlib.import_module(name)


def _line_of(error: BaseException, reference: Reference) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.endswith(os.path.basename(reference.where)):  # noqa: PTH119
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _dotted(text: str) -> bool:
    return bool(text) and all(part.isidentifier() for part in text.split("."))
