"""docs/reference/ is what docs/make_reference.py writes."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest

from losscli.backends.rowwise import ROWWISE
from losscli.checks.generators import Sample, draw
from losscli.kernels import machine
from losscli.losses.core.loss import row_means
from losscli.losses.registry import all_losses, load

DOCS = Path(__file__).parents[2] / "docs"

pytestmark = pytest.mark.xdist_group("reference")  # the pages are made once


@pytest.fixture(scope="module")
def made():
    """The pages as the declarations give them now."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)
        return importlib.import_module("make_reference").pages()


def test_the_pages_are_the_declarations(made):
    """`python docs/make_reference.py` writes them again."""
    found = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("reference/*.md")}
    assert set(found) == set(made)
    stale = [name for name in made if found[name] != made[name]]
    assert not stale, f"{stale} are stale: python docs/make_reference.py"


def test_every_command_loss_and_document_is_listed(made):
    """The pages are not empty."""
    assert made["commands.md"].count("\n## losscli ") > 12
    assert r"json\|" in made["commands.md"]
    assert made["losses.md"].count("\n### ") > 70
    assert "](losses.md#mse) | compiled | equal |" in made["kernels.md"]
    assert "](losses.md#crps_ensemble) | NumPy |  | the function sort |" in made["kernels.md"]
    assert "`losses[].ci`" in made["documents.md"]
    assert "`losscli.errors.DataError` | 3 |" in made["exit-codes.md"]


@pytest.mark.parametrize("page", ["commands.md", "documents.md", "config.md"])
def test_every_flag_and_field_has_a_meaning(made, page):
    """But the name of a document's own schema."""
    rows = re.findall(r"^\| `.*\|  \|$", made[page], re.MULTILINE)
    assert [row for row in rows if not row.startswith("| `schema` |")] == []


@pytest.mark.skipif(not machine.available(), reason="NumPy computes every loss")
def test_losses_that_are_called_equal_have_the_bits_of_numpy(made, rng):
    """The others are close; the page lists every loss once."""
    rows = re.findall(r"^\| \[(\w+)\].*\| (compiled|NumPy) \| (\w*) \|", made["kernels.md"], re.M)
    assert sorted(name for name, _, _ in rows) == sorted(loss.name for loss in all_losses())
    for name, computed, bits in rows:
        if computed == "compiled":
            loss = load(name)
            params = loss.resolve({})
            arrays = _inputs(loss, params, rng)
            with np.errstate(all="ignore"):
                plain = loss.values(ROWWISE, *arrays, **params)
            plain = plain if plain.ndim == 1 else row_means(ROWWISE, plain)
            found = loss.rows(ROWWISE, *arrays, params)
            tolerance = 0.0 if bits == "equal" else 1e-12
            np.testing.assert_allclose(found, plain, tolerance, tolerance / 1e3, err_msg=name)


def _inputs(loss, params, rng):
    """Ordinary predictions and targets of a loss."""
    shape = loss.rows_of.pred_row(20)
    target = loss.rows_of.target_row(shape) if loss.rows_of.targeted else None
    domains = loss.domains_of(params)
    pred = np.asarray(draw(domains[0], Sample(rng, (300, *shape), 2.0)), np.float64)
    if target is None:
        return pred, None
    if loss.indexed(target):
        return pred, rng.integers(0, loss.classes(shape), 300)
    return pred, np.asarray(draw(domains[1], Sample(rng, (300, *target), 2.0)), np.float64)
