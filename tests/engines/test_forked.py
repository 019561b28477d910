"""Forked workers give what threads give: the order, the errors, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from losscli.engines.forked import ForkedEngine
from losscli.errors import DataError, MissingError, Place

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="losscli forks on Linux only")
WORKERS = pytest.mark.parametrize("workers", [2, 3, 5])
PROGRAM = (sys.executable, "-m", "losscli", "eval")


def children():
    """The processes whose parent this one is."""
    with open(f"/proc/{os.getpid()}/task/{os.getpid()}/children") as file:
        return set(file.read().split())


@WORKERS
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 500])
def test_results_come_in_the_order_of_the_tasks(workers, count):
    """For any number of tasks, also for fewer than there are workers."""
    found = list(ForkedEngine(workers).map(lambda task, _: task * 2, range(count)))
    assert found == [2 * k for k in range(count)]


def test_the_work_is_shared():
    """Every worker does its part, in a process of its own."""
    processes = set(ForkedEngine(3).map(lambda *_: os.getpid(), range(30)))
    assert len(processes) == 3
    assert os.getpid() in processes


@WORKERS
def test_results_larger_than_a_pipe_arrive_whole(workers):
    """A worker waits until its result is taken."""
    found = list(ForkedEngine(workers).map(lambda task, _: bytes([task]) * 300_000, range(8)))
    assert [(part[0], len(part)) for part in found] == [(k, 300_000) for k in range(8)]


@WORKERS
@pytest.mark.parametrize("bad", range(8))
def test_the_first_error_in_task_order_is_raised_after_the_results_before_it(workers, bad):
    """Whichever process it happened in, with its place and its hint."""

    def work(task, _):
        if task in (bad, bad + 1):
            raise DataError(f"bad {task}", place=Place("p.npy", row=task), count=2, hint="mend it")
        return task

    seen = []
    with pytest.raises(DataError) as caught:
        seen.extend(ForkedEngine(workers).map(work, range(20)))
    assert seen == list(range(bad))
    assert caught.value.lines() == [f"bad {bad}", f"p.npy, row {bad}; 2 such rows", "mend it"]


@WORKERS
@pytest.mark.parametrize("count", range(6))
def test_an_error_of_the_tasks_themselves_is_raised_in_its_turn(workers, count):
    """As where one of two files is longer."""

    def tasks():
        yield from range(count)
        raise DataError("gone")

    seen = []
    with pytest.raises(DataError, match="gone"):
        seen.extend(ForkedEngine(workers).map(lambda task, _: task, tasks()))
    assert seen == list(range(count))


@WORKERS
def test_a_caller_that_stops_early_leaves_no_process_behind(workers):
    """Nor an open pipe."""
    before = children(), len(list(Path("/proc/self/fd").iterdir()))
    results = ForkedEngine(workers).map(lambda task, _: task, range(100_000))
    assert next(results) == 0
    results.close()
    assert (children(), len(list(Path("/proc/self/fd").iterdir()))) == before


_STRUCK = """
import os, signal
from losscli.engines.forked import ForkedEngine

def struck(*values):
    done = call(*values)
    signal.raise_signal(signal.SIG{name})
    return done

call, {call} = {call}, struck
signal.signal(signal.SIGTERM, signal.default_int_handler)
try:
    list(ForkedEngine(3).map(lambda task, _: task, range(100)))
except KeyboardInterrupt:
    print("interrupted", flush=True)
