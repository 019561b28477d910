"""The program: assembles the commands, and turns errors into exit codes and short messages."""

import contextlib
import errno
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise

import click
import typer

from losscli.cli import signals
from losscli.errors import DataError, LossCliError, MissingError, UsageError

_INTERRUPTED = 130

# Each command is the file of its name here, and stands in a panel of the help.
_COMMANDS = {
    "eval": "Evaluate", "run": "Evaluate", "results": "Evaluate", "bless": "Evaluate",
    "bench": "Benchmark", "check": "Benchmark", "diff": "Benchmark",
    "list": "Losses", "explain": "Losses", "plot": "Losses",
    "init": "Set up", "schema": "Set up", "doctor": "Set up",
}  # fmt: skip


def program(only: str | None = None) -> typer.Typer:
    """All commands, not yet run; only: one of them, so that it does not wait for the others."""
    app = typer.Typer(
        name="losscli",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
    )
    app.callback()(_options)
    for name, panel in _COMMANDS.items():
        if only in (None, name):
            module = import_module(f"losscli.cli.{name}")
            if hasattr(module, "app"):
                app.add_typer(module.app, name=name, rich_help_panel=panel)
            else:
                app.command(name, rich_help_panel=panel)(module.command)
    return app


def prepare() -> None:
    """Set up a process of its own: streams, signals, the threads of BLAS."""
    # BLAS threads would fight with ours, and none of our work is a matrix product.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _mend_streams()
    sys.excepthook = _uncaught
    signals.heed()


def run(arguments: Sequence[str]) -> int:
    """Run the program on arguments; the exit code is the contract's."""
    named = arguments[0] if arguments and arguments[0] in _COMMANDS else None
    try:
        code = typer.main.get_command(program(named)).main(
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
    """The exit code of what ended the run, which is said where anybody listens."""
    error = signals.behind(error) or error
    if isinstance(error, click.Abort) and isinstance(error.__cause__, EOFError):
        error = error.__cause__  # click takes it for a closed prompt, and there is none
    if isinstance(error, click.ClickException):
        error = _promised(error) or error
    if isinstance(error, MemoryError):
        error = MissingError("this machine has too little memory for that", hint=str(error))
    code = _code_of(error)
    try:
        if "--debug" in arguments:
            import traceback

            traceback.print_exception(error)
        _say(error, arguments)
    except OSError:  # nobody can be told: the code must say it
        error = BrokenPipeError()
    if isinstance(error, BrokenPipeError):
        from losscli.cli.console import stop_printing

        stop_printing()  # the reader has seen enough: nothing more can be said to it
    return code


def _uncaught(_: object, error: BaseException, __: object) -> None:
    """End as the contract says where a signal comes before or after `run` could catch it."""
    leave(_ended_by(error, sys.argv[1:]))


def _code_of(error: BaseException) -> int:
    if isinstance(error, LossCliError):
        return error.exit_code
    if isinstance(error, click.ClickException):
        return UsageError.exit_code
    if isinstance(error, signals.Struck):
        return 128 + error.number
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return _INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return 0
    return DataError.exit_code if _full(error) else LossCliError.exit_code


def _full(error: BaseException) -> bool:
    """Whether stdout could not take the result."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EIO)


def _say(error: BaseException, arguments: Sequence[str]) -> None:
    """The message on stderr, and the document on stdout where a program reads it."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        sys.stderr.write(f"{error.format_message()}\n")
        return
    if _code_of(error) == _INTERRUPTED:
        sys.stderr.write("interrupted\n")
        return
    if isinstance(error, BrokenPipeError | signals.Struck):
        return
    if isinstance(error, click.ClickException):
        error = _as_usage(error, arguments)
    if _full(error):
        error = DataError(f"cannot write the result: {getattr(error, 'strerror', error)}")
    if not isinstance(error, LossCliError):
        words = f"losscli itself failed: {type(error).__name__}: {error}"
        error = LossCliError(words, hint="this is a bug; the same command with --debug shows where")
    from losscli.cli.console import print_error

    asked = [text.removeprefix("--format=") for text in arguments if text[:9] == "--format="]
    asked += [value for flag, value in pairwise(arguments) if flag == "--format"]
    quiet = any(word in arguments for word in ("--quiet", "-q"))
    print_error(error, asked[-1] if asked else "table", quiet=quiet)


def leave(code: int) -> None:
    """End the process at once: what is open is flushed, and nothing is torn down piece by piece.

    An interpreter that dismantles NumPy takes as long as a small evaluation.
    """
    import atexit

    signals.heed_no_more()
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
    """Tells the truth about losses: exact, fast, from files of any size."""


# Commands and flags that have their names already, and nothing behind them yet.
_LATER = {
    *("compare", "report"),
    *("--cluster", "--top"),
}


def _promised(error: click.ClickException) -> MissingError | None:
    """What to say of a command or flag that is promised; None for any other fault."""
    if isinstance(error, click.NoSuchOption):
        name = error.option_name
    else:
        found = re.match(r"No such command '([^']*)'", error.format_message())
        name = found[1] if found else ""
    return MissingError(f"{name} is not there yet") if name in _LATER else None


def _as_usage(error: click.ClickException, arguments: Sequence[str]) -> UsageError:
    """What click found wrong, in the words and the form of our own errors."""
    message = error.format_message().rstrip(".")
    named = [word for word in arguments[:1] if word in _COMMANDS]
    hint = " ".join(["losscli", *named, "--help"])
    return UsageError(message[:1].lower() + message[1:], hint=f"see {hint}")


def _mend_streams() -> None:
    """Streams that exist and can say anything.

    A closed standard stream would give its number to the next file that is opened, and what is
    printed would go into that; a name outside the encoding must not end a run.
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
