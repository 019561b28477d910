"""What users' code prints, and whether it is imported."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import losscli as package

CODE = """
import pathlib
pathlib.Path("imported").touch()
print("printed at import")


def mine(pred, target):
    print("printed in a call")
    return (pred - target) ** 2
"""
CONFIG = """\
version: 1
evals:
  val: {preds: p.npy, targets: t.npy, losses: ["k.py:mine", "k.py:mine:power=2"]}
benches:
  own: {losses: [mse], impl: [numpy, "k.py:mine"], size: [1e3]}
"""


@pytest.fixture(autouse=True)
def _files(pair, tmp_path):
    Path("k.py").write_text(CODE)
    Path("c.yaml").write_text(
        "\n".join(CONFIG.splitlines()[:3]).replace(', "k.py:mine:power=2"', "")
    )
    Path("dry.yaml").write_text(CONFIG)


COMMANDS = ["eval p.npy t.npy -l k.py:mine", "run c.yaml --no-save", "explain k.py:mine",
            "plot k.py:mine", "check k.py:mine --as mse --examples 0"]  # fmt: skip


@pytest.mark.parametrize("typed", COMMANDS)
def test_what_a_loss_prints_goes_to_stderr(process, typed):
    """At import and in a call; stdout is the document alone."""
    said = process(*typed.split(), "--format", "json")
    json.loads(said.out)
    assert "printed at import" in said.err


def test_what_a_loss_prints_in_python_goes_to_stderr_too(capsys):
    """As from the command line."""

    def mine(pred, target):
        sys.stdout.write("printed in a call")
        return (pred - target) ** 2

    assert package.evaluate(np.ones(3), np.zeros(3), loss=mine).value == 1.0
    said = capsys.readouterr()
    assert said.out == ""
    assert "printed in a call" in said.err


@pytest.mark.parametrize("flags", [["--dry-run"], ["--dry-run", "--no-data"], ["--print-config"]])
def test_a_dry_run_imports_no_users_code(process, flags):
    """Headers are read and values shown, and that is all: a pre-commit hook runs on any branch."""
    said = process("run", "dry.yaml", *flags)
    assert said.code == 0, said.err
    assert "k.py:mine" in said.out
    assert "printed" not in said.out + said.err
    assert not Path("imported").exists()


def test_a_dry_run_finds_that_a_file_of_code_does_not_exist(losscli):
    """Without importing it."""
    Path("k.py").unlink()
    said = losscli("run", "dry.yaml", "--dry-run")
    assert said.code == 2
    assert "there is no file k.py" in said.err
