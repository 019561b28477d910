"""The true value of a loss and of its gradient, and how far a float is from it in ULP."""

import math

import mpmath
import numpy as np

from losscli import losses

# Textbook formulas cancel: log(1 + e**-730) is 0 at 50 digits. At 700 nothing in float64 is lost.
DIGITS = 700


def exactly(value):
    """A parameter or an input as mpmath numbers, without rounding."""
    if value is None or (isinstance(value, int | np.integer) and not isinstance(value, bool)):
        return None if value is None else int(value)
    if np.ndim(value):
        return [mpmath.mpf(float(v)) for v in value]
    return mpmath.mpf(float(value))


def true_value(name, pred, target, params):
    """One row's loss by the plain formula; pred and target are numbers, or rows of classes."""
    with mpmath.workdps(DIGITS):
        loss = getattr(losses, name)
        whole = {p.name: p.default for p in loss.params} | params
        given = {k: v if k == "ignore_index" else exactly(v) for k, v in whole.items()}
        label = int(target) if loss.indexed(np.shape(target)) else exactly(target)
        return +loss.reference(mpmath.mp, exactly(pred), label, **given)


def true_gradient(name, pred, target, params):
    """The derivative with respect to each prediction, by a central difference of 1e-300."""
    row = np.atleast_1d(np.asarray(pred, float))
    step = mpmath.mpf(10) ** -300
    slopes = []
    with mpmath.workdps(DIGITS):
        for k in range(row.size):
            ends = []
            for sign in (1, -1):
                moved = [mpmath.mpf(float(v)) for v in row]
                moved[k] += sign * step
                ends.append(_at(name, moved if np.ndim(pred) else moved[0], target, params))
            slopes.append((ends[0] - ends[1]) / (2 * step))
    return slopes if np.ndim(pred) else slopes[0]


def _at(name, pred, target, params):
    loss = getattr(losses, name)
    whole = {p.name: p.default for p in loss.params} | params
    given = {k: v if k == "ignore_index" else exactly(v) for k, v in whole.items()}
    label = int(target) if loss.indexed(np.shape(target)) else exactly(target)
    return loss.reference(mpmath.mp, pred, label, **given)


def ulps(found, truth, scale=None):
    """The distance of a float from the truth, in units of the last place of it, or of scale."""
    nearest = float(truth)
    if math.isinf(nearest) or math.isinf(found) or math.isnan(found):
        return 0.0 if found == nearest else math.inf
    unit = math.ulp(float(truth if scale is None else scale))
    with mpmath.workdps(DIGITS):
        return float(abs(mpmath.mpf(found) - truth) / unit)
