"""`--top`: the rows of the largest losses, the same for any blocks and threads."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli import UsageError, evaluate, losses
from losscli.accumulators.worst import WorstRows, worst_of
from losscli.backends.backend import choose
from losscli.engines.local import LocalEngine
from losscli.evaluation.details import DetailFinder
from losscli.evaluation.measure import measure
from losscli.losses.spec.binding import bind
from losscli.sources.opening import open_source

SEED = st.integers(0, 2**32 - 1)


def expected(values, most):
    """The rows of the largest values, by Python's own stable sort; nan is left out."""
    rows = [row for row, value in enumerate(values) if not math.isnan(value)]
    return sorted(rows, key=lambda row: -values[row])[:most]


def ties(generator, count):
    """Numbers of which many are equal."""
    return generator.integers(0, 6, count).astype(float)


@given(SEED, st.integers(1, 3000), st.integers(1, 40), st.sampled_from(["mse", "zero_one", "mae"]))
def test_they_are_the_first_of_all_rows_sorted_by_loss(seed, count, most, loss):
    """Equal losses come in row order; values, inputs and shares are those of the rows."""
    generator = np.random.default_rng(seed)
    pred, target = ties(generator, count), ties(generator, count)
    found = evaluate(pred, target, loss=loss, top=most)[loss]
    values = getattr(losses, loss)(pred, target)
    rows = expected(values, most)
    assert [row.row for row in found.worst] == rows
    assert [row.value for row in found.worst] == [values[row] for row in rows]
    assert [row.pred for row in found.worst] == [(pred[row],) for row in rows]
    assert [row.target for row in found.worst] == [(target[row],) for row in rows]
    assert found.worst[0].value == found.max
    assert found.worst[0].row == found.max_row
    if found.sum:
        assert [row.share for row in found.worst] == [values[row] / found.sum for row in rows]


@given(SEED, st.integers(1, 60), st.booleans())
def test_weights_and_missing_rows(seed, most, by):
    """Rows that do not count are none of the worst; a share is that of the weighted loss."""
    generator = np.random.default_rng(seed)
    count = 200
    pred, target = ties(generator, count), ties(generator, count)
    pred[generator.random(count) < 0.2] = math.nan
    weights = generator.integers(0, 3, count).astype(float)
    groups = {"by": generator.integers(0, 4, count)} if by else {}
    found = evaluate(pred, target, loss="mse", weights=weights, nan="skip", top=most, **groups)[
        "mse"
    ]
    values = np.where(weights > 0, (pred - target) ** 2, math.nan)
    rows = expected(values, most)
    assert [row.row for row in found.worst] == rows
    if found.sum:
        shares = [weights[row] * values[row] / found.sum for row in rows]
        assert [row.share for row in found.worst] == shares


@pytest.mark.parametrize("loss", ["mse", "smooth_l1:beta=0.3", "bce_with_logits"])
@pytest.mark.parametrize("spread", [0, 3])
def test_any_blocks_and_threads_find_the_same(loss, spread):
    """Also where many blocks cannot have any, and where all losses are alike."""
    generator = np.random.default_rng(7)
    count = 20_000
    pred = np.round(generator.standard_normal(count) * 10.0**spread, 2)
    target = (generator.random(count) < 0.5).astype(float)
    bound, backend = bind(loss, np.load), choose("numpy", "cpu", "float64")
    wanted = expected(getattr(losses, loss.split(":")[0])(pred, target, **bound[0].params), 50)
    for threads, rows in ((1, None), (1, 700), (3, 512), (2, 1999)):
        with open_source(pred, target) as source:
            engine = LocalEngine(threads)
            finder = DetailFinder(1, 50)
            found = measure(source, bound, backend, engine, details=finder, block_rows=rows)
        assert [row.row for row in found.losses[0].worst] == wanted


def test_the_other_numbers_are_those_without_it():
    """It adds a list and changes nothing else."""
    pred, target = np.random.default_rng(3).standard_normal((2, 2000))
    plain = evaluate(pred, target, loss="mse,mae")
    found = evaluate(pred, target, loss="mse,mae", top=5)
    assert plain.losses == tuple(loss.replace(worst=()) for loss in found.losses)


def test_rows_of_classes():
    """The label of each row, and its scores where they are few; torch finds the same."""
    generator = np.random.default_rng(5)
    labels = generator.integers(0, 3, 300)
    for classes in (3, 40):
        logits = generator.standard_normal((300, classes))
        for backend in ("numpy", "torch"):
            found = evaluate(logits, labels, loss="cross_entropy", top=7, backend=backend).losses[0]
            rows = expected(losses.cross_entropy(logits, labels), 7)
            assert [row.row for row in found.worst] == rows
            assert [row.target for row in found.worst] == [(labels[row],) for row in rows]
            wanted = [tuple(logits[row]) if classes == 3 else None for row in rows]
            assert [row.pred for row in found.worst] == wanted


def test_a_root_is_shown_as_the_root_of_its_row():
    """As its extremes are."""
    found = evaluate([1.0, 5.0], [0.0, 1.0], loss="rmse", top=1)["rmse"]
    assert (found.worst[0].value, found.max, found.worst[0].share) == (4.0, 4.0, 16 / 17)


def test_losses_below_zero_have_no_shares():
    """A share of a sum whose terms cancel says nothing."""
    found = evaluate([0.1, 3.0], [1.0, 1.0], loss="poisson", top=2).losses[0]
    assert found.min < 0 or all(row.share is not None for row in found.worst)
    assert found.min >= 0 or all(row.share is None for row in found.worst)


def test_it_needs_a_loss():
    """A metric has no rows."""
    with pytest.raises(UsageError, match="top needs a loss"):
        evaluate([1.0, 0.0], [1.0, 1.0], metric="accuracy", top=1)


def part(losses_, first):
    """The worst three of some rows."""
    values = np.array(losses_, float)
    rows = first + np.arange(len(values))
    kept = worst_of(values, rows, 3)
    return WorstRows(3, values[kept], values[kept], rows[kept], {"preds": values[kept]})


@given(
    st.lists(st.integers(0, 4), max_size=9),
    st.lists(st.integers(0, 4), max_size=9),
    st.lists(st.integers(0, 4), max_size=9),
)
def test_states_of_parts_merge_to_that_of_the_whole(a, b, c):
    """In any grouping."""
    parts = part(a, 0), part(b, len(a)), part(c, len(a) + len(b))
    whole = part(a + b + c, 0)
    for sums in ((parts[0] + parts[1]) + parts[2], parts[0] + (parts[1] + parts[2])):
        merged = sums.in_order()
        assert len(sums.rows) <= 6
        assert merged.rows.tolist() == whole.rows.tolist()
        assert merged.losses.tolist() == whole.losses.tolist()
        assert merged.columns["preds"].tolist() == whole.columns["preds"].tolist()


def test_a_frame_has_a_row_for_each_of_them():
    """With the label of the loss, and the rank among its rows."""
    frame = evaluate([0.0, 3.0, 1.0], [0.0, 0.0, 0.0], loss=["mse", "mae"], top=2).worst_frame()
    assert frame[["label", "rank", "row", "value"]].to_numpy().tolist() == [
        ["mse", 1, 1, 9.0], ["mse", 2, 2, 1.0], ["mae", 1, 1, 3.0], ["mae", 2, 2, 1.0],
    ]  # fmt: skip
