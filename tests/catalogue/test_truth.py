"""Every loss is as near to the truth as it owes, value and gradient, on both backends."""

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from losscli.losses.registry import all_losses
from tests.catalogue.owed import OWED
from tests.catalogue.owed.terms import LAWS
from tests.catalogue.strategies import cases
from tests.losses.truth import DIGITS, arguments, real, true_gradient, true_value, ulps

LOSSES = {loss.name: loss for loss in all_losses()}
NAMES = pytest.mark.parametrize("name", LOSSES)


@NAMES
def test_every_loss_has_bars_and_none_is_loose_without_a_reason(name):
    """16 ULP of the value is the most; what is of another scale says why."""
    owed = OWED[name]
    assert owed.value <= 16
    assert owed.gradient is None or owed.gradient <= 16
    special = owed.scale or owed.gradient_scale or owed.value > 4 or (owed.gradient or 17) > 4
    assert owed.why or not special
    assert owed.laws <= set(LAWS)


def on_both(pred, target):
    """The one row on each backend, as arrays of one row."""
    arrays = [None if x is None else np.asarray([x]) for x in (pred, target)]
    yield "numpy", arrays
    yield "torch", [None if a is None else torch.from_numpy(a.copy()) for a in arrays]


def scale_of(scale, name, pred, target, params):
    """What an ULP is of; None for the truth itself."""
    if scale is None:
        return None
    with mpmath.workdps(DIGITS):
        _, label, whole = arguments(name, target, params)
        return scale(mpmath.mp, real(pred), label, **whole)


def check_value(name, pred, target, params):
    """The loss of one row beside the truth."""
    loss, owed = LOSSES[name], OWED[name]
    truth = true_value(name, pred, target, params)
    scale = scale_of(owed.scale, name, pred, target, params)
    for backend, arrays in on_both(pred, target):
        found = float(loss(*arrays, **params)[0])
        assert ulps(found, truth, scale) <= owed.value, (backend, found, float(truth))


def check_gradient(name, pred, target, params):
    """Each slope of one row beside the truth."""
    loss, owed = LOSSES[name], OWED[name]
    truth = np.asarray(true_gradient(name, pred, target, params), object).reshape(-1)
    scales = scale_of(owed.gradient_scale, name, pred, target, params)
    scales = np.broadcast_to(np.asarray(scales, object).reshape(-1), truth.shape)
    for backend, arrays in on_both(pred, target):
        found = np.asarray(loss.gradient(*arrays, **params)[0]).reshape(-1)
        worst = max(map(ulps, found.tolist(), truth, scales))
        assert worst <= owed.gradient, (backend, found, truth.astype(float))


@NAMES
@given(data=st.data())
def test_values_are_true(name, data):
    """Over the whole domain, near singular points too."""
    check_value(name, *data.draw(cases(LOSSES[name], OWED[name])))


@NAMES
@given(data=st.data())
def test_gradients_are_true(name, data):
    """Away from kinks, where the gradient is a convention."""
    if OWED[name].gradient is None:
        return
    case = data.draw(cases(LOSSES[name], OWED[name]))
    if not OWED[name].kink(*case):
        check_gradient(name, *case)


EXAMPLES = [(name, *example) for name, owed in OWED.items() for example in owed.examples]


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: f"{case[0]} {case[1:3]}"[:60])
def test_singular_points_are_true(case):
    """Those that a search might miss."""
    name, pred, target, params = case
    check_value(name, pred, target, dict(params))
    owed = OWED[name]
    if owed.gradient is not None and not owed.kink(pred, target, params):
        check_gradient(name, pred, target, dict(params))
