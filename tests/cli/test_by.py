"""`losscli eval --by`: groups from columns and files, in every format."""

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest

ROWS = """id,y,p,region,sex
a,1,2,eu,1
b,1,3,us,2
c,2,2,eu,10
d,2,5,,1
e,3,3.5,"x, y",2
"""
BOTH = ("--pred", "p", "--target", "y", "-l", "mae")


@pytest.fixture
def rows(table):
    """Five rows of regions and sexes."""
    return table(ROWS)


def values(document, at=0):
    """The value of each group, by its key."""
    return {tuple(g["by"].values()): g["losses"][at]["value"] for g in document["groups"]}


def test_a_column_groups_the_rows(rows, result):
    """Keys are texts as the file has them; what is missing has the key "" and comes last."""
    document = result(rows, *BOTH, "--by", "region")
    wanted = {("eu",): 0.5, ("us",): 2.0, ("x, y",): 0.5, ("",): 3.0}
    assert values(document) == wanted
    assert list(values(document)) == list(wanted)
    whole, group = document["losses"][0], document["groups"][0]
    assert group["by"] == {"region": "eu"}
    assert group["losses"][0].keys() == whole.keys()
    assert (group["losses"][0]["max_row"], group["losses"][0]["max_line"]) == (0, 2)
    assert sum(g["losses"][0]["sum"] for g in document["groups"]) == whole["sum"]


def test_keys_that_are_numbers_stand_in_their_order(rows, result):
    """2 before 10, and as they are written."""
    assert list(values(result(rows, *BOTH, "--by", "sex"))) == [("1",), ("2",), ("10",)]


def test_two_columns_group_by_the_pair(rows, result):
    """Only pairs that occur."""
    document = result(rows, *BOTH, "--by", "region,sex")
    assert document["groups"][0]["by"] == {"region": "eu", "sex": "1"}
    pairs = [("eu", "1"), ("eu", "10"), ("us", "2"), ("x, y", "2"), ("", "1")]
    assert list(values(document)) == pairs
    twice = result(rows, *BOTH, "--by", "region", "--by", "sex")
    assert twice["groups"] == document["groups"]


def test_the_target_itself_may_group(rows, result):
    """A loss by class is a common question."""
    assert values(result(rows, *BOTH, "--by", "y")) == {("1",): 1.5, ("2",): 1.5, ("3",): 0.5}


def test_a_column_of_groups_is_no_prediction(table, result):
    """The one other column of numbers is found without --pred."""
    table("g,p\n1,2\n1,3\n2,5\n", "p.csv")
    table("y\n1\n1\n1\n", "t.csv")
    assert values(result("p.csv", "t.csv", "-l", "mae", "--by", "g")) == {("1",): 1.5, ("2",): 4.0}


FILES = {
    "integers": ("g.npy", [1, 1, 2], ["1", "1", "2"]),
    "floats": ("g.npy", [0.5, 0.5, math.nan], ["0.5", "0.5", ""]),
    "a column": ("g.npy", [[1], [1], [2]], ["1", "1", "2"]),
    "text": ("g.csv", "region\neu\neu\nnan\n", ["eu", "eu", ""]),
}


@pytest.mark.parametrize(("name", "content", "keys"), FILES.values(), ids=FILES)
def test_a_file_groups_the_rows(pair, table, array, result, name, content, keys):
    """Named by its columns, an array by the file's stem."""
    table(content, name) if isinstance(content, str) else array(content, name)
    document = result(*pair, "-l", "mae", "--by", name)
    assert values(document) == {(keys[0],): 0.25, (keys[2],): 2.0}
    assert list(document["groups"][0]["by"]) == ["region" if name == "g.csv" else "g"]


def test_a_file_of_several_columns_groups_by_all(pair, table, array, result):
    """Of a table by their names, of a matrix by their numbers."""
    table("a,b\n1,x\n1,x\n1,z\n", "g.csv")
    document = result(*pair, "-l", "mae", "--by", "g.csv")
    assert [group["by"] for group in document["groups"]] == [
        {"a": "1", "b": "x"},
        {"a": "1", "b": "z"},
    ]
    array([[1, 5], [1, 5], [1, 6]], "m.npy")
    document = result(*pair, "-l", "mae", "--by", "m.npy")
    assert document["groups"][0]["by"] == {"m_1": "1", "m_2": "5"}


