"""Threads of this process: NumPy releases the interpreter's lock where the work is."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic

from losscli.engines.engine import Result, Task
from losscli.sources.lane import Lane

# How far workers may run ahead of the merge, in blocks a thread.
_AHEAD = 4


class LocalEngine:
    """A few threads that draw tasks from one iterator; with one thread, a plain loop."""

    name = "local"

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def map(
        self, work: Callable[[Task, Lane], Result], tasks: Iterable[Task]
    ) -> Iterator[Result]:
        """Results in task order; the first error in task order is raised in its turn."""
        if self.threads == 1:
            lane = Lane()
            return (work(task, lane) for task in tasks)
        return _Crew(work, iter(tasks), self.threads).results()


class _Crew(Generic[Task, Result]):
    """The workers of one map, and what they share under one lock."""

    def __init__(
        self, work: Callable[[Task, Lane], Result], tasks: Iterator[Task], size: int
    ) -> None:
        self._work = work
        self._tasks = tasks
        self._size = size
        self._drawing = threading.Lock()
        self._changed = threading.Condition()
        self._done: dict[int, tuple[Result | None, BaseException | None]] = {}
        self._drawn = 0
        self._merged = 0
        self._over = False

    def results(self) -> Iterator[Any]:
        threads = [
            threading.Thread(target=self._labour, name=f"losscli-{i}", daemon=True)
            for i in range(self._size)
        ]
        for thread in threads:
            thread.start()
        try:
            yield from self._in_order()
        finally:
            # Also on Ctrl-C and when the caller stops early: no worker outlives the map.
            with self._changed:
                self._over = True
                self._changed.notify_all()
            for thread in threads:
                thread.join()

    def _in_order(self) -> Iterator[Any]:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._merged in self._done
                    or (self._over and self._merged >= self._drawn)
                )
                if self._merged not in self._done:
                    return
                result, error = self._done.pop(self._merged)
                self._merged += 1
                self._changed.notify_all()
            if error is not None:
                raise error
            yield result

    def _labour(self) -> None:
        lane = Lane()
        while True:
            with self._drawing:
                with self._changed:
                    self._changed.wait_for(
                        lambda: self._over or self._drawn < self._merged + _AHEAD * self._size
                    )
                    if self._over:
                        return
                    number = self._drawn
                    self._drawn += 1
                try:
                    task = next(self._tasks)
                except StopIteration:
                    with self._changed:
                        self._over = True
                        self._drawn = number
                        self._changed.notify_all()
                    return
                except BaseException as error:  # noqa: BLE001 - raised again, in its turn
                    self._finish(number, None, error)
                    return
            try:
                result, error = self._work(task, lane), None
            except BaseException as caught:  # noqa: BLE001 - raised again, in its turn
                result, error = None, caught
            self._finish(number, result, error)

    def _finish(self, number: int, result: Result | None, error: BaseException | None) -> None:
        with self._changed:
            self._done[number] = (result, error)
            self._over = self._over or error is not None
            self._changed.notify_all()
