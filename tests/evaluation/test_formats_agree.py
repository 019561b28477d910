"""The same rows give the same bits, whichever format they are read from."""

import csv

import numpy as np
import pandas as pd
import pytest

from losscli import evaluate

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