try:
    print("left:", os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("nobody left")
"""


@pytest.mark.parametrize("name", ["INT", "TERM"])
@pytest.mark.parametrize("call", ["os.fork", "os.kill"])
def test_a_signal_while_workers_are_forked_or_ended_leaves_none(call, name):
    """It strikes the caller, and where it forks the worker too, before either can do a step."""
    program = [sys.executable, "-c", _STRUCK.format(call=call, name=name)]
    done = subprocess.run(program, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("interrupted\nnobody left\n", "")


# A caller that stops while its workers write; the second time they see their pipes break.
_WRITING = """
import os
from losscli.engines import forked
for _ in range(3):
    results = forked.ForkedEngine(3).map(lambda task, _: bytes(300_000), range(1000))
    next(results)
    results.close()
forked._Worker.end = lambda worker: os.close(worker.pipe)
results = forked.ForkedEngine(3).map(lambda task, _: bytes(300_000), range(1000))
next(results)
results.close()
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
"""


def test_a_worker_that_is_writing_when_the_caller_stops_says_nothing():
    """It is killed, or ends; and does not go on where it was stopped."""
    done = subprocess.run([sys.executable, "-c", _WRITING], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_worker_that_dies_is_an_error():
    """Never a shorter sum; it says what ended it, and what may help."""

    def work(task, _):
        if task == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return task

    with pytest.raises(MissingError, match="ended by signal 9\nout of memory"):
        list(ForkedEngine(2).map(work, range(10)))


def test_an_error_that_cannot_be_sent_is_sent_in_words():
    """A lock cannot be pickled, and its error is still told."""
    with pytest.raises(RuntimeError, match="pickle"):
        list(ForkedEngine(2).map(lambda *_: lambda: None, range(4)))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two files of a million rows, enough for several blocks a worker."""
    folder = tmp_path_factory.mktemp("pair")
    rng = np.random.default_rng(1)
    target = rng.standard_normal(1_000_000, np.float32)
    np.save(folder / "t.npy", target)
    np.save(folder / "p.npy", target + rng.standard_normal(1_000_000, np.float32))
    return folder


def test_processes_and_threads_give_the_same_bits(pair):
    """Every number of the document, for any number of workers."""

    def document(*flags):
        command = [*PROGRAM, "p.npy", "t.npy", "-l", "mse,mae,smooth_l1", "--format", "json"]
        done = subprocess.run([*command, *flags], cwd=pair, capture_output=True, check=True)
        found = json.loads(done.stdout)
        other = ("timing", "threads", "environment", "per_sample")
        return {k: v for k, v in found.items() if k not in other}

    alone = document("--threads", "1")
    assert document("--threads", "2") == alone
    assert document("--threads", "5") == alone
    assert document("--threads", "2", "--per-sample", "rows.npy") == alone  # by threads


def test_offending_rows_are_counted_over_all_processes(pair):
    """The first is named, and how many there are, as by one."""
    bad = np.load(pair / "p.npy")
    bad[[140_000, 300_000, 999_999]] = np.nan
    np.save(pair / "bad.npy", bad)
    command = [*PROGRAM, "bad.npy", "t.npy", "-l", "mse", "--threads"]
    said = [subprocess.run([*command, n], cwd=pair, capture_output=True) for n in ("1", "3")]
    assert [done.returncode for done in said] == [3, 3]
    assert said[0].stderr == said[1].stderr
    assert b"bad.npy, row 140,000; 3 such rows of 1,000,000" in said[0].stderr


# The program as it is started, but that it says when its handlers are in place.
_STARTED = """
import os, sys
from losscli.cli.app import leave, prepare, run
prepare()
os.write(1, b"here\\n")
leave(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("delay", [0.0, 0.01, 0.03, 0.06, 0.1])
def test_a_signal_ends_all_processes_and_leaves_no_file(pair, number, code, delay):
    """Wherever it strikes: the program ends, or had ended before."""
    command = ["eval", "p.npy", "t.npy", "-l", "mse,mae,smooth_l1", "-o", "out.json"]
    process = subprocess.Popen(
        [sys.executable, "-c", _STARTED, *command],
        cwd=pair,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert os.read(process.stdout.fileno(), 5) == b"here\n"
    time.sleep(delay)
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=600)
    assert process.returncode in (0, code)
    assert b"Traceback" not in err
    assert not list(pair.glob(".*.tmp"))
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


# What is begun while SIGCHLD is ignored, as by some supervisors, has no children to wait for.
_DEAF = """
import os, signal, sys
from losscli.engines.forked import ForkedEngine
from losscli.errors import MissingError
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print(list(ForkedEngine(3).map(lambda task, _: task, range(10))) == list(range(10)))
def dies(task, _):
    if task == 4:
        os.kill(os.getpid(), 9)
    return task
try:
    list(ForkedEngine(3).map(dies, range(9)))
except MissingError as error:
    print(error.message)
"""


def test_a_caller_that_ignores_sigchld_gets_its_results():
    """And is told of a worker that is gone, though not how it went."""
    done = subprocess.run([sys.executable, "-c", _DEAF], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == "True\na worker process was ended before its work\n"


def pipes():
    """The descriptors of this process that are ends of pipes."""
    found = Path("/proc/self/fd").iterdir()
    return {path.name for path in found if path.is_fifo()}


@pytest.mark.parametrize("name", ["pipe", "fork"])
def test_a_system_without_room_for_a_worker_is_an_error_that_says_so(monkeypatch, name):
    """And nothing of those that were begun is left, neither processes nor pipes."""
    whole, calls = getattr(os, name), []

    def refuses():
        calls.append(1)
        if len(calls) == 2:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return whole()

    before = children(), pipes()
    monkeypatch.setattr(os, name, refuses)
    with pytest.raises(MissingError, match="no worker process could be started") as error:
        list(ForkedEngine(3).map(lambda task, _: task, range(10)))
    assert "--threads 1" in error.value.hint
    assert (children(), pipes()) == before
