"""Losses by name: a loss is the file of its name in a family's folder of `catalogue/`.

Other names of a loss stand in its declaration. To import all declarations for one alias would cost
more than a small evaluation, so only those are imported whose file mentions the name in quotes.
"""

import os
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from losscli.errors import UsageError
from losscli.losses import catalogue, penalty
from losscli.losses.core.conventions import LIBRARIES
from losscli.losses.core.loss import Loss

if TYPE_CHECKING:
    from losscli.losses.penalty._penalty import Penalty


class UnknownLossError(UsageError):
    """No loss has the name."""

    def __init__(self, name: str, message: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.name = name


@cache
def _files() -> dict[str, str]:
    """The file of every loss, by its canonical name."""
    folders = [
        entry.path
        for path in catalogue.__path__
        for entry in os.scandir(path)
        if entry.is_dir() and not entry.name.startswith("_")
    ]
    return _declarations(sorted(folders))


def _declarations(folders: Iterable[str]) -> dict[str, str]:
    """The public Python files of some folders, by name."""
    return {
        name.removesuffix(".py"): f"{folder}{os.sep}{name}"
        for folder in folders
        for name in sorted(os.listdir(folder))  # noqa: PTH208 - pathlib costs its import
        if name.endswith(".py") and not name.startswith("_")
    }


@cache
def modules() -> dict[str, str]:
    """The module of every loss, by its canonical name; imports none of them."""
    return {
        name: f"{catalogue.__name__}.{os.path.basename(os.path.dirname(path))}.{name}"  # noqa: PTH119, PTH120
        for name, path in _files().items()
    }


def families() -> tuple[str, ...]:
    """The families of losses, in alphabetical order."""
    return tuple(sorted({module.split(".")[-2] for module in modules().values()}))


@cache
def penalties() -> "dict[str, Penalty]":
    """The penalties, by their names in expressions, such as l2."""
    names = _declarations(penalty.__path__)
    found = (getattr(import_module(f"{penalty.__name__}.{name}"), name) for name in names)
    return {one.symbol: one for one in found}


def load(name: str) -> Loss:
    """The loss of a canonical name."""
    loss = getattr(import_module(modules()[name]), name)
    assert isinstance(loss, Loss)
    return loss


def all_losses() -> list[Loss]:
    """All losses, by family and name; imports all declarations."""
    return sorted(map(load, modules()), key=lambda loss: (loss.family, loss.name))


@cache
def _sources() -> dict[str, str]:
    """The text of every declaration, by the name of its loss."""
    texts = {}
    for name, path in _files().items():
        with open(path, encoding="utf-8") as file:
            texts[name] = file.read()
    return texts


def _mentioning(name: str) -> Iterator[Loss]:
    """The losses whose declaration has a name in quotes: those that declare it are among them."""
    quoted = f'"{name}"', f"'{name}'"
    return (load(own) for own, text in _sources().items() if any(q in text for q in quoted))


@cache
def _lookup(name: str) -> tuple[Loss, str | None] | None:
    """The loss of a name in any case and the derived statistic that it means; None if unknown."""
    if name in modules():
        return load(name), None
    for loss in _mentioning(name):
        if name in loss.aliases:
            return loss, None
        if name in dict(loss.derived):
            return loss, name
    return _lookup(name.lower()) if name != name.lower() else None


def is_known(name: str) -> bool:
    """True for the name of a loss or of a statistic derived from one."""
    return _lookup(name) is not None


def is_derived(name: str) -> bool:
    """True for the name of a statistic derived from a loss, such as rmse."""
    return (_lookup(name) or (None, None))[1] is not None


def find(name: str) -> tuple[Loss, str | None]:
    """The loss of a name or alias, and the derived statistic that the name means, or None.

    Raises UsageError with the nearest names for one that is unknown.
    """
    found = _lookup(name)
    if found is not None:
        return found
    symbol = next((p.symbol for p in penalties().values() if p.name == name), None)
    if symbol:
        raise UsageError(
            f"{name} is a penalty on an array, not a loss of rows",
            hint=f'add it to one: -l "mse + 0.01*{symbol}(@weights.npy)"',
        )
    raise _unknown(name)


def find_like(name: str, library: str) -> tuple[Loss, str | None]:
    """The loss that a name means in a library; otherwise as `find`.

    Raises UsageError for a loss that the library does not have.
    """
    for loss in _mentioning(name.lower()):
        if library in loss.like and name.lower() in loss.like[library].names:
            return loss, None
    loss, statistic = find(name)
    if library not in loss.like:
        raise not_in_library(library, loss)
    return loss, statistic


def not_in_library(library: str, loss: Loss) -> UsageError:
    """The error for a loss of which no convention of a library is known."""
    others = [other for other in LIBRARIES if other in loss.like]
    hint = " or ".join(f"--like {other}" for other in others)
    return UsageError(
        f"--like {library} does not cover {loss.name}",
        hint=f"{hint} {'does' if len(others) == 1 else 'do'}" if others else "omit --like",
    )


def _unknown(name: str) -> UsageError:
    """The error for an unknown name: a loss to use instead, or the nearest names."""
    from difflib import get_close_matches

    from losscli.losses.spec.plugins import plugins

    plain = name.lower().replace("-", "_")
    for loss in _mentioning(plain):
        for one in loss.instead_of:
            if plain in one.names:
                return UnknownLossError(name, f"{name} is not a loss: {one.reason}", one.hint)
    shorter = plain.removesuffix("_loss")  # torch and optax have mse_loss and l1_loss
    if is_known(shorter):
        near = [shorter]
    else:
        others = [n for loss in all_losses() for n in (*loss.aliases, *dict(loss.derived))]
        near = get_close_matches(name, [*modules(), *others, *plugins()], 3, 0.5)
    suggestion = f"did you mean {' or '.join(near)}? " if near else ""
    return UnknownLossError(name, f"unknown loss {name!r}", f"{suggestion}losscli list shows all")
