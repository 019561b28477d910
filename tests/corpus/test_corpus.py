"""Every run of the corpus ends as it was recorded: no code, number or field has changed."""

from functools import cache

import pytest

from tests.corpus.commands import CASES
from tests.corpus.record import read
from tests.corpus.running import arithmetic, differences, make_templates, run_case, tensors

recorded = cache(read)


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    """Every file that a case reads."""
    return make_templates(tmp_path_factory.mktemp("corpus") / "templates")


@cache
def exact(of_torch):
    """Whether this machine computes the last bits that the record's did."""
    if recorded()["arithmetic"] != arithmetic():
        return False
    return not of_torch or recorded()["tensors"] == tensors()


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
    found = differences(recorded()["cases"][case.name], fresh, exact(case.torch))
    commands = "\n".join("losscli " + " ".join(step) for step in case.steps)
    assert not found, f"{commands}\n" + "\n".join(found[:40])


def test_every_case_has_a_record_and_every_record_a_case():
    """So that none is left out in silence."""
    assert {case.name for case in CASES} == set(recorded()["cases"])
