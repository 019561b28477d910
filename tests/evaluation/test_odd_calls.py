"""Calls with arrays, columns, options and objects of every kind: a result, or an error of losscli.

The calls are drawn from seeds, so that a failure can be repeated.
"""

import random
import warnings
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

import losscli
from losscli.losses.registry import all_losses
from losscli.metrics.registry import all_metrics

LOSSES = [loss.name for loss in all_losses()]
METRICS = [metric.name for metric in all_metrics()]
ROWS = 5
SEEDS = [*range(10), *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(10, 200))]

ARRAYS = (
    lambda r: r.random(ROWS),
    lambda r: r.integers(0, 2, ROWS),
    lambda r: r.integers(0, 3, ROWS),
    lambda r: r.random((ROWS, 3)),
    lambda r: r.dirichlet(np.ones(3), ROWS),
    lambda r: r.normal(size=(ROWS, 2)),
    lambda r: r.normal(size=(ROWS, 3, 4)),
    lambda r: r.random((ROWS, 1)),
    lambda r: r.normal(size=ROWS) * 10.0 ** r.integers(-320, 300),
    lambda r: r.choice([1.0, np.nan, np.inf], ROWS),
    lambda r: r.choice(np.array(["a", "b", "c"]), ROWS),
    lambda r: r.integers(-(2**62), 2**62, ROWS),
    lambda r: np.array([None, 1, "x", 2.5, True], object),
    lambda _: np.array(["2020-01-01"] * ROWS, "M8[D]"),
    lambda r: r.random(ROWS) + 1j,
    lambda r: r.random(ROWS - 1),
    lambda r: r.random((1, ROWS)),
)
WRAPS = (
    lambda x: x,
    lambda x: x.tolist(),
    lambda x: tuple(x.tolist()),
    lambda x: x[::-1],
    lambda x: x.astype(np.float16),
    lambda x: x.astype(">f8"),
    lambda x: pd.Series(list(x)),
    lambda x: pd.Series(list(x)).astype("Float64"),
    lambda x: pd.Categorical(list(x)),
    lambda x: pd.DataFrame(x.reshape(len(x), -1)),
    pl.Series,
    torch.from_numpy,
    lambda x: np.ma.masked_array(x, mask=False),
)
OBJECTS = (
    None, "", "no_file.npy", 3, 2.5, True, b"x", [], [[]], {}, {"a": [1]}, [None],
    [[1, 2], [3]], range(4), np.zeros(()), np.zeros((0, 3)), np.zeros((2, 0)), [Decimal(1)],
    [datetime(2020, 1, 1, tzinfo=UTC)], [1 + 2j], ["a", "b"], {1.0}, pd.DataFrame(), "a\0b",
    memoryview(b"abcd"), object(),
)  # fmt: skip
OPTIONS = {
    "loss": (*LOSSES, ["mse", "mae"], None, 3, "", "mse + 0.1*mae", "x:y", "huber:delta=-1", [3]),
    "metric": (*METRICS, 5, "quantile:q=2", "ece:bins=0", ["r2", "bias"]),
    "nan": ("skip", "mask", "propagate", "error", "x"),
    "reduction": ("sum", "mean", "none", 1),
    "top": (0, 1, 3, -1, 10**6, "a"),
    "distribution": (True, False, 1),
    "bootstrap": (0, 100, 99, 10**9, True),
    "interval": ("t", "hall", "x", 3),
    "hac": (0, 1, 100, -1),
    "ci": (0.9, "99%", 1, 0, "x", None),
    "threads": (0, 1, 2, -1, 1.5),
    "like": ("torch", "keras", "sklearn", "optax", "z"),
    "dtype": ("float32", "float64", "bfloat16"),
    "backend": ("numpy", "torch", "auto", "x"),
    "gate": ("mse <= 1", "mse < baseline", "x", ["mse<=1", "mae<=1"], 3),
    "weights_are": ("frequency", "importance", "x"),
    "class_axis": (1, "last", 0, "x"),
    "classes": (["a", "b", "c"], "a,b", [1, 2], []),
    "positive": ("a", 1, None),
    "unmatched": ("skip", "error", "x"),
}  # fmt: skip
COLUMNS = ("weights", "by", "cluster", "rows", "id")


class Draw:
    """What a call is made of, by a seed."""

    def __init__(self, seed):
        self.choose = random.Random(seed)
        self.numbers = np.random.default_rng(seed)

    def data(self):
        if self.choose.random() < 0.07:
            return self.choose.choice(OBJECTS)
        array = self.choose.choice(ARRAYS)(self.numbers)
        try:
            return self.choose.choice(WRAPS)(array)
        except (TypeError, ValueError, OverflowError):  # it has no such form
            return array

    def options(self):
        options = {"loss": self.choose.choice(OPTIONS["loss"])}
        for name in self.choose.sample([*OPTIONS, *COLUMNS], self.choose.choice([0, 1, 1, 2, 3])):
            values = OPTIONS.get(name)
            options[name] = self.data() if values is None else self.choose.choice(values)
        return options


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("seed", SEEDS)
def test_a_call_has_a_result_or_an_error_of_losscli(seed):
    draw = Draw(seed)
    for _ in range(200):
        arrays, options = (draw.data(), draw.data()), draw.options()
        try:
            found = losscli.evaluate(*arrays, **options)
        except losscli.LossCliError:
            continue
        assert str(found)
        assert found.to_json()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loss_or_a_metric_has_a_result_or_an_error_of_losscli(seed):
    draw = Draw(seed)
    functions = [getattr(losscli.losses, name) for name in LOSSES]
    functions += [loss.gradient for loss in functions]
    functions += [getattr(losscli.metrics, name) for name in METRICS]
    for _ in range(200):
        try:
            draw.choose.choice(functions)(draw.data(), draw.data())
        except losscli.LossCliError:
            continue
