"""Honest implementations of unusual style are not blamed, in one process or in one each."""

import shutil
from pathlib import Path

import pytest

from losscli import bench
from tests.benchmark import honest

FEW = ("np_out", "np_threads")


@pytest.fixture(autouse=True)
def _file():
    shutil.copy(Path(honest.__file__), "honest.py")


def _reference(name):
    return f"numpy:honest.py:{name}" if name.startswith("np_") else f"honest.py:{name}"


def _faults(names, **flags):
    impl = [_reference(name) for name in names]
    given = {"size": "100000", "time": 3.0, "memory": False, "threads": 2, **flags}
    found = bench(loss="mse", impl=impl, **given).rows
    noted = {note.code for row in found for note in row.notes}
    assert "low_precision" not in noted
    return {(row.impl, row.passes): row.fault for row in found if row.fault}


def test_there_are_twenty():
    """Each with its own style."""
    assert len(set(honest.ALL)) >= 20


def test_none_is_blamed(ticks):
    """Forward; backward is checked where each has a process."""
    assert not _faults(honest.ALL, size="20000", time=0.1, passes="forward")


@pytest.mark.isolated
def test_none_is_blamed_in_processes_of_their_own():
    """Buffers that are kept, and threads."""
    assert not _faults(FEW, time=1.0)


@pytest.mark.deep
@pytest.mark.isolated
@pytest.mark.parametrize("name", honest.ALL)
def test_each_is_not_blamed_in_a_process_of_its_own(name):
    """All guards, small inputs and clocks."""
    assert not _faults([name], time=1.0)


@pytest.mark.deep
@pytest.mark.isolated
@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile has no compiler here")
def test_compiled_functions_are_not_blamed():
    """The library's, and one that compiles itself."""
    Path("compiled.py").write_text(
        "import torch\n"
        "@torch.compile(dynamic=True)\n"
        "def f(pred, target):\n"
        "    return (pred - target).square().mean()\n"
    )
    impl = ["torch.compile", "compiled.py:f"]
    found = bench(loss="mse", impl=impl, size="100000", time=60, memory=False, resolve=0.5)
    assert [row.fault for row in found.rows] == [None] * 4


@pytest.mark.deep
@pytest.mark.isolated
def test_a_function_of_numba_is_not_blamed():
    """Compiled when it is first called."""
    pytest.importorskip("numba")
    Path("jitted.py").write_text(
        "import numba\n"
        "@numba.njit\n"
        "def f(pred, target):\n"
        "    total = 0.0\n"
        "    for p, t in zip(pred.ravel(), target.ravel()):\n"
        "        total += (float(p) - float(t)) ** 2\n"
        "    return total / pred.size\n"
    )
    impl = "numpy:jitted.py:f"
    found = bench(loss="mse", impl=impl, size="100000", time=5, passes="forward", memory=False)
    assert [row.fault for row in found.rows] == [None]
