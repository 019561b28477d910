"""The smallest inputs on which an implementation still fails, for people to read."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from losscli.checks.inputs import Arrays

_TRIES = 300


def smallest(arrays: Arrays, fails: Callable[[Arrays], bool]) -> Arrays:
    """Greedily fewer rows, then fewer columns, then simpler numbers, as long as they fail.

    fails: True if inputs are valid and fail. It is called at most 300 times.
    """
    tries = [_TRIES]

    def still_fails(candidate: Arrays) -> bool:
        tries[0] -= 1
        return tries[0] >= 0 and fails(candidate)

    arrays = _fewer_rows(arrays, still_fails)
    for candidates in (_fewer_columns, _simpler):
        changed = True
        while changed and tries[0] > 0:
            changed = False
            for candidate in candidates(arrays):
                if still_fails(candidate):
                    arrays, changed = candidate, True
                    break
    return arrays


def _fewer_rows(arrays: Arrays, still_fails: Callable[[Arrays], bool]) -> Arrays:
    """One half of the rows, again and again, as long as it fails."""
    while len(arrays[0]) > 1:
        half = len(arrays[0]) // 2
        halves = [tuple(a[:half] for a in arrays), tuple(a[half:] for a in arrays)]
        failing = next((part for part in halves if still_fails(part)), None)
        if failing is None:
            return arrays
        arrays = failing
    return arrays


def _fewer_columns(arrays: Arrays) -> Iterator[Arrays]:
    """Without half of the last axis's columns, a quarter, … one; in targets as well."""
    width = arrays[0].shape[-1] if arrays[0].ndim > 1 else 1
    size = width // 2
    while size:
        for start in range(0, width, size):
            fewer = _without(arrays, np.arange(start, min(width, start + size)))
            if fewer is not None:
                yield fewer
        size //= 2


def _without(arrays: Arrays, removed: NDArray[np.int64]) -> Arrays | None:
    """Without some columns, labels renumbered; None if a label's column would be removed."""
    pred, *rest = arrays
    others = []
    for target in rest:
        if target.ndim > 1 and target.shape[-1] == pred.shape[-1]:
            others.append(np.delete(target, removed, axis=-1))
        elif target.dtype.kind != "i":
            others.append(target)
        elif np.isin(target, removed).any():
            return None
        else:
            others.append(target - (target[:, None] > removed).sum(axis=1))
    return np.delete(pred, removed, axis=-1), *others


def _simpler(arrays: Arrays) -> Iterator[Arrays]:
    """One number replaced by a simpler one."""
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
    """Numbers with fewer digits than a value, the simplest first."""
    candidates = dict.fromkeys([0.0, np.sign(value), float(f"{value:.1g}"), float(f"{value:.2g}")])
    for candidate in candidates:
        if len(repr(candidate)) < len(repr(value)):
            yield candidate
