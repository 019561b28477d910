"""Threads keep the order, the errors and the memory in hand."""

import os
import signal
import threading
import time

import pytest

from losscli.engines.local import LocalEngine, _Worker
from losscli.errors import MissingError

THREADS = pytest.mark.parametrize("threads", [1, 2, 5])


@THREADS
def test_results_come_in_the_order_of_the_tasks(threads):
    """Whoever finishes first."""
    assert list(LocalEngine(threads).map(lambda task, _: task * 2, range(500))) == [
        2 * k for k in range(500)
    ]


@THREADS
def test_no_tasks_give_no_results(threads):
    """And nothing waits for ever."""
    assert list(LocalEngine(threads).map(lambda task, _: task, [])) == []


@THREADS
def test_the_first_error_in_task_order_is_raised_after_the_results_before_it(threads):
    """Not the one that happened first."""

    def work(task, _):
        if task in (7, 9):
            raise ValueError(task)
        return task

    seen = []
    with pytest.raises(ValueError, match=r"^7$"):
        seen.extend(LocalEngine(threads).map(work, range(20)))  # extend keeps what came before
    assert seen == list(range(7))


@THREADS
def test_an_error_of_the_tasks_themselves_is_raised_in_its_turn(threads):
    """Reading may fail as working may."""

    def tasks():
        yield from range(3)
        raise OSError("gone")

    seen = []
    with pytest.raises(OSError, match="gone"):
        seen.extend(LocalEngine(threads).map(lambda task, _: task, tasks()))
    assert seen == [0, 1, 2]


@THREADS
def test_a_caller_that_stops_early_leaves_no_task_running(threads):
    """No task is drawn or worked on after the map."""
    drawn, running = [], []

    def work(task, _):
        running.append(task)
        time.sleep(0.001)
        running.remove(task)
        return task

    results = LocalEngine(threads).map(work, (drawn.append(k) or k for k in range(10_000)))
    assert next(results) == 0
    results.close()
    assert running == []
    count = len(drawn)
    time.sleep(0.02)
    assert len(drawn) == count < 10_000


def test_maps_one_after_another_share_their_threads():
    """The threads of one map wait for the next."""
    for _ in range(3):
        list(LocalEngine(4).map(lambda task, _: task, range(50)))
    before = threading.active_count()
    for _ in range(20):
        list(LocalEngine(4).map(lambda task, _: task, range(50)))
    assert threading.active_count() == before


def test_maps_inside_a_map_have_threads_of_their_own():
    """No task waits for a thread that waits for the task."""

    def work(task, _):
        return sum(LocalEngine(3).map(lambda inner, _: inner, range(task)))

    assert list(LocalEngine(3).map(work, range(40))) == [k * (k - 1) // 2 for k in range(40)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_starts_its_own_threads():
    """Threads do not survive a fork."""
    assert list(LocalEngine(2).map(lambda task, _: task, range(9))) == [*range(9)]
    child = os.fork()
    if not child:
        os._exit(list(LocalEngine(2).map(lambda task, _: task, range(9))) != [*range(9)])
    for _ in range(600):
        process, status = os.waitpid(child, os.WNOHANG)
        if process:
            break
        time.sleep(0.1)
    else:
        os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(status) == 0
    assert process == child


def test_ctrl_c_while_threads_are_started_leaves_no_task_running(monkeypatch):
    """Not even of the thread that had just begun."""
    run, begun, drawn = _Worker.run, [], []

    def interrupted(self, *job):
        run(self, *job)
        begun.append(self)
        if len(begun) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(_Worker, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(LocalEngine(4).map(lambda task, _: drawn.append(task), range(10**9)))
    monkeypatch.undo()
    time.sleep(0.1)
    count = len(drawn)
    time.sleep(0.05)
    assert len(drawn) == count
    assert list(LocalEngine(4).map(lambda task, _: task, range(9))) == [*range(9)]


@THREADS
def test_nobody_runs_far_ahead(threads):
    """What is drawn and not yet taken is bounded, so memory is."""
    drawn = []
    results = LocalEngine(threads).map(
        lambda task, _: task, (drawn.append(k) or k for k in range(999))
    )
    for taken, _ in enumerate(results):
        assert len(drawn) - taken <= 5 * threads + 2


@pytest.mark.parametrize("threads", [2, 5])
def test_nobody_runs_far_ahead_of_one_that_is_slow(threads):
    """Not even the caller, which has nothing to take until then."""
    slow, drawn, lead = threading.Event(), [], []

    def work(task, _):
        if threading.current_thread() is threading.main_thread():
            slow.wait(60)  # until one of the helpers has begun
        elif not slow.is_set():
            slow.set()
            time.sleep(0.3)
        return task

    def tasks():
        for k in range(999):
            drawn.append(k)
            yield k

    for taken, _ in enumerate(LocalEngine(threads).map(work, tasks())):
        lead.append(len(drawn) - taken)
    assert len(lead) == 999
    assert max(lead) <= 5 * threads + 2


def test_a_system_without_room_for_a_thread_is_an_error_that_says_so(monkeypatch):
    """And those that had begun serve the next map."""

    def refuses(thread):
        raise RuntimeError("can't start new thread")

    more = threading.active_count() + 2
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuses)
        error = "no thread could be started: can't start new thread"
        with pytest.raises(MissingError, match=error):
            list(LocalEngine(more).map(lambda task, _: task, range(1000)))
    assert list(LocalEngine(more).map(lambda task, _: task, range(99))) == [*range(99)]


def test_each_thread_works_in_a_lane_of_its_own():
    """Two workers never share a buffer."""
    lanes = {}

    def work(task, workspace):
        lanes.setdefault(threading.get_ident(), set()).add(id(workspace))
        return workspace

    kept = list(LocalEngine(3).map(work, range(200)))
    assert all(len(found) == 1 for found in lanes.values())
    assert len({id(workspace) for workspace in kept}) == len(lanes)
