"""`--distribution`: quantiles, a histogram and the part of the worst rows, from all rows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli import UsageError, evaluate, losses
from losscli.accumulators import quantiles
from losscli.backends.backend import choose
from losscli.engines.local import LocalEngine
from losscli.evaluation.details import DetailFinder
from losscli.evaluation.measure import measure
from losscli.losses.spec.binding import bind
from losscli.sources.opening import open_source

SEED = st.integers(0, 2**32 - 1)


def draw(seed, count):
    """Predictions with a few large errors."""
    generator = np.random.default_rng(seed)
    return generator.standard_t(2, count), generator.standard_normal(count)


def of(loss, pred, target, **options):
    """The distribution of a loss."""
    return evaluate(pred, target, loss=loss, distribution=True, **options).losses[0].distribution


@given(SEED, st.integers(1, 2500), st.sampled_from(["mse", "mae", "smooth_l1"]))
def test_it_is_that_of_all_rows(seed, count, loss):
    """As NumPy finds it in the sorted losses and gradients."""
    pred, target = draw(seed, count)
    values = getattr(losses, loss)(pred, target)
    norms = abs(getattr(losses, loss).gradient(pred, target))
    found = of(loss, pred, target)
    assert found.exact
    for name, level in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        assert found.quantiles[name] == np.quantile(values, level, method="inverted_cdf")
    order = np.argsort(-values, kind="stable")
    wanted = [(share, int(share * count)) for share in (0.001, 0.01, 0.1) if int(share * count)]
    assert [(each.share, each.rows) for each in found.worst] == wanted
    for each in found.worst:
        worst = order[: each.rows]
        assert each.loss == pytest.approx(values[worst].sum() / values.sum(), rel=1e-12)
        assert each.gradient == pytest.approx(norms[worst].sum() / norms.sum(), rel=1e-12)


@given(SEED, st.integers(1, 2500), st.integers(-200, 200))
def test_every_row_is_in_one_bin_of_the_histogram(seed, count, exponent):
    """Edges ascend and cover all losses; all bins but the last have one width."""
    pred, target = draw(seed, count)
    values = abs(pred - target) * 10.0**exponent
    found = of("mae", values, np.zeros(count))
    edges = np.array(found.edges)
    assert sum(found.counts) == count
    assert len(edges) == len(found.counts) + 1 <= 13
    assert edges[0] <= values.min() <= values.max() <= edges[-1]
    for at, rows in enumerate(found.counts):
        last = at == len(found.counts) - 1
        inside = (values >= edges[at]) & ((values < edges[at + 1]) | last)
        assert rows == inside.sum()
    widths = np.diff(edges)[:-1]
    assert not len(widths) or widths == pytest.approx(widths[0], rel=1e-6)


def test_any_blocks_and_threads_give_the_same():
    """Bit for bit, also beyond the rows that are kept."""
    pred, target = draw(3, 20_000)
    bound, backend = bind("mse", np.load), choose("numpy", "cpu", "float64")
    for most in (1 << 22, 5000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(quantiles, "MOST", most)
            found = []
            for threads, rows in ((1, None), (1, 700), (3, 512), (2, 1999)):
                with open_source(pred, target) as source:
                    finder = DetailFinder(1, 0, distribution=True)
                    engine = LocalEngine(threads)
                    part = measure(source, bound, backend, engine, details=finder, block_rows=rows)
                    found.append(part.losses[0].distribution)
            assert found == [found[0]] * 4
            assert found[0].exact == (most > 20_000)


def test_bins_are_as_near_as_they_promise(monkeypatch):
    """A relative error of 2^-17 of a quantile, a little of a share; no part of the gradient."""
    pred, target = draw(4, 30_000)
    exact = of("mse", pred, target)
    monkeypatch.setattr(quantiles, "MOST", 2000)
    found = of("mse", pred, target)
    for name, value in found.quantiles.items():
        assert value == pytest.approx(exact.quantiles[name], rel=2.0**-17)
    for each, wanted in zip(found.worst, exact.worst, strict=True):
        assert each.loss == pytest.approx(wanted.loss, rel=1e-4)
        assert each.rows == wanted.rows
        assert each.gradient is None
    assert sum(found.counts) == 30_000


def test_weights_and_missing_rows():
    """Rows that do not count are left out; quantiles and parts are those of the weights."""
    pred = np.array([1.0, 2.0, math.nan, 4.0, 8.0] * 10)
    weights = np.array([1.0, 1.0, 1.0, 0.0, 3.0] * 10)
    found = of("mae", pred, np.zeros(50), weights=weights, nan="skip")
    assert sum(found.counts) == 30
    assert found.quantiles == {"p50": 8.0, "p90": 8.0, "p99": 8.0}
    (worst,) = found.worst
    assert (worst.rows, worst.loss, worst.gradient) == (3, 72 / 270, 9 / 50)


def test_rows_of_classes_and_outputs():
    """A row's gradient is that of all its predictions."""
    generator = np.random.default_rng(5)
    logits, labels = generator.standard_normal((200, 4)), generator.integers(0, 4, 200)
    for backend in ("numpy", "torch"):
        found = of("cross_entropy", logits, labels, backend=backend)
        norms = np.linalg.norm(losses.cross_entropy.gradient(logits, labels), axis=1)
        order = np.argsort(-losses.cross_entropy(logits, labels), kind="stable")
        for each in found.worst:
            wanted = norms[order[: each.rows]].sum() / norms.sum()
            assert each.gradient == pytest.approx(wanted, rel=1e-9)
    other = generator.standard_normal((200, 4))
    norms = np.linalg.norm(losses.mse.gradient(logits, other), axis=1)
    order = np.argsort(-losses.mse(logits, other), kind="stable")
    worst = of("mse", logits, other).worst[-1]
    assert worst.gradient == pytest.approx(norms[order[:20]].sum() / norms.sum(), rel=1e-9)


