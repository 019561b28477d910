"""Metrics of arrays in this process beside scikit-learn's functions of the same arrays.

    python benchmarks/metrics.py [--rows 10000000] [--rounds 3] [--only roc_auc]

Both sides run in turn, A B A B …; the figure is the median of the ratios of the pairs, with the
least and the largest. losscli's side is a whole `evaluate` call, checks and standard errors
included. Nothing here passes or fails by itself: the bar stands beside the figure.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from sklearn import metrics as sklearn

from losscli import evaluate

BARS = {"roc_auc": "0.5"}


def sides(rows: int) -> dict[str, tuple[Callable[[], float], Callable[[], float]]]:
    """Two calls a metric: losscli's and scikit-learn's."""
    random = np.random.default_rng(1)
    label = (random.random(rows) < 0.3).astype(np.int64)
    score = random.normal(size=rows) + label
    decision = (score > 0.5).astype(np.int64)
    real = random.normal(size=rows)

    def ours(metric: str, pred: np.ndarray, target: np.ndarray) -> Callable[[], float]:
        return lambda: evaluate(pred, target, metric=metric).value

    return {
        "roc_auc": (ours("roc_auc", score, label), lambda: sklearn.roc_auc_score(label, score)),
        "average_precision": (
            ours("average_precision", score, label),
            lambda: sklearn.average_precision_score(label, score),
        ),
        "accuracy": (
            ours("accuracy", decision, label),
            lambda: sklearn.accuracy_score(label, decision),
        ),
        "f1": (ours("f1", decision, label), lambda: sklearn.f1_score(label, decision)),
        "r2": (ours("r2", score, real), lambda: sklearn.r2_score(real, score)),
    }


def seconds(call: Callable[[], float]) -> float:
    """The time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    """Print a line for each metric."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    for name, (ours, theirs) in sides(asked.rows).items():
        if asked.only not in ("", name):
            continue
        found, wanted = ours(), theirs()
        pairs = [(seconds(ours), seconds(theirs)) for _ in range(asked.rounds)]
        ratios = sorted(a / b for a, b in pairs)
        print(
            f"{name:18} {statistics.median(a for a, _ in pairs):8.2f} s "
            f"{statistics.median(b for _, b in pairs):8.2f} s  "
            f"{statistics.median(ratios):.2f} [{ratios[0]:.2f}, {ratios[-1]:.2f}] of scikit-learn"
            f"{f', at most {BARS[name]}' if name in BARS else ''}; {found:.9g} {wanted:.9g}"
        )


if __name__ == "__main__":
    main()
