"""What holds of losses whatever their formula: laws of one loss, and laws of every evaluation."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

import losscli
from losscli.accumulators.exact import ExactSum
from losscli.losses.registry import all_losses
from tests.catalogue.owed import OWED
from tests.catalogue.strategies import cases, of_row
from tests.catalogue.test_declarations import part, sample

LOSSES = {loss.name: loss for loss in all_losses()}
NAMES = pytest.mark.parametrize("name", LOSSES)


def holding(law):
    """The losses that a law holds of."""
    return pytest.mark.parametrize(
        "name", [name for name, owed in OWED.items() if law in owed.laws]
    )


def value(name, pred, target):
    """The loss of one row."""
    arrays = [np.asarray([x]) for x in (pred, target) if x is not None]
    return float(LOSSES[name](*arrays)[0])


def plain_case(data, name):
    """A prediction and a target, for the default parameters."""
    owed = replace(OWED[name], params={})
    return data.draw(cases(LOSSES[name], owed))[:2]


@holding("non_negative")
@given(data=st.data())
def test_no_loss_is_negative(name, data):
    """Nor a negative zero, which prints as -0.0."""
    found = value(name, *plain_case(data, name))
    assert found >= 0
    assert not np.signbit(found)


@holding("zero_at_target")
@given(data=st.data())
def test_a_perfect_prediction_costs_exactly_nothing(name, data):
    """Not nearly nothing."""
    owed = OWED[name]
    _, target = plain_case(data, name) if owed.ideal is None else (None, data.draw(owed.ideal))
    assert value(name, owed.perfect(target), target) == 0.0


@holding("convex")
@given(data=st.data(), share=st.sampled_from([0.5, 0.25]))
def test_a_chord_lies_above_the_curve(name, data, share):
    """Within the rounding of the three values."""
    loss = LOSSES[name]
    row = loss.rows_of.pred_row(3)
    target_row = loss.rows_of.target_row(row)
    pred_domain, target_domain = loss.domains_of(loss.resolve({}))
    near = st.floats(-50, 50) if not pred_domain.bounded else None
    draw = of_row(pred_domain, row) if near is None else _rows(near, row)
    first, second = (np.asarray(data.draw(draw), float) for _ in range(2))
    target = (
        None
        if target_domain is None
        else data.draw(of_row(target_domain, target_row, loss.classes(row)))
        if target_domain.bounded
        else np.asarray(data.draw(_rows(st.floats(-50, 50), target_row)), float)
    )
    between = share * first + (1 - share) * second
    assume((np.minimum(first, second) <= between).all())  # halves of subnormals are not
    gap = np.abs(first - second)  # too small a one, and the point between is an end by rounding
    assume(((gap == 0) | (gap > 1e-9 * np.maximum(abs(first), abs(second)))).all())
    ends = value(name, first, target), value(name, second, target)
    chord = share * ends[0] + (1 - share) * ends[1]
    assert value(name, between, target) <= chord + 1e-12 * max(1.0, *map(abs, ends))


@holding("symmetric")
@given(data=st.data())
def test_an_error_and_its_opposite_cost_the_same(name, data):
    """Bit for bit."""
    pred, target = plain_case(data, name)
    assert value(name, np.negative(pred), np.negative(target)) == value(name, pred, target)


@holding("monotone")
@given(
    target=st.floats(-1e6, 1e6),
    errors=st.tuples(st.floats(0, 1e9), st.floats(0, 1e9)),
    sign=st.sampled_from([1.0, -1.0]),
)
def test_a_larger_error_costs_no_less(name, target, errors, sign):
    """On either side."""
    less, more = sorted(errors)
    ends = [target + sign * error for error in (less, more)]
    domain, _ = LOSSES[name].domains_of(LOSSES[name].resolve({}))
    if all(map(domain.interval.holds, [*ends, target])):
        assert value(name, ends[0], target) <= value(name, ends[1], target)


@NAMES
def test_the_gradient_is_that_of_autograd(name):
    """On ordinary rows; where autograd cannot tell, the reason is declared."""
    loss, owed = LOSSES[name], OWED[name]
    if owed.gradient is None or owed.autograd:
        return
    inputs = [torch.from_numpy(np.array(array)) for array in sample(loss)]
    pred = inputs[0].clone().to(torch.float64).requires_grad_()
    loss(pred, *inputs[1:]).sum().backward()
    found = loss.gradient(*inputs).numpy()
    np.testing.assert_allclose(found, pred.grad.numpy(), rtol=1e-9, atol=1e-12)


@NAMES
def test_order_weights_of_one_and_cuts_change_no_bit_of_a_mean(name):
    """Rows in any order, weighted by 1, in one block or in several threads' blocks."""
    loss = LOSSES[name]
    inputs = sample(loss, 257)
    plain = losscli.evaluate(*inputs, loss=name)[name]
    order = np.random.default_rng(3).permutation(257)
    shuffled = losscli.evaluate(*part(inputs, order), loss=name)[name]
    weighted = losscli.evaluate(*inputs, loss=name, weights=np.ones(257))[name]
    on_torch = losscli.evaluate(*inputs, loss=name, backend="torch")[name]
    assert plain.value == shuffled.value == weighted.value
    assert on_torch.value == pytest.approx(plain.value, rel=1e-12, abs=1e-300)
    rows = loss(*inputs)
    if loss.denominator is None:
        halves = ExactSum.of(rows[:100].copy()) + ExactSum.of(rows[100:].copy())
        assert halves.over(ExactSum.ones(257)) == plain.value


def _rows(one, row):
    return one if not row else st.lists(one, min_size=row[0], max_size=row[0])
