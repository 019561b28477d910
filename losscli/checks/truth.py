"""True losses by mpmath, where it is installed, of the formula that a declaration refers to."""

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.checks.precision import Floats
from losscli.implementations.implementation import Workload

# log(1 + e^-730) is 0 at 50 digits: at 700 nothing that a float64 can say is lost.
_DIGITS = 700
_MOST = 4096  # numbers; each takes a millisecond or less


def can_tell(workload: Workload) -> bool:
    """Whether mpmath is here, and there are few enough numbers."""
    return find_spec("mpmath") is not None and workload.logits <= _MOST


def true_losses(workload: Workload, pred: NDArray[Any], target: NDArray[Any]) -> Floats:
    """One loss a row, (N,), each rounded once to float64, of finite inputs."""
    import mpmath  # type: ignore[import-untyped,unused-ignore]

    loss = workload.loss
    with mpmath.workdps(_DIGITS):
        params = {name: _exactly(value) for name, value in workload.params.items()}
        return np.array(
            [
                float(loss.reference(mpmath.mp, _exactly(p), _exactly(t), **params))
                for p, t in zip(pred, target, strict=True)
            ]
        )


def true_slopes(workload: Workload, pred: NDArray[Any], target: NDArray[Any]) -> Floats:
    """The slope of each loss in its predictions, of pred's shape; nan at corners."""
    import mpmath

    loss, found = workload.loss, np.empty(pred.shape)
    with mpmath.workdps(_DIGITS):
        params = {name: _exactly(value) for name, value in workload.params.items()}

        def value(row: NDArray[Any], target_row: Any, at: tuple[int, ...], step: Any) -> Any:
            moved = _exactly(row)
            if at:
                moved[at[0]] += step
            else:
                moved += step
            return loss.reference(mpmath.mp, moved, _exactly(target_row), **params)

        step = mpmath.mpf(10) ** -(_DIGITS // 4)
        for at in np.ndindex(*pred.shape):
            row = pred[at[0]], target[at[0]], at[1:]
            middle = value(*row, mpmath.mpf(0))
            after = (value(*row, step) - middle) / step
            before = (middle - value(*row, -step)) / step
            corner = abs(after - before) > 1e-9 * (1 + abs(after))
            found[at] = np.nan if corner else float(after)
    return found


def _exactly(value: Any) -> Any:
    """A number or a row of numbers without rounding; whole numbers and None as they are."""
    import mpmath

    if value is None or isinstance(value, int | np.integer):
        return None if value is None else int(value)
    if np.ndim(value):
        return [mpmath.mpf(float(number)) for number in value]
    return mpmath.mpf(float(value))
