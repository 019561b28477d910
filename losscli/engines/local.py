"""Threads of this process: NumPy releases the interpreter lock during array operations."""

import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import count
from queue import SimpleQueue
from typing import ClassVar, Generic, NamedTuple, TypeVar

from losscli.backends.backend import Backend
from losscli.backends.machine import cores
from losscli.errors import MissingError
from losscli.sources.source import Source
from losscli.sources.table import BLOCK, Workspace

Task = TypeVar("Task")
Result = TypeVar("Result")

# Blocks a thread that may be done before the merge takes them: one block may be slow.
_AHEAD = 4
_TEXT_BYTES = 1 << 15  # the least text that is worth another thread


class LocalEngine:
    """The calling thread and worker threads, which draw tasks from one iterator.

    Any number of threads gives the same results in the same order.
    """

    name = "local"

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def map(
        self, work: Callable[[Task, Workspace], Result], tasks: Iterable[Task]
    ) -> Generator[Result]:
        """Results in task order; the first error in task order is raised in its turn.

        The tasks are drawn one at a time; an error stops the rest.
        """
        if self.threads > 1:
            return _ParallelMap(work, iter(tasks), self.threads).results()
        workspace = Workspace()
        return (work(task, workspace) for task in tasks)


def choose_engine(backend: Backend, source: Source, threads: int) -> LocalEngine:
    """As many threads as are wanted, 0 for all cores, but no more than there are blocks."""
    if (rows := source.rows) is not None:
        useful = -(-rows * source.width // BLOCK)
    else:
        useful = 1 + source.size // _TEXT_BYTES  # a block is some megabytes of text, or less
    return engine_for(backend, threads, useful)


def engine_for(backend: Backend, threads: int, blocks: int) -> LocalEngine:
    """The same for so many blocks."""
    if backend.device != "cpu" or blocks == 1:
        return LocalEngine(1)
    return LocalEngine(min(threads or cores(), blocks))


class _ParallelMap(Generic[Task, Result]):
    """The threads of one map, and their shared state.

    The caller works too, between the results that it takes: a thread that only merges would compete
    with the workers for the interpreter lock, which cost a third of the time on two cores.
    """

    def __init__(
        self, work: Callable[[Task, Workspace], Result], tasks: Iterator[Task], size: int
    ) -> None:
        self._work = work
        self._tasks = tasks
        self._size = size
        self._drawing = threading.Lock()
        self._changed = threading.Condition()
        self._done: dict[int, Result | _Failure] = {}
        self._drawn = 0
        self._taken = 0
        self._over = False
        self._waiting = 0
        self._started = 0
        self._ended: list[bool] = []

    def results(self) -> Generator[Result]:
        try:
            for _ in range(1, self._size):
                _Worker.idle().run(self._run_worker, self._worker_ended)
                self._started += 1  # after it: Ctrl-C between them leaves nothing to wait for
            yield from self._in_order(Workspace())
        finally:
            # Also on Ctrl-C and when the caller stops early: no task outlives the map.
            self._over = True
            self._wake()
            self._wait(lambda: len(self._ended) >= self._started)

    def _worker_ended(self) -> None:
        self._ended.append(True)  # an append of two threads loses none, unlike a count
        self._wake()

    def _in_order(self, workspace: Workspace) -> Iterator[Result]:
        while True:
            while self._taken in self._done:
                result = self._done.pop(self._taken)
                self._taken += 1
                if isinstance(result, _Failure):
                    raise result.error
                yield result
                self._wake()
            if self._drawn - self._taken >= _AHEAD * self._size:
                self._wait(lambda: self._taken in self._done)
                continue
            if self._do_one(workspace, Exception):  # Ctrl-C is raised at once
                continue
            # No task is left to draw: wait for the workers.
            self._wait(lambda: self._taken in self._done or self._taken == self._drawn)
            if self._taken == self._drawn:
                return

    def _run_worker(self) -> None:
        workspace = Workspace()
        limit = _AHEAD * self._size
        while self._do_one(workspace, BaseException):
            if self._drawn - self._taken >= limit:
                self._wait(lambda: self._over or self._drawn - self._taken < limit)

    def _do_one(self, workspace: Workspace, kept: type[BaseException]) -> bool:
        """Draw a task and do it; return False if no task is left, or the map is stopped.

        kept: errors that take the place of the result, to be raised in its turn.
        """
        with self._drawing:
            if self._over:
                return False
            number = self._drawn
            try:
                task = next(self._tasks)
            except StopIteration:
                self._over = True
                return False
            except kept as error:
                self._over = True
                self._drawn += 1
                self._finish(number, _Failure(error))
                return True
            self._drawn += 1
        try:
            self._finish(number, self._work(task, workspace))
        except kept as error:
            self._over = True
            self._finish(number, _Failure(error))
        return True

    def _finish(self, number: int, result: "Result | _Failure") -> None:
        self._done[number] = result
        self._wake()

    def _wait(self, until: Callable[[], bool]) -> None:
        with self._changed:
            self._waiting += 1  # before `until` is asked, so that no change goes unseen
            try:
                self._changed.wait_for(until)
            finally:
                self._waiting -= 1

    def _wake(self) -> None:
        """Notify waiting threads, if there are any: busy threads never touch the lock."""
        if self._waiting:
            with self._changed:
                self._changed.notify_all()


class _Worker:
    """A thread that does one job after another, and waits between maps.

    It waits because to start a thread costs 80 us, to wake one 25. A process that is forked starts
    its own.
    """

    _idle: ClassVar[list["_Worker"]] = []
    _numbers = count(1)

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[Callable[[], None], Callable[[], None]]] = SimpleQueue()
        name = f"losscli-{next(self._numbers)}"
        try:
            threading.Thread(target=self._loop, name=name, daemon=True).start()
        except RuntimeError as error:
            raise MissingError(
                f"no thread could be started: {error}", hint="--threads 1 takes none"
            ) from error

    @classmethod
    def idle(cls) -> "_Worker":
        """A thread that has nothing to do; raises MissingError if none can be started."""
        try:
            return cls._idle.pop()
        except IndexError:
            return cls()

    def run(self, job: Callable[[], None], ended: Callable[[], None]) -> None:
        """Do a job, then call `ended`, when the thread is idle again."""
        self._jobs.put((job, ended))

    def _loop(self) -> None:
        while True:
            job, ended = self._jobs.get()
            try:
                job()
            finally:
                self._idle.append(self)
                ended()
            del job, ended  # with the arrays of the map


class _Failure(NamedTuple):
    """An error in the place of a result."""

    error: BaseException


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Worker._idle.clear)
