"""The coverage of the intervals of metrics and of series, by simulation.

`python -m benchmarks.coverage_metrics` prints a table of docs/statistics.md. The true value of a
metric is that of a million rows. A value is good if the interval covers it, or if the evaluation
has a note on its intervals.
"""

import argparse
import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage import shares
from losscli import evaluate
from losscli.results.documents.eval import Evaluation

Data = tuple[Any, Any]
Draw = Callable[[np.random.Generator, int], Data]
_MILLION = 1_000_000


def classes(g: np.random.Generator, n: int) -> Data:
    """Labels of three classes of unlike sizes, of which a quarter is predicted wrongly."""
    target = g.choice(3, n, p=(0.5, 0.3, 0.2))
    wrong = g.random(n) < 0.25
    return np.where(wrong, (target + g.integers(1, 3, n)) % 3, target), target


def two_classes(g: np.random.Generator, n: int) -> Data:
    """Scores of two classes, a third of them positive."""
    target = (g.random(n) < 1 / 3).astype(int)
    return g.normal(size=n) + 1.5 * target, target


def probabilities(g: np.random.Generator, n: int) -> Data:
    """Probabilities that are too sure of themselves."""
    truth = g.beta(2.0, 2.0, n)
    pred = np.clip(truth + 0.3 * (truth - 0.5), 0.01, 0.99)
    return pred, (g.random(n) < truth).astype(float)


def logits(g: np.random.Generator, n: int) -> Data:
    """Logits of four classes."""
    target = g.integers(0, 4, n)
    found = g.normal(size=(n, 4))
    found[np.arange(n), target] += 1.0
    return found, target


def numbers(g: np.random.Generator, n: int) -> Data:
    """Targets and predictions with errors of a standard deviation of a half."""
    target = g.normal(size=n)
    return target + 0.1 + 0.5 * g.normal(size=n), target


def intervals(g: np.random.Generator, n: int) -> Data:
    """Intervals about a guess, which cover the target nine times of ten or so."""
    target, width = g.normal(size=n), g.uniform(0.5, 1.5, n)
    centre = target + 0.5 * g.normal(size=n)
    return np.stack([centre - width, centre + width], axis=1), target


METRICS: dict[str, Draw] = {
    "accuracy": classes,
    "balanced_accuracy": classes,
    "precision:average=macro": classes,
    "recall:average=macro": classes,
    "f1:average=macro": classes,
    "f1:average=weighted": classes,
    "mcc": classes,
    "roc_auc": two_classes,
    "average_precision": two_classes,
    "ece": probabilities,
    "brier_decomposition": probabilities,
    "top_k_accuracy:k=2": logits,
    "perplexity": logits,
    "bits_per_token": logits,
    "r2": numbers,
    "explained_variance": numbers,
    "d2:loss=mse": numbers,
    "pearson": numbers,
    "bias": numbers,
    "mase:scale=1": numbers,
    "rmsse:scale=1": numbers,
    "quantile:loss=mae,q=0.9": numbers,
    "coverage": intervals,
    "interval_width": intervals,
}


def of_metric(spec: str, rows: int, g: np.random.Generator, **flags: Any) -> Evaluation:
    """The evaluation of a metric of drawn rows."""
    pred, target = METRICS[spec](g, rows)
    return evaluate(pred, target, metric=f"m={spec}", **flags)


def of_clusters(spec: str, count: int, g: np.random.Generator) -> Evaluation:
    """The same where each row occurs ten times, a cluster."""
    pred, target = METRICS[spec](g, count)
    whole = (np.repeat(pred, 10, axis=0), np.repeat(target, 10, axis=0))
    return evaluate(*whole, metric=f"m={spec}", cluster=np.repeat(np.arange(count), 10))


def autoregression(correlation: float, rows: int, g: np.random.Generator) -> NDArray[np.float64]:
    """A series of order 1, of mean 0 and variance 1."""
    noise = g.normal(size=rows + 200) * math.sqrt(1.0 - correlation**2)
    found = np.zeros(rows + 200)
    for t in range(1, rows + 200):
        found[t] = correlation * found[t - 1] + noise[t]
    return found[200:]


def of_series(
    statistic: str, correlation: float, rows: int, lag: int, g: np.random.Generator
) -> Evaluation:
    """The evaluation of a series: losses of mean 20, or errors of targets, with an r2 of 0.75."""
    error = autoregression(correlation, rows, g)
    if statistic == "mean":
        return evaluate(20.0 + error, np.zeros(rows), loss="mae", hac=lag)
    target = autoregression(correlation, rows, g)
    return evaluate(target + 0.5 * error, target, metric=statistic, hac=lag)


def rows_of_table(runs: int) -> Iterator[tuple[str, str, tuple[float, float, float]]]:
    """The statistic, the number of rows, and the shares."""
    for spec in METRICS:
        true = of_metric(spec, _MILLION, np.random.default_rng(1)).metrics[0].value
        for rows in (100, 1_000):
            found = shares(lambda g, s=spec, n=rows: of_metric(s, n, g), true, runs)
            yield spec, f"n = {rows:,}", found
        if "clusters" not in spec and spec in ("accuracy", "f1:average=macro", "r2", "perplexity"):
            found = shares(lambda g, s=spec: of_clusters(s, 100, g), true, runs)
            yield spec, "C = 100", found
    for statistic, true in (("mean", 20.0), ("bias", 0.0), ("r2", 0.75)):
        for correlation in (0.0, 0.5, 0.8):
            for rows, lag in ((100, 5), (1_000, 20), (5_000, 40)):
                simulate = partial(of_series, statistic, correlation, rows, lag)
                kind = f"{statistic}, --hac {lag}, correlation {correlation}"
                yield kind, f"n = {rows:,}", shares(simulate, true, runs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400, help="simulations of each row")
    runs = parser.parse_args().runs
    print(
        "| statistic | size | covers | noted | covers or noted |\n| --- | --- | --- | --- | --- |"
    )
    for kind, size, found in rows_of_table(runs):
        cells = " | ".join(f"{100 * share:.1f}" for share in found)
        print(f"| {kind} | {size} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
