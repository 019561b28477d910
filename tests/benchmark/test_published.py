"""Each class of exploit that public benchmarks list is found out (docs/benchmarking.md)."""

import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from losscli import bench
from losscli.benchmark.guards import Guards
from losscli.benchmark.isolation import WorkerPlace
from losscli.benchmark.workloads import workload_of_words
from losscli.implementations.implementation import Setting
from losscli.implementations.registry import parse

SIZE = "20000"
FORWARD = {
    "by_shape": "the mean is .*, expected|incorrect while timed",
    "expected_value": "the mean is 5, expected",
    "part_of_the_rows": "the mean is .*, expected",
    "one_size_only": r"^the mean is 1, expected .* for pred \[.*\] target \[",
    "returns_its_input": "value incorrect",
    "remembers_rows": "it reuses earlier work: a call takes .*, and .* on new inputs",
    "knows_when_it_is_checked": "incorrect while timed",
    "lazy_number": "returns a _LazyNumber",
}
OF_A_PROCESS = {
    "works_in_advance": "incorrect while timed|the mean is .*, expected",
    "replaces_code": "it replaces losscli.benchmark.clock.HostClock.time",
    "replaces_a_global": "it replaces losscli.benchmark.clock._NOW",
    "replaces_comparisons": "the mean is .*, expected",
    "handles_signals": "it changes the handlers of signals from none to SIGALRM",
}


@pytest.fixture(autouse=True)
def _exhibits():
    shutil.copy(Path(__file__).with_name("published.py"), "published.py")


def _faults(*names, **flags):
    """The faults of functions of arrays, by their names; the first of all is honest."""
    impl = [f"numpy:published.py:{name}" for name in ("honest", *names)]
    given = {"size": SIZE, "passes": "forward", "time": 1.0, "memory": False, "threads": 1}
    found = bench(loss="mse", impl=impl, **{**given, **flags}).rows
    return {row.impl.rpartition(":")[2]: row.fault for row in found}


@pytest.fixture
def _slept(ticks, monkeypatch):
    """Sleeping takes time on the clock of the benchmark, and no other."""
    monkeypatch.setattr(time, "sleep", ticks.rest)


@pytest.mark.usefixtures("_slept")
def test_a_published_exploit_is_told_apart():
    """Answers that do not follow from the inputs of each call, and work that is saved."""
    found = _faults("falls_back", *FORWARD, time=0.2)
    assert found.pop("honest") is None
    assert found.pop("falls_back") is None  # it is what it calls, and has its time
    for name, words in FORWARD.items():
        assert re.search(words, found[name] or ""), (name, found[name])


def test_a_published_exploit_of_backward_is_told_apart(rows):
    """A gradient of other inputs."""
    (row,) = rows("mse", "numpy:published.py:stale_gradient", passes="forward+backward")
    assert re.search("gradient incorrect|incorrect while timed|other answers", row.fault)


@pytest.mark.parametrize(
    ("loss", "name", "words"),
    [
        ("mse", "overrides_a_method", "returns a Tensor with methods of its own"),
        ("smooth_l1", "one_branch", "the mean is"),
    ],
)
def test_a_published_exploit_of_tensors_is_told_apart(rows, loss, name, words):
    """Work that is put off, and domains that are not covered."""
    (row,) = rows(loss, f"published.py:{name}", passes="forward")
    assert re.search(words, row.fault)


@pytest.mark.isolated
def test_an_exploit_of_its_own_process_is_told_apart():
    """Untimed calls that work in advance, and everything that it could replace there."""
    found = _faults(*OF_A_PROCESS, "searches_memory")
    for name, words in OF_A_PROCESS.items():
        assert re.search(words, found[name] or ""), (name, found[name])
    assert found["honest"] is None
    assert Path("searched").read_text() == ""  # neither objects here nor its parent's memory


@pytest.mark.isolated
def test_answers_of_an_earlier_run_are_of_no_use():
    """The changes between timed calls do not follow from the seed."""
    for _ in range(2):
        found = _faults("remembers_contents", time=0.5)
        assert found == {"honest": None, "remembers_contents": None}
    hits = Path("found_in_the_bank")
    known = hits.read_text().split() if hits.exists() else []
    assert len(set(known)) <= 1  # the first contents, which are not timed


@pytest.mark.isolated
def test_a_process_rests_while_others_are_timed():
    """Whatever threads it leaves, with more than one allowed."""
    place = WorkerPlace(parse("numpy:published.py:slows_the_others"), 2)
    workload = workload_of_words("mse", (20_000,))
    runner = place.prepare(workload, Setting("cpu", "float32", 2))
    inputs = np.ones(20_000, np.float32), np.zeros(20_000, np.float32)
    for _ in range(2):
        assert runner.forward(*inputs).value == 1.0
        place.process.pause()
        assert _comes_to_rest(place.process)
    place.close()


def _comes_to_rest(process):
    """True once it uses no more CPU time; a thread that goes on would never let it."""
    until = time.monotonic() + 30.0
    while time.monotonic() < until:
        before = process.cpu_s
        time.sleep(0.05)
        if process.cpu_s == before:
            return True
    return False


def test_a_method_that_covers_one_of_a_base_is_a_fault(monkeypatch):
    """As a replaced function is, and the code of one."""
    import torch

    from losscli.benchmark.clock import HostClock

    guards = Guards()
    assert guards.faults() == []
    with monkeypatch.context() as patch:
        patch.setattr(torch.Tensor, "detach", lambda self: self)
        patch.setattr(HostClock.flush, "__code__", (lambda self: None).__code__)
        (fault,) = guards.faults()
    assert fault == "it replaces losscli.benchmark.clock.HostClock.flush, torch.Tensor.detach"
    assert guards.faults() == []
