"""Traced functions: the same numbers as NumPy, and reasons for what cannot be traced."""

from functools import cache

import numpy as np
import pytest

import losscli
from losscli.backends.rowwise import ROWWISE
from losscli.checks.generators import Sample, draw, edges
from losscli.kernels import machine
from losscli.kernels.program import Limit
from losscli.kernels.trace import UntraceableError, trace
from losscli.losses.registry import all_losses
from losscli.losses.spec.binding import bind
from losscli.losses.spec.own import own_loss
from tests.kernels.programs import MATHEMATICAL, program_of, run, same

ELEMENTWISE = [loss for loss in all_losses() if loss.rows_of.pred_row(4) == ()]


def inputs_of(loss, rows=3000):
    """Ordinary inputs of a loss at its defaults."""
    rng = np.random.default_rng(5)
    domains = loss.domains_of(loss.resolve({}))
    drawn = (draw(one, Sample(rng, (rows,), 2.0)) for one in domains if one is not None)
    return tuple(np.asarray(one, np.float64) for one in drawn)


@cache
def function_of(loss, part="values"):
    """The function of a namespace and arrays that a declaration has, at the defaults."""
    params = loss.resolve({})
    return lambda xp, *arrays: getattr(loss, part)(xp, *arrays, **params)


@pytest.mark.parametrize("part", ["values", "derivative"])
@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda loss: loss.name)
def test_a_loss_has_the_numbers_of_numpy(each_machine, loss, part):
    """To the bit for plain arithmetic; within a few ULP of the largest term otherwise."""
    if part == "derivative" and not loss.differentiable:
        pytest.skip("no gradient")
    function, inputs = function_of(loss, part), inputs_of(loss)
    with np.errstate(all="ignore"):
        true = function(ROWWISE, *(one.copy() for one in inputs))
    found = run(function, *inputs)
    operations = {node.operation for node in trace(function, len(inputs)).nodes}
    if operations & MATHEMATICAL:
        np.testing.assert_allclose(found, true, rtol=2e-14, atol=1e-15)
    else:
        assert same(found, true)


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda loss: loss.name)
def test_a_row_has_the_same_bits_in_any_company(each_machine, loss):
    """Alone, among others and beside rows of another kind: the answers to questions do not show."""
    inputs = inputs_of(loss, 40)
    domains = loss.domains_of(loss.resolve({}))
    ends = [np.resize(edges(one, (), [1e-9, 1.0, 300.0]), 40) for one in domains if one is not None]
    third = np.arange(40) % 3 == 0
    mixed = tuple(np.where(third, *pair) for pair in zip(ends, inputs, strict=True))
    for arrays in (inputs, mixed):
        whole = run(function_of(loss), *arrays)
        alone = [run(function_of(loss), *(one[k : k + 1] for one in arrays))[0] for k in range(40)]
        assert same(whole, np.array(alone))


def test_float32_is_read_as_it_is(each_machine):
    """Widened first, so that all arithmetic is in float64."""
    x, y = np.random.default_rng(1).standard_normal((2, 2000)).astype(np.float32)
    wide = x.astype(np.float64), y.astype(np.float64)
    assert same(run(lambda _, a, b: (a - b) * a, x, y), (wide[0] - wide[1]) * wide[0])


def test_a_wrong_answer_to_a_question_fails_the_check(each_machine):
    """The number of the check leads to the other program, which is right for all rows."""

    def function(xp, x):
        negative = x < 0
        return xp.where(negative, -2.0 * x, x) if xp.any(negative) else x * 1.0

    program = program_of(function, 1)
    out = np.empty(3)
    assert machine.compute(program, (np.array([1.0, 2.0, 3.0]),), out) is None
    assert machine.compute(program, (np.array([1.0, -2.0, 3.0]),), out) == 0
    assert same(run(function, np.array([1.0, -2.0, 3.0])), np.array([1.0, 4.0, 3.0]))


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, np.inf, -np.inf])
def test_a_value_outside_its_limit_fails(each_machine, value):
    """Limits come before questions; the results of such rows are not computed."""
    program = program_of(lambda _, x: x + 1.0, 1, limits=[Limit(0, 0.0, 1.0)])
    out = np.empty(2000)
    x = np.full(2000, 0.5)
    assert machine.compute(program, (x,), out) is None
    x[1500] = value
    assert machine.compute(program, (x,), out) == 0


