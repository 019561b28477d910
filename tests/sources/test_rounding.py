"""Integers that float64 cannot hold are noted in every format, however they became float64."""

import json
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from losscli import evaluate

BIG = 2**53 + 1
EXACT = [2**53, 2**60, -(2**70), 10**22]


def columns_of(values):
    """A column of values, the last of which is missing, and one of targets."""
    return {"p": [*values, None], "t": [0.0] * (len(values) + 1)}


def as_text(values, name="t.csv", write="{}"):
    """A text file of them."""
    cells = ["" if v is None else write.format(v) for v in columns_of(values)["p"]]
    Path(name).write_text("p,t\n" + "".join(f"{cell},0\n" for cell in cells), encoding="utf-8")
    return name


def as_json(values, name):
    """A file of records, or of columns."""
    columns = columns_of(values)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    lines = "\n".join(map(json.dumps, rows))
    text = lines if name.endswith("l") else json.dumps(columns)
    Path(name).write_text(text, encoding="utf-8")
    return name


def as_parquet(values):
    """A Parquet file of integers with a null."""
    pl.DataFrame(columns_of(values)).write_parquet("t.parquet")
    return "t.parquet"


SOURCES = {
    "csv": as_text,
    "quoted csv": lambda values: as_text(values, write='"{}"'),
    "jsonl": lambda values: as_json(values, "t.jsonl"),
    "json columns": lambda values: as_json(values, "t.json"),
    "parquet": as_parquet,
    "polars": lambda values: pl.DataFrame(columns_of(values)),
    "pandas nullable": lambda values: pd.DataFrame(
        columns_of(values) | {"p": pd.array([*values, None], dtype="Int64")}
    ),
}


def rounded(data, **more):
    """The notes on rounding."""
    flags = {"pred": "p", "target": "t", "loss": "mae", "nan": "skip"} | more
    return [note for note in evaluate(data, **flags).notes if note.code == "integers_rounded"]


@pytest.mark.parametrize("source", SOURCES)
def test_an_integer_that_becomes_another_number_is_noted(source):
    """With the name of its column."""
    (note,) = rounded(SOURCES[source]([1, BIG]))
    assert "column p of" in note.message


@pytest.mark.parametrize("source", [name for name in SOURCES if "csv" in name or "json" in name])
def test_large_numbers_that_stay_what_they_are_are_not(source):
    """Multiples of powers of two, fractions, exponents."""
    assert not rounded(SOURCES[source](EXACT))
    assert not rounded(SOURCES[source]([1e300, 1.5, -1e17]))


def test_integers_in_lists_and_beside_fractions_are_noted():
    """A matrix of float64 is made of both."""
    Path("t.jsonl").write_text(f'{{"p": [1.5, {BIG}], "t": [0, 0]}}\n', encoding="utf-8")
    assert rounded("t.jsonl")
    lists = pl.DataFrame({"p": [[1, BIG], None], "t": [[0.0, 0.0]] * 2})
    assert rounded(lists)
    table = pd.DataFrame({"a": [BIG, 1], "b": [0.5, 0.5], "t": [0.0, 0.0], "u": [0.0, 0.0]})
    (note,) = rounded(table, pred=["a", "b"], target=["t", "u"])
    assert "column a of" in note.message


def test_nullable_booleans_of_pandas_are_numbers_with_missing_ones():
    """As in a file."""
    table = pd.DataFrame({"p": pd.array([True, None, False], dtype="boolean"), "t": [0.0, 0, 0]})
    found = evaluate(table, pred="p", target="t", loss="mae", nan="skip")
    assert found.value == 0.5
