"""Processes of this machine: forked workers do not wait for each other's interpreter lock.

Two threads of NumPy calls spend a quarter of their time waiting for it; two processes none. Forking
is safe in a process with one thread, such as the command line. Every worker enumerates all tasks,
so tasks must be cheap to enumerate: blocks that are not read yet.
"""

import os
import pickle
import select
import signal
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Self, cast

from losscli.engines.engine import Result, Task, cannot_start
from losscli.errors import MissingError
from losscli.sources.table import Workspace

# The results that the caller keeps of its own share while it waits for a worker's.
_AHEAD = 64


def can_fork() -> bool:
    """True on Linux in a process of one thread: the locks of other threads would stay locked."""
    return sys.platform == "linux" and threading.active_count() == 1


class ForkedEngine:
    """The calling process and forked workers; task k is done by worker k modulo their number."""

    name = "local"

    def __init__(self, workers: int) -> None:
        self.threads = workers

    def map(
        self, work: Callable[[Task, Workspace], Result], tasks: Iterable[Task]
    ) -> Iterator[Result]:
        """Results in task order; the first error in task order is raised in its turn."""
        workers: list[_Worker] = []
        try:
            with _SignalsBlocked() as blocked:  # none between a fork and its entry in the list
                for place in range(1, self.threads):
                    share = _every(tasks, self.threads, place)
                    pipes = [worker.pipe for worker in workers]
                    workers.append(_Worker(work, share, pipes, blocked))
            own = _OwnShare(work, _every(tasks, self.threads, 0))
            members: list[_OwnShare | _Worker] = [own, *workers]
            while True:
                for member in members:
                    while not member.ready() and own.run_ahead():
                        pass
                    message = member.take()
                    if message is None:  # the tasks are over
                        return
                    kind, value = message
                    if kind is _FAILED:
                        raise value
                    yield value
        finally:
            with _SignalsBlocked():  # until all are ended
                for worker in workers:
                    worker.end()


class _SignalsBlocked:
    """A context that blocks the signals whose handlers raise exceptions."""

    def __enter__(self) -> Self:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        raising = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, raising)
        except BaseException:  # raised by the handler of an earlier signal
            self.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Deliver them again, those that came meanwhile included."""
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


_DONE, _FAILED = True, False
_END = object()


def _every(tasks: Iterable[Task], step: int, first: int) -> Iterator[Task]:
    """Every step-th task from the first; drawn in whichever process iterates."""
    for number, task in enumerate(tasks):
        if number % step == first:
            yield task


class _OwnShare:
    """The tasks of the calling process, done while no worker's result is ready."""

    def __init__(self, work: Callable[[Task, Workspace], Result], tasks: Iterator[Task]) -> None:
        self._messages = _messages(work, tasks, Exception)
        self._kept: deque[Any] = deque()
        self._over = False

    def run_ahead(self) -> bool:
        """Do one more task; False where none is left, or enough results wait."""
        if self._over or len(self._kept) >= _AHEAD:
            return False
        message = next(self._messages, None)
        self._over = message is None
        self._kept.append(message)
        return True

    def ready(self) -> bool:
        return bool(self._kept)

    def take(self) -> Any:
        """The next result; None after the last."""
        return self._kept.popleft() if self._kept else None


def _forked() -> tuple[int, int, int]:
    """The process id of a fork (0 in the child), and the read and write ends of a pipe."""
    try:
        source, sink = os.pipe()
        try:
            return os.fork(), source, sink
        except BaseException:
            os.close(source)
            os.close(sink)
            raise
    except OSError as error:
        raise cannot_start("worker process", error.strerror or "") from error


class _Worker:
    """A forked process and the pipe that its results come by."""

    def __init__(
        self,
        work: Callable[[Task, Workspace], Result],
        tasks: Iterator[Task],
        others: list[int],
        blocked: "_SignalsBlocked",
    ) -> None:
        self._process, self.pipe, sink = _forked()
        self._buffer = bytearray()
        self._gone = False
        if self._process:
            self._poll = select.poll()  # select() itself has no descriptors beyond 1,023
            self._poll.register(self.pipe, select.POLLIN)
            os.close(sink)
            return
        try:  # the worker: it never returns into the caller's program
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller handles it, and kills workers
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            blocked.release()
            for pipe in (self.pipe, *others):
                os.close(pipe)
            for message in _messages(work, tasks, BaseException):
                _send(sink, message)
            _send(sink, None)
        finally:
            os._exit(0)

    def ready(self) -> bool:
        """True if part of a result has arrived."""
        return bool(self._buffer) or bool(self._poll.poll(0))

    def take(self) -> Any:
        """The next result of the worker; None after its last."""
        (size,) = struct.unpack("<q", self._bytes(8))
        return pickle.loads(self._bytes(size))  # noqa: S301 - from a fork of this very program

    def end(self) -> None:
        """Kill the worker, then close its pipe: a worker that still writes would see it broken."""
        try:
            if not self._gone:
                with suppress(ProcessLookupError):  # reaped where this process ignores SIGCHLD
                    os.kill(self._process, signal.SIGKILL)
                self._wait()
        finally:
            os.close(self.pipe)

    def _wait(self) -> int:
        """The exit status of the worker; 0 if unknown, because this process ignores SIGCHLD."""
        with suppress(ChildProcessError):
            return os.waitpid(self._process, 0)[1]
        return 0

    def _ended(self) -> MissingError:
        """The error for a worker that ended by itself: something outside must have killed it."""
        status = self._wait()
        self._gone = True
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        how = f"by signal {number}" if number else "before its work"
        return MissingError(
            f"a worker process was ended {how}", hint="out of memory? --threads 1 takes the least"
        )

    def _bytes(self, count: int) -> bytes:
        while len(self._buffer) < count:
            part = os.read(self.pipe, 1 << 16)
            if not part:
                raise self._ended()
            self._buffer += part
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def _messages(
    work: Callable[[Task, Workspace], Result], tasks: Iterator[Task], kept: type[BaseException]
) -> Iterator[tuple[bool, Any]]:
    """The results of the tasks; an error of the kept kind is the last of them."""
    workspace = Workspace()
    message: tuple[bool, Any] = (_DONE, None)
    while message[0] is _DONE:
        try:
            task = next(tasks, _END)
            if task is _END:
                return
            message = _DONE, work(cast("Task", task), workspace)
        except kept as error:
            message = _FAILED, error
        yield message  # outside `try`: a generator that is closed here must not go on


def _send(sink: int, message: Any) -> None:
    try:
        body = pickle.dumps(message)
    except Exception as error:  # noqa: BLE001 - said in words where it cannot be sent
        body = pickle.dumps((_FAILED, RuntimeError(f"{message[1]!r} ({error})")))
    view = memoryview(struct.pack("<q", len(body)) + body)
    while view:
        view = view[os.write(sink, view) :]