def test_a_loss_without_a_gradient_has_no_part_of_it():
    """And one of losses that are all 0 no part at all."""
    found = of("zero_one", np.arange(20) % 2, np.zeros(20, int))
    assert [(each.loss, each.gradient) for each in found.worst] == [(0.2, None)]
    assert [each.loss for each in of("mse", np.ones(20), np.ones(20)).worst] == [None]


def test_few_rows_that_carry_most_are_noted():
    """The founding warning about mse, as a diagnosis."""
    pred = np.ones(2000)
    pred[7] = 60.0
    result = evaluate(pred, np.zeros(2000), loss="mse,mae", distribution=True)
    (note,) = [note for note in result.notes if note.code == "concentrated"]
    assert note.message == (
        "0.1 % of rows carry 64 % of mse and 2 % of its gradient norm;"
        " under smooth_l1 they carry 5 %"
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_the_part_under_smooth_l1_is_that_of_its_losses(weighted):
    """Of the rows that are worst under mse; rows of several outputs have none."""
    generator = np.random.default_rng(12)
    pred, target = generator.standard_t(3, size=(2, 1000))
    weight = generator.uniform(0.5, 2.0, 1000)
    given = {"weights": weight} if weighted else {}
    found = evaluate(pred, target, loss="mse", distribution=True, **given).losses[0].distribution
    squares, others = losses.mse(pred, target), losses.smooth_l1(pred, target)
    terms = others * weight if weighted else others
    order = np.argsort(-squares, kind="stable")
    for each in found.worst:
        wanted = terms[order[: each.rows]].sum() / terms.sum()
        assert each.smooth_l1 == pytest.approx(wanted, rel=1e-12)
    pairs = np.stack([pred, target], axis=1)
    outputs = evaluate(pairs, pairs[::-1].copy(), loss="mse", distribution=True).losses[0]
    assert {each.smooth_l1 for each in outputs.distribution.worst} == {None}


def test_the_other_numbers_are_those_without_it():
    """It adds a field and changes nothing else."""
    pred, target = draw(6, 3000)
    plain = evaluate(pred, target, loss="mse,mae")
    found = evaluate(pred, target, loss="mse,mae", distribution=True, top=2)
    bare = [loss.replace(worst=(), distribution=None) for loss in found.losses]
    assert plain.losses == tuple(bare)
    assert found.losses[0].worst == evaluate(pred, target, loss="mse", top=2).losses[0].worst


def test_infinite_losses_are_in_the_last_bin():
    """They have no part, as their sum is not finite."""
    found = of("mse", [1.0, 2.0, 1e200], [0.0, 0.0, 0.0])
    assert sum(found.counts) == 3
    assert found.edges[-1] == math.inf


def test_it_needs_a_loss():
    """A metric has no rows."""
    with pytest.raises(UsageError, match="distribution needs a loss"):
        evaluate([1.0, 0.0], [1.0, 1.0], metric="accuracy", distribution=True)


def test_a_loss_without_targets():
    """Its gradient is that of the stacked inputs."""
    pred = np.random.default_rng(1).standard_normal((50, 3, 4))
    found = of("triplet", pred, None)
    norms = np.linalg.norm(losses.triplet.gradient(pred).reshape(50, -1), axis=1)
    order = np.argsort(-losses.triplet(pred), kind="stable")
    wanted = norms[order[:5]].sum() / norms.sum()
    assert found.worst[-1].gradient == pytest.approx(wanted, rel=1e-9)


def test_labels_that_are_ignored_and_missing():
    """They are left out of all numbers."""
    logits = np.random.default_rng(1).standard_normal((60, 3))
    labels = np.arange(60.0) % 3
    labels[::10], labels[5] = -100, math.nan
    found = of("cross_entropy", logits, labels, nan="skip")
    kept = (labels >= 0) & ~np.isnan(labels)
    assert found == of("cross_entropy", logits[kept], labels[kept])
