"""Every loss that optax or Keras has, told to be like it, beside what it gave when it was recorded.

optax computed in float64, and what it gave is held to a few roundings of it. Keras computed means
and maxima in float32 whatever it was given, which is 6e-8 a rounding and some ten roundings here.
"""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from losscli.losses.registry import all_losses
from tests.oracles.agreement import agree
from tests.oracles.record import FOLDER, RECORDED, about, module, recorded

# The absolute part is for what a library leaves of numbers of size 10 that cancel.
CLOSE = {
    "optax": {"rtol": 2e-13, "atol": 2e-15},
    "keras": {"rtol": 1e-6, "atol": 2e-15},
}
# Keras rounds numbers of size 1 to float32, and then takes one from the other.
CANCELS = {"msle", "poisson_nll"}
CASES = {
    f"{library}: {name}": (library, one, theirs)
    for library in RECORDED
    for name, one, theirs in recorded(library)
}


def close(library, one):
    """How near losscli must come to a library."""
    found = CLOSE[library]
    return found | {"atol": 1e-6} if library == "keras" and one.loss in CANCELS else found


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("name", CASES)
def test_losscli_gives_what_was_recorded(name, backend, tmp_path, monkeypatch):
    """Rows one by one, their mean and sum, and both with weights."""
    library, one, theirs = CASES[name]
    monkeypatch.chdir(tmp_path)
    agree(one, library, backend, tmp_path, theirs, close(library, one))


@pytest.mark.parametrize("library", RECORDED)
def test_every_loss_that_a_library_has_is_recorded(library):
    """Of several rows, which are not all alike, and under each of its names."""
    declared = {loss.name: loss.like[library] for loss in all_losses() if library in loss.like}
    names = {name for convention in declared.values() for name in convention.names}
    kept = [(one, theirs) for of, one, theirs in CASES.values() if of == library]
    assert {one.loss for one, _ in kept} == {*declared, *names}
    for loss in declared:
        rows = [theirs["rows"] for one, theirs in kept if one.loss == loss]
        assert any(len(found) > 5 and len(np.unique(found)) > 2 for found in rows), loss


@pytest.mark.parametrize("library", RECORDED)
def test_the_record_is_of_the_cases(library):
    """It was made again when they were changed, and is small."""
    kept = {name: one for of, one, _ in CASES.values() for name in [one.name] if of == library}
    cases = module(library).CASES
    assert list(kept) == [f"{one.spec}, {one.name}" for one in cases]
    for one, found in zip(cases, kept.values(), strict=True):
        assert found.spec == one.spec
        assert dict(found.theirs) == dict(one.theirs)
        for role in ("pred", "target", "weights"):
            ours, theirs = getattr(one, role), getattr(found, role)
            assert (ours is None) == (theirs is None)
            if ours is not None:  # logarithms differ in their last bit between processors
                np.testing.assert_allclose(theirs, ours, rtol=1e-13)
    assert (FOLDER / f"{library}.json").stat().st_size < 200_000


@pytest.mark.deep
@pytest.mark.parametrize("library", RECORDED)
def test_the_library_still_gives_what_was_recorded(library, tmp_path):
    """As near as losscli comes: processors differ in the order in which they add.

    In a process of its own: jax's threads would make every later fork of this one a warning.
    """
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed: make test-deep installs it")
    command = [sys.executable, "-m", "tests.oracles.record", library, str(tmp_path)]
    subprocess.run(command, check=True, cwd=FOLDER.parents[2])
    assert about(library, tmp_path) == about(library), "another version: read what changed"
    for (name, one, found), (_, _, wanted) in zip(
        recorded(library, tmp_path), recorded(library), strict=True
    ):
        assert set(found) == set(wanted)
        for reduction, value in wanted.items():
            np.testing.assert_allclose(found[reduction], value, **close(library, one), err_msg=name)