def test_an_assignment_to_chosen_rows_changes_only_them(each_machine):
    """By a mask, and by the places where it is set."""

    def function(xp, x):
        found = x * 2.0
        found[x > 1.0] = 7.0
        at = xp.nonzero(x < 0.0)[0]
        found[at] = xp.abs(x[at])
        return found

    assert same(run(function, np.array([2.0, 0.5, -3.0])), np.array([7.0, 1.0, 3.0]))


def test_an_operation_in_place_changes_all_names_of_an_array(each_machine):
    """As it does in NumPy."""

    def function(_, x):
        found = x + 1.0
        other = found
        other *= 2.0
        found[x < 0] -= 1.0
        return other - 3.0

    x = np.array([2.0, 0.5, -3.0])
    assert same(run(function, x), function(np, x))


def test_truth_values_add_and_multiply_as_in_numpy(each_machine):
    """A sum of masks is where either is set."""
    function = lambda _, x: ((x > 0) + (x > 1)) * 2.0 + (x < 5) * (x > 3)  # noqa: E731
    x = np.array([0.5, 2.0, 4.0, -1.0])
    assert same(run(function, x), function(np, x))


def test_numpy_functions_of_symbols_are_traced(each_machine):
    """A user's own function may call NumPy instead of a namespace."""
    function = lambda _, x: np.where(x > 0, np.maximum(x, 1.0), np.clip(-x, 0.0, 2.0))  # noqa: E731
    x = np.array([0.5, 3.0, -1.0, -9.0])
    assert same(run(function, x), function(np, x))


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda _, x: x if x[0] > 0 else -x, "index"),
        (lambda _, x: x * (1.0 if x.sum() > 0 else 2.0), "sum"),
        (lambda xp, x: xp.sort(x), "sort"),
        (lambda _, x: x / len(x), "number of rows"),
        (lambda _, x: np.asarray(x), "NumPy array"),
        (lambda xp, x: xp.zeros_like(x), "does not depend"),
        (lambda _, x: x * np.ones(97), "constants"),
        (lambda _, x: x * undefined, "NameError"),  # noqa: F821
        (lambda _, x: [v for v in x], "loop"),  # noqa: C416
        (lambda _, x: x if x > 0 else -x, "branch"),
        (lambda _, x: x[x > 0] * 2.0, "rows"),
        (lambda _, x: x[x > 0] + x, "other rows"),
        (lambda _, x: (x > 0) - (x > 1), "truth"),
        (lambda _, x: x.__iadd__(1.0), "input"),
        (lambda _, x: x / len(x[x > 0]), "number of some"),
    ],
)
def test_what_cannot_be_traced_has_a_reason(function, reason):
    """It is computed by NumPy then."""
    with pytest.raises(UntraceableError, match=reason):
        trace(function, 1)


@pytest.mark.parametrize("spec", ["mse + 0.1*mae", "log_cosh - 0.5*huber:delta=2"])
def test_a_sum_of_losses_is_one_program(each_machine, spec):
    """With the numbers of NumPy."""
    bound = bind(spec, str)[0]
    x, y = np.random.default_rng(2).standard_normal((2, 2000))

    def function(xp, *arrays):
        return bound.loss.values(xp, *arrays, **bound.params)

    np.testing.assert_allclose(run(function, x, y), function(ROWWISE, x, y), rtol=1e-14)


def test_a_function_of_a_user_is_a_program(each_machine):
    """With NumPy's functions in it; its errors and their places stay those of NumPy."""
    loss = own_loss(lambda pred, target: np.abs(pred - target) ** 2 + 1.0, "mine", "here.py")
    x, y = np.random.default_rng(2).standard_normal((2, 2000))
    assert same(run(loss.values, x, y), np.abs(x - y) ** 2 + 1.0)
    with pytest.raises(UntraceableError, match="sort"):
        trace(own_loss(lambda pred, target: np.sort(pred) - target, "mine", "here.py").values, 2)


def test_a_loss_of_more_operations_than_a_program_holds_is_computed_by_numpy():
    """All of its terms are needed at the end, so that no register is free before."""

    def long(pred, target):
        terms = [abs(pred - k * target) for k in range(1100)]
        found = terms.pop()
        while terms:
            found = found * 0.5 + terms.pop()
        return found

    rng = np.random.default_rng(0)
    pred, target = rng.normal(size=(2, 50))
    assert losscli.evaluate(pred, target, loss=long).value == pytest.approx(
        np.mean(long(pred, target)), rel=1e-13
    )
