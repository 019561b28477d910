"""`losscli list`: the catalogue, and what is looked for in it."""

import csv
import io
import json

import pytest
from jsonschema import Draft202012Validator

from losscli.losses.registry import all_losses
from losscli.results.schema import schema

EVERY = {loss.name: loss for loss in all_losses()}


@pytest.fixture
def names(losscli):
    """The names of the losses that a request finds."""

    def call(*arguments):
        said = losscli("list", *arguments, "--format", "json")
        assert said.code == 0, said.err
        document = json.loads(said.out)
        assert list(Draft202012Validator(schema("list")).iter_errors(document)) == []
        return [loss["name"] for loss in document["losses"]]

    return call


def test_all_of_them_by_family(losscli, names):
    """Each once; the document says what declarations do."""
    assert sorted(names()) == sorted(EVERY)
    document = json.loads(losscli("list", "--format", "json").out)
    families = [loss["family"] for loss in document["losses"]]
    assert families == sorted(families)
    found = next(loss for loss in document["losses"] if loss["name"] == "smooth_l1")
    assert found["params"][0]["name"] == "beta"
    assert found["params"][0]["default"] == 1.0
    assert found["takes"] == ["real", "real"]
    mse = next(loss for loss in document["losses"] if loss["name"] == "mse")
    assert {"l2", "mean_squared_error"} <= set(mse["aliases"])
    assert mse["derived"] == ["rmse"]


def test_filters(names):
    """By what declarations say; several must all hold."""
    assert set(names("--family", "box")) == {"ciou", "diou", "giou", "iou"}
    assert "cross_entropy" in names("--task", "multiclass", "--takes", "logit")
    assert "categorical_cross_entropy" not in names("--task", "multiclass", "--takes", "logit")
    assert {"bce", "bce_with_logits"} <= set(names("--task", "binary"))
    for task in ("binary", "multiclass", "multilabel"):  # labels of any kind are right or wrong
        assert "zero_one" in names("--task", task)
    assert {"poisson_nll", "poisson_deviance"} <= set(names("--task", "count"))
    assert {"gaussian_nll", "interval_score"} <= set(names("--task", "distribution"))
    assert "mse" not in names("--takes", "probability")


@pytest.mark.parametrize("task", ["regression", "divergence", "ranking", "segmentation", "box"])
def test_a_task_is_the_family_where_it_says_it(names, task):
    """Of these nothing else decides."""
    assert names("--task", task) == [n for n in sorted(EVERY) if EVERY[n].family == task]


def test_every_loss_has_a_task(losscli):
    """But for none."""
    document = json.loads(losscli("list", "--format", "json").out)
    assert [loss["name"] for loss in document["losses"] if not loss["tasks"]] == []


def test_words_are_looked_for(names):
    """In names, other names, formulas and uses."""
    assert "mse" in names("l2")
    assert "pinball" in names("quantile")
    assert "mse" in names("RMSE")


def test_the_other_formats(losscli):
    """A line a loss."""
    rows = list(csv.DictReader(io.StringIO(losscli("list", "--format", "csv").out)))
    assert [row["name"] for row in rows if row["family"] == "box"] == [
        "ciou",
        "diou",
        "giou",
        "iou",
    ]
    page = losscli("list", "--format", "markdown").out
    assert page.count("\n| ") > len(EVERY)
    table = losscli("list").out
    assert all(f"  {name} " in table for name in EVERY)
    assert f"{len(EVERY)} losses" in table
    assert "l2(@FILE)" in table


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(("--family", "boxes"), "box"), (("--task", "vision"), "segmentation"),
     (("--takes", "tensor"), "logit"), (("smoothl1",), "did you mean smooth_l1"),
     (("--task", "box", "--takes", "logit"), "remove one")],
)  # fmt: skip
def test_what_there_is_none_of(losscli, arguments, words):
    """Exit 2, with what there is."""
    said = losscli("list", *arguments)
    assert said.code == 2
    assert words in "\n".join(said.error)


def test_a_family_is_found_by_its_name(losscli):
    """`list regression` lists the family; parts of names still match."""
    found = json.loads(losscli("list", "regression", "--format", "json").out)["losses"]
    assert {loss["family"] for loss in found} == {"regression"}
    assert "huber" in {loss["name"] for loss in found}
