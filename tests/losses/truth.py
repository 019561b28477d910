"""The true value of a loss and of its gradient, and how far a float is from it in ULP."""

import math

import mpmath
import numpy as np

from losscli import losses

# Textbook formulas cancel: log(1 + e**-730) is 0 at 50 digits. At 700 nothing in float64 is lost.
DIGITS = 700


def exactly(value):
    """A parameter or an input as mpmath numbers, without rounding; words and flags as they are."""
    if value is None or isinstance(value, str | bool | np.bool_):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if np.ndim(value):
        return [exactly(v) if np.ndim(v) else mpmath.mpf(float(v)) for v in value]
    return mpmath.mpf(float(value))


def arguments(name, target, params):
    """The loss, its target and its parameters as its reference takes them."""
    loss = getattr(losses, name)
    whole = {p.name: p.default for p in loss.params} | params
    whole_numbers = {p.name for p in loss.params if p.kind == "whole"}
    given = {k: v if k in whole_numbers else exactly_number(v) for k, v in whole.items()}
    label = int(target) if loss.indexed(np.shape(target)) else exactly(target)
    if isinstance(label, int) and not loss.indexed(np.shape(target)):
        label = mpmath.mpf(label)
    return loss, label, given


def exactly_number(value):
    """A parameter; whole values of real parameters are real."""
    plain = isinstance(value, int) and not isinstance(value, bool)
    return mpmath.mpf(value) if plain else exactly(value)


def true_value(name, pred, target, params):
    """One row's loss by the plain formula; pred and target are numbers, or rows of them."""
    with mpmath.workdps(DIGITS):
        loss, label, given = arguments(name, target, params)
        return +loss.reference(mpmath.mp, real(pred), label, **given)


def real(value):
    """Predictions as mpmath numbers, whole ones too."""
    return [real(v) for v in value] if np.ndim(value) else mpmath.mpf(float(value))


def true_gradient(name, pred, target, params):
    """The derivative with respect to each prediction, by a central difference."""
    flat = np.asarray(pred, float).reshape(-1)
    shape = np.shape(pred)
    slopes = []
    with mpmath.workdps(DIGITS):
        loss, label, given = arguments(name, target, params)
        for k in range(flat.size):
            step = _step(float(flat[k]))
            ends = []
            for sign in (1, -1):
                moved = [mpmath.mpf(float(v)) for v in flat]
                moved[k] += sign * step
                ends.append(loss.reference(mpmath.mp, shaped(moved, shape), label, **given))
            slopes.append((ends[0] - ends[1]) / (2 * step))
    return shaped(slopes, shape)


def _step(x):
    """Below the smallest float64, and beside numbers near that small beside them too."""
    step = mpmath.mpf(10) ** -330
    return min(step, abs(mpmath.mpf(x)) * mpmath.mpf(10) ** -20) if x else step


def shaped(numbers, shape):
    """A flat list as a number, a list, or a list of lists."""
    if not shape:
        return numbers[0]
    if len(shape) == 1:
        return list(numbers)
    width = shape[1]
    return [list(numbers[k : k + width]) for k in range(0, len(numbers), width)]


def ulps(found, truth, scale=None):
    """The distance of a float from the truth, in units of the last place of it, or of scale."""
    nearest = float(truth)
    if math.isinf(nearest) or math.isinf(found) or math.isnan(found):
        return 0.0 if found == nearest else math.inf
    unit = math.ulp(float(truth if scale is None else scale))
    with mpmath.workdps(DIGITS):
        return float(abs(mpmath.mpf(found) - truth) / unit)
