"""The parameters of a command, made from the flags of its plan."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import MISSING
from typing import Annotated, Any

import click
import typer

from losscli.plans.flags import Declaration, FlagError, declarations, flag, plan
from losscli.plans.shared import COMPUTE, OUT


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


def flags_of(kind: type[Any], *, user_code: bool) -> list[Declaration]:
    """The flags of a command: those of its plan, and those that it shares with others."""
    own = declarations(kind)
    names = {each.name for each in own}
    shared = [*(declarations(Trust) if user_code else ()), *declarations(Printing)]
    declared = [*own, *(each for each in shared if each.name not in names)]
    return [each for each in declared if not each.flag.hidden]


def value(each: Declaration, typed: Any) -> Any:
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
    if each.flag.combine == "models" and len(typed) > 1:
        return tuple(tuple(part.strip() for part in text.split(",")) for text in typed)
    parts = [part.strip() for text in typed for part in text.split(",")]
    if each.flag.combine == "commas":
        parts = [part for part in parts if part] or parts[:1]
    return tuple(parts)


def parameter(each: Declaration) -> inspect.Parameter:
    """The parameter of a Typer function for a flag."""
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
