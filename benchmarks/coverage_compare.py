"""False verdicts and power of `losscli compare`, by simulation.

`python -m benchmarks.coverage_compare` prints the tables of docs/statistics.md.
"""

import argparse
import math
from collections.abc import Iterator

import numpy as np

from losscli import compare
from losscli.results.documents.compare import ModelComparison
from losscli.stats.distributions import t_critical, t_sf

ROWS = 200


def compared(
    g: np.random.Generator, models: int, groups: int, effect: float = 0.0, rows: int = ROWS
) -> ModelComparison:
    """Models of equal error but for the second, which is worse by so many standard deviations.

    Losses of a row are alike; those of the differences are Gaussian of standard deviation 1.
    """
    shared = 20.0 + g.standard_normal(rows)
    preds = {
        f"m{at}": shared + g.standard_normal(rows) / math.sqrt(2) + (effect if at == 1 else 0.0)
        for at in range(models)
    }
    by = {"by": g.integers(0, groups, rows)} if groups > 1 else {}
    return compare(preds, np.zeros(rows), loss="mae", pairs="all", **by)


def has_verdict(found: ModelComparison) -> tuple[bool, bool]:
    """True if any pair is decided: over all rows, and in a group."""
    whole = any(pair.verdict in ("better", "worse") for pair in found["mae"].pairs)
    parts = (pair for group in found.groups for pair in group["mae"].pairs)
    return whole, any(pair.verdict in ("better", "worse") for pair in parts)


def false_verdicts(runs: int) -> Iterator[tuple[str, str]]:
    """The share of comparisons of equal models with a verdict, by family."""
    for models in (2, 3, 5):
        for groups in (1, 4, 10):
            g = np.random.default_rng(models * 100 + groups)
            found = [has_verdict(compared(g, models, groups)) for _ in range(runs)]
            whole, parts = (100 * float(np.mean(each)) for each in zip(*found, strict=True))
            shown = f"{parts:.1f}" if groups > 1 else ""
            yield f"{models} | {groups}", f"{whole:.1f} | {shown}"


def power(runs: int) -> Iterator[tuple[str, str]]:
    """The share of comparisons of two models that are decided rightly, and that of the theory."""
    for rows in (50, 200, 1_000):
        for effect in (0.1, 0.2, 0.3):
            g = np.random.default_rng(rows)
            found = [compared(g, 2, 1, effect, rows)["mae"].pairs[0] for _ in range(runs)]
            share = float(np.mean([pair.verdict == "worse" for pair in found]))
            yield f"{rows:,} | {effect}", f"{100 * share:.1f} | {100 * theory(effect, rows):.1f}"


def theory(effect: float, rows: int) -> float:
    """The power of a two-sided t test at 5 %, near the normal approximation of its noncentral t."""
    critical = t_critical(0.95, rows - 1)
    shift = effect * math.sqrt(rows)
    scale = math.sqrt(1.0 + critical * critical / (2.0 * (rows - 1)))
    corrected = (critical * (1.0 - 1.0 / (4.0 * (rows - 1))) - shift) / scale
    return t_sf(corrected, 1e9)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000, help="simulations of each row")
    runs = parser.parse_args().runs
    print("| models | groups | all rows | groups |\n| --- | --- | --- | --- |")
    for kind, shares in false_verdicts(runs):
        print(f"| {kind} | {shares} |", flush=True)
    print("\n| rows | effect | decided rightly | theory |\n| --- | --- | --- | --- |")
    for kind, shares in power(runs):
        print(f"| {kind} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
