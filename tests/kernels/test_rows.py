"""Losses of rows of numbers: classes, vectors, columns and boxes."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.backends.rowwise import ROWWISE
from losscli.checks.generators import Sample, draw, edges
from losscli.kernels import machine
from losscli.kernels.program import IndexLimit, Limit
from losscli.kernels.trace import UntraceableError, constants_of, trace
from losscli.losses.declare import SOFT_TARGETS
from losscli.losses.registry import all_losses, find
from tests.kernels.programs import MATHEMATICAL, program_for, run, same, traced

WIDE = [loss for loss in all_losses() if loss.rows_of.pred_row(4) != ()]
# They sort, or add up cumulatively.
UNTRACEABLE = {"crps_ensemble": "sort", "multilabel_margin": "argsort", "rps": "cumulative_sum"}
TRACED = [
    (loss, form)
    for loss in WIDE
    for form in loss.rows_of.forms
    if loss.name not in UNTRACEABLE and form[0]
]
of_each_loss = pytest.mark.parametrize(
    ("loss", "form"), TRACED, ids=[f"{loss.name}-{len(form[1] or ())}" for loss, form in TRACED]
)


def function_of(loss, **given):
    """The values of a loss, as a function of a namespace and arrays."""
    params = {name: constants_of(value) for name, value in loss.resolve(given).items()}
    return lambda xp, pred, target=None: loss.values(xp, pred, target, **params)


def shapes_of(form, width):
    """The shapes of a row of predictions and of targets."""
    return [
        tuple(size if isinstance(size, int) else width for size in shape)
        for shape in form
        if shape is not None
    ]


def inputs_of(loss, form, rows, width, spread=2.0):
    """Ordinary inputs of a loss at its defaults."""
    rng = np.random.default_rng(5)
    pred, *target = shapes_of(form, width)
    domains = loss.domains_of(loss.resolve({}))
    arrays = [np.asarray(draw(domains[0], Sample(rng, (rows, *pred), spread)), np.float64)]
    if target and loss.indexed(target[0]):
        arrays.append(rng.integers(0, loss.classes(pred), rows))
    elif target:
        domain = SOFT_TARGETS if loss.classes(pred) else domains[1]
        arrays.append(np.asarray(draw(domain, Sample(rng, (rows, *target[0]), 2.0)), np.float64))
    return arrays


@pytest.mark.parametrize("width", [1, 7, 8, 130])
@of_each_loss
def test_a_loss_of_rows_has_the_numbers_of_numpy(each_machine, loss, form, width):
    """To the bit for plain arithmetic; within a few ULP of the largest term otherwise."""
    function, inputs = function_of(loss), inputs_of(loss, form, 200, width)
    with np.errstate(all="ignore"):
        true = function(ROWWISE, *(one.copy() for one in inputs))
    found = run(function, *inputs)
    if {node.operation for node in traced(function, inputs).nodes} & MATHEMATICAL:
        np.testing.assert_allclose(found, true, rtol=2e-14, atol=1e-15)
    else:
        assert same(found, true)


@of_each_loss
def test_a_row_has_the_same_bits_in_any_company(each_machine, loss, form):
    """Alone, among others and beside rows of another kind: the answers to questions do not show."""
    width = 5
    function, inputs = function_of(loss), inputs_of(loss, form, 30, width)
    far = inputs_of(loss, form, 30, width, 500.0)
    pred = edges(loss.domains_of(loss.resolve({}))[0], inputs[0].shape[1:], [1e-9, 1.0, 300.0])
    at = np.resize(np.arange(len(pred)), 30)
    third = np.arange(30) % 3
    for other in (far[0], pred[at]):
        shaped = third.reshape(30, *[1] * (other.ndim - 1)) == 0
        mixed = [np.where(shaped, other, inputs[0]), *far[1:]]
        with np.errstate(all="ignore"):
            true = function(ROWWISE, *(one.copy() for one in mixed))
        whole = run(function, *mixed)
        alone = [run(function, *(one[k : k + 1] for one in mixed))[0] for k in range(30)]
        assert same(whole, np.array(alone))
        np.testing.assert_allclose(whole, true, rtol=1e-13, atol=1e-15)
