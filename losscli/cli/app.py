"""The program: assembles the commands, and turns errors into exit codes and short messages."""

import contextlib
import errno
import inspect
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

import click
import typer
from typer.core import TyperArgument, TyperCommand

from losscli.cli import commands, shells, signals
from losscli.cli.command import Panel
from losscli.errors import DataError, LossCliError, MissingError, UsageError

_INTERRUPTED = 130
_PANELS = [panel.value for panel in Panel]
_TYPER: dict[str, Any] = {
    "no_args_is_help": True,
    "suggest_commands": False,  # click does
    "rich_markup_mode": "markdown",
}


class _Command(TyperCommand):
    """A command whose arguments keep their help texts, which click 8.5 replaces by its own."""

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        declared = inspect.signature(given["callback"]).parameters
        for param in self.params:
            if isinstance(param, TyperArgument):
                (info,) = declared[str(param.name)].annotation.__metadata__
                param.help = info.help


def names() -> list[str]:
    """The names of the commands: those of the files and folders in `cli/commands`."""
    return _found(commands.__path__[0])


def _found(folder: str) -> list[str]:
    entries = [entry.name for entry in os.scandir(folder) if entry.name[0] not in "_."]
    return sorted(name.removesuffix(".py") for name in entries)


def program(only: str | None = None, *, listed: bool = False) -> click.Group:
    """All commands, not yet run.

    only: one of them, so that it does not wait for the others. listed: True to make commands
    without their flags, for the list of them.
    """
    app = typer.Typer(
        name="losscli",
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
        add_completion=False,  # typer's options take no shell, and fail where it finds none
        **_TYPER,
    )
    app.callback()(_options)
    _add(app, commands.__name__, [only] if only else names(), listed=listed)
    group = typer.main.get_group(app)
    group.params += shells.options()
    return group


def _add(app: typer.Typer, package: str, names: Sequence[str], *, listed: bool) -> None:
    """Add commands and groups of them to a program or a group, in the order of the help."""
    found = [(name, import_module(f"{package}.{name}")) for name in names]
    for name, module in sorted(found, key=_order):
        panel = _order((name, module))[0]
        if hasattr(module, "run"):
            callback = module.run.summary() if listed else module.run.callback()
            app.command(name, cls=_Command, rich_help_panel=_PANELS[panel])(callback)
            continue
        group = typer.Typer(help=module.__doc__, **_TYPER)
        _add(group, module.__name__, _found(module.__path__[0]), listed=listed)
        app.add_typer(group, name=name, rich_help_panel=_PANELS[panel])


def _order(item: tuple[str, Any]) -> tuple[int, bool, str]:
    """The panel of a command or group, whether others precede it there, and its name."""
    name, module = item
    run = getattr(module, "run", None)
    panel = module.PANEL if run is None else run.panel
    return _PANELS.index(panel.value), not getattr(run, "first", False), name


def prepare() -> None:
    """Set up a process of its own: streams, signals, the threads of BLAS."""
    # BLAS threads would fight with ours, and none of our work is a matrix product.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _repair_streams()
    sys.excepthook = _uncaught
    signals.handle()


def run(arguments: Sequence[str]) -> int:
    """Run the program on arguments; the exit code is the contract's."""
    named = arguments[0] if arguments and arguments[0] in names() else None
    listed = (
        list(arguments) in ([], ["--help"], ["-h"]) and shells.COMPLETE_VARIABLE not in os.environ
    )
    try:
        code = program(named, listed=listed).main(
            list(arguments), prog_name="losscli", standalone_mode=False
        )
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # typer exits with 1 then
            return _ended_by(stop.__context__, arguments)
        raise  # shell completion has printed its answer
    except BaseException as error:  # noqa: BLE001 - each has its exit code
        return _ended_by(error, arguments)
    return code if isinstance(code, int) else 0


