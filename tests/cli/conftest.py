"""A folder of one's own and the program in it: in this process where that will do, else its own."""

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from losscli.cli.app import run

PROGRAM = (sys.executable, "-m", "losscli")
_TERMINAL = (
    "COLUMNS",
    "LINES",
    "TERM",
    "NO_COLOR",
    "FORCE_COLOR",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "TTY_COMPATIBLE",
)
# PYTHONSAFEPATH hides the current folder, which tests put files into.
_SPEECH = (
    "PYTHONSAFEPATH",
    "LC_ALL",
    "LC_CTYPE",
    "LANG",
    "PYTHONUTF8",
    "PYTHONIOENCODING",
    "PYTHONCOERCECLOCALE",
)


@dataclass(frozen=True)
class Said:
    """What a run of the program ended with."""

    code: int
    out: str
    err: str

    @property
    def error(self):
        """The lines of its one error message, which has the form that every message has."""
        lines = self.err.splitlines()
        assert lines, "no message"
        assert lines[0].startswith("error: ")
        assert all(line.startswith("  ") for line in lines[1:])
        assert len(lines) <= 3
        assert "Traceback" not in self.err
        return lines


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test runs in an empty folder, in a plain terminal, and leaves no switch thrown."""
    monkeypatch.chdir(tmp_path)
    for name in _TERMINAL:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def losscli(capsys):
    """The program in this process: `losscli("eval", …)` gives what was `Said`."""

    def call(*arguments):
        capsys.readouterr()
        code = run([os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments])
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture
def process():
    """The program as a process of its own, with a time limit; keywords are the environment."""

    def call(*arguments, text=True, program=PROGRAM, timeout=600, **variables):
        done = subprocess.run(
            [*program, *map(str, arguments)],
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            env=environment(**variables),
        )
        code, out, err = done.returncode, done.stdout, done.stderr
        return Said(code, out.decode(), err.decode()) if text else Said(code, out, err)

    return call


@pytest.fixture(name="environment")
def _environment():
    """The environment of a plain terminal with some variables added."""
    return environment


def environment(**variables):
    """The same, for the fixtures of this file."""
    hidden = {*_TERMINAL, *_SPEECH}
    return {k: v for k, v in os.environ.items() if k not in hidden} | variables


@pytest.fixture
def limited():
    """The program where no file may grow beyond a number of bytes."""

    def call(size, *arguments):
        return subprocess.run(
            [*PROGRAM, *arguments],
            capture_output=True,
            text=True,
            env=environment(),
            timeout=600,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        )

    return call


@pytest.fixture
def pair():
    """`p.npy` and `t.npy`, three rows each."""
    np.save("p.npy", np.array([1.0, 2.0, 3.0]))
    np.save("t.npy", np.array([1.0, 2.5, 5.0]))
    return "p.npy", "t.npy"


@pytest.fixture
def table():
    """Writes a text file and gives its name; bytes are written as they are."""

    def write(content, name="table.csv"):
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


@pytest.fixture
def array():
    """Writes a NumPy file and gives its name."""

    def write(values, name="array.npy"):
        np.save(name, np.asarray(values), allow_pickle=True)
        return name

    return write


@pytest.fixture
def result(losscli):
    """The JSON document of an evaluation that ends well."""

    def call(*arguments):
        said = losscli("eval", *arguments, "--format", "json")
        assert said.code == 0, said.err
        return json.loads(said.out)

    return call


@pytest.fixture
def refused(losscli):
    """The lines of the message of an evaluation that ends with exit code 3, and prints nothing."""

    def call(*arguments, loss="mse"):
        said = losscli("eval", *arguments, "-l", loss)
        assert said.code == 3
        assert said.out == ""
        assert len(said.error) > 1, "no place and no mend"
        return said.error

    return call


@pytest.fixture
def long_pair():
    """Files of several blocks, which several threads work on."""
    generator = np.random.default_rng(3)
    np.save("long_p.npy", generator.standard_normal(1_200_000))
    np.save("long_t.npy", generator.standard_normal(1_200_000) * 1e6)
    return "long_p.npy", "long_t.npy"
