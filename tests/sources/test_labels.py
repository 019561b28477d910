"""Class labels as text: the same numbers from any format, whatever the blocks."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from losscli import DataError, evaluate

ROWS = 3000
WORDS = np.array(["cat", "dog", "fox"])


@pytest.fixture
def data():
    """A frame of probabilities of three classes and of labels, and the indices of the labels."""
    random = np.random.default_rng(5)
    labels = random.integers(0, 3, ROWS)
    probs = random.dirichlet([1, 1, 1], ROWS)
    columns = {f"p_{word}": probs[:, k] for k, word in enumerate(WORDS)}
    return pd.DataFrame(columns | {"label": WORDS[labels]}), labels


def write(frame, form, folder):
    """The frame as an input of a form."""
    if form == "csv":
        frame.to_csv(folder / "t.csv", index=False)
        return folder / "t.csv"
    if form == "parquet":
        frame.to_parquet(folder / "t.parquet", row_group_size=700)
        return folder / "t.parquet"
    return pl.from_pandas(frame) if form == "polars" else frame


@pytest.mark.parametrize("form", ["csv", "parquet", "pandas", "polars"])
def test_labels_as_text_give_the_bits_of_indices(data, form, tmp_path):
    """By the order given and by that of the columns, which is another one."""
    frame, labels = data
    names = [name for name in frame if name != "label"]
    expected = evaluate(frame[names].to_numpy(), labels, loss="log_loss")
    table = write(frame, form, tmp_path)
    for pred in (names, names[::-1]):
        found = evaluate(table, pred=pred, target="label", loss="log_loss")
        assert found.value == expected.value
        assert [note.code for note in found.notes] == ["classes_from_columns"]
    given = evaluate(table, pred=names, target="label", loss="log_loss", classes=list(WORDS))
    assert given.value == expected.value
    assert not given.notes


def test_arrays_of_text_are_compared_as_they_stand():
    """Lists and NumPy arrays of texts; a missing label is a missing value."""
    pred, target = ["a", "b", "A", "c"], ["a", "b", "a", "d"]
    assert evaluate(pred, target, loss="zero_one").value == 0.5
    assert evaluate(np.array(pred), np.array(target), loss="zero_one").value == 0.5
    with pytest.raises(DataError, match="nan"):
        evaluate(pred, ["a", None, "a", "d"], loss="zero_one")
    skipped = evaluate(pred, ["a", None, "a", "d"], loss="zero_one", nan="skip")["zero_one"]
    assert (skipped.value, skipped.skipped) == (pytest.approx(2 / 3), 1)


def test_a_late_label_without_a_class_is_an_error_with_its_row(data):
    """Far behind the rows that labels are told from."""
    frame, _ = data
    frame.loc[2500, "label"] = "emu"
    names = [name for name in frame if name != "label"]
    with pytest.raises(DataError, match="'emu' is not one of classes") as caught:
        evaluate(frame, pred=names, target="label", loss="log_loss", classes=list(WORDS))
    assert caught.value.place.row == 2500


def test_the_digest_of_compared_labels_depends_on_them_alone():
    """Not on the order in which labels are seen."""
    one = evaluate(["a", "b"], ["a", "b"], loss="zero_one", digest=True)
    other = evaluate(["b", "a"], ["a", "b"], loss="zero_one", digest=True)
    assert one.inputs[1].digest == other.inputs[1].digest
    assert one.inputs[0].digest != other.inputs[0].digest


def test_lists_of_scores_are_not_labels():
    """Metrics of labels take scores of classes as well, in the lists of JSON too."""
    lines = '{"p": [1, 2], "y": 1}\n{"p": [3, 0], "y": 1}\n'
    Path("p.jsonl").write_text(lines)
    result = evaluate("p.jsonl", pred="p", target="y", metric="accuracy", loss="zero_one")
    assert result["accuracy"].value == result["zero_one"].value == 0.5


def test_texts_in_brackets_are_labels():
    """As those of tokens are."""
    Path("p.csv").write_text("p,y\n[CLS],[CLS]\n[SEP],[CLS]\n")
    assert evaluate("p.csv", pred="p", target="y", loss="zero_one").value == 0.5
