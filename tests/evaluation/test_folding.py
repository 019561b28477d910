"""One pass of the compiled machine: the domains of inputs are part of the program of a loss."""

import numpy as np
import pytest

from losscli.benchmark.workloads import fits, losses_of, workload_of
from losscli.checks.generators import InputGenerator
from losscli.commands.evaluate import evaluate
from losscli.errors import DataError
from losscli.evaluation.folding import folding_of
from losscli.kernels import machine
from losscli.losses.core.compiled import compiled_rows
from losscli.losses.core.domain import BOX, INTERVAL, MEAN_VARIANCE, REAL, SOFT_LABEL
from losscli.losses.core.intersection import Part, together
from losscli.losses.core.labels import BINARY, CLASS, HARD_LABEL, LABELS, SIGN
from losscli.losses.core.probabilities import LOG_PROBABILITY, SIMPLEX
from losscli.losses.registry import all_losses
from tests.kernels.programs import run

needs_machine = pytest.mark.skipif(not machine.available(), reason="no compiled machine")
NUMBERS = [0.0, 1.0, -1.0, 2.0, 0.5, -0.25, 2.0**53, 1e300, np.nan, np.inf, -np.inf]
BOTH = together([Part(HARD_LABEL), Part(SOFT_LABEL)])


def columns(width):
    """Rows of some numbers, each of them in each column."""
    return np.random.default_rng(0).permuted(np.array([NUMBERS] * width * 40), axis=1).T[:, :width]


def cases():
    """Domains, with rows for each."""
    single = np.array(NUMBERS)
    for domain in (HARD_LABEL, SIGN, BINARY, CLASS, LABELS, REAL, BOTH):
        yield domain, single
    yield from ((domain, columns(2)) for domain in (INTERVAL, MEAN_VARIANCE, LABELS, SIMPLEX))
    yield from ((domain, columns(4)) for domain in (BOX, LOG_PROBABILITY, BOTH))


@needs_machine
@pytest.mark.parametrize(("domain", "rows"), list(cases()))
def test_a_program_finds_the_rows_that_numpy_finds(domain, rows):
    """Of labels, numbers, intervals, boxes and intersections."""
    good = np.ones(len(rows), np.bool_)
    for mask in domain.violations(rows):
        if mask is not None:
            good &= ~mask.reshape(len(rows), -1).any(axis=1)
    found = run(lambda xp, x: domain.holds(xp, x) * 1.0, np.ascontiguousarray(rows))
    assert (found.reshape(len(rows), -1).all(axis=1) == good).all()


@needs_machine
@pytest.mark.parametrize("name", [loss.name for loss in all_losses()])
def test_the_domains_of_a_loss_with_a_program_are_part_of_it(name):
    """So that NumPy searches no block that is valid."""
    (bound,) = losses_of([name], None)
    workload = workload_of(bound, "8x5" if fits("8x5", bound) else "8", 0)
    pred, *target = (array.shape[1:] for array in InputGenerator(workload, np.float64, 0).all())
    rows = (pred, *(target or [None]))
    weighted = bound.loss.denominator is not None
    if weighted or compiled_rows(bound.loss, bound.params, *rows) is None:
        pytest.skip("it is computed by NumPy, or weighted")
    assert folding_of(bound, *rows, ("float32", "float32")) is not None


SCORES = np.linspace(-2.0, 2.0, 5000)


@pytest.mark.parametrize("wrong", [0.5, 2.0, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 4999])
def test_a_value_that_is_no_label_is_an_error_with_its_place(wrong, at):
    """As without a machine, wherever it is."""
    labels = np.where(SCORES > 0, 1.0, -1.0)
    labels[at] = wrong
    with pytest.raises(DataError, match=rf"row {at:,};"):
        evaluate(SCORES, labels, loss="hinge")


def test_conventions_are_seen_in_all_blocks_of_a_column():
    """-1 in the first row and 0 in the last one."""
    labels = np.ones(5000)
    assert evaluate(SCORES, labels, loss="hinge").losses[0].n == 5000
    labels[0], labels[-1] = -1.0, 0.0
    with pytest.raises(DataError, match="two conventions"):
        evaluate(SCORES, labels, loss="hinge")


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_rows_that_do_not_sum_to_1_are_noted(dtype):
    """Beyond the rounding of their type."""
    rows = np.full((600, 4), 0.25, dtype)
    rows[:, :2] = [0.2, 0.3]
    labels = np.arange(600) % 4
    notes = evaluate(rows, labels, loss="categorical_cross_entropy").notes
    assert "not_normalised" not in {note.code for note in notes}
    rows[599, 0] = 0.5
    notes = evaluate(rows, labels, loss="categorical_cross_entropy").notes
    assert "not_normalised" in {note.code for note in notes}
