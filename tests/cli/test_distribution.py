"""`losscli eval --distribution`: quantiles, a histogram and concentration in the terminal."""

import json

import numpy as np
import pytest


@pytest.fixture
def files(tmp_path):
    """Forty rows, of errors 0 to 3 and one of 40."""
    pred = np.arange(40.0) % 4
    pred[7] = 40.0
    np.save(tmp_path / "p.npy", pred)
    np.save(tmp_path / "t.npy", np.zeros(40))
    return "p.npy", "t.npy"


def test_a_histogram_is_drawn(losscli, files):
    """Each bin with its edges, a bar and its rows; the last one holds the tail."""
    lines = losscli("eval", *files, "-l", "mae", "--distribution").out.splitlines()
    assert "  rows      p50      p90      p99" in lines
    assert "  mae   1.00000  3.00000  40.0000" in lines
    assert "   [0,   5)    39  ████████████████████████████" in lines
    assert "  [35,  40]     1  █" in lines
    assert "  the worst 10 % of rows (4 rows) carry 51 % of mae, 13 % of its gradient norm" in lines


def test_ascii_where_the_encoding_lacks_blocks(process, files):
    """As a pipe without UTF-8 has it."""
    found = process("eval", *files, "-l", "mae", "--distribution", PYTHONIOENCODING="ascii")
    assert "   [0,   5)    39  ############################" in found.out.splitlines()


def test_it_reads_back_from_a_saved_result(losscli, files):
    """All numbers of it."""
    losscli("eval", *files, "-l", "mae", "--distribution", "-o", "saved.json")
    shown = losscli("results", "show", "saved.json").out.splitlines()
    assert "   [0,   5)    39  ████████████████████████████" in shown


def test_a_config_may_ask_for_it(losscli, files, tmp_path):
    """As `distribution`, in a run."""
    data = "preds: p.npy, targets: t.npy"
    text = f"version: 1\nevals:\n  val: {{{data}, losses: [mae], distribution: true}}\n"
    (tmp_path / "c.yaml").write_text(text)
    found = losscli("run", "c.yaml", "--format", "json")
    assert found.code == 0, found.err
    (loss,) = json.loads(found.out)["evals"]["val"]["losses"]
    assert loss["distribution"]["quantiles"] == {"p50": 1.0, "p90": 3.0, "p99": 40.0}
    assert "distribution" not in loss["distribution"]
