"""Parameters of metrics that have a number for each row, from a column or a file."""

import math

import numpy as np
import pandas as pd
import pytest

import losscli


def tokens(rows=400):
    """Log-probabilities of tokens with their bytes, sources and weights, as a table."""
    random = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "lp": -random.exponential(2.0, rows),
            "bytes": random.integers(0, 9, rows),
            "source": random.integers(0, 3, rows),
            "weight": random.integers(0, 3, rows).astype(float),
        }
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_bits_per_byte_takes_a_column_of_the_bytes_of_each_token(weighted, tmp_path):
    """The sum of bits over that of bytes, of groups too, from a frame and from a file."""
    table = tokens()
    table.to_csv(tmp_path / "tokens.csv", index=False)
    np.save(tmp_path / "bytes.npy", table["bytes"])
    weight = table["weight"] if weighted else 1.0
    bits, sizes = -table["lp"] * weight / math.log(2), table["bytes"] * weight
    ratio = bits.sum() / sizes.sum()
    spread = bits - ratio * sizes
    n = int((table["weight"] > 0).sum()) if weighted else len(table)
    stderr = math.sqrt(n / (n - 1) * (spread**2).sum()) / sizes.sum()
    given = {"weights": "weight"} if weighted else {}
    for data, column in (
        (table, "bytes"),
        (tmp_path / "tokens.csv", "bytes"),
        (tmp_path / "tokens.csv", str(tmp_path / "bytes.npy")),
    ):
        spec = f"bpb=bits_per_byte:bytes={column}"
        found = losscli.evaluate(data, pred="lp", metric=spec, by="source", **given)
        assert found["bpb"].value == pytest.approx(ratio, rel=1e-14)
        assert found["bpb"].stderr == pytest.approx(stderr, rel=1e-10)
        for group in found.groups:
            rows = table["source"] == int(group.by["source"])
            own = bits[rows].sum() / sizes[rows].sum()
            assert group.metrics[0].value == pytest.approx(own, rel=1e-14)
    assert [each.role for each in found.inputs][-2:] == [f"column {column}", "groups"]


def test_mase_takes_a_column_of_the_scales_of_several_series():
    """The mean of the scaled errors of the rows; compared as the mean of differences."""
    random = np.random.default_rng(4)
    table = pd.DataFrame(random.standard_normal((300, 3)), columns=["a", "b", "y"])
    table["scale"] = np.where(np.arange(300) < 100, 2.0, 0.5)
    scaled = {name: abs(table[name] - table["y"]) / table["scale"] for name in "ab"}
    found = losscli.evaluate(table, pred="a", target="y", metric="mase:scale=scale").metrics[0]
    assert found.value == pytest.approx(scaled["a"].mean(), rel=1e-14)
    assert found.stderr == pytest.approx(scaled["a"].std() / math.sqrt(300), rel=1e-10)
    both = losscli.compare(table, pred=["a", "b"], target="y", metric="mase:scale=scale")
    (pair,) = both.metrics[0].pairs
    assert pair.difference == pytest.approx((scaled["b"] - scaled["a"]).mean(), rel=1e-12)


@pytest.mark.parametrize(
    ("number", "words"), [(-1.0, "bytes >= 0; -1 is below"), (math.nan, "bytes >= 0; nan")]
)
def test_an_invalid_number_of_a_column_has_its_place(number, words):
    """The row and the column are named."""
    table = tokens().astype({"bytes": float})
    table.loc[7, "bytes"] = number
    with pytest.raises(losscli.DataError, match=words) as error:
        losscli.evaluate(table, pred="lp", metric="bits_per_byte:bytes=bytes")
    assert str(error.value.place) == "preds, row 7, column bytes"


def test_a_row_without_a_number_of_the_column_is_left_out():
    """With --nan skip."""
    table = tokens().astype({"bytes": float})
    table.loc[7, "bytes"] = math.nan
    spec = "bits_per_byte:bytes=bytes"
    found = losscli.evaluate(table, pred="lp", metric=spec, nan="skip").metrics[0]
    alone = losscli.evaluate(table.drop(7), pred="lp", metric=spec).metrics[0]
    assert (found.value, found.stderr, found.skipped) == (alone.value, alone.stderr, 1)


@pytest.mark.parametrize("spec", ["bits_per_byte:bytes=length", "mase:scale=length"])
def test_a_column_that_is_not_there_is_named(spec):
    """With the columns that there are."""
    table = tokens()
    with pytest.raises(losscli.DataError, match="length is neither a column nor a file"):
        losscli.evaluate(table, pred="lp", target="weight", metric=spec)


def test_arrays_have_no_columns_for_a_parameter():
    """Neither predictions nor targets have names."""
    with pytest.raises(losscli.DataError, match="scale is neither a column nor a file"):
        losscli.evaluate(np.ones(3), np.ones(3), metric="mase:scale=scale")
