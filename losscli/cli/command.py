"""A command of the program, made from a plan and the function that carries it out."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import MISSING
from enum import Enum
from typing import Annotated, Any, NamedTuple

import click
import typer

from losscli.plans.flags import Declaration, FlagError, declarations, flag, plan
from losscli.plans.shared import COMPUTE, OUT


class Panel(Enum):
    """The panels of the program's help, in their order."""

    EVALUATE = "Evaluate"
    BENCHMARK = "Benchmark"
    LOSSES = "Losses"
    SETUP = "Set up"


def _formats() -> Sequence[str]:
    from losscli.render.formats import names

    return names()


@plan
class Printing:
    """How a command prints its result: flags that every command has."""

    format: str = flag("The format of stdout.", default="table", panel=OUT, choices=_formats)
    quiet: bool = flag("No table; notes and errors only.", default=False, panel=OUT, short="-q")
    no_progress: bool = flag("No progress bar.", default=False, panel=OUT)
    debug: bool = flag("Show the traceback of an error.", default=False, panel=OUT)


@plan
class Trust:
    """The flag of commands that can run users' code."""

    no_user_code: bool = flag(
        "Refuse FILE.py:NAME, MODULE:NAME and losses of other packages.",
        default=False, panel=COMPUTE,
    )  # fmt: skip


class Call(NamedTuple):
    """The format of stdout and the progress callback, for commands that need them."""

    format: str
    progress: Callable[..., None]


def command(
    kind: type[Any],
    panel: Panel = Panel.EVALUATE,
    *,
    first: bool = False,
    user_code: bool = False,
    shows: bool = False,
) -> Callable[[Callable[[Any, Call], Any]], "Command"]:
    """Make a command of a function that takes a plan and a `Call` and returns a result.

    kind: the plan's class, whose fields are the command's flags. first: True for the first command
    of its panel. user_code: True where it can run users' code. shows: True where the result is an
    earlier one, whose exit code is not that of the command. The function's docstring is the help
    text.
    """

    def decorate(function: Callable[[Any, Call], Any]) -> Command:
        return Command(kind, function, panel, first=first, user_code=user_code, shows=shows)

    return decorate


class Command:
    """A command: its plan, the function that carries it out, and its place in the help."""

    def __init__(
        self,
        kind: type[Any],
        function: Callable[[Any, Call], Any],
        panel: Panel,
        *,
        first: bool,
        user_code: bool,
        shows: bool,
    ) -> None:
        self.kind, self.function, self.panel = kind, function, panel
        self.first, self.user_code, self.shows = first, user_code, shows

    def summary(self) -> Callable[[], None]:
        """A function with the help text alone: a list of commands needs no flags of them."""

        def listed() -> None: ...

        listed.__doc__ = self.function.__doc__
        return listed

    def callback(self) -> Callable[..., int]:
        """The function whose parameters are the flags; it returns the exit code."""
        own = declarations(self.kind)
        names = {each.name for each in own}
        shared = [*(declarations(Trust) if self.user_code else ()), *declarations(Printing)]
        declared = [*own, *(each for each in shared if each.name not in names)]
        flags = [each for each in declared if not each.flag.hidden]

        def run(**given: Any) -> int:
            from losscli.cli.console import printed, progress_bar, user_code_allowed

            values = {each.name: _value(each, given[each.name]) for each in flags}
            printing = {each.name: values[each.name] for each in declarations(Printing)}
            if "format" not in names:
                Printing(**printing)
            asked = self.kind(**{name: value for name, value in values.items() if name in names})
            form, quiet = printing["format"], printing["quiet"]
            bar = progress_bar(wanted=not (printing["no_progress"] or quiet))
            allowed = user_code_allowed(not values.get("no_user_code", False))
            with allowed, bar as progress:
                result = self.function(asked, Call(form, progress))
            printed(result, form, quiet=quiet)
            return 0 if self.shows else int(result.exit_code)

        run.__doc__, run.__name__ = self.function.__doc__, self.function.__name__
        parameters = list(map(_parameter, flags))
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {part.name: part.annotation for part in parameters}
        return run


def _value(each: Declaration, typed: Any) -> Any:
    """The value of a flag as a plan takes it, from what was typed."""
    if not each.several:
        return typed
    if not typed:
        return each.default if each.default is not MISSING else ()
    if each.flag.combine == "repeat":
        return tuple(typed)
    if each.flag.combine == "matrix" and len(typed) > 1:
        words = f"was given {len(typed)} times"
        hint = f"the columns of one matrix: {each.spelling} {','.join(typed)}"
        raise FlagError.of(each, words, hint)
    parts = [part.strip() for text in typed for part in text.split(",")]
    if each.flag.combine == "commas":
        parts = [part for part in parts if part] or parts[:1]
    return tuple(parts)


def _parameter(each: Declaration) -> inspect.Parameter:
    default: Any = None if each.several or each.default is MISSING else each.default
    if each.kind == "share" and default is not None:
        default = str(default)
    metavar = each.flag.metavar or "|".join(each.choices) or None
    shown: Any = default is not None
    if each.several and isinstance(each.default, tuple) and each.default:
        shown = ",".join(each.default)
    common: Any = {"help": each.flag.help, "metavar": metavar, "show_default": shown}
    if each.kind != "switch":
        common["autocompletion"] = _completion(each)
    if each.flag.positional:
        info: Any = typer.Argument(**common)
    else:
        info = typer.Option(*_spellings(each), rich_help_panel=each.flag.panel or None, **common)
    required = each.default is MISSING
    return inspect.Parameter(
        each.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if required else default,
        annotation=Annotated[_typed(each, required=required), info],
    )


def _spellings(each: Declaration) -> list[str]:
    """The long spelling, with its negation where the flag is on by default, and the short one."""
    long = each.spelling
    if each.kind == "switch" and each.default:
        long = f"{long}/--no-{long.removeprefix('--')}"
    return [long, *([each.flag.short] if each.flag.short else [])]


def _typed(each: Declaration, *, required: bool) -> Any:
    if each.several:
        return list[str] if required else list[str] | None
    simple: dict[str, Any] = {"switch": bool, "count": int, "number": float}
    found = simple.get(each.kind, str)
    return found | None if each.default is None else found


def _completion(each: Declaration) -> Callable[..., list[str]] | None:
    """The function that completes a flag's value: the one that it names, or its choices."""
    if not (each.flag.complete or each.choices or callable(each.flag.choices)):
        return None

    def complete(context: click.Context, incomplete: str) -> list[str]:
        from losscli.cli import completion

        if each.flag.complete:
            name = f"complete_{each.flag.complete}"
            found: list[str] = getattr(completion, name)(context, incomplete)
            return found
        return [word for word in each.words() if word.startswith(incomplete)]

    return complete
