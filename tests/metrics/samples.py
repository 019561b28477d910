"""Rows for every metric and each of its variants, drawn from their domains."""

from fractions import Fraction

import numpy as np

from losscli.checks.generators import Sample, draw
from losscli.losses.core.one_hot import ONE_HOT
from losscli.metrics.registry import all_metrics

TRAIN = np.array([1.0, 4.0, 2.5, 7.0, 3.0, 9.0, 4.5])
CASES = {
    "precision": [{"average": each} for each in ("binary", "macro", "micro", "weighted")],
    "recall": [{"average": each} for each in ("binary", "macro", "micro", "weighted")],
    "f1": [{"average": each} for each in ("binary", "macro", "micro", "weighted")],
    "top_k_accuracy": [{"k": 1}, {"k": 2}],
    "ece": [{"bins": 4}, {"bins": 4, "strategy": "quantile"}],
    "brier_decomposition": [{"bins": 4}],
    "bits_per_byte": [{"bytes": 4.2}],
    "mase": [{"train": TRAIN, "season": 2}, {"scale": 0.7}],
    "rmsse": [{"train": TRAIN, "season": 2}, {"scale": 0.7}],
    "weighted_quantile_loss": [{"quantiles": (0.1, 0.5, 0.9)}],
    "quantile": [
        {"loss": "mae", "q": 0.9},
        {"loss": "bce", "q": 0.25},
        {"loss": "cross_entropy", "q": 0.5},
    ],
    "d2": [
        {"loss": "mse"},
        {"loss": "mae"},
        {"loss": "pinball", "quantile": 0.8},
        {"loss": "poisson_deviance"},
        {"loss": "gamma_deviance"},
        {"loss": "tweedie_deviance", "power": 1.5},
        {"loss": "bce"},
        {"loss": "categorical_cross_entropy"},
        {"loss": "brier"},
    ],
}


class Case:
    """A metric under some parameters, in one of its variants."""

    def __init__(self, metric, given, variant):
        params = metric.resolve(given)
        bound = metric.for_params(params)
        self.given = given
        self.metric = (bound, *bound.known_variants)[variant]
        self.params = self.metric.adopted(params, ())
        words = ",".join(f"{key}={value}" for key, value in given.items() if key != "train")
        self.name = f"{metric.name}:{words}/{self.metric.rows_of.words}"

    def rows(self, seed, count, spread=1.0):
        """Predictions and targets; None without targets."""
        random = np.random.default_rng(seed)
        width = len(self.given.get("quantiles", "abc"))
        if self.given.get("average") == "binary":
            width = 2
        shape = self.metric.rows_of.pred_row(width)
        domains = self.metric.domains_of(self.params)
        pred = draw(domains[0], Sample(random, (count, *shape), spread, width))
        if domains[1] is None:
            return pred, None
        if domains[1] is ONE_HOT:
            return pred, np.eye(width)[random.integers(0, width, count)]
        row = self.metric.rows_of.target_row(shape)
        return pred, draw(domains[1], Sample(random, (count, *row), spread, width))


def cases():
    """Every metric, its parameters and its variants."""
    for metric in all_metrics():
        for given in CASES.get(metric.name, [{}]):
            bound = metric.for_params(metric.resolve(given))
            for variant in range(1 + len(bound.known_variants)):
                yield Case(metric, given, variant)


def exactly(array):
    """Nested lists of fractions."""
    if array.ndim > 1:
        return [exactly(row) for row in array]
    return [Fraction(float(x)) for x in array]