def test_a_column_and_a_file_group_together(rows, array, result):
    """Each a role of its own among the inputs."""
    array([1, 1, 1, 2, 2], "fold.npy")
    document = result(rows, *BOTH, "--by", "fold.npy,sex")
    assert document["groups"][0]["by"] == {"fold": "1", "sex": "1"}
    roles = [part["role"] for part in document["inputs"]]
    assert roles == ["preds", "targets", "groups", "groups_2"]


def test_a_column_is_taken_before_a_file_and_a_path_is_a_file(rows, array, result):
    """A note says which was taken; ./NAME is the file."""
    Path(array([1, 1, 1, 1, 2], "region.npy")).rename("region")
    taken = result(rows, *BOTH, "--by", "region")
    assert ("eu",) in values(taken)
    assert [note["code"] for note in taken["notes"]] == ["column_taken"]
    assert "--by region is the column of table.csv" in taken["notes"][0]["message"]
    file = result(rows, *BOTH, "--by", "./region")
    assert list(values(file)) == [("1",), ("2",)]
    assert file["notes"] == []


def test_the_digest_of_groups_is_of_their_keys(pair, table, array, result):
    """The same in any format and for any blocks; other keys have another."""

    def digest(name):
        inputs = result(*pair, "-l", "mae", "--by", name)["inputs"]
        return next(part["digest"] for part in inputs if part["role"] == "groups")

    array([1, 1, 2], "g.npy")
    table("g\n1\n1\n2\n", "g.csv")
    array(np.array([1, 1, 3], np.int8), "h.npy")
    assert digest("g.npy") == digest("g.csv") != digest("h.npy")


def test_a_baseline_of_other_groups_is_of_other_data(losscli, pair, array):
    """As for targets and weights."""
    array([1, 1, 2], "g.npy")
    array([1, 2, 2], "h.npy")
    call = ("eval", *pair, "-l", "mae")
    assert losscli(*call, "--by", "g.npy", "-o", "main.json").code == 0
    gate = ("--gate", "mae <= baseline", "--baseline", "main.json")
    assert losscli(*call, "--by", "g.npy", *gate).code == 0
    other = losscli(*call, "--by", "h.npy", *gate)
    assert other.code == 1
    assert "the groups differ" in other.out


def test_the_table_marks_the_worst_group(losscli, rows):
    """Labels as gates write them, after the table of the whole."""
    said = losscli("eval", rows, *BOTH, "--by", "region")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    head = next(k for k, line in enumerate(lines) if line.split()[-2:] == ["n", "share"])
    assert lines[head].split() == ["loss", "mean", "95", "%", "interval", "n", "share"]
    labels = ["mae[region='']", "mae[region=us]", "mae[region=eu]", "mae[region='x, y']"]
    shown = lines[head + 1 : head + 5]
    assert all(line.strip().startswith(label) for line, label in zip(shown, labels, strict=True))
    assert shown[2].split()[1] == "0.500000"
    assert [line.endswith("worst *") for line in shown] == [True, False, False, False]
    assert [line.split()[-3 - (k == 0)] for k, line in enumerate(shown)] == ["46", "31", "15", "8"]
    assert lines[head + 5] == "  * fewer than 30 rows"


def test_equal_groups_have_no_worst(losscli, array):
    """Nor has one group alone."""
    array([1.0, 1.0, 1.0], "p.npy")
    array([0.0, 0.0, 0.0], "t.npy")
    for keys in ([1, 2, 2], [1, 1, 1]):
        said = losscli("eval", "p.npy", "t.npy", "-l", "mae", "--by", array(keys, "g.npy"))
        assert "mae[g=1]" in said.out
        assert "worst" not in said.out


def test_a_cell_that_is_no_text_is_named(losscli, pair, table):
    """With its line and column."""
    said = losscli("eval", *pair, "-l", "mae", "--by", table(b"g\nx\n\xff\nx\n", "g.csv"))
    assert said.code == 3
    assert said.error[:2] == ["error: a cell that is not UTF-8 text", "  g.csv, line 3, column g"]


