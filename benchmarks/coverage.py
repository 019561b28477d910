"""The coverage of the intervals of `losscli eval`, by simulation: `python benchmarks/coverage.py`.

Prints the tables of docs/statistics.md. An interval is good if it covers the true mean, or if the
evaluation has the note `skewed`, `few_clusters`, `low_coverage` or `no_spread`. With
`--interval hall` the intervals of losses are corrected for skewness.
"""

import argparse
import math
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from losscli import evaluate
from losscli.results.documents.eval import Evaluation

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
Row = tuple[str, str, tuple[float, float, float]]
_NOTES = {"skewed", "few_clusters", "no_spread", "low_coverage"}

SAMPLES: dict[str, tuple[Draw, float]] = {
    "Gaussian": (lambda g, n: 20.0 + g.standard_normal(n), 20.0),
    "abs(Gaussian)": (lambda g, n: abs(g.standard_normal(n)), math.sqrt(2.0 / math.pi)),
    "Gaussian²": (lambda g, n: g.standard_normal(n) ** 2, 1.0),
    "exponential": (lambda g, n: g.exponential(size=n), 1.0),
    "log-normal": (lambda g, n: g.lognormal(size=n), math.exp(0.5)),
    "Pareto(2.5)": (lambda g, n: 1.0 + g.pareto(2.5, n), 2.5 / 1.5),
    "zero-inflated": (lambda g, n: g.exponential(size=n) * (g.random(n) < 0.1), 0.1),
}


def of_losses(
    draw: Draw, rows: int, generator: np.random.Generator, *, method: str, weighted: bool = False
) -> Evaluation:
    """The evaluation of a sample of losses; weighted: with independent exponential weights."""
    weights = generator.exponential(size=rows) if weighted else None
    losses = draw(generator, rows)
    return evaluate(losses, np.zeros(rows), loss="mae", interval=method, weights=weights)


def of_errors(share: float, rows: int, generator: np.random.Generator) -> Evaluation:
    """The evaluation of labels of which a share is incorrect."""
    wrong = (generator.random(rows) < share).astype(int)
    return evaluate(wrong, np.zeros(rows, int), loss="zero_one")


def of_clusters(
    count: int, correlation: float, generator: np.random.Generator, *, equal: bool
) -> Evaluation:
    """The evaluation of losses with an intra-class correlation, of mean 20."""
    sizes = np.full(count, 10)
    if not equal:
        sizes = np.maximum(1, generator.lognormal(2.0, 1.0, count)).astype(int)
    cluster = np.repeat(np.arange(count), sizes)
    shared = math.sqrt(correlation) * generator.standard_normal(count)[cluster]
    own = math.sqrt(1.0 - correlation) * generator.standard_normal(len(cluster))
    return evaluate(20.0 + shared + own, np.zeros(len(cluster)), loss="mae", cluster=cluster)


def of_skewed_clusters(
    count: int, generator: np.random.Generator, *, method: str, equal: bool
) -> Evaluation:
    """The evaluation of losses of mean 1 whose clusters have log-normal means."""
    sizes = np.full(count, 10)
    if not equal:
        sizes = np.maximum(1, generator.lognormal(2.0, 1.0, count)).astype(int)
    cluster = np.repeat(np.arange(count), sizes)
    shared = generator.lognormal(-0.5, 1.0, count)[cluster]
    losses, zeros = shared * generator.exponential(size=len(cluster)), np.zeros(len(cluster))
    return evaluate(losses, zeros, loss="mae", cluster=cluster, interval=method)


def shares(
    simulate: Callable[[np.random.Generator], Evaluation], mean: float, runs: int
) -> tuple[float, float, float]:
    """The shares of runs whose interval covers, that have a note, and that have one of the two."""
    generator = np.random.default_rng(7)
    covered, noted = np.zeros(runs, bool), np.zeros(runs, bool)
    for run in range(runs):
        found = simulate(generator)
        low, high = (*found.losses, *found.metrics)[0].ci or (-math.inf, math.inf)
        covered[run] = low <= mean <= high
        noted[run] = not _NOTES.isdisjoint(note.code for note in found.notes)
    return float(covered.mean()), float(noted.mean()), float((covered | noted).mean())


def rows_of_losses(runs: int, method: str) -> Iterator[Row]:
    """The rows of losses, which may be skewed, plain, with weights and in clusters."""
    for name, (draw, mean) in SAMPLES.items():
        for rows in (20, 100, 1_000, 10_000):
            found = shares(lambda g, d=draw, n=rows: of_losses(d, n, g, method=method), mean, runs)
            yield name, f"n = {rows:,}", found
    if method == "t":
        return
    for name in ("Gaussian", "exponential", "log-normal", "Pareto(2.5)"):
        draw, mean = SAMPLES[name]
        for rows in (20, 100, 1_000):
            found = shares(
                lambda g, d=draw, n=rows: of_losses(d, n, g, method=method, weighted=True),
                mean,
                runs,
            )
            yield f"{name}, weighted", f"n = {rows:,}", found
    for equal in (True, False):
        for count in (20, 50, 200):
            found = shares(
                lambda g, c=count, e=equal: of_skewed_clusters(c, g, method=method, equal=e),
                1.0,
                runs,
            )
            yield f"clusters, {'equal' if equal else 'unequal'}, log-normal", f"C = {count}", found


def rows_of_table(runs: int) -> Iterator[Row]:
    """The kind of the losses, their number, and the shares."""
    yield from rows_of_losses(runs, "t")
    for share in (0.05, 0.01):
        for rows in (20, 100, 1_000):
            found = shares(lambda g, p=share, n=rows: of_errors(p, n, g), share, runs)
            yield f"Bernoulli({share})", f"n = {rows:,}", found
    for equal in (True, False):
        for correlation in (0.0, 0.5):
            for count in (5, 20, 50, 200):
                found = shares(
                    lambda g, c=count, r=correlation, e=equal: of_clusters(c, r, g, equal=e),
                    20.0,
                    runs,
                )
                kind = f"clusters, {'equal' if equal else 'unequal'}, correlation {correlation}"
                yield kind, f"C = {count}", found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2_000, help="simulations of each row")
    parser.add_argument("--interval", choices=("t", "hall"), default="t")
    asked = parser.parse_args()
    rows = rows_of_table if asked.interval == "t" else partial(rows_of_losses, method="hall")
    print("| losses | size | covers | noted | covers or noted |\n| --- | --- | --- | --- | --- |")
    for kind, size, found in rows(asked.runs):
        cells = " | ".join(f"{100 * share:.1f}" for share in found)
        print(f"| {kind} | {size} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
