"""Every loss that torch or scikit-learn has, told to be like it, beside what it gives now.

Those of trl and Liger are beside their formulas.
"""

import numpy as np
import pytest

from losscli.losses.registry import all_losses, find
from tests.oracles.agreement import agree
from tests.oracles.record import module

LIVE = ("torch", "sklearn", "trl", "liger")
CASES = {
    f"{library}: {one.spec}, {one.name}": (library, one)
    for library in LIVE
    for one in module(library).CASES
}


def close(library, one):
    """A few roundings of float64; scikit-learn's log_loss computes in the type of predictions."""
    if one.pred.dtype == np.float32:
        return {"rtol": 1e-6}
    return {"rtol": 1e-12, "atol": 1e-14}


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("name", CASES)
def test_losscli_gives_what_the_library_gives(name, backend, tmp_path, monkeypatch):
    """Rows where it has them, means and sums, and both with weights."""
    library, one = CASES[name]
    monkeypatch.chdir(tmp_path)
    agree(one, library, backend, tmp_path, module(library).measure(one), close(library, one))


@pytest.mark.parametrize("library", LIVE)
def test_every_loss_that_a_library_has_is_tried(library):
    """And no other."""
    tried = {find(one.loss)[0].name for of, one in CASES.values() if of == library}
    assert tried == {loss.name for loss in all_losses() if library in loss.like}
