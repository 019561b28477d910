"""Every metric has the value of its plain formula in fractions, in any division of the rows."""

import inspect
import math
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli import metrics
from losscli.losses.core.one_hot import ONE_HOT
from losscli.metrics.core.predicted import LabelMetric
from losscli.metrics.registry import all_metrics, find, names
from tests.metrics.samples import cases, exactly

CASES = {case.name: case for case in cases()}
# Row losses are rounded, and 1 - a / b near 0 keeps their absolute error.
LOOSE = ("d2", "quantile", "perplexity", "bits_per_token", "bits_per_byte")
SEEDS = st.integers(0, 2**32 - 1)


def weights_of(seed, count, kind):
    random = np.random.default_rng(seed + 1)
    if kind == "whole":
        return random.integers(1, 4, count).astype(np.float64)
    return random.uniform(0.1, 2.0, count) if kind == "real" else None


def states(case, pred, target, weight, cuts):
    """The state of the rows, merged from parts."""
    bounds = [0, *sorted(cuts), len(pred)]
    parts = [
        case.metric.state(
            pred[a:b],
            None if target is None else target[a:b],
            None if weight is None else weight[a:b],
            case.params,
        )
        for a, b in pairwise(bounds)
    ]
    return reduce(add, parts)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=6)
@given(
    SEEDS,
    st.integers(1, 30),
    st.sampled_from([None, "whole", "real"]),
    st.sampled_from([0.01, 1, 50]),
)
def test_values_are_those_of_the_plain_formula(name, seed, count, kind, spread):
    """Within 4 ULP of the formula in fractions; nan where it is undefined."""
    case = CASES[name]
    pred, target = case.rows(seed, count, spread)
    if target is None:
        return
    weight = weights_of(seed, count, kind)
    found = case.metric.estimate(states(case, pred, target, weight, []), case.params).value
    if case.metric.target is ONE_HOT:
        target = target.argmax(axis=-1)
    if isinstance(case.metric, LabelMetric) and pred.ndim > target.ndim and "k" not in case.params:
        pred = pred.argmax(axis=-1)
    with np.errstate(all="ignore"):
        wanted = case.metric.reference(
            exactly(pred),
            exactly(target),
            exactly(np.ones(count) if weight is None else weight),
            **{key: value for key, value in case.params.items() if key != "weight"},
        )
    if math.isnan(wanted) or (len(np.unique(target)) == 1 and case.metric.name == "d2"):
        assert math.isnan(found)
    elif case.metric.name == "d2" and abs(wanted) > 1e6:  # targets that hardly vary
        assert math.isnan(found) or found < -1e5
    elif case.metric.name in LOOSE:
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    else:
        assert abs(found - wanted) <= 4 * math.ulp(wanted)


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=3)
@given(SEEDS, st.sampled_from([None, "real"]), st.lists(st.integers(0, 40), max_size=7))
def test_any_division_of_the_rows_gives_the_same_bits(name, seed, kind, cuts):
    """Of the value and of its standard error."""
    case = CASES[name]
    pred, target = case.rows(seed, 40)
    weight = weights_of(seed, 40, kind)
    found = case.metric.estimate(states(case, pred, target, weight, cuts), case.params)
    whole = case.metric.estimate(states(case, pred, target, weight, []), case.params)
    assert repr(found) == repr(whole)


@pytest.mark.parametrize("name", CASES)
def test_weights_of_two_are_repeated_rows(name):
    """In value; the standard errors of importance weights differ."""
    case = CASES[name]
    pred, target = case.rows(7, 60)
    weight = np.where(np.arange(60) % 2, 2.0, 1.0)
    twice = np.repeat(np.arange(60), weight.astype(int))
    found = case.metric.estimate(states(case, pred, target, weight, []), case.params)
    rows = pred[twice], None if target is None else target[twice]
    repeated = case.metric.estimate(states(case, *rows, None, []), case.params)
    assert found.value == pytest.approx(repeated.value, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", CASES)
def test_standard_errors_are_those_of_the_jackknife(name):
    """Of 400 rows within a fifth, where the metric is a smooth function of means."""
    case = CASES[name]
    if case.metric.name == "quantile":
        return
    pred, target = case.rows(11, 400)
    found = case.metric.estimate(states(case, pred, target, None, []), case.params)
    left_out = []
    for part in range(40):
        keep = np.arange(400) % 40 != part
        rows = pred[keep], None if target is None else target[keep]
        left_out.append(case.metric.estimate(states(case, *rows, None, []), case.params).value)
    spread = np.var(left_out) * 39
    assert found.stderr == pytest.approx(math.sqrt(spread), rel=0.5, abs=1e-6)


@pytest.mark.parametrize("metric", all_metrics(), ids=lambda each: each.name)
def test_a_metric_is_described(metric):
    """It stands in the file of its name, and its declaration is complete."""
    assert metric.name in names()
    assert getattr(metrics, metric.name) is metric
    for name in ("family", "formula", "latex", "source", "use", "avoid"):
        assert getattr(metric, name), name
    assert metric.equivalents
    assert metric.pitfalls
    assert ">>> " in inspect.getdoc(metric.terms)
    for param in metric.params:
        assert param.meaning
        if param.default is not None:
            assert param.checked(param.default, metric.name) == param.default
    assert all(find(alias) is metric for alias in metric.aliases)
