"""What a benchmark computes: losses by their specs, in the shapes that --size asks for."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from losscli.errors import UsageError
from losscli.implementations.implementation import LINEAR, Workload
from losscli.losses.labels import Labels
from losscli.losses.registry import every, load
from losscli.losses.spec import BoundLoss, Places, bind, rows_only

FOUNDING = ("smooth_l1", "cross_entropy", "bce", "mae", "mse")
_CLASSES = 1024
_LINEAR_SHAPE = (4096, 512, 8192)

Reader = Callable[[str], Any]


def losses_of(specs: Sequence[Any], read: "Reader | Places") -> list[BoundLoss | str]:
    """The losses of specs; linear_cross_entropy, which only a benchmark has, as its name."""
    found: list[BoundLoss | str] = []
    for spec in specs:
        if isinstance(spec, str) and spec.strip() == LINEAR:
            found.append(LINEAR)
        else:
            found += map(rows_only, bind(spec, read))
    return found


def workload_of(loss: "BoundLoss | str", size: str | None, default: int) -> Workload:
    """A loss in a shape; size: elements, ROWSxCLASSES or ROWSxHIDDENxCLASSES, None is the default.

    Raises UsageError for a size that the loss cannot take.
    """
    numbers = None if size is None else _numbers(size)
    if isinstance(loss, str):
        cross_entropy = load("cross_entropy")
        shape = _LINEAR_SHAPE if numbers is None else numbers
        if len(shape) != 3:
            raise UsageError(
                f"{LINEAR} takes ROWSxHIDDENxCLASSES, not {size}", hint="--size 4096x512x32000"
            )
        return Workload(LINEAR, LINEAR, cross_entropy, cross_entropy.resolve({}), tuple(shape))
    if loss.statistic is not None:
        raise UsageError(
            f"{loss.statistic} is a statistic of {loss.loss.name}, which has the work",
            hint=f"-l {loss.loss.name}",
        )
    classes = isinstance(loss.loss.target, Labels)
    shape = numbers or (default,)
    if len(shape) > 2 or (len(shape) == 2 and not classes):
        raise UsageError(
            f"{loss.label} takes {'ROWSxCLASSES or elements' if classes else 'elements'}, "
            f"not {size}",
            hint="--size 4096x1024" if classes else "--size 1e6",
        )
    if classes and len(shape) == 1:
        shape = (max(1, shape[0] // _CLASSES), min(_CLASSES, shape[0]))
    loss.loss.fit(shape[1:], () if classes else shape[1:], loss.params)
    return Workload(loss.loss.name, loss.label, loss.loss, loss.params, tuple(shape))


def workload_of_words(loss: str, shape: Sequence[int]) -> Workload:
    """The workload of a spec, in a shape."""
    from losscli.sources.source import read_array

    (found,) = losses_of([loss], read_array)
    return workload_of(found, "x".join(map(str, shape)), 0)


def fits(size: str, loss: "BoundLoss | str") -> bool:
    """Whether a size is of the kind that a loss takes; elements fit all but the linear one."""
    kind = len(_numbers(size))
    if isinstance(loss, str):
        return kind == 3
    return kind == 1 or (kind == 2 and isinstance(loss.loss.target, Labels))


def names() -> list[str]:
    """Every loss that a benchmark knows."""
    return [*(loss.name for loss in every()), LINEAR]


def _numbers(size: str) -> tuple[int, ...]:
    found = []
    for part in re.split(r"[x×*]", size.strip().lower()):
        try:
            number = float(part)
        except ValueError:
            number = -1.0
        if not (1 <= number <= 1e12) or number != int(number):
            raise UsageError(
                f"{size!r} is no size", hint="--size 1e6, --size 4096x1024 (rows x classes)"
            )
        found.append(int(number))
    return tuple(found)
