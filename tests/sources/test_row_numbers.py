"""Sharded predictions with the numbers of their rows: every row of the targets once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.utils.data import DistributedSampler

from losscli import DataError, UsageError, evaluate
from losscli.sources.opening import open_source
from losscli.sources.roles import Reference
from losscli.sources.table import Workspace

_ROWS, _WORKERS, _BATCH = 1003, 4, 32


@pytest.fixture
def data():
    """Predictions and targets in the order of the targets."""
    rng = np.random.default_rng(3)
    return rng.standard_normal((_ROWS, 3)), rng.integers(0, 3, _ROWS)


def indices(*, shuffle=False):
    """The row numbers of each worker, padded so that all have as many."""
    samplers = [
        DistributedSampler(range(_ROWS), _WORKERS, rank, shuffle=shuffle, seed=1)
        for rank in range(_WORKERS)
    ]
    return [np.array(list(sampler)) for sampler in samplers]


def batches(values):
    """The values of a worker in batches."""
    return [values[k : k + _BATCH] for k in range(0, len(values), _BATCH)]


def write_as_lightning(preds, workers):
    """What the BasePredictionWriter of Lightning's documentation writes in each process."""
    for rank, rows in enumerate(workers):
        torch.save(batches(torch.from_numpy(preds[rows])), f"predictions_{rank}.pt")
        torch.save([[batch.tolist() for batch in batches(rows)]], f"batch_indices_{rank}.pt")


@pytest.mark.parametrize("shuffle", [False, True])
def test_a_padded_evaluation_has_the_mean_of_the_data(data, shuffle):
    """To the last bit, where the mean of all shards is another number."""
    preds, targets = data
    workers = indices(shuffle=shuffle)
    write_as_lightning(preds, workers)
    np.save("targets.npy", targets)
    rows = np.concatenate(workers)
    found = evaluate("predictions_*.pt", "targets.npy", loss="cross_entropy",
                     rows="batch_indices_*.pt")  # fmt: skip
    wanted = evaluate(preds, targets, loss="cross_entropy")
    assert found.value == wanted.value
    assert found.value != evaluate(preds[rows], targets[rows], loss="cross_entropy").value
    assert found.losses[0].rows == _ROWS
    assert found.inputs[0].duplicates_dropped == len(rows) - _ROWS > 0
    assert [note.code for note in found.notes if note.code != "shards"] == ["duplicates_dropped"]


FORMATS = {
    "csv column": (lambda t: t.to_csv("p.csv", index=False) or ("p.csv", "row")),
    "parquet column": (lambda t: t.to_parquet("p.parquet") or ("p.parquet", "row")),
    "frame column": (lambda t: (t, "row")),
    "npy": lambda t: np.save("rows.npy", t["row"]) or (t["p"].to_numpy(), "rows.npy"),
    "csv": lambda t: t["row"].to_csv("rows.csv", index=False) or (t["p"].to_numpy(), "rows.csv"),
    "floats": lambda t: np.save("rows.npy", t["row"] * 1.0) or (t["p"].to_numpy(), "rows.npy"),
    "python": lambda t: (t["p"].to_numpy(), t["row"].tolist()),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("targets", ["t.csv", "t.npy"])
def test_rows_are_a_column_or_a_file(data, form, targets):
    """Of every format; weights and groups in files have a row for each target."""
    preds, t = data
    workers = np.concatenate(indices())
    table = pd.DataFrame({"p": preds[workers, 0], "row": workers})
    pd.DataFrame({"t": t}).to_csv("t.csv", index=False)
    np.save("t.npy", t)
    np.save("w.npy", 1.0 + np.arange(_ROWS) % 7)
    np.save("g.npy", np.arange(_ROWS) % 3)
    p, rows = FORMATS[form](table)
    wanted = evaluate(preds[:, 0], t, loss="mse", weights="./w.npy", by="g.npy")
    more = {"pred": "p"} if "column" in form else {}
    for memory in (None, "0B"):
        found = evaluate(p, targets, loss="mse", rows=rows, weights="./w.npy", by="g.npy",
                         memory=memory, **more)  # fmt: skip
        assert found.value == wanted.value
        assert [group.losses[0].value for group in found.groups] == [
            group.losses[0].value for group in wanted.groups
        ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(st.just(n), st.lists(st.integers(-1, n), min_size=1, max_size=24))
    ),
    st.booleans(),
)
def test_all_row_numbers_give_pairs_or_the_error_of_their_kind(case, agree):
    """Compared with a dictionary."""
    count, rows = case
    preds = np.array([10.0 * row + (0 if agree else k) for k, row in enumerate(rows)])
    targets = 10.0 * np.arange(count)
    outside = [row for row in rows if not 0 <= row < count]
    missing = set(range(count)) - set(rows)
    firsts = dict(reversed([*zip(rows, preds.tolist(), strict=True)]))
    differ = any(firsts[row] != p for row, p in zip(rows, preds.tolist(), strict=True))
    for words, wrong in (("not in", outside), ("without a prediction", missing),
                         ("another prediction", differ)):  # fmt: skip
        if wrong:
            with pytest.raises(DataError, match=words):
                evaluate(preds, targets, loss="mae", rows=rows)
            return
    with open_source(preds, targets, rows=rows) as source:
        arrays = next(iter(source.blocks())).load(Workspace()).arrays
    order = [*dict.fromkeys(rows)]
    assert arrays["targets"].tolist() == [10.0 * row for row in order]
    assert arrays["preds"].tolist() == [firsts[row] for row in order]


