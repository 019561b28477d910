"""The same rows give the same bits, whichever format they are read from."""

import csv
import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather
from pyarrow import parquet as pq

from losscli import evaluate

NAMES = ("pred", "target", "weight")
ROWS = 100_000  # blocks of an array, of an NPY file and of a CSV file end at different rows


@pytest.fixture(scope="module")
def columns():
    """Predictions, targets, weights with zeros, and group keys of short runs and of long ones."""
    rng = np.random.default_rng(7)
    return {
        "pred": 3 * rng.standard_normal(ROWS) + 1,
        "target": rng.standard_normal(ROWS),
        "weight": rng.choice([0.0, 0.3, 2.5], ROWS),
        "region": rng.integers(0, 30, ROWS),
        "day": np.arange(ROWS) // 30_000,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory, columns):
    """One .npy file a column, and one CSV table of all with a column of text beside them."""
    path = tmp_path_factory.mktemp("formats")
    for name, values in columns.items():
        np.save(path / f"{name}.npy", values)
    with (path / "table.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*columns, "comment"])
        rows.writerows(zip(*(c.tolist() for c in columns.values()), ["x" * 90] * ROWS, strict=True))
    return path


def numbers(result):
    """Every number of the losses of all rows and of each group."""
    parts = [result.losses, *(group.losses for group in result.groups)]
    return [[(loss.stderr, loss.mean, loss.n, loss.ci) for loss in losses] for losses in parts]


@pytest.mark.parametrize("weights", [None, "weight"])
@pytest.mark.parametrize("by", [None, "region", "day"])
def test_npy_csv_arrays_and_series_give_the_same_bits(folder, columns, weights, by):
    """Means, standard errors and intervals, of all rows and of groups."""

    def evaluated(of, **more):
        options = {"weights": of(weights)} if weights else {}
        if by:
            options["by"] = {by: of(by)}
        return numbers(evaluate(of("pred"), of("target"), loss=["mse", "mae"], **options, **more))

    frame = pd.DataFrame(columns)
    of_npy = evaluated(lambda name: str(folder / f"{name}.npy"))
    assert evaluated(columns.__getitem__) == of_npy
    assert evaluated(frame.__getitem__, threads=2) == of_npy
    options = {} if weights is None else {"weights": weights}
    table = evaluate(
        folder / "table.csv",
        pred=["pred"],
        target=["target"],
        loss=["mse", "mae"],
        by=[by] if by else (),
        **options,
    )
    assert numbers(table) == of_npy


def test_rows_left_out_change_no_bit_either(folder, columns):
    """Skipped rows are missing from the same units in every format."""
    pred = columns["pred"].copy()
    pred[::97] = np.nan
    np.save(folder / "holes.npy", pred)
    pd.DataFrame({"pred": pred, "target": columns["target"]}).to_csv(
        folder / "holes.csv", index=False, na_rep="nan"
    )
    of_array = evaluate(pred, columns["target"], loss="mae", nan="skip")
    of_npy = evaluate(folder / "holes.npy", folder / "target.npy", loss="mae", nan="skip")
    of_csv = evaluate(
        folder / "holes.csv", pred=["pred"], target=["target"], loss="mae", nan="skip"
    )
    assert numbers(of_array) == numbers(of_npy) == numbers(of_csv)
    assert of_npy.losses[0].skipped == len(pred[::97])


def as_batches(columns):
    """The columns in batches of unlike lengths."""
    cuts = np.cumsum([1, 700, 32_768, 9_999, 40_000])
    return [np.split(column, cuts) for column in columns]


def write_shards(folder, table):
    """Parquet files of unlike lengths."""
    folder.mkdir()
    for number, (first, last) in enumerate([(0, 3), (3, 41_000), (41_000, ROWS)]):
        pq.write_table(table.slice(first, last - first), folder / f"part-{number}.parquet")


@pytest.fixture(scope="module")
def sources(tmp_path_factory, columns):
    """One source of predictions, targets and weights a format, by its name."""
    folder = tmp_path_factory.mktemp("sources")
    table = pa.table({name: columns[name] for name in NAMES})
    text = pd.DataFrame(columns)[list(NAMES)]
    pq.write_table(table, folder / "small-groups.parquet", row_group_size=1_001)
    pq.write_table(table, folder / "one-group.parquet")
    feather.write_feather(table, folder / "table.arrow", chunksize=777)
    np.savez(folder / "table.npz", **{name: columns[name] for name in NAMES})
    with (folder / "table.jsonl").open("w") as file:
        rows = zip(*(columns[name].tolist() for name in NAMES), strict=True)
        file.writelines(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows)
    text.to_csv(folder / "table.csv.gz", index=False)
    write_shards(folder / "shards", table)
    return {path.name: path for path in folder.iterdir()} | {
        "frame": text,
        "arrow": table,
        "polars": pl.DataFrame(text.to_dict("list")),
    }


PATHS = ["small-groups.parquet", "one-group.parquet", "table.arrow", "table.npz", "shards"]
PATHS += ["table.csv.gz", "table.jsonl", "frame", "arrow", "polars"]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", PATHS)
def test_every_source_of_the_same_rows_gives_the_same_bits(name, weighted, sources, columns):
    """However its rows lie in files, groups of rows and chunks."""
    flags = {"loss": ["mse", "mae"], "metric": "r2"}
    weights = {"weights": columns["weight"]} if weighted else {}
    of_arrays = evaluate(columns["pred"], columns["target"], **flags, **weights)
    named = {"weights": "weight"} if weighted else {}
    found = evaluate(sources[name], pred=["pred"], target=["target"], **flags, **named)
    assert numbers(found) == numbers(of_arrays)
    assert found["r2"] == of_arrays["r2"]


@pytest.mark.parametrize("streamed", [False, True])
def test_batches_give_the_bits_of_whole_arrays(streamed, columns):
    """Lists of them, and an iterator that is read once."""
    flags = {"loss": ["mse", "mae"]}
    whole = evaluate(columns["pred"], columns["target"], **flags)
    pred, target = as_batches([columns["pred"], columns["target"]])
    data = (zip(pred, target, strict=True),) if streamed else (pred, target)
    assert numbers(evaluate(*data, **flags)) == numbers(whole)


def test_rows_paired_by_ids_give_the_bits_of_arrays(tmp_path, columns):
    """In the order of the predictions, whatever the order of the targets."""
    ids = np.arange(ROWS)
    preds = pd.DataFrame({"id": ids, "pred": columns["pred"]})
    targets = pd.DataFrame({"id": ids, "target": columns["target"]})[::-1]
    preds.to_parquet(tmp_path / "p.parquet", row_group_size=30_001)
    targets.to_parquet(tmp_path / "t.parquet")
    files = tmp_path / "p.parquet", tmp_path / "t.parquet"
    found = evaluate(*files, pred=["pred"], target=["target"], id=["id"], loss="mse")
    assert numbers(found) == numbers(evaluate(columns["pred"], columns["target"], loss="mse"))


@pytest.mark.parametrize("seed", range(8))
def test_no_division_of_any_rows_changes_a_bit(seed, tmp_path):
    """Of rows of several numbers: random batches, groups of rows, and threads."""
    random = np.random.default_rng(seed)
    rows, width = int(random.integers(1, 90_000)), int(random.integers(1, 6))
    pred, target = 10.0 ** random.integers(0, 8) + random.standard_normal((2, rows, width))
    weight = random.random(rows) if seed % 2 else None
    loss = ["mse", "mae"] if width == 1 else ["mse", "cosine"]
    whole = evaluate(pred, target, loss=loss, weights=weight, threads=1)
    cuts = np.unique(random.integers(0, rows, 5))
    batches = [np.split(column, cuts) for column in (pred, target)]
    by_batch = evaluate(*batches, loss=loss, weights=weight, threads=3)
    names = [f"{kind}{k}" for kind in "pt" for k in range(width)]
    table = pa.table(dict(zip(names, np.hstack([pred, target]).T, strict=True)))
    if weight is not None:
        table = table.append_column("w", pa.array(weight))
    file = tmp_path / "table.parquet"
    pq.write_table(table, file, row_group_size=int(random.integers(50, 40_000)))
    sides = {"pred": names[:width], "target": names[width:]}
    of_file = evaluate(file, loss=loss, weights=None if weight is None else "w", threads=2, **sides)
    assert numbers(by_batch) == numbers(of_file) == numbers(whole)
