"""Every run of the corpus ends as it was recorded: no code, number or field has changed."""

from functools import cache

import pytest

from tests.corpus.commands import CASES
from tests.corpus.record import read
from tests.corpus.running import (
    arithmetic,
    differences,
    kernel,
    make_templates,
    run_case,
    tensors,
)

_OF_KERNELS, _OF_MACHINES = 1e-12, 1e-9  # relative differences

recorded = cache(read)


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    """Every file that a case reads."""
    return make_templates(tmp_path_factory.mktemp("corpus") / "templates")


@cache
def tolerance(of_torch):
    """The relative difference between the machine of the record and this one: 0 if they agree.

    The record is of compiled kernels; NumPy alone gives other last digits.
    """
    if recorded()["arithmetic"] != arithmetic():
        return _OF_MACHINES
    if of_torch and recorded()["tensors"] != tensors():
        return _OF_MACHINES
    return 0.0 if recorded().get("kernel", "compiled") == kernel() else _OF_KERNELS


def parameters():
    """The cases; deep are those that take seconds."""
    for case in CASES:
        marks = [pytest.mark.deep] if case.deep else []
        yield pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", list(parameters()))
def test_a_run_ends_as_it_was_recorded(case, templates, tmp_path):
    """To the bit, where the machine is like the record's; fields may be added, none may go."""
    if case.torch:
        pytest.importorskip("torch")
    fresh = run_case(case, templates, tmp_path / "run")
    found = differences(recorded()["cases"][case.name], fresh, tolerance(case.torch))
    commands = "\n".join("losscli " + " ".join(step) for step in case.steps)
    assert not found, f"{commands}\n" + "\n".join(found[:40])


def test_every_case_has_a_record_and_every_record_a_case():
    """So that none is left out in silence."""
    assert {case.name for case in CASES} == set(recorded()["cases"])
