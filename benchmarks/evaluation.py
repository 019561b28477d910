"""Whole processes of `losscli eval` beside the one-liners that people would write instead.

    python benchmarks/evaluation.py [--runs 7] [--only mse] [--scale 1.0]

Both sides of a row run in turn, A B A B …, on the same files, read once before so that the page
cache holds them; the figure is the median of the ratios of the pairs, with the least and the
largest, so that a change of the machine's speed falls on both. Beside it is the ratio of the
minima of both sides, which other work on the machine changes least. Peak memory is the operating
system's own account of the finished process. Nothing here passes or fails by itself: the bar
stands beside the figure.

The files (2.5 GB at scale 1) are made in a temporary folder, which --folder keeps.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

NUMPY = "import numpy as np; "
TORCH = "import numpy as np, torch, torch.nn.functional as F; t = torch.from_numpy; "
LOSSCLI = [str(Path(sys.executable).with_name("losscli"))]


@dataclass(frozen=True)
class Row:
    """A bar: losscli's arguments, or two of them, and what they are held against."""

    name: str
    bar: str
    arguments: list[str]
    other: list[str]
    memory: bool = False


def rows() -> list[Row]:
    """Every bar, by name."""
    python = [sys.executable, "-c"]
    plain = [*python, "import numpy"]
    squares = f"{NUMPY}print(((np.load('p.npy')-np.load('t.npy'))**2).mean())"
    smooth = f"{TORCH}print(F.smooth_l1_loss(t(np.load('p.npy')), t(np.load('t.npy'))))"
    entropy = f"{TORCH}print(F.cross_entropy(t(np.load('z.npy')), t(np.load('y.npy'))))"
    table = "import pandas as pd; r = pd.read_csv; "
    table += "print(((r('p.csv')['y_hat'] - r('t.csv')['y'])**2).mean())"
    average = "import duckdb; r = duckdb.sql(\"select avg((p-t)*(p-t)) from 'table.parquet'\"); "
    average += "print(r.fetchall())"
    lines = "import polars as pl; d = pl.read_ndjson('table.jsonl'); "
    lines += "print(((d['p'] - d['t'])**2).mean())"
    columns = ["--pred", "p", "--target", "t", "-l", "mse"]
    mse = ["eval", "p.npy", "t.npy", "-l", "mse"]
    labels = ["eval", "z.npy", "y.npy", "-l", "cross_entropy"]
    large = ["eval", "p4.npy", "t4.npy", "-l", "mse"]
    return [
        Row("version", "1.0", ["--version"], plain),
        Row("small", "2.5", ["eval", "p1.npy", "t1.npy", "-l", "mse"], plain),
        Row("mse", "1.25", mse, [*python, squares]),
        Row("mse memory", "0.2", mse, [*python, squares], memory=True),
        Row("smooth_l1", "0.25", ["eval", "p.npy", "t.npy", "-l", "smooth_l1"], [*python, smooth]),
        Row("cross_entropy", "0.4", labels, [*python, entropy]),
        Row("csv", "0.8", ["eval", "p.csv", "t.csv", "-l", "mse"], [*python, table]),
        Row("parquet", "1.0", ["eval", "table.parquet", *columns], [*python, average]),
        Row("jsonl", "1.0", ["eval", "table.jsonl", *columns], [*python, lines]),
        Row("4 x memory", "1.1", large, [*LOSSCLI, *mse], memory=True),
    ]  # fmt: skip


def make_files(folder: Path, scale: float) -> None:
    """Make the inputs, where they are not there yet."""
    if (folder / "done").exists():
        return
    rng = np.random.default_rng(0)
    for suffix, count in (("1", 1000), ("", int(50e6 * scale)), ("4", int(200e6 * scale))):
        target = rng.standard_normal(count, np.float32)
        np.save(folder / f"t{suffix}.npy", target)
        target += np.float32(0.3) * rng.standard_normal(count, np.float32)
        np.save(folder / f"p{suffix}.npy", target)
    classes = int(100_000 * scale)
    np.save(folder / "z.npy", 3 * rng.standard_normal((classes, 1000), np.float32))
    np.save(folder / "y.npy", rng.integers(0, 1000, classes))
    for name, head in (("p", "y_hat"), ("t", "y")):
        lines = map(repr, rng.standard_normal(int(2e6 * scale)).tolist())
        (folder / f"{name}.csv").write_text("\n".join([head, *lines, ""]))
    make_tables(folder, int(2e6 * scale))
    (folder / "done").touch()


def make_tables(folder: Path, count: int) -> None:
    """Make a table of ids, predictions and targets as Parquet, and half of it as JSON Lines."""
    import pyarrow as pa
    from pyarrow import parquet

    rng = np.random.default_rng(1)
    p, t = rng.standard_normal((2, count))
    table = pa.table({"id": np.arange(count), "p": p, "t": t})
    parquet.write_table(table, folder / "table.parquet")
    with (folder / "table.jsonl").open("w") as file:
        for row in range(count // 2):
            file.write(f'{{"id": {row}, "p": {p[row]!s}, "t": {t[row]!s}}}\n')


def run(command: list[str], folder: Path) -> tuple[float, int]:
    """Wall seconds and peak bytes of one process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode}: {' '.join(command)}")
    return seconds, usage.ru_maxrss * 1024


def main(
    rows: Callable[[], list[Row]] = rows, make_files: Callable[[Path, float], None] = make_files
) -> None:
    """Measure and print every row of a script, whose inputs `make_files` makes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", default="")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--make", action="store_true", help="make the files, measure nothing")
    chosen = parser.parse_args()
    if chosen.make:
        make_files(chosen.folder, chosen.scale)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        # In a process of its own: a child's peak memory begins with that of its parent.
        again = [sys.executable, sys.argv[0], "--make", "--scale", str(chosen.scale)]
        subprocess.run([*again, "--folder", str(folder)], check=True)
        heads = ("ratio", "least", "most", "minima", "bar")
        print(f"{'':20}{' '.join(f'{head:>7}' for head in heads)}  losscli   other")
        for row in rows():
            if chosen.only not in row.name:
                continue
            ours, theirs = [], []
            for _ in range(chosen.runs + 1):
                ours.append(run([*LOSSCLI, *row.arguments], folder)[row.memory])
                theirs.append(run(row.other, folder)[row.memory])
            ours, theirs = ours[1:], theirs[1:]  # the first pair warms the caches
            ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
            unit, scale = ("MiB", 2**-20) if row.memory else ("ms", 1e3)
            shown = statistics.median(ratios), min(ratios), max(ratios), min(ours) / min(theirs)
            print(
                f"{row.name:20}{' '.join(f'{ratio:7.3f}' for ratio in shown)} {row.bar:>7}  "
                f"{statistics.median(ours) * scale:.0f} {unit}"
                f"  {statistics.median(theirs) * scale:.0f} {unit}",
                flush=True,
            )


if __name__ == "__main__":
    main()
