"""Models in one compiled pass have the numbers of models that are evaluated one by one."""

from fractions import Fraction

import numpy as np
import pytest

from losscli import compare
from losscli.comparison import measure

LOSSES = "mae,mse,huber:delta=0.5"


def columns(count, *, equal=False):
    """Targets and the predictions of three models, some rows of two of them equal."""
    generator = np.random.default_rng(4)
    target = generator.standard_normal(count)
    one, two, three = target + generator.standard_normal((3, count))
    two[generator.random(count) < 0.1] = 0.0
    one[two == 0.0] = 0.0
    return {"one": one, "two": one if equal else two, "three": three}, target


def documents(monkeypatch, call):
    """The comparison in one pass, and that of models evaluated one by one."""
    found = call().to_dict()
    monkeypatch.setattr(measure, "MOST_PROGRAMS", 0)
    slow = call().to_dict()
    return [{key: each[key] for key in ("losses", "groups", "notes")} for each in (found, slow)]


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16, np.int32])
@pytest.mark.parametrize("count", [1, 5, 513, 40_000])
def test_regression(monkeypatch, kind, count):
    """Of any type of numbers, in any number of rows."""
    models, target = columns(count)
    models = {name: (8 * pred).astype(kind) for name, pred in models.items()}
    target = (8 * target).astype(kind)
    found, slow = documents(monkeypatch, lambda: compare(models, target, loss=LOSSES, pairs="all"))
    assert found == slow


@pytest.mark.parametrize("loss", ["cross_entropy", "bce_with_logits", "bce"])
def test_classification(monkeypatch, loss):
    """With targets that are class indices, and inputs that are marked and limited."""
    generator = np.random.default_rng(5)
    if loss == "cross_entropy":
        models = {"a": generator.normal(size=(3_000, 4)), "b": generator.normal(size=(3_000, 4))}
        target = generator.integers(0, 4, 3_000)
    else:
        models = {"a": generator.random(3_000), "b": generator.random(3_000)}
        target = (generator.random(3_000) < 0.4).astype(float)
    found, slow = documents(monkeypatch, lambda: compare(models, target, loss=loss))
    assert found == slow


@pytest.mark.parametrize("value", [np.nan, 1e200])
def test_rows_that_need_a_closer_look(monkeypatch, value):
    """Missing values, and losses beyond float64, of one model."""
    models, target = columns(3_000)
    models["two"][2_000] = value
    call = lambda: compare(models, target, loss="mse", nan="skip")  # noqa: E731
    found, slow = documents(monkeypatch, call)
    assert repr(found) == repr(slow)


def test_threads_change_no_bit():
    """Nor does a model that equals another."""
    models, target = columns(1_200_000, equal=True)
    one, seven = (
        compare(models, target, loss=LOSSES, pairs="all", threads=threads) for threads in (1, 7)
    )
    assert one.to_dict()["losses"] == seven.to_dict()["losses"]
    pair = one.losses[0].pairs[0]
    assert (pair.difference, pair.wins, pair.ties) == (0.0, 0, 1_200_000)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("grouped", [False, True])
def test_a_difference_is_that_of_exact_sums(weighted, grouped):
    """Rounded once, where the differences of rows would lose digits."""
    generator = np.random.default_rng(6)
    small, large, weight = generator.random((3, 3_000)) * [[1e-9], [1e8], [1.0]]
    flags = {"weights": weight} if weighted else {}
    keys = np.zeros(3_000, int)
    found = compare(
        {"large": large, "small": small}, 0 * large, loss="mae", by=keys if grouped else (), **flags
    )
    shares = list(map(Fraction, weight.tolist())) if weighted else [Fraction(1)] * 3_000
    rows = zip(shares, small.tolist(), large.tolist(), strict=True)
    total = sum(w * (Fraction(a) - Fraction(b)) for w, a, b in rows)
    for part in (found, *found.groups):
        assert part["mae"]["small"].difference == float(total / sum(shares))
