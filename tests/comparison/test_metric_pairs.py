"""`compare` of metrics: differences of functions of means, held against a jackknife."""

import math

import numpy as np
import pytest

from losscli import UsageError, compare, metrics


def classes(rows, seed=0):
    """Labels of three classes, and two models that agree with them and with each other."""
    random = np.random.default_rng(seed)
    target = random.integers(0, 3, rows)
    models = {}
    for name, wrong in {"a": 0.3, "b": 0.2}.items():
        flip = random.random(rows) < wrong
        models[name] = np.where(flip, (target + random.integers(1, 3, rows)) % 3, target)
    return models, target


def numbers(rows, seed=1):
    """Targets, and two models whose errors go together."""
    random = np.random.default_rng(seed)
    target, noise = random.normal(size=(2, rows))
    return {"a": target + noise, "b": target + 0.8 * noise + random.normal(0, 0.3, rows)}, target


def jackknife(metric, models, target, weight=None, **params):
    """The difference of b and a, and its standard error, from leaving out row by row."""

    def value(keep):
        kept = None if weight is None else weight[keep]
        ours, theirs = (metric(models[name][keep], target[keep], kept, **params) for name in "ba")
        return ours - theirs

    n = len(target)
    places = np.arange(n)
    parts = [value(places != row) for row in range(n)]
    return value(places >= 0), math.sqrt((n - 1) / n * np.sum((parts - np.mean(parts)) ** 2))


METRICS = [
    ("accuracy", classes, {}),
    ("f1", classes, {"average": "macro"}),
    ("balanced_accuracy", classes, {}),
    ("mcc", classes, {}),
    ("r2", numbers, {}),
    ("explained_variance", numbers, {}),
    ("pearson", numbers, {}),
]


@pytest.mark.parametrize(("name", "drawn", "params"), METRICS)
def test_the_difference_and_its_error_are_those_of_a_jackknife(name, drawn, params):
    """The value to the last digits, the standard error as far as two linearisations agree."""
    models, target = drawn(400)
    spec = name + "".join(f":{key}={value}" for key, value in params.items())
    found = compare(models, target, metric=spec)
    pair = found[spec]["b"]
    value, stderr = jackknife(getattr(metrics, name), models, target, **params)
    assert pair.difference == pytest.approx(value, rel=1e-12)
    assert pair.stderr == pytest.approx(stderr, rel=0.02)
    assert pair.wins is None
    assert found[spec].higher_is_better
    assert found[spec].models[0].value == pytest.approx(
        getattr(metrics, name)(models["a"], target, **params), rel=1e-14
    )


def test_a_larger_metric_is_better():
    """Verdict, rank and the note of groups follow the direction of the metric."""
    models, target = classes(3000)
    found = compare(models, target, loss="zero_one", metric="accuracy")
    pair = found["accuracy"]["b"]
    assert pair.difference > 0
    assert pair.verdict == "better"
    assert [each.rank for each in found["accuracy"].models] == [2, 1]
    mirror = found["zero_one"]["b"]
    assert pair.difference == pytest.approx(-mirror.difference, rel=1e-12)
    assert pair.p == pytest.approx(mirror.p, rel=1e-6)


def test_groups_and_missing_rows_are_those_of_all_models():
    """A group is the comparison of its rows; rows that one model lacks are out for both."""
    models, target = numbers(300)
    models["a"][5], models["b"][200] = np.nan, np.nan
    key = np.arange(300) % 2
    found = compare(models, target, metric="r2", by={"k": key}, nan="skip", threads=2)
    keep = np.ones(300, bool)
    keep[[5, 200]] = False
    for group in found.groups:
        own = keep & (key == int(group.by["k"]))
        alone = compare({n: pred[own] for n, pred in models.items()}, target[own], metric="r2")
        assert group["r2"]["b"].difference == alone["r2"]["b"].difference
        assert group["r2"]["b"].stderr == alone["r2"]["b"].stderr
        assert group["r2"].skipped == 1


def test_metrics_of_the_order_of_rows_are_refused():
    """And those without a better direction."""
    models, target = numbers(20)
    for name in ("bias", "quantile:loss=mae,q=0.5"):
        with pytest.raises(UsageError, match="compare does not take"):
            compare(models, target, metric=name)
