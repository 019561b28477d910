"""`WorkerProcess`: a fresh interpreter for one implementation, seen from the benchmark."""

import os
import secrets
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from losscli.benchmark import messages
from losscli.benchmark.affinity import give_others
from losscli.benchmark.arena import Arena
from losscli.benchmark.clock import seconds
from losscli.benchmark.waiting import RunQueue
from losscli.checks.answer_check import FaultError

PATIENCE_S = 120.0  # a request is answered within this time
_MARK = "LOSSCLI_WORKER"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_AWAKE_S = 1e-3
_CHUNK = 1 << 16
_LONGEST = 1 << 20  # bytes of a reply

_Kind = TypeVar("_Kind", bound=messages.Reply)


class WorkerError(FaultError):
    """The process of an implementation is of no use any more; the text is a fault of a row."""


class WorkerProcess:
    """A process that carries out requests; it ends with `close`, or with this process.

    python: its interpreter. paths: where it finds modules first. inherit: True if it finds this
    process's modules as well. folder: where it starts; None is the current folder.
    """

    def __init__(
        self,
        threads: int,
        *,
        python: str = sys.executable,
        paths: Sequence[str] = (),
        folder: str | None = None,
        inherit: bool = True,
    ) -> None:
        self.arena = Arena()
        self.ended = ""
        self._paused = False
        self._everywhere = True
        self._threads = threads
        self._mark = secrets.token_hex(16)
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(messages.Reply).decode
        self._received = b""
        requests, self._requests = os.pipe()
        self._replies, replies = os.pipe()
        ends = requests, replies, self.arena.descriptor
        shared = [path for path in sys.path if path] if inherit else []
        environment = {
            **os.environ,
            **dict.fromkeys(_THREADS, str(threads)),
            "PYTHONPATH": os.pathsep.join([*paths, *shared]),
            "TORCHINDUCTOR_COMPILE_THREADS": "1",  # no pool of processes that stays
            _MARK: self._mark,
        }
        try:
            self._process = subprocess.Popen(
                [python, "-P", "-m", "losscli.benchmark.worker", *map(str, ends)],
                stdin=subprocess.DEVNULL,
                stdout=2,  # stdout is the document's
                pass_fds=ends,
                start_new_session=True,
                cwd=folder,
                env=environment,
            )
        finally:
            os.close(requests)
            os.close(replies)
        own = RunQueue(os.getpid(), threading.get_native_id())
        self._queues = RunQueue(self._process.pid), own

    def pause(self) -> None:
        """Stop the process and those that it started until the next request.

        Its threads cannot slow others meanwhile.
        """
        if not self.ended:
            self._paused = True
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGSTOP)

    def keep_off(self) -> None:
        """Let it run on all cores but the benchmark's from now on, if it needs fewer."""
        if self._everywhere:
            self._everywhere = False
            give_others(self._process.pid, self._threads)

    @property
    def cpu_s(self) -> float:
        """CPU seconds of all threads of the process so far; 0 where the system does not say."""
        with suppress(OSError):
            return time.clock_gettime(~self._process.pid << 3 | 2)
        return 0.0

    @property
    def waited_s(self) -> float:
        """Seconds that the process's main thread and this thread have waited for a core so far."""
        return sum(queue.waited_s for queue in self._queues)

    @property
    def main_cpu_s(self) -> float:
        """CPU seconds of its main thread so far; threads of libraries spin while they wait."""
        return self.cpu_s if self._threads == 1 else self._queues[0].ran_s

    def ask(self, request: messages.Request, kind: type[_Kind]) -> _Kind:
        """The reply to a request; raises WorkerError where none of this kind comes."""
        self.send(request)
        reply: _Kind = self.receive(kind)
        return reply

    def send(self, request: messages.Request) -> None:
        """Send a request."""
        if self.ended:
            raise WorkerError(self.ended)
        if self._paused:
            self._paused = False
            with suppress(OSError):
                os.killpg(self._process.pid, signal.SIGCONT)
        try:
            os.write(self._requests, self._encode(request) + b"\n")
        except OSError:
            self._end(self._last_words())

    def receive(self, *kinds: Any, last: bool = True, awake: bool = False) -> Any:
        """The next reply, one of some kinds; raises WorkerError for another, or none in time.

        last: True if no other reply may follow. awake: True to wait without sleeping at first.
        """
        until = seconds() + _AWAKE_S if awake else 0.0
        while until and seconds() < until and not select.select([self._replies], [], [], 0.0)[0]:
            pass
        reply = self._parsed(self._line())
        if not isinstance(reply, kinds) or (last and self._received):
            self._end("it writes to the pipe of its process")
        return reply

    def leftovers(self) -> list[int]:
        """The processes that the worker started and that still run, as Linux knows them."""
        found = []
        own = {os.getpid(), self._process.pid}
        mark = f"{_MARK}={self._mark}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if int(folder.name) not in own and mark in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found

    def close(self) -> None:
        """End the process and all that it started."""
        self.ended = self.ended or "its process was ended"
        for descriptor in (self._requests, self._replies):
            with suppress(OSError):
                os.close(descriptor)
        self._requests = self._replies = -1
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        for process in self.leftovers():
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        self.arena.close()
        for queue in self._queues:
            queue.close()

    def _line(self) -> bytes:
        deadline = seconds() + PATIENCE_S
        while b"\n" not in self._received:
            ready, _, _ = select.select([self._replies], [], [], max(0.0, deadline - seconds()))
            if not ready:
                self._end(f"it did not answer within {PATIENCE_S:g} s")
            data = os.read(self._replies, _CHUNK)
            if not data:
                self._end(self._last_words())
            self._received += data
            if len(self._received) > _LONGEST:
                self._end("it writes to the pipe of its process")
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _parsed(self, line: bytes) -> Any:
        try:
            return self._decode(line)
        except msgspec.MsgspecError:
            return None

    def _last_words(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        code = self._process.poll()
        if code is None:
            return "it closed the pipe of its process"
        if code < 0:
            with suppress(ValueError):
                return f"its process ended by {signal.Signals(-code).name}"
        return f"its process ended with exit code {code}"

    def _end(self, reason: str) -> None:
        self.ended = reason
        self.close()
        raise WorkerError(reason)
