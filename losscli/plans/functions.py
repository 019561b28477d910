"""A public function from a plan: the fields of the plan are its parameters."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import wraps
from inspect import Signature, signature
from typing import Any, ParamSpec, TypeVar, cast

from losscli.errors import LossCliError, UsageError
from losscli.plans.flags import declarations
from losscli.plans.spelling import nearest, respell

P = ParamSpec("P")
R = TypeVar("R")


def public(
    name: str,
    plan: Callable[P, Any],
    function: Callable[..., R],
    prepared: Callable[[tuple[Any, ...], dict[str, Any]], R | None] | None = None,
) -> Callable[P, R]:
    """Turn a function of a plan into one with the plan's fields as parameters.

    Its docstring gets a list of the parameters. It raises UsageError, with the nearest names, for a
    parameter that does not exist; errors name parameters as Python writes them.

    prepared: returns the result of frequent calls, of their arguments, without a plan; None for
    others, and where there is an error to raise.
    """
    cls = cast("type[Any]", plan)

    @wraps(function)
    def call(*args: P.args, **given: P.kwargs) -> R:
        # What users' code prints is kept apart from results, as on the command line.
        stdout, sys.stdout = sys.stdout, sys.stderr
        try:
            if prepared is not None and (found := prepared(args, given)) is not None:
                return found
            try:
                asked = plan(*args, **given)
            except TypeError:
                _check_names(cls, given)
                raise
            return function(asked)
        except LossCliError as error:
            respell(error, cls, "python")
            raise
        finally:
            sys.stdout = stdout

    del call.__wrapped__  # inspect would show its parameters
    call.__name__ = call.__qualname__ = name
    call.__signature__ = _signature(cls, function)  # type: ignore[attr-defined]
    call.__doc__ = f"{function.__doc__ or ''}\n\n{_parameters(cls)}"
    return call


def _check_names(plan: type[Any], given: Mapping[str, Any]) -> None:
    """Raise UsageError, with the nearest names, for a parameter that a plan does not have."""
    known = [each.name for each in declarations(plan)]
    for name in given:
        if name not in known:
            raise UsageError(f"unknown parameter {name!r}", hint=nearest(name, known)) from None


def _signature(plan: type[Any], function: Callable[..., Any]) -> Signature:
    """The signature of a plan's constructor, with what the function returns."""
    fields = signature(plan).parameters
    parameters = [fields[each.name] for each in declarations(plan) if not each.flag.hidden]
    return Signature(parameters, return_annotation=function.__annotations__["return"])


def _parameters(plan: type[Any]) -> str:
    lines = ["Parameters:"]
    for each in declarations(plan):
        default = "" if each.default is MISSING else f" Default: {each.default!r}."
        lines.append(f"    {each.name}: {each.flag.help}{default}")
    return "\n".join(lines)