WRONG = {
    "outside": (
        [0, 1, 2, 3, 7],
        r"1 row of rows not in targets: 7\nrows, row 4",
        "the rows 0 to 3",
    ),
    "from one": ([1, 2, 3, 4], "1 row of rows not in targets: 4", "0 to 3, not from 1"),
    "negative": ([0, 1, 2, -1], "not in targets: -1", "0 to 3"),
    "gaps": ([3, 3], "3 rows of targets without a prediction: 0, 1, 2", "are all shards here"),
    "fraction": ([0, 1, 1.5, 2], "1.5 is not a row number\nrows, row 2", "integers from 0"),
    "missing": ([0, 1, np.nan, 2], "nan is not a row number", "integers from 0"),
    "matrix": ([[0, 1], [2, 3]], r"rows has rows of \(2,\)", "one column"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_row_numbers_are_errors_with_the_first_few(case):
    """Each says where, and the numbers that it expects."""
    rows, words, hint = WRONG[case]
    with pytest.raises(DataError, match=words) as raised:
        evaluate(np.zeros(len(rows)), np.zeros(4), loss="mae", rows=np.array(rows))
    assert hint in raised.value.hint


def test_repeated_rows_that_differ_are_an_error():
    """With the place of the second prediction; nan agrees with nan."""
    with pytest.raises(DataError, match=r"another prediction .*: row 2\npreds, row 4") as raised:
        evaluate([5.0, 6.0, 7.0, 5.0, 7.5], np.zeros(3), loss="mae", rows=[0, 1, 2, 0, 2])
    assert "agree" in raised.value.hint
    preds = [5.0, 6.0, np.nan, 5.0, np.nan]
    found = evaluate(preds, np.zeros(3), loss="mae", rows=[0, 1, 2, 0, 2], nan="skip")
    assert (found.losses[0].n, found.inputs[0].duplicates_dropped) == (2, 2)


def test_repeated_rows_agree_in_every_column_that_is_read():
    """In the keys of groups too."""
    Path("p.csv").write_text("p,row,g\n1,0,a\n2,1,a\n1,0,b\n")
    more = {"pred": "p", "rows": "row"}
    assert evaluate("p.csv", [0.0, 0.0], loss="mae", **more).value == 1.5
    with pytest.raises(DataError, match=r"another prediction .*: row 0\np\.csv, line 4"):
        evaluate("p.csv", [0.0, 0.0], loss="mae", by="g", **more)


def test_as_many_numbers_as_predictions_and_weights_as_targets():
    """Other numbers of rows are errors."""
    with pytest.raises(DataError, match="rows has 3 rows, preds has 2"):
        evaluate([1.0, 2.0], [0.0, 0.0, 0.0], loss="mae", rows=[0, 1, 2])
    with pytest.raises(DataError, match="targets has 2 rows, weights has 3"):
        evaluate([1.0, 2.0, 1.0], [0.0, 0.0], loss="mae", rows=[0, 1, 0], weights=[1.0, 1.0, 1.0])


def test_a_violation_has_the_place_in_its_own_file():
    """A target that is nan, wherever its prediction stands."""
    with pytest.raises(DataError, match="targets, row 2"):
        evaluate([1.0, 2.0, 3.0], [0.0, 0.0, np.nan], loss="mae", rows=[2, 1, 0])


def test_requests_that_make_no_sense():
    """Ids and row numbers, one table for both, and a column that is none."""
    Path("p.csv").write_text("p,t,row\n1,1,0\n")
    more = {"pred": "p", "target": "t", "loss": "mae"}
    with pytest.raises(UsageError, match="both say how rows are paired"):
        evaluate("p.csv", "p.csv", id="row", rows="row", **more)
    with pytest.raises(UsageError, match="targets in a file of their own"):
        evaluate("p.csv", rows="row", **more)
    with pytest.raises(DataError, match="neither a column nor a file"):
        evaluate("p.csv", "p.csv", rows="rows", **more)


def test_a_reference_has_row_numbers_of_its_own():
    """In a column of the same name; without one it cannot be paired."""
    Path("p.csv").write_text("p,row\n1,2\n2,0\n3,1\n2,0\n")
    Path("old.csv").write_text("p,row\n30,1\n10,2\n20,0\n30,1\n")
    reference = Reference("old.csv", usual=("p",))
    with open_source(
        "p.csv", np.zeros(3), rows="row", pred=["p"], references=[reference]
    ) as source:
        arrays = next(iter(source.blocks())).load(Workspace()).arrays
    assert arrays["reference"].tolist() == [10, 20, 30]
    Path("old.csv").write_text("p\n10\n20\n30\n")
    with pytest.raises(UsageError, match="no row numbers of its own"):
        open_source("p.csv", np.zeros(3), rows="row", pred=["p"], references=[reference])


def test_the_numbers_are_one_of_the_inputs(data):
    """With a digest; of a file of their own, and of a column."""
    preds, targets = data
    order = np.random.default_rng(1).permutation(_ROWS)
    np.save("preds.npy", preds[order])
    np.save("targets.npy", targets)
    np.save("rows.npy", order)
    arrays = {"loss": "cross_entropy", "rows": "rows.npy", "digest": True}
    found = evaluate("preds.npy", "targets.npy", **arrays)
    table = pd.DataFrame(preds[order], columns=["a", "b", "c"]).assign(row=order)
    table.to_csv("preds.csv", index=False)
    of_column = evaluate("preds.csv", "targets.npy", **arrays | {"rows": "row"})
    for result, path in ((found, "rows.npy"), (of_column, "preds.csv")):
        assert [part.role for part in result.inputs] == ["preds", "targets", "rows"]
        assert result.inputs[-1].path == path
        assert result.inputs[-1].digest == found.inputs[-1].digest
    np.save("rows.npy", np.arange(_ROWS))
    other = evaluate("preds.npy", "targets.npy", **arrays)
    assert other.inputs[-1].digest != found.inputs[-1].digest


def test_rows_in_order_are_the_same_data_as_without_numbers(data):
    """A baseline may have been made in one process."""
    preds, targets = data
    np.save("preds.npy", preds)
    np.save("targets.npy", targets)
    np.save("rows.npy", np.arange(_ROWS))
    gates = {"loss": "cross_entropy", "gate": "cross_entropy <= baseline"}
    evaluate("preds.npy", "targets.npy", loss="cross_entropy", output="plain.json")
    numbered = evaluate("preds.npy", "targets.npy", rows="rows.npy", output="numbered.json",
                        baseline="plain.json", **gates)  # fmt: skip
    plain = evaluate("preds.npy", "targets.npy", baseline="numbered.json", **gates)
    assert [result.gates[0].status for result in (numbered, plain)] == ["pass", "pass"]
