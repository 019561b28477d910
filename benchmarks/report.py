"""The weight of the page of `losscli report`, and the time to make it of saved JSON.

An evaluation with groups, a distribution and worst rows is saved, then made into a page several
times; the CPU time of the fastest turn counts, since a busy machine disturbs it least. The bar of
each row stands beside its figures, and `above` marks a figure above it.

    python benchmarks/report.py [--turns 7]
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from losscli import evaluate, report

GROUPS = (10, 1_000, 10_000)
MOST_BYTES, MOST_SECONDS = 1_000_000, {10: 0.5, 1_000: 0.5, 10_000: 2.0}
ROWS = 50_000


def main() -> None:
    """Print a row for each number of groups."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=7)
    turns = parser.parse_args().turns
    print(f"{'groups':>7}  {'JSON, MB':>8}  {'page, kB':>8}  {'CPU s':>6}  bar")
    with tempfile.TemporaryDirectory() as folder:
        for groups in GROUPS:
            saved = save(Path(folder), groups)
            output = Path(folder, "page.html")
            seconds = min(seconds_of(saved, output) for _ in range(turns))
            size, bar = output.stat().st_size, MOST_SECONDS[groups]
            above = "  above" if seconds > bar or size > MOST_BYTES else ""
            json = saved.stat().st_size / 1e6
            row = f"{groups:>7,}  {json:>8.2f}  {size / 1e3:>8.0f}  {seconds:>6.2f}"
            print(f"{row}  {bar} s, {MOST_BYTES // 1000:,} kB{above}")


def save(folder: Path, groups: int) -> Path:
    """An evaluation of two losses with so many groups."""
    rng = np.random.default_rng(0)
    target, errors = rng.normal(size=ROWS), rng.normal(size=ROWS)
    keys = np.array([f"customer {at % groups:05d}" for at in range(ROWS)])
    path = folder / f"{groups}.json"
    evaluate(target + errors, target, loss=["mae", "mse"], by={"customer": keys}, top=20,
             distribution=True, output=str(path))  # fmt: skip
    return path


def seconds_of(saved: Path, output: Path) -> float:
    """The CPU time to read the JSON and write the page."""
    start = time.process_time()
    report(str(saved), output=str(output))
    return time.process_time() - start


if __name__ == "__main__":
    main()
