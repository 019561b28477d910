"""Losses of the catalogue as programs: every branch of each is one."""

import numpy as np
import pytest

from losscli.backends.rowwise import ROWWISE
from losscli.benchmark.workloads import fits, losses_of, workload_of
from losscli.checks.generators import InputGenerator
from losscli.kernels import machine
from losscli.kernels.recording import UntraceableError
from losscli.losses.core.compiled import compiled_rows
from losscli.losses.registry import all_losses, find

needs_machine = pytest.mark.skipif(not machine.available(), reason="no compiled machine")


@needs_machine
@pytest.mark.parametrize("name", [loss.name for loss in all_losses()])
def test_all_branches_of_a_loss_have_a_program_or_none_has(name):
    """Blocks of one evaluation take different branches; each must be computed by the machine."""
    (bound,) = losses_of([name], None)
    workload = workload_of(bound, "8x5" if fits("8x5", bound) else "8", 0)
    pred, *target = (array.shape[1:] for array in InputGenerator(workload, np.float64, 0).all())
    program = compiled_rows(bound.loss, bound.params, pred, *target or [None])
    if program is None:
        pytest.skip("it is computed by NumPy")
    try:
        program.trace_all()
    except UntraceableError as error:
        if str(error) != "too many branches":  # those of up to four answers were traced
            raise


@needs_machine
@pytest.mark.parametrize("value", [np.inf, np.nan, -1e300, 0.0])
def test_a_row_has_the_same_loss_beside_any_other(value):
    """Rows that take the rare branches of a loss change no bit of the others."""
    (loss,) = find("bce_with_logits")[:1]
    random = np.random.default_rng(0)
    pred, target = random.normal(size=100) * 30, random.random(100)
    alone = loss.rows(ROWWISE, pred, target, loss.resolve({}))
    odd = np.append(pred, value), np.append(target, 0.5)
    beside = loss.rows(ROWWISE, *odd, loss.resolve({}))
    np.testing.assert_array_equal(beside[:-1].view(np.int64), alone.view(np.int64))


@needs_machine
def test_arrays_of_parameters_are_constants_of_a_program():
    """Each has its own program, also where the numbers of an array change."""
    (loss,) = find("nll")[:1]
    pred, target = np.log(np.full((8, 4), 0.25)), np.arange(8) % 4
    weight = np.array([1.0, 2.0, 0.5, 0.0])
    params = loss.resolve({"weight": weight})
    assert compiled_rows(loss, params, (4,), ()) is compiled_rows(loss, params, (4,), ())
    for weight[3] in (0.0, 3.0, -0.0):
        params = loss.resolve({"weight": weight.copy()})
        assert compiled_rows(loss, params, (4,), ()) is not None
        expected = -weight[target] * pred[0, 0]
        np.testing.assert_array_equal(loss.rows(ROWWISE, pred, target, params), expected)


@needs_machine
@pytest.mark.parametrize("array", [np.ones(1 << 17), np.array(["a", "b"]), np.array([1.0, None])])
def test_arrays_that_are_no_constants_have_no_program(array):
    """Long ones, and those of other things than numbers."""
    (loss,) = find("nll")[:1]
    assert compiled_rows(loss, {**loss.resolve({}), "weight": array}, (4,), ()) is None
