"""References to a user's objects: `FILE.py:NAME` and `MODULE:NAME`."""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

from losscli.errors import LossCliError, MissingError, UsageError

_FRAMES = 4  # the last ones of a traceback
_EXTRAS = {"torch": "torch", "matplotlib": "plot", "mpmath": "check", "hypothesis": "check"}


class Origin(NamedTuple):
    """The file of executed code, and its SHA-256 at that time."""

    path: str
    sha256: str


# True if user code may run, and a function that is called with each file before it runs: global, so
# that every way to such code respects it.
_grant: tuple[bool, Callable[[str], None]] = (True, lambda _: None)
_unread = False
_digests: dict[str, str] = {}
_permitted: set[str] = set()  # what was told of already


@contextmanager
def user_code(*, allowed: bool, tell: Callable[[str], None]) -> Iterator[None]:
    """A context in which user code is allowed or not; tell: called with each file that runs."""
    global _grant
    before, _grant = _grant, (allowed, tell)
    try:
        yield
    finally:
        _grant = before


@contextmanager
def user_code_unread() -> Iterator[None]:
    """A context in which users' code is not imported: a placeholder stands for each object."""
    global _unread
    before, _unread = _unread, True
    try:
        yield
    finally:
        _unread = before


def is_unread() -> bool:
    """True in the context of `user_code_unread`."""
    return _unread


def placeholder(pred: Any, target: Any, **params: Any) -> Any:  # noqa: ARG001
    """The object of a user whose code is not imported."""
    raise AssertionError("code that is not imported was called")


def granted(what: str) -> None:
    """Raise UsageError if user code is refused."""
    if not _grant[0]:
        raise UsageError(
            f"{what} is user code, which --no-user-code refuses",
            hint="omit the flag only if you trust that code",
        )


def is_reference(text: str) -> bool:
    """True if a text can only be a reference: a colon after a file or a dotted name."""
    where, colon, name = text.rpartition(":")
    dotted = all(part.isidentifier() for part in where.split("."))
    return bool(colon and name.isidentifier() and (dotted or where.endswith(".py")))


def split(text: str) -> tuple[str, str]:
    r"""The file or module and the name in it: `C:\kernels.py:f` is a file on a drive.

    Raises UsageError without such a colon, or without a name after it.
    """
    where, colon, name = text.rpartition(":")
    if not colon or not where or not name.isidentifier():
        raise UsageError(f"{text!r} is not a function", hint="expected FILE.py:NAME or MODULE:NAME")
    return where, name


def permit(text: str) -> None:
    """Raise as `load` does for refused code and for a file that does not exist; run nothing.

    It is for code that another process imports.
    """
    where, _ = split(text)
    granted(text)
    full = _existing(where) if where.endswith(".py") else where
    if full not in _permitted:
        _permitted.add(full)
        _grant[1](where)


def load(text: str) -> Any:
    """The object that a reference names; its module runs, once in a process.

    Raises UsageError if the file, the module or the name does not exist or its code fails,
    MissingError if it imports a package that is not installed.
    """
    where, name = split(text)
    granted(text)
    if _unread:
        if where.endswith(".py"):
            _existing(where)
        return placeholder
    module = _module(where)
    try:
        return getattr(module, name)
    except AttributeError:
        from difflib import get_close_matches

        near = get_close_matches(name, dir(module), 3)
        raise UsageError(
            f"{where} has no {name!r}",
            hint=f"did you mean {' or '.join(near)}?" if near else "check the name",
        ) from None


def origin_of(where: str) -> Origin:
    """The file of executed code and its digest; without a digest if it has no file."""
    path: str | None = where
    if not where.endswith(".py"):
        path = getattr(sys.modules.get(where), "__file__", None)
    if path is None:
        return Origin(where, "")
    full = os.path.realpath(path)
    if full not in _digests:
        _remember(full)
    return Origin(path if where.endswith(".py") else where, _digests[full])


def _remember(full: str) -> None:
    from hashlib import sha256

    with open(full, "rb") as file:
        _digests[full] = sha256(file.read()).hexdigest()


def _module(where: str) -> ModuleType:
    try:
        return _of_file(where) if where.endswith(".py") else _imported(where)
    except LossCliError:
        raise
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if not where.endswith(".py") and missing == where.partition(".")[0]:
            raise UsageError(f"there is no module {missing}") from error
        extra = _EXTRAS.get(missing)
        raise MissingError(
            f"{where} imports {missing}, which is not installed",
            hint=f"pip install 'losscli[{extra}]'" if extra else "install it next to losscli",
        ) from error
    except Exception as error:
        raise UsageError(
            f"{where} cannot be imported: {type(error).__name__}: {error}",
            place=trace_of(error, where) or None,
        ) from error


def _existing(path: str) -> str:
    """The real path of a file; raises UsageError where there is none."""
    full = os.path.realpath(path)
    if not os.path.isfile(full):  # noqa: PTH113 - pathlib costs its import
        raise UsageError(f"there is no file {path}", hint="check the path")
    return full


def _of_file(path: str) -> ModuleType:
    full = _existing(path)
    name = f"losscli_user_{os.fsencode(full).hex()}"  # a/b_k.py is not a_b/k.py
    if name in sys.modules:
        return sys.modules[name]
    import importlib.util

    spec = importlib.util.spec_from_file_location(name, full)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    _remember(full)
    _grant[1](path)
    folder = os.path.dirname(full)  # noqa: PTH120
    if folder not in sys.path:
        sys.path.insert(0, folder)  # so that it can import modules next to it
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
    if name not in sys.modules:
        _grant[1](name)
    return importlib.import_module(name)


def trace_of(error: BaseException, where: str) -> str:
    """The lines of a traceback from a user's file or module on; empty without such a line."""
    own = _file_of(where)
    steps: list[tuple[str, int | None]] = []
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if (steps or os.path.realpath(file) == own) and not file.startswith("<"):
            steps.append((file, trace.tb_lineno))
        trace = trace.tb_next
    if isinstance(error, SyntaxError) and error.filename:
        steps.append((error.filename, error.lineno))
    words = (
        f"line {line}"
        if os.path.realpath(file) == own
        else f"{os.path.basename(file)}, line {line}"  # noqa: PTH119
        for file, line in steps[-_FRAMES:]
    )
    return "; ".join(words)


def _file_of(where: str) -> str:
    """The file of a file or module, even if its import failed; empty without one."""
    if where.endswith(".py"):
        return os.path.realpath(where)
    import importlib.util

    try:
        spec = importlib.util.find_spec(where)
    except (ImportError, ValueError):
        spec = None
    return os.path.realpath(spec.origin) if spec is not None and spec.origin else ""
