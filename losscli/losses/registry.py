"""Losses by name: a loss is the file of its name in a family's folder."""

import os
import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from losscli.errors import UsageError
from losscli.losses.core.conventions import LIBRARIES
from losscli.losses.core.loss import Loss

if TYPE_CHECKING:
    from losscli.losses.penalty._penalty import Penalty

_PENALTIES = "penalty"
# The two fields of a declaration that give names to it, each a tuple of texts or of pairs.
_FIELDS = re.compile(r"^    (aliases|derived)=\(([^\n]*(?:\n {8}[^\n]*)*)", re.MULTILINE)
_RENAMED = re.compile(r"\bnames=\(([^)]*)\)")  # of a convention
_TEXTS = re.compile(r'"(\w+)"')
_FOLDER = os.path.dirname(__file__)  # noqa: PTH120 - pathlib costs its import
_CATALOGUE = "catalogue"


@cache
def modules() -> dict[str, str]:
    """The canonical name of every loss, and the module that declares it; imports none of them."""
    found: dict[str, str] = {}
    for family in families():
        found |= _declared(f"{_CATALOGUE}.{family}")
    return found


@cache
def families() -> tuple[str, ...]:
    """The families of losses, by name."""
    folders = (entry.name for entry in os.scandir(f"{_FOLDER}/{_CATALOGUE}") if entry.is_dir())
    return tuple(sorted(name for name in folders if name[0] != "_"))


@cache
def penalties() -> "dict[str, Penalty]":
    """The penalties, by the names that expressions call them by, such as l2."""
    found = (getattr(import_module(module), name) for name, module in _declared(_PENALTIES).items())
    return {penalty.symbol: penalty for penalty in found}


def _declared(family: str) -> dict[str, str]:
    """The names of a folder's declarations, each with its module."""
    found = {}
    folder = f"{_FOLDER}/{family.replace('.', '/')}"
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        name, suffix = os.path.splitext(entry.name)  # noqa: PTH122 - pathlib costs its import
        if suffix == ".py" and not name.startswith("_"):
            found[name] = f"{__package__}.{family}.{name}"
    return found


def load(name: str) -> Loss:
    """The loss of a canonical name."""
    loss = getattr(import_module(modules()[name]), name)
    assert isinstance(loss, Loss)
    return loss


def all_losses() -> list[Loss]:
    """All losses, by family and name."""
    return sorted(map(load, modules()), key=lambda loss: (loss.family, loss.name))


@cache
def _others() -> dict[str, tuple[str, str | None]]:
    """Aliases and derived statistics: each with the loss, and the statistic that it names.

    They are read from the text of the declarations: to import them all for one alias would cost
    more than a small evaluation. A test holds them to what the declarations say.
    """
    found: dict[str, tuple[str, str | None]] = {}
    for name, text in _texts().items():
        for field, words in _FIELDS.findall(text):
            names = _TEXTS.findall(words)
            found |= {other: (name, other if field == "derived" else None) for other in names}
    return found


@cache
def _texts() -> dict[str, str]:
    """The declaration of every loss as it is written."""
    found = {}
    for name, module in modules().items():
        path = f"{_FOLDER}/{module.removeprefix(f'{__package__}.').replace('.', '/')}.py"
        with open(path, encoding="utf-8") as file:
            text = file.read()
        found[name] = text[text.rfind("= Loss(") :]
    return found


def find_like(name: str, library: str) -> tuple[Loss, str | None]:
    """The loss that a name means to a library, which must have it; and as `find`.

    Raises UsageError for a loss that the library does not have.
    """
    for own, text in _texts().items():
        if any(name in _TEXTS.findall(words) for words in _RENAMED.findall(text)):
            loss = load(own)
            if library in loss.like and name in loss.like[library].names:
                return loss, None
    loss, statistic = find(name)
    if library not in loss.like:
        raise not_in_library(library, loss)
    return loss, statistic


def not_in_library(library: str, loss: Loss) -> UsageError:
    """What to say of a loss that a library does not have."""
    others = [other for other in LIBRARIES if other in loss.like]
    hint = " or ".join(f"--like {other}" for other in others)
    return UsageError(
        f"{library} has no {loss.name}",
        hint=f"{hint} {'has' if len(others) == 1 else 'have'} it" if others else "leave --like out",
    )


def is_known(name: str) -> bool:
    """Whether a name is that of a loss or of a statistic of one."""
    return name in modules() or name in _others()


def find(name: str) -> tuple[Loss, str | None]:
    """The loss of a name or alias, and the derived statistic that the name means, or None.

    Raises UsageError with the nearest names for one that is unknown.
    """
    if name in modules():
        return load(name), None
    others = _others()
    if name in others:
        loss, statistic = others[name]
        return load(loss), statistic
    spelled = next((p.symbol for p in penalties().values() if p.name == name), None)
    if spelled:
        raise UsageError(
            f"{name} is a penalty of an array, not a loss of rows",
            hint=f'add it to one: -l "mse + 0.01*{spelled}(@weights.npy)"',
        )
    raise _unknown(name)


def _unknown(name: str) -> UsageError:
    """What to say of a name that is no loss's: what it is instead, or the nearest ones."""
    from difflib import get_close_matches

    from losscli.losses.spec.not_losses import NOT_LOSSES
    from losscli.losses.spec.plugins import plugins

    plain = name.lower().replace("-", "_")
    for names, (words, hint) in NOT_LOSSES.items():
        if plain in names.split():
            return UsageError(f"{name} is no loss: {words}", hint=hint)
    close = get_close_matches(name, [*modules(), *_others(), *plugins()], 3, 0.5)
    shorter = plain.removesuffix("_loss")  # as torch and optax call them: mse_loss, l1_loss
    near = [shorter] if is_known(shorter) else close
    return UsageError(
        f"no loss is called {name!r}",
        hint=f"{f'did you mean {_or(near)}? ' if near else ''}losscli list has them all",
    )


def _or(names: list[str]) -> str:
    return " or ".join(names)
