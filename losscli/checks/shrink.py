"""The smallest inputs on which an implementation still fails, for a person to look at."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.checks.inputs import Arrays

_TRIES = 300


def smallest(arrays: Arrays, fails: Callable[[Arrays], bool], *, columns: bool = True) -> Arrays:
    """Fewer rows, then fewer classes, then simpler numbers, as long as it fails; greedy.

    columns: whether classes may go, which they may not where a parameter has a number for each.
    """
    left = [_TRIES]

    def still(candidate: Arrays) -> bool:
        left[0] -= 1
        return left[0] >= 0 and fails(candidate)

    found = _fewer_rows(arrays, still)
    for candidates in (_fewer_classes, _simpler) if columns else (_simpler,):
        changed = True
        while changed and left[0] > 0:
            changed = False
            for candidate in candidates(found):
                if still(candidate):
                    found, changed = candidate, True
                    break
    return found


def _fewer_rows(arrays: Arrays, still: Callable[[Arrays], bool]) -> Arrays:
    """Halve the rows as long as one half fails, then try each row that is left alone."""
    while len(arrays[0]) > 1:
        half = len(arrays[0]) // 2
        halves = [tuple(a[:half] for a in arrays), tuple(a[half:] for a in arrays)]
        failing = next((part for part in halves if still(part)), None)
        if failing is None:
            return arrays
        arrays = failing
    return arrays


def _fewer_classes(arrays: Arrays) -> Iterator[Arrays]:
    """Without one class, which no label is."""
    pred, target = arrays
    if pred.ndim != 2 or pred.shape[1] <= 2 or target.ndim != 1:
        return
    for gone in range(pred.shape[1]):
        if not (target == gone).any():
            yield np.delete(pred, gone, axis=1), np.where(target > gone, target - 1, target)


def _simpler(arrays: Arrays) -> Iterator[Arrays]:
    """With one number replaced by a simpler one."""
    for which, array in enumerate(arrays):
        if array.dtype.kind != "f":
            continue
        for at in np.ndindex(array.shape):
            for value in _simple(float(array[at])):
                changed = array.copy()
                changed[at] = value
                if changed[at] != array[at]:
                    yield tuple(changed if i == which else a for i, a in enumerate(arrays))


def _simple(value: float) -> Iterator[float]:
    """Numbers that are simpler than a value, the simplest first."""
    found = dict.fromkeys([0.0, np.sign(value), float(f"{value:.1g}"), float(f"{value:.2g}")])
    for candidate in found:
        if len(repr(candidate)) < len(repr(value)):
            yield candidate


def shown_inputs(arrays: Arrays) -> str:
    """Inputs as a person pastes them; a long row is cut."""
    names = ("pred", "target")
    return " ".join(f"{name} {_words(array)}" for name, array in zip(names, arrays, strict=True))


def _words(array: NDArray[Any]) -> str:
    # The shortest digits that give the number in its own type, and not those of a float64.
    parts = [[str(number) for number in row] for row in np.atleast_2d(array)]
    rows = [f"[{', '.join(row)}]" for row in parts]
    text = rows[0] if array.ndim < 2 else f"[{', '.join(rows)}]"
    return text if len(text) <= 120 else f"{text[:117]}..."
