"""Threads keep the order, the errors and the memory in hand."""

import threading
import time

import pytest

from losscli.engines.local import LocalEngine
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
def test_a_caller_that_stops_early_leaves_no_thread_behind(threads):
    """The helpers end with the map."""
    before = threading.active_count()
    results = LocalEngine(threads).map(lambda task, _: task, range(10_000))
    assert next(results) == 0
    results.close()
    assert threading.active_count() == before


def test_ctrl_c_while_threads_are_started_leaves_none_behind(monkeypatch):
    """Not even the one that had just begun."""
    start, begun = threading.Thread.start, []

    def interrupted(thread):
        start(thread)
        begun.append(thread)
        if len(begun) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(LocalEngine(4).map(lambda task, _: task, range(10_000)))
    for thread in begun:
        thread.join(10)
    assert [thread.is_alive() for thread in begun] == [False, False]


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
        if threading.current_thread() is not threading.main_thread() and not slow.is_set():
            slow.set()
            time.sleep(0.3)
        return task

    def tasks():
        yield 0
        slow.wait(60)  # one of the helpers has begun
        for k in range(1, 999):
            drawn.append(k)
            yield k

    for taken, _ in enumerate(LocalEngine(threads).map(work, tasks())):
        lead.append(len(drawn) + 1 - taken)
    assert len(lead) == 999
    assert max(lead) <= 5 * threads + 2


def test_a_system_without_room_for_a_thread_is_an_error_that_says_so(monkeypatch):
    """And leaves those that had begun to end."""
    start, before = threading.Thread.start, threading.active_count()

    def refuses(thread):
        if thread.name == "losscli-2":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuses)
    with pytest.raises(MissingError, match="no thread could be started: can't start new thread"):
        list(LocalEngine(4).map(lambda task, _: task, range(1000)))
    assert threading.active_count() == before


def test_each_thread_works_in_a_lane_of_its_own():
    """Two workers never share a buffer."""
    lanes = {}

    def work(task, workspace):
        lanes.setdefault(threading.get_ident(), set()).add(id(workspace))
        return workspace

    kept = list(LocalEngine(3).map(work, range(200)))
    assert all(len(found) == 1 for found in lanes.values())
    assert len({id(workspace) for workspace in kept}) == len(lanes)
