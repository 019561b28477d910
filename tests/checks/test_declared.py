"""A check judges a user's declaration too, by its reference, and trusts none of its parts."""

import re
import shutil
from pathlib import Path

import pytest

from losscli import check, evaluate
from losscli.errors import UsageError

DECLARED = Path(__file__).with_name("declared.py")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test runs in a folder that holds a copy of the declarations."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(DECLARED, "declared.py")


FAULTS = {
    "off": "the mean is",
    "half": "its derivative is .*, its reference.s slope is",
    "bent": "its derivative is .*, its reference.s slope is",  # far from the target alone
    "lost": "its derivative is nan, its reference.s slope is",
    "flat": "its derivative is 0, its reference.s slope is",
    "rounded": "its reference.s slope is 0",
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_declaration_fails_its_check(name):
    """Though nothing but the declaration itself says what the loss is."""
    result = check(f"declared.py:{name}", examples=5)
    assert result.exit_code == 1
    assert re.search(FAULTS[name], " ".join(row.fault or "" for row in result))


def test_a_right_declaration_passes_and_so_does_a_sum_with_it():
    """Alone, and beside a loss of the catalogue."""
    assert check("declared.py:right", examples=5).correct
    assert check("declared.py:right + 0.1*mae", examples=5).correct


def test_a_wrong_slope_in_a_sum_fails():
    """Weighed as it is."""
    result = check("mae + 0.1*declared.py:half", examples=0)
    assert "its derivative" in " ".join(row.fault or "" for row in result)


def test_a_wrong_slope_fails_where_a_function_is_checked_against_it():
    """A function with the same wrong slope passes beside it, and the declaration fails."""
    Path("same.py").write_text(
        "def same(pred, target):\n"
        "    d = (pred - target).detach()\n"
        "    return d**2, d / d.numel()\n"
    )
    result = check("same.py:same", "declared.py:half", examples=0)
    assert result.exit_code == 1
    assert all(row.case.startswith("slopes") for row in result if row.fault)


REFUSED = {
    "one_value": r"returned \(1,\) for predictions of",
    "no_values": "returned nothing for predictions of",
    "one_slope": "the derivative of one_slope returned one number for predictions of",
    "no_truth": "the reference of no_truth returned NoneType",
    "imaginary": "the reference of imaginary returned mpc",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_declaration_is_refused(name):
    """With what the part gave; never a traceback."""
    with pytest.raises(UsageError, match=REFUSED[name]):
        check(f"declared.py:{name}", examples=0)


@pytest.mark.parametrize("name", ["one_value", "no_values"])
def test_an_evaluation_takes_no_values_of_another_shape(name):
    """Not even one, which would pass for the only row."""
    with pytest.raises(UsageError, match="for predictions of"):
        evaluate([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], loss=f"declared.py:{name}")
