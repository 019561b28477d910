"""A start imports what the command needs, and nothing that takes long."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from losscli.version import __version__
from tests.differences.conftest import bench

# Every import is reported on stderr, however the program ends.
PROGRAM = (sys.executable, "-X", "importtime", "-m", "losscli")
HEAVY = {"torch", "pandas", "pyarrow", "matplotlib", "scipy", "sklearn"}


@pytest.fixture
def modules(process):
    """The packages that a run of the program imported."""

    def call(*arguments):
        said = process(*arguments, program=PROGRAM)
        assert said.code == 0
        assert said.out
        lines = [line for line in said.err.splitlines() if line.startswith("import time:")]
        names = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in lines}
        assert "losscli" in names  # the list is there
        return names

    return call


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_imports_neither_numpy_nor_typer(modules, flag):
    """It is asked for by every bug report and by shells at start."""
    assert not modules(flag) & {"numpy", "typer", "click", "rich", *HEAVY}


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("eval", "--help"), ("diff", "--help"), ("doctor", "--help")],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(modules, arguments):
    """A page of text needs no arrays."""
    assert not modules(*arguments) & {"numpy", *HEAVY}


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "junit", "github"])
def test_an_evaluation_of_arrays_imports_nothing_heavy(modules, pair, form):
    """NumPy is enough for .npy files, in every format."""
    names = modules(
        "eval", *pair, "-l", "mse,smooth_l1", "--format", form, "-o", "r.md", "-o", "r.xml"
    )
    assert "numpy" in names
    assert not names & HEAVY


def test_an_evaluation_of_a_table_of_text_imports_no_library(modules, table):
    """The scanner of this package parses; pyarrow or pandas would double the time."""
    name = table("id,p,t\na,1,2\nb,3,4\n")
    names = modules("eval", name, "--pred", "p", "--target", "t", "--id", "id", "-l", "mse")
    assert not names & HEAVY


def test_an_evaluation_of_numbers_in_json_imports_no_library(modules):
    """The reader of this package parses: pyarrow's modules would take a third of the time."""
    Path("p.jsonl").write_text('{"p": 1, "t": 2}\n{"p": 2, "t": 2}\n')
    assert not modules("eval", "p.jsonl", "--pred", "p", "--target", "t", "-l", "mse") & HEAVY


def test_an_evaluation_imports_no_random_numbers(process, pair):
    """They take as long as the losses to import, and no mean needs them."""
    names = process("eval", *pair, "-l", "mse", program=(sys.executable, "-c", LISTING)).err.split()
    assert "numpy.random" not in names


LISTING = """
import atexit, sys
from losscli.__main__ import main
atexit.register(lambda: sys.stderr.write(" ".join(sys.modules)))
main()
"""


def test_only_the_losses_asked_for_are_imported(process, pair):
    """The catalogue grows; a start does not."""
    names = process("eval", *pair, "-l", "mse", program=(sys.executable, "-c", LISTING)).err.split()
    assert "losscli.losses.catalogue.regression.mse" in names
    assert "losscli.losses.catalogue.classification.cross_entropy" not in names


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_the_version_is_one_line(process, losscli, flag):
    """The same at the quick door and the slow one."""
    assert process(flag).out == f"losscli {__version__}\n"
    assert losscli(flag).out == f"losscli {__version__}\n"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_the_commands_and_every_option(process, flag):
    """Both spellings work; an option's line ends with its default where it has one."""
    assert "eval" in process(flag).out
    page = process("eval", flag).out
    options = ["--loss", "--pred", "--target", "--id", "--weights", "--no-header", "--nan"]
    options += ["--reduction", "--ci", "--per-sample", "--backend", "--device", "--dtype"]
    options += ["--threads", "--engine", "--format", "--output", "--quiet", "--debug"]
    assert [option for option in options if option not in page] == []
    assert re.search(r"default: error", page)


def test_help_describes_the_arguments(losscli):
    """Their help texts reach the screen with any release of click."""
    assert "Predictions: a file" in losscli("eval", "--help").out
    assert "A saved result" in losscli("results", "show", "--help").out


def test_nothing_is_printed_but_the_result(process, array):
    """No warning of any library gets into stderr, whatever the values."""
    preds = array(np.array([1e308, -1e308, 0.0, 5e-324]), "p.npy")
    targets = array(np.array([-1e308, 1e308, 0.0, -5e-324]), "t.npy")
    said = process("eval", preds, targets, "-l", "mse,mae,smooth_l1,smooth_l1:beta=0")
    assert (said.code, said.err) == (0, "")


def test_a_comparison_imports_nothing_heavy(modules):
    """Saved numbers need neither torch nor whatever else was benchmarked."""
    for seed, name in ((1, "old.json"), (2, "new.json")):
        Path(name).write_text(json.dumps(bench(seed)))
    assert not modules("diff", "old.json", "new.json") & HEAVY


def test_a_comparison_of_losses_imports_nothing_heavy(modules, losscli, pair):
    """Nor do the losses of the rows, read from an array."""
    for name in ("old", "new"):
        files = ("--per-sample", f"{name}.npy", "-o", f"{name}.json")
        assert losscli("eval", *pair, "-l", "mae", *files).code == 0
    assert not modules("diff", "old.json", "new.json", "--per-sample") & HEAVY


@pytest.mark.parametrize(
    "typed", ["list", "list --task box", "explain smooth_l1", "plot mae mse", "explain l1"]
)
def test_the_catalogue_imports_nothing_heavy(modules, typed):
    """What is drawn in a terminal needs no library that draws."""
    assert not modules(*typed.split()) & HEAVY


def test_help_and_completion_import_no_loss(process):
    """Names are those of files."""
    for typed in (["--help"], ["explain", "--help"], ["plot", "--help"]):
        names = process(*typed, program=(sys.executable, "-c", LISTING)).err.split()
        assert not [name for name in names if name.startswith("losscli.losses.")]
