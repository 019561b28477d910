"""A command of the program, made from a plan and the function that carries it out."""

import inspect
from collections.abc import Callable
from enum import Enum
from importlib import import_module
from typing import Any, NamedTuple


class Panel(Enum):
    """The panels of the program's help, in their order."""

    EVALUATE = "Evaluate"
    BENCHMARK = "Benchmark"
    LOSSES = "Losses"
    SETUP = "Set up"


class Call(NamedTuple):
    """The format of stdout and the progress callback, for commands that need them."""

    format: str
    progress: Callable[..., None]


class Command(NamedTuple):
    """A function that takes a plan and a `Call` and returns a result, as a command.

    plan: the class whose fields are the command's flags, MODULE:NAME; the list of commands does not
    import it. first: True for the first command of its panel. user_code: True where it can run
    users' code. shows: True where the result is an earlier one, whose exit code is not that of the
    command. The function's docstring is the help text.
    """

    function: Callable[[Any, Call], Any]
    plan: str
    panel: Panel
    first: bool
    user_code: bool
    shows: bool

    def summary(self) -> Callable[[], None]:
        """A function with the help text alone: a list of commands needs no flags of them."""

        def listed() -> None: ...

        listed.__doc__ = self.function.__doc__
        return listed

    def callback(self) -> Callable[..., int]:
        """The function whose parameters are the flags; it returns the exit code."""
        from losscli.cli.parameters import Printing, flags_of, parameter, value
        from losscli.plans.flags import declarations

        module, _, name = self.plan.partition(":")
        kind = getattr(import_module(module), name)
        names = {each.name for each in declarations(kind)}
        flags = flags_of(kind, user_code=self.user_code)

        def run(**given: Any) -> int:
            if self.user_code:  # a command of losses, which needs NumPy
                # Before the documents: msgspec imports typing_extensions, whose changes to `typing`
                # make the import of NumPy slower by 8 ms.
                import numpy  # noqa: F401
            from losscli.cli.console import printed, progress_bar, user_code_allowed

            values = {each.name: value(each, given[each.name]) for each in flags}
            printing = {each.name: values[each.name] for each in declarations(Printing)}
            if "format" not in names:
                Printing(**printing)
            asked = kind(**{name: value for name, value in values.items() if name in names})
            form, quiet = printing["format"], printing["quiet"]
            bar = progress_bar(wanted=not (printing["no_progress"] or quiet))
            allowed = user_code_allowed(not values.get("no_user_code", False))
            with allowed, bar as progress:
                result = self.function(asked, Call(form, progress))
            printed(result, form, quiet=quiet)
            return 0 if self.shows else int(result.exit_code)

        run.__doc__, run.__name__ = self.function.__doc__, self.function.__name__
        parameters = list(map(parameter, flags))
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {part.name: part.annotation for part in parameters}
        return run


def command(
    plan: str,
    panel: Panel = Panel.EVALUATE,
    *,
    first: bool = False,
    user_code: bool = False,
    shows: bool = False,
) -> Callable[[Callable[[Any, Call], Any]], Command]:
    """Make a command of a function; the parameters are those of `Command`."""
    return lambda function: Command(function, plan, panel, first, user_code, shows)
