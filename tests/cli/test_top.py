"""`losscli eval --top`: the worst rows, in every format and from every kind of file."""

import csv
import io
import json

import numpy as np
import pytest

ROWS = """order,y,p,region
A-1,1,2,eu
A-2,1,5,us
A-3,2,2,eu
A-4,3,9,us
"""
BOTH = ("--pred", "p", "--target", "y", "-l", "mse")


@pytest.fixture
def rows(table):
    """Four rows with keys."""
    return table(ROWS)


def test_the_worst_rows_have_ids_inputs_and_shares(rows, result):
    """Row from 0, line from 1, the largest loss first."""
    (loss,) = result(rows, *BOTH, "--top", "2", "--id", "order")["losses"]
    first = {"row": 3, "line": 5, "id": {"order": "A-4"}, "pred": [9.0], "target": [3.0]}
    second = {"row": 1, "line": 3, "id": {"order": "A-2"}, "pred": [5.0], "target": [1.0]}
    assert loss["worst"] == [
        first | {"value": 36.0, "share": 36 / 53},
        second | {"value": 16.0, "share": 16 / 53},
    ]


def test_without_the_flag_there_are_none(rows, result):
    """The document is as it was."""
    assert "worst" not in result(rows, *BOTH)["losses"][0]


def test_more_than_all_rows_are_all(rows, result):
    """Each once."""
    (loss,) = result(rows, *BOTH, "--top", "99")["losses"]
    assert [row["row"] for row in loss["worst"]] == [3, 1, 0, 2]


def test_the_table_ranks_them(rows, losscli):
    """Under the names of the columns; without ids the row is its place."""
    lines = losscli("eval", rows, *BOTH, "--top", "2", "--id", "order").out.splitlines()
    assert "  rank  order  p  y      mse  share" in lines
    assert "     1  A-4    9  3  36.0000   68 %" in lines
    assert "     2  A-2    5  1  16.0000   30 %" in lines
    lines = losscli("eval", rows, *BOTH, "--top", "1").out.splitlines()
    assert "  rank  row  p  y      mse  share" in lines
    assert "     1    3  9  3  36.0000   68 %" in lines


def test_ids_of_two_columns(table, result, losscli):
    """Each under its own name, also one that is called as a column of the table."""
    path = table("rank,b,p,y\n1,x,2,1\n2,y,7,1\n")
    args = (path, "--pred", "p", "--target", "y", "-l", "mae", "--top", "1", "--id", "rank,b")
    (row,) = result(*args)["losses"][0]["worst"]
    assert row["id"] == {"rank": "2", "b": "y"}
    assert "  rank  rank  b  p  y      mae  share" in losscli("eval", *args).out.splitlines()


def test_two_tables_in_another_order(table, result):
    """The ids are those of the predictions, the targets those of the same id."""
    table("id,p\na,1\nb,2\nc,3\n", "p.csv")
    table("id,y\nc,3\nb,8\na,1\n", "t.csv")
    (loss,) = result("p.csv", "t.csv", "-l", "mae", "--id", "id", "--top", "1")["losses"]
    (row,) = loss["worst"]
    assert (row["id"], row["pred"], row["target"]) == ({"id": "b"}, [2.0], [8.0])


def test_csv_has_a_line_for_each(rows, losscli):
    """After the losses; what a line has not is empty."""
    text = losscli("eval", rows, *BOTH, "--top", "2", "--id", "order", "--format", "csv").out
    loss, *worst = csv.DictReader(io.StringIO(text))
    assert (loss["label"], loss["rank"]) == ("mse", "")
    assert [(row["rank"], row["order"], row["value"], row["pred"]) for row in worst] == [
        ("1", "A-4", "36.0", "9.0"),
        ("2", "A-2", "16.0", "5.0"),
    ]


def test_a_saved_result_reads_back(rows, losscli, tmp_path):
    """With the worst rows, to the same table."""
    found = losscli("eval", rows, *BOTH, "--top", "2", "--id", "order", "-o", "saved.json")
    shown = losscli("results", "show", "saved.json")
    assert shown.code == 0, shown.err
    assert "     1  A-4    9  3  36.0000   68 %" in found.out.splitlines()
    assert "     1  A-4    9  3  36.0000   68 %" in shown.out.splitlines()


def test_a_config_may_ask_for_them(rows, losscli, tmp_path):
    """As `top`, in a run."""
    data = f"preds: {rows}, pred: p, target: y, id: [order]"
    text = f"version: 1\nevals:\n  val: {{{data}, losses: [mse], top: 1}}\n"
    (tmp_path / "c.yaml").write_text(text)
    found = losscli("run", "c.yaml", "--format", "json")
    assert found.code == 0, found.err
    (row,) = json.loads(found.out)["evals"]["val"]["losses"][0]["worst"]
    assert row["id"] == {"order": "A-4"}


def test_positions_are_rows(tmp_path, result):
    """Of labels (N, d), the row is the position."""
    generator = np.random.default_rng(0)
    logits, labels = generator.standard_normal((4, 3, 5)), generator.integers(0, 3, (4, 5))
    np.save(tmp_path / "l.npy", logits)
    np.save(tmp_path / "y.npy", labels)
    (loss,) = result("l.npy", "y.npy", "-l", "cross_entropy", "--top", "1")["losses"]
    (row,) = loss["worst"]
    assert row["row"] == loss["max_row"]
    assert row["pred"] == logits[row["row"] // 5, :, row["row"] % 5].tolist()


@pytest.mark.parametrize("words", ["-1", "many"])
def test_a_count_is_needed(rows, losscli, words):
    """Exit code 2."""
    assert losscli("eval", rows, *BOTH, "--top", words).code == 2
