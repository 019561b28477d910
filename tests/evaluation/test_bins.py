"""Groups that are quantile bins of a column: `--by age:4`."""

import csv

import numpy as np
import pytest

from losscli import DataError, UsageError, evaluate
from losscli.evaluation.bins import quantile_bins


@pytest.fixture
def table(tmp_path):
    """A table of predictions with an age, some of which are missing."""
    random = np.random.default_rng(2)
    age = random.integers(18, 90, 200).astype(float)
    pred, target = random.normal(size=(2, 200))
    path = tmp_path / "t.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["age", "p", "y", "age:9"])
        for at in range(200):
            cell = "" if at % 50 == 7 else age[at]
            writer.writerow([cell, pred[at], target[at], at % 2])
    age[7::50] = np.nan
    return path, age, np.abs(pred - target)


def test_bins_hold_about_as_many_rows(table):
    """Each group is the rows of its bin, named by the ends of it; missing ages are a group."""
    path, age, losses = table
    groups = evaluate(str(path), pred="p", target="y", loss="mae", by="age:4").groups
    names = [group.by["age"] for group in groups]
    assert [name.partition(" ")[0] for name in names] == ["1/4", "2/4", "3/4", "4/4", ""]
    assert sum(group.losses[0].n for group in groups) == 200
    edges = np.quantile(age[~np.isnan(age)], [0.25, 0.5, 0.75], method="inverted_cdf")
    codes = np.where(np.isnan(age), 4, np.searchsorted(edges, age, side="left"))
    for code, group in enumerate(groups):
        assert group.losses[0].n == (codes == code).sum()
        assert group.losses[0].mean == pytest.approx(losses[codes == code].mean(), rel=1e-14)


def test_equal_numbers_are_in_one_bin():
    """So there may be fewer bins than were named, and names sort by number."""
    found = quantile_bins(np.array([1.0] * 8 + [2.0, 3.0]), 4)
    assert dict.fromkeys(found.tolist()) == {"1/2 1 to 1": None, "2/2 2 to 3": None}
    many = sorted(set(quantile_bins(np.arange(120.0), 12).tolist()))
    assert many[0] == "01/12 0 to 9"
    assert many[-1] == "12/12 110 to 119"


def test_a_column_of_that_very_name_is_a_key(table):
    """And bins go with other keys."""
    path, _, _ = table
    found = evaluate(str(path), pred="p", target="y", loss="mae", by="age:9")
    assert [group.by for group in found.groups] == [{"age:9": "0"}, {"age:9": "1"}]
    both = evaluate(str(path), pred="p", target="y", loss="mae", by=["age:9", "age:2"])
    assert list(both.groups[0].by) == ["age:9", "age"]
    assert len(both.groups) == 5  # the missing ages are all of one key


def test_what_has_no_bins_is_refused(table):
    """One bin, too many, texts, and columns that are not there."""
    path, _, _ = table
    for by, error in (("age:1", UsageError), ("age:5000", UsageError), ("size:4", DataError)):
        with pytest.raises(error, match=by):
            evaluate(str(path), pred="p", target="y", loss="mae", by=by)
    texts = path.with_name("texts.csv")
    texts.write_text("k,p,y\na,1,2\nb,2,3\n")
    with pytest.raises(DataError, match="not a number"):
        evaluate(str(texts), pred="p", target="y", loss="mae", by="k:2")
