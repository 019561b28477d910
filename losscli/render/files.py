"""Files that hold a result, or else the error, each in the format of its suffix."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from losscli.errors import LossCliError, MissingError, UsageError
from losscli.render import error_text, pictures, text
from losscli.render.formats import of_path
from losscli.results.files import OutputFile, resolve_links

if TYPE_CHECKING:
    from losscli.results.store import SavedRun


@contextmanager
def outputs(
    paths: Sequence[Any], others: Sequence[Any] = (), read: Sequence[Any] = ()
) -> Iterator[Callable[[Any], None]]:
    """A function that writes a result into files; after an error they hold the error instead.

    All are opened before the work. others: further files that are written. read: input files,
    which must not be written.
    """
    _check_distinct([*paths, *(path for path in others if path is not None)], read)
    with ExitStack() as stack:
        forms = list(map(of_path, paths))
        files = [stack.enter_context(OutputFile(path)) for path in paths]

        def write(text_in: Callable[[str], str]) -> None:
            for file, form in zip(files, forms, strict=True):
                if not file.done:
                    file.write(text_in(form).encode(errors="backslashreplace"))
                    file.commit()

        def publish(result: Any) -> None:
            with attach_result(result):
                write(lambda form: text(result, form))

        try:
            yield publish
        except LossCliError as error:
            if error.exit_code != 2:
                failure = error
                with suppress(LossCliError):  # the first failure is the one to report
                    write(lambda form: error_text(failure, form))
            raise


@contextmanager
def picture(path: str | os.PathLike[str] | None) -> Iterator[Callable[[Any], None]]:
    """A function that draws a result into a file; without a path it does nothing.

    Raises UsageError for a suffix that is not a picture's, and MissingError without matplotlib,
    before any work.
    """
    if path is None:
        yield lambda _result: None
        return
    form = pictures.format_of(path)
    if find_spec("matplotlib") is None:
        raise MissingError("a picture needs matplotlib", hint="pip install 'losscli[plot]'")
    with OutputFile(path) as file:

        def draw(result: Any) -> None:
            file.write(pictures.draw(result, form))
            file.commit()

        yield draw


@contextmanager
def kept(place: "SavedRun | None") -> Iterator[Callable[[Any], None]]:
    """A function that saves a result in the results folder; after an error it holds the error.

    place: None for a result that is not saved.
    """
    if place is None:
        yield lambda _result: None
        return
    try:
        yield lambda result: place.save(f"{result.to_json()}\n")
    except LossCliError as error:
        if error.exit_code != 2:
            with suppress(LossCliError):  # the first failure is the one to report
                place.save(f"{error_text(error, 'json').rstrip()}\n")
        raise


@contextmanager
def attach_result(result: Any) -> Iterator[None]:
    """Attach the result to an error in writing it, so that it can still be shown."""
    try:
        yield
    except LossCliError as error:
        error.result = result
        raise


def _check_distinct(written: Sequence[Any], read: Sequence[Any]) -> None:
    paths = [os.fspath(path) for path in read if isinstance(path, str | os.PathLike)]
    inputs = set()
    for path in paths:
        with suppress(UsageError):  # opening it will report that
            inputs.add(resolve_links(path))
    seen: set[str] = set()
    for path in written:
        real = resolve_links(path)
        if real in inputs:
            raise UsageError(f"{os.fspath(path)} is an input: it cannot be an output too")
        if real in seen:
            raise UsageError(
                f"{os.fspath(path)} is named twice as an output", hint="name another file"
            )
        seen.add(real)
