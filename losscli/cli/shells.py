"""The options that print and install the completion script of a shell."""

import sys
from collections.abc import Callable

import click
from typer._completion_classes import completion_init

from losscli.errors import UsageError

COMPLETE_VARIABLE = "_LOSSCLI_COMPLETE"  # set by the shell, to ask for completions
_SHELLS = ("bash", "zsh", "fish", "powershell", "pwsh")


def options() -> list[click.Parameter]:
    """`--install-completion` and `--show-completion`, each alone or with the name of a shell."""
    completion_init()
    return [
        _option("--install-completion", _install, "Install the completion of a shell"),
        _option("--show-completion", _show, "Print the completion script of a shell"),
    ]


def _option(flag: str, callback: Callable[[str], None], purpose: str) -> click.Option:
    def called(context: click.Context, _: click.Parameter, shell: str | None) -> None:
        if shell is None or context.resilient_parsing:
            return
        if shell and shell not in _SHELLS:
            raise UsageError(
                f"{flag} does not know the shell {shell!r}", hint=f"one of {', '.join(_SHELLS)}"
            )
        callback(shell or _running(flag))
        raise click.exceptions.Exit

    return click.Option(
        [flag],
        callback=called,
        expose_value=False,
        flag_value="",
        help=f"{purpose}: {', '.join(_SHELLS)}; without a name, of the shell that is running.",
        is_eager=True,
        is_flag=False,
        metavar="[SHELL]",
        shell_complete=lambda _, __, start: [one for one in _SHELLS if one.startswith(start)],
    )


def _running(flag: str) -> str:
    """The shell that runs this process.

    Raises
    ------
    UsageError
        If it has no completion: `sh` in a container, make or CI.

    """
    import shellingham  # type: ignore[import-untyped]

    try:
        found = shellingham.detect_shell()[0]
    except shellingham.ShellDetectionFailure:
        found = "no shell"
    if found not in _SHELLS:
        raise UsageError(
            f"{flag} found {found} here, which has no completion",
            hint=f"name a shell: losscli {flag} bash ({', '.join(_SHELLS[1:])})",
        )
    return str(found)


def _install(shell: str) -> None:
    from typer._completion_shared import install

    _, path = install(shell)
    sys.stdout.write(f"the completion of {shell} is in {path}; open a new terminal to use it\n")


def _show(shell: str) -> None:
    sys.stdout.write(f"{script(shell)}\n")


def script(shell: str) -> str:
    """The completion script of a shell."""
    from typer._completion_shared import get_completion_script

    return str(
        get_completion_script(prog_name="losscli", complete_var=COMPLETE_VARIABLE, shell=shell)
    )
