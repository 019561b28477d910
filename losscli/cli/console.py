"""Streams: results to stdout; progress, notes and errors to stderr."""

import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from functools import partial
from typing import TYPE_CHECKING

from losscli.errors import LossCliError

if TYPE_CHECKING:
    from losscli.render.formats import Format
    from losscli.render.page import Result

_LONGEST_LINE = 2000  # characters
_PATIENCE_S = 1.0  # a bar for anything longer


def printed(result: "Result", form: str, *, quiet: bool) -> None:
    """Print the notes on stderr and the result on stdout; a closed pipe is not a failure."""
    try:
        _printed(result, form, quiet=quiet)
        sys.stdout.flush()
    except BrokenPipeError:
        stop_printing()  # the exit code of the result still counts


def stop_printing() -> None:
    """Discard what is printed from here on: nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _printed(result: "Result", form: str, *, quiet: bool) -> None:
    from losscli.render.formats import load

    for note in getattr(result, "all_notes", result.notes):  # those of its steps as well
        _say("note", [note.message, *([note.hint] if note.hint else [])])
    chosen = load(form)
    if chosen.summary is not None:
        _append_summary(partial(chosen.summary, result))
    if not quiet:
        _print(result, chosen)
        return
    if chosen.annotations is not None:
        sys.stdout.write(chosen.annotations(result))
    for gate in getattr(result, "gates", ()):
        if gate.status != "pass":
            from losscli.render.gates import status_of, words_of

            name = " ".join(filter(None, (gate.run, gate.expr)))
            _say(status_of(gate), [f"{name}  {words_of(gate)}"])


def _print(result: "Result", form: "Format") -> None:
    if form.show is not None and (sys.stdout.isatty() or os.environ.get("FORCE_COLOR")):
        from rich.console import Console

        console = Console(highlight=False, emoji=False, markup=False)
        form.show(result, console, console.width if sys.stdout.isatty() else math.inf)
    else:
        sys.stdout.write(form.render(result, sys.stdout.encoding or "ascii"))


def print_error(error: LossCliError, form: str, *, quiet: bool) -> None:
    """Print the error on stderr, and on stdout in a machine-readable format.

    A result that could not be written is printed before it: it may have taken hours.
    """
    from losscli.render.formats import load, names

    chosen = load(form if form in names() else "table")  # the error may be of the format
    if error.result is not None and not chosen.machine_readable:
        printed(error.result, form, quiet=quiet)
    _say("error", error.lines())
    if chosen.machine_readable or chosen.annotations is not None:
        sys.stdout.write(chosen.render_error(error))
        sys.stdout.flush()
    if chosen.summary is not None:
        _append_summary(partial(chosen.summary, error))


def _append_summary(words: Callable[[int], str]) -> None:
    """Add to the summary of the step; words: a function of the number of bytes that are left.

    GitHub drops a summary that is too large as a whole, and the text of earlier commands of the
    step counts.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    from losscli.render.formats.github import SUMMARY_BYTES

    try:
        with open(path, "ab") as file:
            before = b"\n\n" if file.tell() else b""  # the earlier text may end within a line
            text = words(SUMMARY_BYTES - file.tell() - len(before))
            if text:
                file.write(before + text.encode(errors="backslashreplace"))
            else:
                _say("note", ["the summary of this step is full"])
    except OSError as error:
        _say("note", [f"the summary of this step cannot be written: {error.strerror or error}"])


def _stderr_columns() -> float:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or math.inf
    except OSError:
        return math.inf


def _say(word: str, lines: list[str]) -> None:
    from losscli.results.text import escape, escape_ci_commands

    # A message may quote a file's text: a page of it would bury the message.
    head, *rest = (escape_ci_commands(escape(line[:_LONGEST_LINE])) for line in lines)
    text = [f"{word}: {head}", *(f"  {line}" for line in rest)]
    if sys.stderr.isatty():
        from losscli.render.layout import wrap

        text = [part for line in text for part in wrap(line, _stderr_columns(), 2)]
    with suppress(OSError):  # a stderr that cannot be written must not cost the result
        sys.stderr.write("\n".join(text) + "\n")
        sys.stderr.flush()


@contextmanager
def user_code_allowed(allowed: bool) -> Iterator[None]:
    """A context in which users' code is refused, or reported on stderr before it runs.

    Whatever such code prints goes to stderr: stdout has the result alone.
    """
    from losscli.losses.spec.user_code import user_code

    with (
        user_code(allowed=allowed, tell=lambda where: _say("note", [f"runs {where}"])),
        redirect_stdout(sys.stderr),
    ):
        yield


@contextmanager
def progress_bar(*, wanted: bool) -> Iterator[Callable[..., None]]:
    """A callback for the share done; a bar appears in a terminal after a second of work."""
    if not (wanted and sys.stderr.isatty()):
        from losscli.evaluation.measure import no_progress

        yield no_progress
        return
    start: float | None = None
    show: Callable[[float, str], None] | None = None
    with ExitStack() as stack:

        def update(done: float, phase: str = "") -> None:
            nonlocal start, show
            start = start or time.monotonic()  # reading a config is not work
            if show is None and time.monotonic() - start >= _PATIENCE_S:
                show = _bar(stack)
            if show is not None:
                show(done, phase)

        yield update


def _bar(stack: ExitStack) -> Callable[[float, str], None]:
    """A progress bar of rich, whose import takes longer than many commands."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    phases = TextColumn("{task.description}", markup=False)
    columns = (phases, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    task = progress.add_task("", total=1.0)
    stack.enter_context(progress)
    return lambda done, phase: progress.update(task, completed=done, description=phase)
