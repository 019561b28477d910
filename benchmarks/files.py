"""Whole processes of `losscli eval` on files of other kinds, compared with one-liners.

    python benchmarks/files.py [--runs 7] [--only join] [--scale 1.0]

Measured as in evaluation.py: pairs in turn, the median of their ratios, the bar next to it.
"""

import sys
from pathlib import Path

import numpy as np
from evaluation import Row, main

MEAN = "print(((d['pred'] - d['target']) ** 2).mean())"
POLARS_CSV = (
    f"import polars as pl; d = pl.read_csv('table.csv', columns=['pred', 'target']); {MEAN}"
)
POLARS_LINES = f"import polars as pl; d = pl.read_ndjson('table.jsonl'); {MEAN}"
NUMPY_ZIP = f"import numpy as np; d = np.load('table.npz'); {MEAN}"
DUCKDB = (
    "import duckdb; "
    "r = duckdb.sql(\"select avg((pred - target) * (pred - target)) from '{file}'\"); "
    "print(r.fetchall())"
)
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
    python = [sys.executable, "-c"]
    columns = ["--pred", "pred", "--target", "target", "-l", "mse"]
    csv, parquet, lines, archive = (
        ["eval", f"table.{suffix}", *columns] for suffix in ("csv", "parquet", "jsonl", "npz")
    )
    found = [
        Row("csv, duckdb", "0.6", csv, [*python, DUCKDB.format(file="table.csv")]),
        Row("csv, polars", "1.0", csv, [*python, POLARS_CSV]),
        Row("parquet", "1.0", parquet, [*python, DUCKDB.format(file="table.parquet")]),
        Row("jsonl", "1.0", lines, [*python, POLARS_LINES]),
        Row("npz", "1.1", archive, [*python, NUMPY_ZIP]),
    ]
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
    make_tables(folder, pred, target)
    for suffix, prefix in (("", ""), ("t", "img_")):
        for name, column, values in (("p", "pred", pred), ("t", "target", target)):
            order = rng.permutation(count)
            pairs = zip(order.tolist(), values[order].tolist(), strict=True)
            lines = (f"{prefix}{key},{value!r}" for key, value in pairs)
            text = "\n".join([f"id,{column}", *lines, ""])
            (folder / f"{name}{suffix}.csv").write_text(text)
    (folder / "done").touch()


def make_tables(folder: Path, pred: np.ndarray, target: np.ndarray) -> None:
    """Make a table of ids, predictions and targets in each format; half of it as JSON Lines."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {"id": np.arange(len(pred)), "pred": pred, "target": target}
    parquet.write_table(pa.table(columns), folder / "table.parquet")
    np.savez_compressed(folder / "table.npz", pred=pred, target=target)
    with (folder / "table.csv").open("w") as csv, (folder / "table.jsonl").open("w") as lines:
        csv.write("id,pred,target\n")
        for row, (p, t) in enumerate(zip(pred.tolist(), target.tolist(), strict=True)):
            csv.write(f"{row},{p!r},{t!r}\n")
            if row < len(pred) // 2:
                lines.write(f'{{"id": {row}, "pred": {p!r}, "target": {t!r}}}\n')


if __name__ == "__main__":
    main(rows, make_files)
