"""The digest of an input is of its values, and a result is the same bits whoever computes it."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from losscli import evaluate
from losscli.accumulators import moments
from losscli.sources.array_table import ArrayTable
from losscli.sources.formats.csv import CsvTable


@pytest.fixture
def rows(table):
    """Two tables of numbers that need all their digits, and the same as arrays."""
    generator = np.random.default_rng(7)
    numbers = generator.standard_normal((2, 500)) * 10.0 ** generator.integers(-9, 9, (2, 500))
    for name, values in zip("pt", numbers, strict=True):
        np.save(f"{name}.npy", values)
        table("x\n" + "".join(f"{v!r}\n" for v in values.tolist()), f"{name}.csv")
    return numbers


def digests(document):
    return {part["role"]: part["digest"] for part in document["inputs"]}


def test_the_same_values_have_the_same_digest_in_every_format(result, rows):
    """An array, a table, a column of a larger table: the values count, not the file."""
    arrays = digests(result("p.npy", "t.npy", "-l", "mae"))
    tables = digests(result("p.csv", "t.csv", "-l", "mae"))
    assert arrays == tables
    assert arrays["preds"] != arrays["targets"]
    assert all(digest.startswith("sha256:") and len(digest) == 71 for digest in arrays.values())


def test_column_order_type_and_byte_order_do_not_change_a_digest(result, array):
    """Float32 numbers widened are the same numbers."""
    values = np.arange(12, dtype=np.float32).reshape(4, 3) / 7
    targets = array(np.array([0, 1, 2, 0]), "y.npy")
    found = {
        digests(result(array(form, "z.npy"), targets, "-l", "cross_entropy"))["preds"]
        for form in (
            values, values.astype(">f4"), values.astype(np.float64), np.asfortranarray(values),
        )
    }  # fmt: skip
    assert len(found) == 1


@pytest.mark.parametrize("kind", [ArrayTable, CsvTable], ids=["npy", "csv"])
@pytest.mark.parametrize("count", [1, 7, 499, 500])
def test_no_block_size_changes_a_digest_or_a_number(monkeypatch, result, rows, kind, count):
    """Whatever the cuts."""
    names = ("p.npy", "t.npy") if kind is ArrayTable else ("p.csv", "t.csv")
    whole = result(*names, "-l", "mae,mse")
    monkeypatch.setattr(moments, "UNIT", 1)
    monkeypatch.setattr(kind, "block_rows", lambda self, width: count)
    parts = result(*names, "-l", "mae,mse")
    assert digests(parts) == digests(whole)
    for loss, other in zip(parts["losses"], whole["losses"], strict=True):
        assert loss == other | {"stderr": loss["stderr"], "ci": loss["ci"]}
        assert loss["stderr"] == pytest.approx(other["stderr"], rel=1e-12)


@pytest.mark.parametrize("row", [0, 250, 499])
def test_a_changed_value_changes_the_digest_of_its_role(result, rows, array, row):
    """By one unit in the last place, anywhere; the other role's digest stays."""
    before = digests(result("p.npy", "t.npy", "-l", "mae"))
    changed = rows[0].copy()
    changed[row] = np.nextafter(changed[row], np.inf)
    after = digests(result(array(changed, "p.npy"), "t.npy", "-l", "mae"))
    assert after["preds"] != before["preds"]
    assert after["targets"] == before["targets"]


def test_swapped_rows_change_the_digest(result, rows, array):
    """The order is part of the data, though not of the mean."""
    before = digests(result("p.npy", "t.npy", "-l", "mae"))
    after = digests(result(array(rows[0][::-1], "p.npy"), "t.npy", "-l", "mae"))
    assert after["preds"] != before["preds"]


def test_a_digest_is_made_only_where_a_result_is_kept(losscli, pair):
    """Hashing costs more than a small loss."""
    assert evaluate(*pair, loss="mae").inputs[0].digest is None
    losscli("eval", *pair, "-l", "mae", "-o", "r.json")
    saved = json.loads(Path("r.json").read_text())
    assert all(digests(saved).values())


def test_any_number_of_threads_gives_the_same_bits(result, long_pair):
    """Means, sums, errors, extremes, digests: the whole document but its clock."""
    documents = [
        result(*long_pair, "-l", "mae,mse,smooth_l1:beta=0.3", "--threads", threads)
        for threads in (1, 2, 3)
    ]
    assert [document["threads"] for document in documents] == [1, 2, 3]
    for document in documents:
        del document["timing"], document["threads"], document["command"]
    assert documents[0] == documents[1] == documents[2]


def test_any_number_of_threads_gives_the_same_bits_of_a_table(result, table):
    """A table of several blocks of text, too."""
    generator = np.random.default_rng(5)
    numbers = generator.standard_normal((60_000, 2)).tolist()
    name = table("p,t\n" + "".join(f"{p!r},{t!r}\n" for p, t in numbers))
    arguments = (name, "--pred", "p", "--target", "t", "-l", "mae,mse")
    documents = [result(*arguments, "--threads", threads) for threads in (1, 2, 3)]
    for document in documents:
        del document["timing"], document["threads"], document["command"]
    assert documents[0] == documents[1] == documents[2]
    truth = sum(Fraction(abs(p - t)) for p, t in numbers) / 60_000
    assert documents[0]["losses"][0]["value"] == float(truth)