def _ended_by(error: BaseException, arguments: Sequence[str]) -> int:
    """The exit code of an error that ended the run, which is reported."""
    error = signals.cause(error) or error
    if isinstance(error, click.Abort) and isinstance(error.__cause__, EOFError):
        error = error.__cause__  # click takes it for a closed prompt, and there is none
    if isinstance(error, MemoryError):
        error = MissingError("this machine has too little memory for that", hint=str(error))
    code = _code_of(error)
    try:
        if "--debug" in arguments:
            import traceback

            traceback.print_exception(error)
        _report(error, arguments)
    except OSError:  # stderr is closed: only the exit code can report it
        error = BrokenPipeError()
    if isinstance(error, BrokenPipeError):
        from losscli.cli.console import stop_printing

        stop_printing()  # the reader has closed the pipe
    return code


def _uncaught(_: object, error: BaseException, __: object) -> None:
    """Exit as the contract says when an error comes before or after `run` could catch it."""
    leave(_ended_by(error, sys.argv[1:]))


def _code_of(error: BaseException) -> int:
    if isinstance(error, LossCliError):
        return error.exit_code
    if isinstance(error, click.ClickException):
        return UsageError.exit_code
    if isinstance(error, signals.Interruption):
        return 128 + error.number
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return _INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return 0
    return DataError.exit_code if _full(error) else LossCliError.exit_code


def _full(error: BaseException) -> bool:
    """True if stdout could not take the result."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EIO)


def _report(error: BaseException, arguments: Sequence[str]) -> None:
    """Print the message on stderr, and on stdout in a machine-readable format."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        sys.stderr.write(f"{error.format_message()}\n")
        return
    if _code_of(error) == _INTERRUPTED:
        sys.stderr.write("interrupted\n")
        return
    if isinstance(error, BrokenPipeError | signals.Interruption):
        return
    if isinstance(error, click.ClickException):
        error = _as_usage(error, arguments)
    if _full(error):
        error = DataError(f"cannot write the result: {getattr(error, 'strerror', error)}")
    if not isinstance(error, LossCliError):
        words = f"losscli itself failed: {type(error).__name__}: {error}"
        error = LossCliError(words, hint="this is a bug; the same command with --debug shows where")
    error.hint = _useful(error.hint, arguments)
    from losscli.cli.console import print_error

    asked = [text.removeprefix("--format=") for text in arguments if text[:9] == "--format="]
    asked += [value for flag, value in pairwise(arguments) if flag == "--format"]
    quiet = any(word in arguments for word in ("--quiet", "-q"))
    print_error(error, asked[-1] if asked else "table", quiet=quiet)


def _useful(hint: str, arguments: Sequence[str]) -> str:
    """The hint; empty where it proposes a flag that was given, with the same value."""
    typed = [part for word in arguments for part in word.split("=", 1)]
    if hint.startswith("losscli "):  # a command as a whole
        return hint
    words = [word.strip(",.;:") for word in hint.split()]
    given = set(pairwise(typed))
    for flag, value in pairwise([*words, ""]):
        switch = flag == "--debug" or flag.startswith("--no-")
        if (flag[:1] == "-" and (flag, value) in given) or (switch and flag in typed):
            return ""
    return hint


def leave(code: int) -> None:
    """End the process at once: what is open is flushed, and nothing is torn down piece by piece.

    An interpreter that dismantles NumPy takes as long as a small evaluation.
    """
    import atexit

    signals.release()
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError):  # what could not be written was said
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _print_version(wanted: bool) -> None:
    if wanted:
        from losscli.version import __version__

        sys.stdout.write(f"losscli {__version__}\n")
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False, "--version", "-V", help="Print the version.", is_eager=True, callback=_print_version
    ),
) -> None:
    """Evaluate predictions, gate CI, verify and benchmark loss implementations."""


def _as_usage(error: click.ClickException, arguments: Sequence[str]) -> UsageError:
    message = error.format_message().rstrip(".")
    named = [word for word in arguments[:1] if word in names()]
    hint = " ".join(["losscli", *named, "--help"])
    shell = "extra arguments" in message and any(map(os.path.exists, arguments))
    if shell:  # it replaced a pattern by the names of the files
        hint += "; a pattern of files needs quotes: 'preds/*.csv'"
    return UsageError(message[:1].lower() + message[1:], hint=f"see {hint}")


def _repair_streams() -> None:
    """Make sure that the standard streams exist and take any character.

    The number of a closed standard stream would go to the next file that is opened, and output
    would be written into that file; a name outside the encoding must not end a run.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
            setattr(sys, name, open(number, "r" if number == 0 else "w"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
