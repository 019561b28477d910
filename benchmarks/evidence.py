"""Error bars, groups, worst rows and comparisons beside the plain evaluation of the same arrays.

Both sides of a row are calls from Python that take turns; the ratio is that of the fastest turns,
which a busy machine disturbs least. The bar of each row stands beside its ratio, and `above` marks
a ratio above it. The row of the bootstrap has seconds instead of a ratio.

    python benchmarks/evidence.py [--turns 5] [--only cluster] [--scale 1.0] [--cpu]

With --cpu the figures are processor time, which other programs disturb less.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import losscli
from losscli.backends.machine import cores

SECONDS = "seconds"


class Row(NamedTuple):
    """A bar. rows: their number. ours, other: the calls; other: None where seconds are meant.

    bar: of the ratio, or of the seconds; None where there is none.
    """

    name: str
    rows: int
    ours: Callable[[], Any]
    other: Callable[[], Any] | None
    against: str
    bar: float | None


def evaluation_rows(scale: float):
    """The rows of one evaluation with more than its means, of mse."""
    rows = int(50e6 * scale)
    random = np.random.default_rng(0)
    pred, target = random.standard_normal((2, rows), np.float32)
    plain = partial(losscli.evaluate, pred, target, loss="mse")
    numpy = lambda: float(np.mean((pred - target) ** 2))  # noqa: E731
    yield Row("standard error", rows, plain, numpy, "np.mean", 1.3)
    yield Row("top 100", rows, partial(plain, top=100), plain, "eval", 1.2)
    some = int(10e6 * scale)
    pred, target = pred[:some], target[:some]
    plain = partial(losscli.evaluate, pred, target, loss="mse")
    groups = random.integers(0, 1000, some)
    yield Row("by 1,000 groups", some, partial(plain, by=groups), plain, "eval", 2.0)
    clusters = np.sort(random.integers(0, some // 10, some))
    yield Row("cluster, sorted", some, partial(plain, cluster=clusters), plain, "eval", 3.0)
    random.shuffle(clusters)
    yield Row("cluster, shuffled", some, partial(plain, cluster=clusters), plain, "eval", 3.0)
    yield Row("distribution", some, partial(plain, distribution=True), plain, "eval", None)
    few = int(1e6 * scale)
    resampled = partial(losscli.evaluate, pred[:few], target[:few], loss="mse", bootstrap=1000)
    yield Row("bootstrap 1000", few, resampled, None, SECONDS, 2.0)


def metric_rows(scale: float):
    """The rows of metrics beside scikit-learn's functions."""
    from sklearn import metrics

    random = np.random.default_rng(1)
    for name, function, rows, bar in (
        ("roc_auc", metrics.roc_auc_score, int(10e6 * scale), 0.5),
        ("r2", metrics.r2_score, int(1e6 * scale), None),
    ):
        target = (random.random(rows) < 0.3).astype(np.int64)
        if name == "r2":
            target = random.standard_normal(rows)
        pred = random.standard_normal(rows) + target
        ours = partial(losscli.evaluate, pred, target, metric=name)
        yield Row(name, rows, ours, partial(function, target, pred), "sklearn", bar)


def comparison_rows(scale: float):
    """The rows of a comparison of two models beside the evaluation of one."""
    rows = int(10e6 * scale)
    random = np.random.default_rng(2)
    target, one, two = random.standard_normal((3, rows), np.float32)
    models = {"one": one, "two": two}
    for losses in ("mse", "mae,mse,smooth_l1"):
        ours = partial(losscli.compare, models, target, loss=losses)
        plain = partial(losscli.evaluate, one, target, loss=losses)
        yield Row(f"compare, {losses}", rows, ours, plain, "eval", 1.6)


def main() -> None:
    """Print a Markdown table, a line a row."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", default="", help="the rows whose name contains it")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of rows")
    parser.add_argument("--cpu", action="store_true", help="measure processor time")
    asked = parser.parse_args()
    clock = time.process_time if asked.cpu else time.perf_counter
    print(f"NumPy {np.__version__}, {cores()} cores\n")
    print("| | rows | losscli ms | other ms | other | ratio | bar | |")
    print("| --- | ---: | ---: | ---: | --- | ---: | ---: | --- |")
    for make in (evaluation_rows, metric_rows, comparison_rows):
        for row in make(asked.scale):
            if asked.only in row.name:
                print_row(row, asked.turns, clock)


def print_row(row: Row, turns: int, clock: Callable[[], float]) -> None:
    """Measure a row and print its line."""
    calls = [row.ours] if row.other is None else [row.ours, row.other]
    best = fastest(calls, turns, clock)
    found = best[0] if row.other is None else best[0] / best[1]
    mark = "above" if row.bar is not None and found > row.bar else ""
    other = f"{1e3 * best[-1]:.0f}" if row.other else ""
    cells = [row.name, f"{row.rows:_}", f"{1e3 * best[0]:.0f}", other, row.against, f"{found:.2f}"]
    bar = "" if row.bar is None else f"{row.bar:g}"
    print(f"| {' | '.join([*cells, bar, mark])} |", flush=True)


def fastest(calls: list[Callable[[], Any]], turns: int, clock: Callable[[], float]) -> list[float]:
    """The seconds of the fastest turn of each call, after one turn that is not counted."""
    best = [float("inf")] * len(calls)
    for turn in range(turns + 1):
        for at, call in enumerate(calls):
            start = clock()
            call()
            if turn:
                best[at] = min(best[at], clock() - start)
    return best


if __name__ == "__main__":
    main()
