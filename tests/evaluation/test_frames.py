"""DataFrames: their columns are named, as those of a table in a file."""

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from losscli import DataError, LossCliError, UsageError, evaluate

PANDAS = pd.DataFrame(
    {"p": [1.0, 2.0, 3.0], "q": [0.0, 1.0, 2.0], "y": [1.0, 2.5, 5.0], "z": [0.0, 1.0, 3.0],
     "region": ["a", "b", "a"], "w": [1.0, 1.0, 2.0]}
)  # fmt: skip


class Stream:
    """A table that has only Arrow's interface."""

    def __init__(self, table):
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


ARROW = pa.Table.from_pandas(PANDAS)
FRAMES = {"pandas": PANDAS, "arrow": ARROW, "stream": Stream(ARROW)}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_columns_of_a_frame_are_named(frame):
    """Predictions, targets, weights and groups; a group is called as its column."""
    found = evaluate(frame, pred="p", target="y", loss="mse", weights="w", by="region")
    assert found.value == pytest.approx((0.0 + 0.25 + 2 * 4.0) / 4)
    assert [dict(group.by) for group in found.groups] == [{"region": "a"}, {"region": "b"}]


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_several_columns_are_a_matrix(frame):
    """As on the command line."""
    found = evaluate(frame, pred=["p", "q"], target=["y", "z"], loss="mse")
    rows = np.array([[0.0, 0.0], [0.25, 0.0], [4.0, 1.0]]).mean(axis=1)
    assert found.value == pytest.approx(rows.mean())


def test_two_frames_have_their_own_columns():
    """Rows of the same id are paired, in any order."""
    others = PANDAS[["y"]].assign(id=[1, 2, 3])
    preds = PANDAS.assign(id=[1, 2, 3])
    found = evaluate(preds, others, pred="p", target="y", id="id", loss="mse")
    assert found.value == pytest.approx(4.25 / 3)
    turned = evaluate(preds, others.assign(id=[1, 3, 2]), pred="p", target="y", id="id", loss="mse")
    assert turned.value == pytest.approx((0.0 + 9.0 + 0.25) / 3)


def test_a_frame_without_names_is_an_array():
    """Beside targets its columns are the numbers of a row."""
    found = evaluate(PANDAS[["p", "q"]], PANDAS[["y", "z"]], loss="mse")
    assert found.value == evaluate(PANDAS, pred=["p", "q"], target=["y", "z"], loss="mse").value


def test_what_a_frame_lacks_is_named():
    """The message lists the columns."""
    with pytest.raises(DataError, match="no column 'nope'\nits columns: p, q"):
        evaluate(PANDAS, pred="nope", target="y", loss="mse")
    with pytest.raises(UsageError, match='pred="p", target="y"'):
        evaluate(PANDAS, pred="p", loss="mse")


def relations():
    """A table of 100,000 rows in the libraries that hand it over as an Arrow stream."""
    rows = np.random.default_rng(0).normal(size=(100_000, 2))
    table = pa.table(
        {
            "id": np.arange(100_000) + (1 << 60),
            "pred": rows[:, 0],
            "target": pa.array(rows[:, 1], mask=np.arange(100_000) % 1000 == 7),
            "half": np.where(np.arange(100_000) % 2, "odd", "even"),
        }
    )
    return {
        "arrow": lambda: table,
        "polars": lambda: pl.from_arrow(table),
        "duckdb": lambda: duckdb.connect().from_arrow(table),
        "batches": lambda: table.to_reader(1000),
        "pandas": lambda: table.to_pandas(),
    }


@pytest.mark.parametrize("library", ["arrow", "polars", "duckdb", "batches", "pandas"])
def test_libraries_give_the_same_bits(library):
    """Of the mean, the standard error and the groups; nulls are missing values."""
    frame = relations()[library]
    found = evaluate(frame(), pred="pred", target="target", loss="mse", by="half", nan="skip")
    table = relations()["arrow"]().to_pandas()
    expected = evaluate(
        table["pred"].to_numpy(), table["target"].to_numpy(), loss="mse",
        by={"half": table["half"].to_list()}, nan="skip",
    )  # fmt: skip
    assert (found.value, found.losses[0].stderr) == (expected.value, expected.losses[0].stderr)
    assert found.groups == expected.groups
    assert found.losses[0].skipped == 100


@pytest.mark.parametrize("library", ["arrow", "polars", "duckdb", "pandas"])
def test_long_integers_are_ids(library):
    """Digit by digit: as floating-point numbers neighbours would be the same."""
    frame = relations()[library]()
    text = pa.table(
        {
            "id": pa.array([str(k) for k in range(1 << 60, (1 << 60) + 100_000)]),
            "target": np.zeros(100_000),
        }
    )
    found = evaluate(frame, text, pred="pred", target="target", id="id", loss="mse")
    expected = evaluate(relations()["pandas"]()["pred"].to_numpy(), np.zeros(100_000), loss="mse")
    assert found.value == expected.value


@pytest.mark.parametrize("targets", [[1.0, 0.0], ["a", "b"]])
@pytest.mark.parametrize("preds", [["a", "b"], np.array([0.5, 1.0], object)])
@pytest.mark.parametrize("loss", ["bce", "mse", "cross_entropy", "hinge"])
def test_predictions_of_objects_are_an_error(preds, targets, loss):
    """Also under losses whose targets may be texts."""
    with pytest.raises(LossCliError):
        evaluate(preds, targets, loss=loss)
    with pytest.raises(LossCliError):
        evaluate([0.5, 0.25], preds, loss=loss)
