"""Processes of this machine: forked workers do not wait for each other's interpreter lock.

Two threads of NumPy calls spend a quarter of their time waiting for it; two processes none. Forking
is for a process of one's own with one thread, hence for the command line; and every worker
enumerates the tasks by itself, hence for tasks that are cheap to enumerate and not read yet.
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
from typing import Any, Self

from losscli.engines.engine import Result, Task, cannot_start
from losscli.errors import MissingError
from losscli.sources.workspace import Workspace

# How many results the caller keeps of its own while it waits for a worker's.
_AHEAD = 64


def can_fork() -> bool:
    """Whether this process may fork: on Linux, with no other thread whose locks would be lost."""
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
            with _SignalsHeld() as held:  # none between a fork and the list of what to end
                for place in range(1, self.threads):
                    share = _every(tasks, self.threads, place)
                    pipes = [worker.pipe for worker in workers]
                    workers.append(_Worker(work, share, pipes, held))
            own = _Own(work, _every(tasks, self.threads, 0))
            members: list[_Own | _Worker] = [own, *workers]
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
            with _SignalsHeld():  # one that strikes here waits until all are ended
                for worker in workers:
                    worker.end()


class _SignalsHeld:
    """Signals whose handlers raise, wherever they strike, wait while it is entered."""

    def __enter__(self) -> Self:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        raising = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
        try:
            signal.pthread_sigmask(signal.SIG_BLOCK, raising)
        except BaseException:  # raised by the handler of one that came before
            self.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let them strike: also those that came meanwhile."""
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


_DONE, _FAILED = True, False


def _every(tasks: Iterable[Task], step: int, first: int) -> Iterator[Task]:
    """Each step-th task from the first; enumerated where it is drawn, before or after a fork."""
    for number, task in enumerate(tasks):
        if number % step == first:
            yield task


class _Own:
    """The caller's share, done while there is nothing to take from others."""

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
        """Whether a result is kept."""
        return bool(self._kept)

    def take(self) -> Any:
        """The next result; None after the last."""
        return self._kept.popleft() if self._kept else None


def _forked() -> tuple[int, int, int]:
    """A new process, 0 in itself, and the two ends of a pipe: one to read, one to write."""
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
        held: "_SignalsHeld",
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
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller heeds it, and ends us
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            held.release()
            for pipe in (self.pipe, *others):
                os.close(pipe)
            for message in _messages(work, tasks, BaseException):
                _send(sink, message)
            _send(sink, None)
        finally:
            os._exit(0)

    def ready(self) -> bool:
        """Whether something can be taken without waiting long."""
        return bool(self._buffer) or bool(self._poll.poll(0))

    def take(self) -> Any:
        """The next result of the worker; None after its last."""
        (size,) = struct.unpack("<q", self._bytes(8))
        return pickle.loads(self._bytes(size))  # noqa: S301 - from a fork of this very program

    def end(self) -> None:
        """Stop the worker wherever it is."""
        os.close(self.pipe)
        if not self._gone:
            with suppress(ProcessLookupError):  # gone unseen, where this process ignores SIGCHLD
                os.kill(self._process, signal.SIGKILL)
            self._wait()

    def _wait(self) -> int:
        """How the worker ended; 0 where nobody knows, as this process ignores SIGCHLD."""
        with suppress(ChildProcessError):
            return os.waitpid(self._process, 0)[1]
        return 0

    def _ended(self) -> MissingError:
        """What to say of a worker that is gone: something outside must have ended it."""
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
    try:
        for task in tasks:
            yield _DONE, work(task, workspace)
    except kept as error:
        yield _FAILED, error


def _send(sink: int, message: Any) -> None:
    try:
        body = pickle.dumps(message)
    except Exception as error:  # noqa: BLE001 - said in words where it cannot be sent
        body = pickle.dumps((_FAILED, RuntimeError(f"{message[1]!r} ({error})")))
    view = memoryview(struct.pack("<q", len(body)) + body)
    while view:
        view = view[os.write(sink, view) :]
