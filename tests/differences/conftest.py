"""Documents of benchmarks with times that a seeded generator made."""

import json
from pathlib import Path

import numpy as np
import pytest

from losscli.cli.app import run

ENVIRONMENT = {"python": "3.12.1", "numpy": "2.4.0", "torch": "2.13.0", "system": "Linux"}
BLOCKS = [(label, both) for label in ("mae", "mse") for both in ("forward", "forward+backward")]


def row(impl, times, label="mae", passes="forward", **fields):
    """One row of a document; times None is a row that was not timed."""
    known = {"loss": label, "label": label, "impl": impl, "device": "cpu", "dtype": "float32"}
    known |= {"shape": [1000], "pass": passes, "cache": "warm", "correct": True, "fault": None}
    found = None if times is None else {"median": float(np.median(times)), "rounds_s": list(times)}
    return known | {"threads": 2, "time_s": found} | fields


def bench(seed=0, slowdown=None, machine=1.0, rounds=30, noise=0.01, blocks=BLOCKS):
    """A document: torch and kernels.py:f in each block, of 1 and 2 milliseconds.

    slowdown: by which kernels.py:f takes longer; machine: by which everything does; noise: of
    a round's times, which a drift that both share lies upon.
    """
    random = np.random.default_rng(seed)
    rows = []
    for label, passes in blocks:
        drift = np.exp(random.normal(0.0, 0.02, rounds)) * machine
        for impl, base in (("torch", 1e-3), ("kernels.py:f", 2e-3 * (slowdown or 1.0))):
            times = base * drift * np.exp(random.normal(0.0, noise, rounds))
            rows.append(row(impl, times.tolist(), label, passes))
    return document(rows)


def document(rows, **fields):
    """A document of rows."""
    environment = ENVIRONMENT | {"devices": {"cpu": "A Processor · of some kind"}}
    known = {"schema": "losscli/bench/1", "rows": rows, "environment": environment}
    return known | {"noise_floor": 0.004, "losscli": "0.1.0"} | fields


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Writes a document and gives its name."""
    monkeypatch.chdir(tmp_path)

    def write(content, name):
        Path(name).write_text(content if isinstance(content, str) else json.dumps(content))
        return name

    return write


@pytest.fixture
def losscli(capsys):
    """The program in this process: its exit code, what it printed, and what it said."""

    def call(*arguments):
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call
