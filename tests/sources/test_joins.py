"""Rows paired by ids: in any order, from any format, compared with dictionaries."""

import errno
import random
import tempfile
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from losscli import DataError, UsageError, evaluate
from losscli.sources.opening import open_source
from losscli.sources.options import Effort
from losscli.sources.roles import Reference
from losscli.sources.table import Workspace

ROLES = {"pred": ["p"], "target": ["t"]}
_MANY = 30_000  # several blocks of a CSV file of a few bytes a line


def write(name, head, rows):
    """A CSV file of rows."""
    with open(name, "w", encoding="utf-8") as file:
        file.write(head + "\n")
        file.writelines(",".join(map(str, row)) + "\n" for row in rows)
    return name


def pairs(preds, targets, *, block_rows=None, **more):
    """The predictions and targets of all rows, in their order."""
    with open_source(preds, targets, **{**ROLES, "ids": ["id"], **more}) as source:
        found = []
        for cut in source.blocks(block_rows):
            arrays = cut.load(Workspace()).arrays
            roles = zip(*(arrays[role].tolist() for role in ("preds", "targets")), strict=True)
            found += roles
        source.verify()
    return found


IDS = st.one_of(st.integers(0, 30).map(str), st.sampled_from(["007", "a b", "é", "x" * 30, "7.0"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(IDS, min_size=1, max_size=20, unique=True), st.data())
def test_a_join_is_that_of_dictionaries(ids, data):
    """Subsets in any order: the pairs, or an error with the numbers of both sides."""
    ours = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    theirs = data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    write("p.csv", "id,p", [(key, k) for k, key in enumerate(ours)])
    write("t.csv", "t,id", [(100 + k, key) for k, key in enumerate(theirs)])
    effort = Effort(memory=data.draw(st.sampled_from([None, 0, 100])))
    place = {key: 100.0 + k for k, key in enumerate(theirs)}
    wanted = [(float(k), place[key]) for k, key in enumerate(ours) if key in place]
    if not wanted:
        with pytest.raises(DataError, match=r"no id of p\.csv is in t\.csv"):
            pairs("p.csv", "t.csv", unmatched="skip")
        return
    assert pairs("p.csv", "t.csv", unmatched="skip", effort=effort) == wanted
    if set(ours) == set(theirs):
        assert pairs("p.csv", "t.csv", effort=effort) == wanted
        return
    with pytest.raises(DataError) as raised:
        pairs("p.csv", "t.csv")
    missing, unused = len(set(ours) - set(theirs)), len(set(theirs) - set(ours))
    for count, words in ((missing, "p.csv not in t.csv"), (unused, "t.csv not in p.csv")):
        said = f"{count} id{'' if count == 1 else 's'} of {words}"
        assert (said in raised.value.message) == bool(count)


@pytest.mark.parametrize("block_rows", [None, 1000, 4096])
@pytest.mark.parametrize("change", ["shuffled", "same order", "swapped at the end", "texts"])
def test_blocks_and_threads_change_nothing(change, block_rows):
    """Also where the keys of some blocks agree row by row, and those of others do not."""
    keys = [f"img_{k}.jpg" if change == "texts" else str(k) for k in range(_MANY)]
    order = list(range(_MANY))
    if change in ("shuffled", "texts"):
        random.Random(0).shuffle(order)
    elif change == "swapped at the end":
        order[-2:] = order[:-3:-1]
    write("p.csv", "id,p", [(key, k) for k, key in enumerate(keys)])
    write("t.csv", "id,t", [(keys[k], k) for k in order])
    assert pairs("p.csv", "t.csv", block_rows=block_rows) == [(k, k) for k in range(_MANY)]
    for threads in (1, 3):
        result = evaluate("p.csv", "t.csv", loss="mae", id="id", threads=threads, **ROLES)
        assert result.value == 0.0
        assert result.losses[0].n == _MANY


@pytest.mark.parametrize("memory", ["0B", "200kB", "1MiB", "2GiB"])
@pytest.mark.parametrize("prefix", ["", "img_", "900000000000"])
def test_rows_beyond_the_memory_go_through_files_without_a_name(
    memory, prefix, tmp_path_factory, monkeypatch
):
    """With the same bits, also of matrices, weights and groups; nothing is left."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    opened = []
    real = tempfile.TemporaryFile
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **k: opened.append(k) or real(**k))
    rng = np.random.default_rng(2)
    values = pd.DataFrame(rng.standard_normal((_MANY, 2)), columns=["a", "b"])
    values["w"], values["g"] = rng.random(_MANY), rng.integers(0, 5, _MANY)
    values["id"] = [f"{prefix}{k * (1 if prefix else 1000)}" for k in range(_MANY)]
    values[["id", "a", "b"]].to_csv("p.csv", index=False)
    values.sample(frac=1, random_state=0).to_csv("t.csv", index=False)
    more = {"loss": ["mse", "mae"], "pred": ["a", "b"], "target": ["b", "a"], "weights": "w",
            "by": "g", "id": "id"}  # fmt: skip
    found = evaluate("p.csv", "t.csv", memory=memory, **more)
    values.to_csv("t.csv", index=False)
    in_order = evaluate("p.csv", "t.csv", **more)
    assert bool(opened) == (memory in ("0B", "200kB", "1MiB"))
    assert [*folder.iterdir()] == []
    for ours, theirs in zip(found.losses, in_order.losses, strict=True):
        assert (ours.mean, ours.stderr, ours.n) == (theirs.mean, theirs.stderr, theirs.n)
    assert [(g.by, g.losses[0].mean) for g in found.groups] == [
        (g.by, g.losses[0].mean) for g in in_order.groups
    ]


def test_a_full_disk_is_an_error_that_names_the_folder(monkeypatch):
    """And the flag that needs no files."""
    write("p.csv", "id,p", [("a", 1), ("b", 2)])
    write("t.csv", "id,t", [("b", 2), ("a", 1)])
    more = {"loss": "mae", "id": "id", **ROLES}
    monkeypatch.setattr("os.posix_fallocate", no_space)
    with pytest.raises(DataError, match="too full for the rows that are paired") as raised:
        evaluate("p.csv", "t.csv", memory="0B", **more)
    assert "memory" in raised.value.hint
    assert evaluate("p.csv", "t.csv", **more).value == 0.0


def no_space(*_):
    """A system call without space on the disk."""
    raise OSError(errno.ENOSPC, "no space")


@pytest.mark.parametrize("size", ["2", "", "GiB", "-1GB", "1.5.2MB", "many", "5XB"])
def test_a_size_has_a_unit(size):
    """And is no other text."""
    with pytest.raises(UsageError, match="takes a size such as 512MB or 2GiB"):
        evaluate([1.0], [1.0], loss="mae", memory=size)


def test_skipped_rows_give_the_bits_of_a_table_without_them():
    """Means, standard errors and samples; weights in a file keep their rows."""
    rng = np.random.default_rng(5)
    p, t, w = rng.standard_normal((3, _MANY))
    kept = np.flatnonzero(rng.random(_MANY) < 0.9)
    np.save("w.npy", w * w)
    write("p.csv", "id,p", zip(range(_MANY), map(repr, p.tolist()), strict=True))
    rows = [(int(k), repr(float(t[k]))) for k in rng.permutation(kept)]
    write("t.csv", "id,t", [*rows, ("other", 0)])
    found = evaluate("p.csv", "t.csv", loss=["mse", "mae"], id="id", weights="./w.npy",
                     unmatched="skip", per_sample="rows.npy", threads=2, **ROLES)  # fmt: skip
    wanted = evaluate(p[kept], t[kept], loss=["mse", "mae"], weights=(w * w)[kept])
    for ours, theirs in zip(found.losses, wanted.losses, strict=True):
        assert (ours.mean, ours.stderr, ours.n) == (theirs.mean, theirs.stderr, theirs.n)
    assert [part.unmatched for part in found.inputs[:2]] == [_MANY - kept.size, 1]
    assert [note.code for note in found.notes] == ["unmatched"]
    assert np.array_equal(np.load("rows.npy")[:, 1], np.abs(p[kept] - t[kept]))
    worst = found.losses[1]
    assert worst.max_line == kept[worst.max_row] + 2


FORMATS = {
    "csv": lambda frame, name: frame.to_csv(f"{name}.csv", index=False) or f"{name}.csv",
    "parquet": lambda frame, name: frame.to_parquet(f"{name}.parquet") or f"{name}.parquet",
    "frame": lambda frame, name: frame,
}


@pytest.mark.parametrize("ours", FORMATS)
@pytest.mark.parametrize("theirs", FORMATS)
def test_integers_are_compared_digit_by_digit_in_any_format(ours, theirs):
    """Neighbours that one double holds, written in two formats."""
    ids = [2**53 + 1, 2**53, 3]
    preds = FORMATS[ours](pd.DataFrame({"id": ids, "p": [1.0, 2.0, 3.0]}), "p")
    targets = FORMATS[theirs](pd.DataFrame({"t": [2.0, 3.0, 1.0], "id": [*ids[1:], ids[0]]}), "t")
    assert evaluate(preds, targets, loss="mae", id="id", **ROLES).value == 0.0


def test_a_repeated_id_of_the_targets_is_an_error():
    """With the number of such rows, the first of them, and its line."""
    write("p.csv", "id,p", [("a", 1), ("b", 2)])
    write("t.csv", "id,t", [("b", 1), ("a", 2), ("b", 3)])
    with pytest.raises(
        DataError, match=r"several rows of one id: 'b'\nt\.csv, line 4, column id; 1"
    ):
        pairs("p.csv", "t.csv")


def test_one_target_serves_the_predictions_of_several_models():
    """Which --by distinguishes; two predictions of one model are an error."""
    rows = [(key, p, model) for model, p in (("A", 1), ("B", 3)) for key in "abc"]
    write("p.csv", "id,p,model", rows)
    write("t.csv", "id,t", [("c", 1), ("b", 1), ("a", 1)])
    found = evaluate("p.csv", "t.csv", loss="mae", id="id", by="model", **ROLES)
    assert [group.losses[0].value for group in found.groups] == [0.0, 2.0]
    with pytest.raises(DataError, match=r"several rows of one id: 'c', 'b', 'a'\np\.csv, line 5"):
        evaluate("p.csv", "t.csv", loss="mae", id="id", threads=1, **ROLES)
    write("p.csv", "id,p,model", [*rows, ("b", 3, "B")])
    with pytest.raises(DataError, match=r"several rows of one id: 'b'\np\.csv, line 8"):
        evaluate("p.csv", "t.csv", loss="mae", id="id", by="model", **ROLES)


@pytest.mark.parametrize("order", [[1, 2, 3], [3, 1, 2]])
def test_a_target_without_a_prediction_is_an_error_in_memory_too(order):
    """It is found after the last row, whether or not the keys before it agree row by row."""
    preds = pd.DataFrame({"id": order, "p": [0.0, 0.0, 0.0]})
    targets = pd.DataFrame({"id": [1, 2, 3, 4], "t": [0.0, 0.0, 0.0, 0.0]})
    with pytest.raises(DataError, match="1 id of targets not in preds: '4'"):
        evaluate(preds, targets, loss="mae", id="id", **ROLES)


def test_keys_of_two_names_and_of_several_columns():
    """`a=b` names both, the columns of a key are compared one by one."""
    write("p.csv", "image,part,p", [("x", 1, 5), ("x", 2, 6), ("y", 1, 7)])
    write("t.csv", "file,part,t", [("y", 1, 7), ("x", 1, 5), ("x", 2, 6)])
    assert pairs("p.csv", "t.csv", ids=["image=file", "part"]) == [(5, 5), (6, 6), (7, 7)]


def test_groups_and_weights_of_the_targets_follow_their_rows():
    """Columns that only the second table has."""
    write("p.csv", "id,p", [("a", 1), ("b", 2), ("c", 3)])
    write("t.csv", "id,t,g,w", [("c", 0, "u", 3), ("a", 0, "u", 1), ("b", 0, "v", 2)])
    found = evaluate("p.csv", "t.csv", loss="mae", id="id", by="g", weights="w", **ROLES)
    assert [g.losses[0].value for g in found.groups] == [10 / 4, 2.0]


def test_a_violation_has_the_line_of_its_own_file():
    """A target that is nan is found in the file of targets, wherever its partner stands."""
    write("p.csv", "id,p", [("a", 1), ("b", 2), ("c", 3)])
    write("t.csv", "id,t", [("c", 0), ("a", "nan"), ("b", 2)])
    with pytest.raises(DataError, match=r"t\.csv, line 3, column t"):
        evaluate("p.csv", "t.csv", loss="mae", id="id", **ROLES)


def test_a_reference_is_joined_as_well():
    """Other predictions of the same rows, in an order of their own."""
    write("p.csv", "id,p", [("a", 1), ("b", 2)])
    write("t.csv", "id,t", [("b", 2), ("a", 1)])
    write("old.csv", "id,p", [("b", 20), ("a", 10)])
    reference = Reference("old.csv", usual=("p",))
    with open_source("p.csv", "t.csv", ids=["id"], references=[reference], **ROLES) as source:
        arrays = next(iter(source.blocks())).load(Workspace()).arrays
    assert arrays["reference"].tolist() == [10, 20]


def test_unmatched_needs_ids():
    """Rows that are paired by position have partners, or the files differ in length."""
    with pytest.raises(UsageError, match='unmatched="skip" needs id'):
        evaluate([1.0], [1.0], loss="mae", unmatched="skip")


SHARED = {
    "another order": ([1, 2, 3], [3, 1, 2], "the same Id in another order"),
    "texts": (["a", "b", "c"], ["b", "a", "c"], "the same Id in another order"),
    "most of them": ([1, 2, 3, 4], [4, 9, 2, 1], "--unmatched skip|unmatched="),
}


@pytest.mark.parametrize("case", SHARED)
def test_shared_ids_in_another_order_are_an_error_without_id(case):
    """Nothing is paired by position where a column of both tables says otherwise."""
    ours, theirs, words = SHARED[case]
    write("p.csv", "Id,p", [(key, 1) for key in ours])
    write("t.csv", "Id,t", [(key, 1) for key in theirs])
    with pytest.raises(DataError, match=words):
        evaluate("p.csv", "t.csv", loss="mae", **ROLES)


NOTED = {
    "shifted": ([0, 1, 2], [1, 2, 3], True),
    "other ids": (["p1", "p2"], ["t1", "t2"], True),
    "the same": ([3, 1, 2], [3, 1, 2], False),
    "repeated": ([1, 1, 2], [2, 1, 1], False),
    "measurements": ([0.5, 1.5], [1.5, 0.5], False),
}


@pytest.mark.parametrize("case", NOTED)
def test_other_shared_columns_are_at_most_a_note(case):
    """Ids of other names or counts; columns that are not keys are not looked at."""
    ours, theirs, noted = NOTED[case]
    write("p.csv", "Id,p", [(key, 1) for key in ours])
    write("t.csv", "Id,t", [(key, 1) for key in theirs])
    found = evaluate("p.csv", "t.csv", loss="mae", **ROLES)
    assert found.value == 0.0
    assert Counter(note.code for note in found.notes)["ids_differ"] == noted


def _write_table(name, frame):
    """A table in the format of the name's ending; of two arrays, or of a folder per value."""
    if name.endswith(".csv"):
        frame.to_csv(name, index=False)
    elif name.endswith(".jsonl"):
        frame.to_json(name, orient="records", lines=True)
    elif name.endswith(".parquet"):
        frame.to_parquet(name, index=False)
    elif name.endswith(".npz"):
        columns = {key: frame[key].to_numpy() for key in frame}
        texts = {key: values.astype(str) for key, values in columns.items() if key in "ab"}
        np.savez(name, **columns | texts)
    else:
        for value, part in frame.groupby("a"):
            folder = Path(name, f"a={quote(value)}")
            folder.mkdir(parents=True)
            part.drop(columns="a").to_csv(folder / "part.csv", index=False)
    return name


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet", "t.npz", "folder"])
@pytest.mark.parametrize("mark", ["\x1f", ",", "\x1e", "ÿ"])
def test_keys_of_two_columns_are_never_joined_into_equal_texts(name, mark):
    """("x|", "y") and ("x", "|y") are two keys, whatever the mark is."""
    keys = [("x", f"y{mark}z"), (f"x{mark}y", "z")]
    preds = pd.DataFrame([(*key, k) for k, key in enumerate(keys)], columns=["a", "b", "p"])
    targets = pd.DataFrame([(*keys[k], k) for k in (1, 0)], columns=["a", "b", "t"])
    preds.to_csv("p.csv", index=False)
    _write_table(name, targets)
    assert pairs("p.csv", name, ids=["a", "b"]) == [(0.0, 0.0), (1.0, 1.0)]
    assert pairs(preds, targets, ids=["a", "b"]) == [(0.0, 0.0), (1.0, 1.0)]
    worst = evaluate("p.csv", name, loss="mae", id=["a", "b"], top=2, **ROLES).losses[0].worst
    assert [tuple(row.id.values()) for row in worst] == keys
    with pytest.raises(DataError, match=r"1 id of p\.csv not in"):
        pairs("p.csv", targets.iloc[:1], ids=["a", "b"])


def test_a_byte_that_is_not_text_is_not_taken_for_a_border_of_cells():
    """0xFF is no UTF-8: an error with its place, also in one of several columns."""
    with open("p.csv", "wb") as file:
        file.write(b"a,b,p\nx,y\xffz,0\n")
    write("t.csv", "a,b,t", [("x", "y", 1)])
    with pytest.raises(DataError, match="not UTF-8") as raised:
        pairs("p.csv", "t.csv", ids=["a", "b"])
    assert raised.value.place.column == "b"
