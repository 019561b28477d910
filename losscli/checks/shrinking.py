"""The smallest inputs on which an implementation still fails, for a person to look at."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from losscli.checks.inputs import Arrays

_TRIES = 300


def smallest(arrays: Arrays, fails: Callable[[Arrays], bool]) -> Arrays:
    """Fewer rows, then fewer columns, then simpler numbers, as long as it fails; greedy.

    fails: whether inputs can be taken, and fail.
    """
    left = [_TRIES]

    def still(candidate: Arrays) -> bool:
        left[0] -= 1
        return left[0] >= 0 and fails(candidate)

    found = _fewer_rows(arrays, still)
    for candidates in (_fewer_columns, _simpler):
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


def _fewer_columns(arrays: Arrays) -> Iterator[Arrays]:
    """Without half of the columns of the last axis, a quarter, … or one, in targets as well."""
    width = arrays[0].shape[-1] if arrays[0].ndim > 1 else 1
    size = width // 2
    while size:
        for start in range(0, width, size):
            found = _without(arrays, np.arange(start, min(width, start + size)))
            if found is not None:
                yield found
        size //= 2


def _without(arrays: Arrays, gone: NDArray[np.int64]) -> Arrays | None:
    """Without some columns; labels move up, and None where one of them is gone."""
    pred, *rest = arrays
    others = []
    for target in rest:
        if target.ndim > 1 and target.shape[-1] == pred.shape[-1]:
            others.append(np.delete(target, gone, axis=-1))
        elif target.dtype.kind != "i":
            others.append(target)
        elif np.isin(target, gone).any():
            return None
        else:
            others.append(target - (target[:, None] > gone).sum(axis=1))
    return np.delete(pred, gone, axis=-1), *others


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
