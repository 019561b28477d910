"""A process for each implementation: exploits of a shared one, and processes that misbehave."""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from losscli import bench, losses
from losscli.benchmark import process
from losscli.benchmark.affinity import give_others, on_own_core
from losscli.benchmark.isolation import WorkerPlace

pytestmark = pytest.mark.isolated
HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _exhibits(tmp_path):
    for name in ("exploits.py", "brake.py"):
        shutil.copy(HERE / name, name)
    yield
    assert not _children()


def _children():
    """The processes that this one started and that still run."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    numbers = listed.read_text().split() if listed.exists() else []
    lines = {n: Path(f"/proc/{n}/cmdline").read_bytes() for n in numbers}
    return [n for n, line in lines.items() if b"losscli.benchmark.worker" in line]


def _rows(*names, size="200000", **flags):
    """Rows of functions of arrays, by their names; the honest one is the first."""
    impl = [f"numpy:exploits.py:{name}" for name in ("honest", *names)]
    given = {"passes": "forward", "time": 1.0, "memory": False, "threads": 1, **flags}
    found = bench(loss="mse", impl=impl, size=size, **given).rows
    return {row.impl.rpartition(":")[2]: row for row in found}


def test_an_exploit_of_a_shared_process_is_told_apart():
    """Shortened laps, work after the clock, and the truth on the stack; the honest one is right."""
    rows = _rows("shortens_its_laps", "works_after_the_clock", "reads_the_truth", size="1000000")
    assert rows["honest"].fault is None
    assert re.search("replaces .*HostClock.time|implausible", rows["shortens_its_laps"].fault)
    assert re.search("implausible|profile", rows["works_after_the_clock"].fault)
    assert not Path("truth_was_read").exists()


def test_the_environment_has_the_versions_of_the_processes(capfd):
    found = bench(
        loss="mse", impl=["numpy", "torch"], size="1000", passes="forward", time=1.0, memory=False
    )
    assert found.environment["torch"] == version("torch")
    assert "Traceback" not in capfd.readouterr().err


def test_an_exploit_passes_in_one_process():
    """That is why there are several; every row says that there was one."""
    rows = _rows("reads_the_truth", in_process=True)
    assert rows["reads_the_truth"].correct
    assert Path("truth_was_read").exists()
    assert [[n.code for n in row.notes if n.code == "in_process"]
                                    for row in rows.values()] == [["in_process"]] * 2  # fmt: skip
    assert "in_process" not in [note.code for note in _rows()["honest"].notes]


def test_an_import_cannot_slow_the_others():
    """Functions that it replaces are those of its own process."""
    found = bench(
        loss="mse", impl=["torch", "brake.py:slows_the_others"], size="20000", passes="forward",
        time=0.5, memory=False, threads=1,
    ).rows  # fmt: skip
    assert found[0].correct
    assert not Path("others_were_slowed").exists()
    assert found[1].fault == "it replaces torch.nn.functional.mse_loss"


def test_half_precision_is_noted_where_small_inputs_do_not_show_it():
    """A mean hides the rounding of its rows, but not where all round to the same side."""
    rows = _rows("half_inside", "half_everywhere")
    assert [note.code for note in rows["half_inside"].notes].count("low_precision") == 1
    assert "low_precision" not in [note.code for note in rows["honest"].notes]
    assert re.search(r"^the mean is .* for pred \[.*\] target \[", rows["half_everywhere"].fault)


MISBEHAVE = {
    "dies": "its process ended with exit code 3",
    "crashes": "its process ended by SIGSEGV",
    "forks": "it leaves 1 process running",
    "writes_replies": "it writes to the pipe of its process",
    "raises": "ValueError: out of registers",
}


def _ends(status):
    """True once a killed process has come to run its end; nobody may collect it here."""
    until = time.monotonic() + 30.0
    while status.exists() and "State:\tZ" not in status.read_text():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_a_process_that_misbehaves_is_a_row_with_a_fault():
    """The other rows are as they were, and nothing runs on."""
    rows = _rows(*MISBEHAVE, "cuts_the_memory")
    assert {name: rows[name].fault for name in MISBEHAVE} == MISBEHAVE
    assert rows["honest"].fault is None
    assert rows["honest"].times is not None
    assert rows["cuts_the_memory"].fault is None
    assert _ends(Path(f"/proc/{Path('left_running').read_text()}/status"))


def test_a_process_that_ended_is_started_again_for_the_next_workload():
    """Its fault is one of each row, and not a failure of the command."""
    found = bench(
        loss="mse", impl="numpy:exploits.py:dies", size=["1000", "2000"], passes="forward",
        time=0.5, memory=False,
    ).rows  # fmt: skip
    assert [row.fault for row in found] == [MISBEHAVE["dies"]] * 2


def test_a_process_keeps_off_the_core_of_the_benchmark():
    """If it needs fewer than all; while it is timed, this thread has that one alone."""
    cores = os.sched_getaffinity(0)
    if len(cores) < 2:
        pytest.skip("one core")
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with process, on_own_core(1):
        own = os.sched_getaffinity(0)
        assert len(own) == 1
        give_others(process.pid, len(cores))
        assert os.sched_getaffinity(process.pid) == cores
        give_others(process.pid, 1)
        assert os.sched_getaffinity(process.pid) == cores - own
        process.stdin.close()
    assert os.sched_getaffinity(0) == cores


def test_a_call_that_does_not_return_is_ended(monkeypatch):
    """After the time that a call has."""
    original = WorkerPlace.caller

    def impatient(*args, **how):
        monkeypatch.setattr(process, "PATIENCE_S", 0.5)  # once it is imported
        return original(*args, **how)

    monkeypatch.setattr(WorkerPlace, "caller", impatient)
    (row,) = bench(
        loss="mse", impl="numpy:exploits.py:hangs", size="1000", passes="forward", time=0.5,
        memory=False,
    ).rows  # fmt: skip
    assert row.fault == "it did not answer within 0.5 s"


def test_what_a_process_writes_to_stdout_is_no_part_of_the_document(capfd):
    """It goes to stderr, past Python's streams too."""
    rows = _rows("talks", size="1000", time=0.3)
    said = capfd.readouterr()
    assert rows["talks"].fault is None
    assert "raw words" in said.err
    assert said.out == ""


def test_a_loss_that_is_an_object_of_the_program_stays_in_it():
    """No other process can make it from words; the row says so."""
    own = replace(losses.mse, name="own_mse")
    (row,) = bench(
        loss=own, impl="numpy", size="1000", passes="forward", time=0.3, memory=False
    ).rows
    assert row.fault is None
    assert "in_process" in [note.code for note in row.notes]


def test_an_interrupt_leaves_nothing():
    """Whenever it comes."""
    from losscli.commands.bench import run_benchmark
    from losscli.plans.bench import BenchPlan

    def interrupt(_share, phase):
        if phase.startswith("mse"):
            assert _children()
            raise KeyboardInterrupt

    plan = BenchPlan(loss="mse", impl="numpy", size="1000", memory=False)
    with pytest.raises(KeyboardInterrupt):
        run_benchmark(plan, interrupt)
    assert not _children()


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_every_type_passes_through_shared_memory(dtype):
    """Values and gradients of torch and of arrays, as in one process."""
    impl = ["torch"] if dtype == "bfloat16" else ["numpy"]
    flags = {"loss": "smooth_l1", "impl": impl, "dtype": dtype, "size": "5000", "time": 0.4,
             "memory": False, "threads": 1}  # fmt: skip
    own = bench(**flags).rows
    assert [row.fault for row in own] == [None, None]
    assert [row.grad_max_ulp is not None for row in own] == [False, True]
