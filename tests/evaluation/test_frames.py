"""DataFrames: their columns are named, as those of a table in a file."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from losscli import DataError, UsageError, evaluate

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
    """Whose ids must agree."""
    others = PANDAS[["y"]].assign(id=[1, 2, 3])
    preds = PANDAS.assign(id=[1, 2, 3])
    found = evaluate(preds, others, pred="p", target="y", id="id", loss="mse")
    assert found.value == pytest.approx(4.25 / 3)
    with pytest.raises(DataError, match="ids 'id' of preds and targets differ"):
        evaluate(preds, others.assign(id=[1, 3, 2]), pred="p", target="y", id="id", loss="mse")


def test_a_frame_without_names_is_an_array():
    """Beside targets its columns are the numbers of a row."""
    found = evaluate(PANDAS[["p", "q"]], PANDAS[["y", "z"]], loss="mse")
    assert found.value == evaluate(PANDAS, pred=["p", "q"], target=["y", "z"], loss="mse").value


def test_what_a_frame_lacks_is_named():
    """The message lists the columns."""
    with pytest.raises(DataError, match="no column 'nope'\nthe columns are 'p', 'q'"):
        evaluate(PANDAS, pred="nope", target="y", loss="mse")
    with pytest.raises(UsageError, match='pred="COLUMN", target="COLUMN"'):
        evaluate(PANDAS, pred="p", loss="mse")