@pytest.mark.parametrize("losses", ["mae", "mae,mse"])
def test_a_long_table_shows_forty_lines_and_the_worst(losscli, array, losses):
    """And says how many are left out; JSON has all."""
    array(np.where(np.arange(252) == 200, 9.0, 1.0), "p.npy")
    array(np.zeros(252), "t.npy")
    array(np.arange(252), "g.npy")
    said = losscli("eval", "p.npy", "t.npy", "-l", losses, "--by", "g.npy")
    labels = [line.split()[0] for line in said.out.splitlines() if "[g=" in line]
    assert len(labels) == 40
    many = losses.count(",") + 1
    share = 40 // many
    wanted = [200, *range(share - 1)]
    assert labels[:share] == [f"mae[g={k}]" for k in wanted]
    assert said.out.count("worst") == many
    assert f"… and {252 - share} more groups: --format json has all" in said.out


def test_markdown_has_the_table_of_groups(losscli, rows):
    """As a second table."""
    said = losscli("eval", rows, *BOTH, "--by", "sex", "--format", "markdown")
    assert "| mae[sex=1] | 2.00000 |" in said.out
    assert sum(line.startswith("| :-- |") for line in said.out.splitlines()) == 2


def test_csv_has_columns_of_keys_only_where_there_are_groups(losscli, rows):
    """The rows of the whole come first, their keys empty."""
    plain = losscli("eval", rows, *BOTH, "--format", "csv").out
    said = losscli("eval", rows, *BOTH, "--by", "sex", "--format", "csv").out
    assert said.splitlines()[0] == "sex," + plain.splitlines()[0]
    assert said.splitlines()[1] == "," + plain.splitlines()[1]
    records = list(csv.DictReader(io.StringIO(said)))
    assert [(r["sex"], float(r["value"])) for r in records[1:]] == [
        ("1", 2.0),
        ("2", 1.25),
        ("10", 0.0),
    ]


@pytest.mark.parametrize("threads", [1, 3])
def test_no_bit_depends_on_the_threads(process, array, table, threads):
    """Of arrays and of text: the same groups as in one thread."""
    generator = np.random.default_rng(2)
    count = 300_000
    array(generator.standard_normal(count), "p.npy")
    array(generator.standard_normal(count) * 1e6, "t.npy")
    array(generator.integers(0, 5, count), "g.npy")
    table("g\n" + "\n".join(map(str, np.load("g.npy").tolist())) + "\n", "g.csv")
    groups = []
    for by, workers in (("g.npy", threads), ("g.csv", threads), ("g.npy", 1)):
        said = process(
            *("eval", "p.npy", "t.npy", "-l", "mse,mae", "--by", by),
            *("--threads", workers, "--format", "json"),
        )
        assert said.code == 0, said.err
        groups.append(json.loads(said.out)["groups"])
    assert groups[0] == groups[1] == groups[2]
    plain = np.square(np.load("p.npy") - np.load("t.npy"))
    for group in groups[0]:
        rows = np.load("g.npy") == int(group["by"]["g"])
        assert group["losses"][0]["sum"] == math.fsum(plain[rows])


def test_ids_taken_for_groups_are_refused(losscli, table):
    """With the column's name, and what to do."""
    lines = "".join(f"r{k},1,2\n" for k in range(10_001))
    said = losscli("eval", table("id,y,p\n" + lines), *BOTH, "--by", "id")
    assert said.code == 3
    assert said.error[0] == "error: --by id makes more than 10,000 groups"
    assert "ids by mistake?" in said.error[-1]


def test_what_is_neither_a_column_nor_a_file_is_named(losscli, rows):
    """With the columns that there are."""
    said = losscli("eval", rows, *BOTH, "--by", "regin")
    assert said.code == 3
    assert said.error[0] == "error: --by regin is neither a column nor a file"
    assert "'region'" in said.error[1]


def test_a_file_of_other_rows_is_refused(losscli, pair, array):
    """As any two files whose rows cannot be paired."""
    said = losscli("eval", *pair, "-l", "mae", "--by", array([1, 2], "g.npy"))
    assert said.code == 3
    assert "g.npy has 2 rows" in said.error[0]


def test_a_file_that_is_read_is_not_written(losscli, pair, table):
    """Also where it holds the groups."""
    table("g\n1\n1\n2\n", "g.csv")
    said = losscli("eval", *pair, "-l", "mae", "--by", "g.csv", "-o", "g.csv")
    assert said.code == 2
    assert "g.csv is an input" in said.error[0]
