"""Whole processes of `losscli eval` on files of other kinds, compared with one-liners.

    python benchmarks/files.py [--runs 7] [--only join] [--scale 1.0]

Measured as in evaluation.py: pairs in turn, the median of their ratios, the bar next to it.
"""

import sys
from pathlib import Path

import numpy as np
from evaluation import Row, main

POLARS = (
    "import polars as pl; r = pl.read_csv; "
    "j = r('{p}').join(r('{t}'), on='id'); print(((j['pred'] - j['target']) ** 2).mean())"
)
PANDAS = (
    "import pandas as pd; r = pd.read_csv; "
    "j = r('{p}').merge(r('{t}'), on='id'); print(((j['pred'] - j['target']) ** 2).mean())"
)


def rows() -> list[Row]:
    """Every bar, by name."""
    found = []
    for name, p, t in (("join", "p.csv", "t.csv"), ("join of texts", "pt.csv", "tt.csv")):
        ours = ["eval", p, t, "--id", "id", "--pred", "pred", "--target", "target", "-l", "mse"]
        of_polars = [sys.executable, "-c", POLARS.format(p=p, t=t)]
        of_pandas = [sys.executable, "-c", PANDAS.format(p=p, t=t)]
        found.append(Row(name, "0.8", ours, of_polars))
        found.append(Row(f"{name} memory", "0.5", ours, of_pandas, memory=True))
    return found


def make_files(folder: Path, scale: float) -> None:
    """Make the inputs, where they are not there yet."""
    if (folder / "done").exists():
        return
    rng = np.random.default_rng(0)
    count = int(2e6 * scale)
    target = rng.standard_normal(count)
    pred = target + 0.3 * rng.standard_normal(count)
    for suffix, prefix in (("", ""), ("t", "img_")):
        for name, column, values in (("p", "pred", pred), ("t", "target", target)):
            order = rng.permutation(count)
            pairs = zip(order.tolist(), values[order].tolist(), strict=True)
            lines = (f"{prefix}{key},{value!r}" for key, value in pairs)
            text = "\n".join([f"id,{column}", *lines, ""])
            (folder / f"{name}{suffix}.csv").write_text(text)
    (folder / "done").touch()


if __name__ == "__main__":
    main(rows, make_files)
