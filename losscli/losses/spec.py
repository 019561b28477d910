"""How a loss is asked for in words: `[LABEL=]NAME[:key=value,…]`, several by commas."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.backends.backend import Array, Backend
from losscli.errors import MissingError, UsageError
from losscli.losses.conventions import Convention
from losscli.losses.domain import LOGIT, Domain
from losscli.losses.loss import Loss
from losscli.losses.registry import find, find_like

Reader: TypeAlias = Callable[[str], NDArray[Any]]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FILE = re.compile(r"=\s*@([^,]+)")
_LABEL = re.compile(r"[^=:\s,]+")


class BoundLoss(NamedTuple):
    """A loss with its parameters and its label; statistic: a derived one that is its value."""

    loss: Loss
    params: Mapping[str, Any]
    label: str
    statistic: str | None = None
    convention: Convention | None = None

    def on(self, backend: Backend, spacing: float = 2.0**-52) -> "BoundLoss":
        """The same with its array parameters on a backend, and as its convention computes it.

        spacing: the distance of 1 from the next number in the type of the predictions.
        """
        moved = {
            name: backend.widen(value) if isinstance(value, np.ndarray) else value
            for name, value in self.params.items()
        }
        values = None if self.convention is None else self.convention.values_of(spacing)
        loss = self.loss if values is None else replace(self.loss, values=values)
        return self._replace(loss=loss, params=moved)

    @property
    def pred(self) -> Domain:
        """What predictions may be under these parameters."""
        return self.loss.domains_of(self.params)[0]

    @property
    def target(self) -> Domain | None:
        """What targets may be under these parameters; None where there are none."""
        return self.loss.domains_of(self.params)[1]

    @property
    def takes_logits(self) -> bool:
        """Whether probabilities in their place would give a number that looks right."""
        return self.pred is LOGIT

    def rows(self, backend: Backend, pred: Array, target: Array | None) -> Array:
        """One loss a row; a row's bits do not depend on how many rows share the block.

        A long sum that is the only one of its array is split between threads by torch.
        """
        if backend.name == "torch" and len(pred) == 1:
            pred, target = (
                None if array is None else backend.xp.concat([array, array])
                for array in (pred, target)
            )
            return self.loss.rows(backend.xp, pred, target, self.params)[:1]
        return self.loss.rows(backend.xp, pred, target, self.params)

    def denominator(self, backend: Backend, target: Array | None) -> Array | None:
        """What each row counts in the mean; None where all count 1."""
        return self.loss.shares(backend.xp, target, self.params)

    @property
    def transform(self) -> Callable[[float], float]:
        """The function of the mean that is this loss's value."""
        return dict(self.loss.derived)[self.statistic] if self.statistic else float


def bind(
    spec: "str | Loss | BoundLoss | Sequence[Any]", read: Reader, like: str | None = None
) -> list[BoundLoss]:
    """The losses that a spec, a loss or a list of either names, with unique labels.

    read: gives the array of a file, for parameters such as `weight=@w.npy`. like: the library
    whose conventions they follow.

    Raises UsageError for what cannot be read, an unknown loss or parameter, a label given twice.
    """
    if not isinstance(spec, str | Loss | BoundLoss | Sequence):
        raise UsageError(f"a loss is asked for by its name, not by {spec!r}")
    items = [spec] if isinstance(spec, str | Loss | BoundLoss) else list(spec)
    bound = [loss for item in items for loss in _bind_item(item, read, like)]
    seen: set[str] = set()
    for loss in bound:
        if loss.label in seen:
            raise UsageError(
                f"two losses are labelled {loss.label!r}",
                hint=f"name one: -l other={loss.label}",
            )
        seen.add(loss.label)
    return bound


def files_of(spec: Any) -> list[str]:
    """The files that the parameters of specs name, whether or not they exist."""
    items = [spec] if isinstance(spec, str) else spec if isinstance(spec, list | tuple) else []
    return [name for item in items if isinstance(item, str) for name in _FILE.findall(item)]


def _bind_item(item: Any, read: Reader, like: str | None) -> list[BoundLoss]:
    if isinstance(item, BoundLoss):
        return [item]
    if isinstance(item, Loss):
        item = item.name if like else item
    if isinstance(item, Loss):
        return [BoundLoss(item, item.resolve({}), item.name)]
    if isinstance(item, str):
        return [_bind_spec(spec, read, like) for spec in _split(item)]
    raise UsageError(f"a loss is asked for by its name, not by {item!r}")


def _split(text: str) -> list[str]:
    """Cut at the commas that start another loss: those not followed by `key=` of the same one."""
    specs: list[str] = []
    for part in text.split(","):
        continues = specs and ":" in specs[-1] and re.match(r"\s*[A-Za-z_]\w*\s*=[^:]*$", part)
        if continues:
            specs[-1] += "," + part
        else:
            specs.append(part)
    return specs


def _bind_spec(spec: str, read: Reader, like: str | None) -> BoundLoss:
    text = spec.strip()
    head, _, rest = text.partition(":")
    label, equals, name = head.rpartition("=")
    label, name = label.strip(), name.strip()
    if not name or (equals and not _LABEL.fullmatch(label)):
        raise UsageError(f"{spec!r} names no loss", hint="-l NAME, or -l LABEL=NAME:key=value")
    if re.search(r"[+*(]", name) or " + " in text:
        raise MissingError(f"sums of losses are not there yet: {text}")
    if not _NAME.fullmatch(name):
        if ".py" in name or "." in name:
            raise MissingError(f"losses from a file or a module are not there yet: {text}")
        raise UsageError(f"{name!r} is no name of a loss", hint="-l NAME, or -l NAME:key=value")
    loss, statistic = find_like(name, like) if like else find(name)
    convention = loss.like[like] if like else None
    given: dict[str, str] = {}
    for part in rest.split(",") if rest.strip() else ():
        key, value = _parameter(part, text)
        if key in given:
            raise UsageError(f"{key} is given twice in {text!r}", hint="name it once")
        given[key] = value
    words = ",".join(f"{key}={value}" for key, value in given.items())
    values = {key: _value(value, read) for key, value in given.items()}
    params = loss.resolve(values, {} if convention is None else convention.params)
    label = label or (f"{name}:{words}" if words else name)
    return BoundLoss(loss, params, label, statistic, convention)


def _parameter(part: str, spec: str) -> tuple[str, str]:
    key, equals, value = part.partition("=")
    if not equals or not key.strip() or not value.strip():
        raise UsageError(
            f"{part.strip()!r} in {spec!r} is no key=value", hint="-l smooth_l1:beta=0.5"
        )
    return key.strip(), value.strip()


def _value(text: str, read: Reader) -> Any:
    if text.startswith("@"):
        return read(text[1:])
    words: dict[str, Any] = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return int(text) if re.fullmatch(r"[+-]?\d{1,400}", text) else float(text)
    except ValueError:
        return text
