"""The coverage of the intervals of `losscli eval`, by simulation: `python benchmarks/coverage.py`.

Prints the tables of docs/statistics.md. An interval is good if it covers the true mean, or if the
evaluation has the note `skewed`, `few_clusters`, `low_coverage` or `no_spread`.
"""

import argparse
import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from losscli import evaluate
from losscli.results.documents.eval import Evaluation

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
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


def of_losses(draw: Draw, rows: int, generator: np.random.Generator) -> Evaluation:
    """The evaluation of a sample of losses."""
    return evaluate(draw(generator, rows), np.zeros(rows), loss="mae")


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


def rows_of_table(runs: int) -> Iterator[tuple[str, str, tuple[float, float, float]]]:
    """The kind of the losses, their number, and the shares."""
    for name, (draw, mean) in SAMPLES.items():
        for rows in (20, 100, 1_000, 10_000):
            yield (
                name,
                f"n = {rows:,}",
                shares(lambda g, d=draw, n=rows: of_losses(d, n, g), mean, runs),
            )
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
    runs = parser.parse_args().runs
    print("| losses | size | covers | noted | covers or noted |\n| --- | --- | --- | --- | --- |")
    for kind, size, found in rows_of_table(runs):
        cells = " | ".join(f"{100 * share:.1f}" for share in found)
        print(f"| {kind} | {size} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
