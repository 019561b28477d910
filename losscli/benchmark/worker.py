"""The process of one implementation: it imports that and what it needs, and calls it on request.

It knows neither the truth nor the other implementations. Requests come and replies go through
pipes of their own; what user code prints goes to stderr.
"""

import ctypes
import gc
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from losscli.backends.machine import environment
from losscli.backends.numpy import prime_heap
from losscli.benchmark import messages
from losscli.benchmark.arena import Arena, aligned
from losscli.benchmark.clock import HostClock, seconds
from losscli.benchmark.devices import last_cache
from losscli.benchmark.guards import Guards
from losscli.benchmark.messages import Part
from losscli.benchmark.privileges import give_up_tracing
from losscli.benchmark.workloads import workload_of_words
from losscli.checks.answer_check import exception_text, poison
from losscli.errors import LossCliError, MissingError
from losscli.implementations.implementation import Answer, Runner, Setting, UnsupportedError
from losscli.implementations.registry import Implementation, parse

_AWAKE_S = 5e-4
_WARM_CALLS = 100
_DEATH = 1  # PR_SET_PDEATHSIG of prctl
_WIDTH = {"float32": 4, "float64": 8, "float16": 2, "bfloat16": 2}


class Worker:
    """Carries out requests; reply: is called with each reply. is_warm: True before a timed call."""

    def __init__(self, arena: Arena, reply: Callable[[messages.Reply], None]) -> None:
        self._arena = arena
        self._reply = reply
        self._clock = HostClock(flush_bytes=4 * last_cache())
        self._runners: dict[int, Runner] = {}
        self._views: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self.is_warm = False
        self._guards: Guards | None = None
        self._kept: Answer | None = None

    def carry_out(self, request: messages.Request) -> None:
        """Carry out a request, and reply."""
        self.is_warm = isinstance(request, messages.Warm)
        match request:
            case messages.Prepare():
                self._reply(self._prepare(request))
            case messages.Resize():
                self._views.clear()
                self._arena.map(request.size)
                self._reply(messages.Done())
            case messages.Call():
                self._call(request)
            case messages.Warm():
                self._warm(request)
                self._reply(messages.Done())
            case messages.Again():
                assert self._kept is not None
                self._reply(self._write(self._kept, request.out, request.room))
            case messages.Guard():
                faults = self._guards.faults() if self._guards is not None else []
                self._reply(messages.Guarded(tuple(faults)))
            case messages.Describe():
                self._reply(messages.Described(environment()))

    def _prepare(self, request: messages.Prepare) -> messages.Reply:
        implementation = parse(request.impl)
        setting = Setting(request.device, request.dtype, request.threads)
        try:
            self._guard(implementation, setting)
            workload = workload_of_words(request.loss, request.shape)
            runner = implementation.prepare(workload, setting)
        except UnsupportedError as reason:
            return messages.Refused("unsupported", str(reason))
        except LossCliError as error:
            kind = "missing" if isinstance(error, MissingError) else "usage"
            return messages.Refused(kind, error.message, str(error.place or ""), error.hint)  # type: ignore[arg-type]
        self._runners[request.runner] = runner
        return messages.Prepared(
            runner.framework, runner.compiles, runner.both is not None, runner.scaled is not None
        )

    def _guard(self, implementation: Implementation, setting: Setting) -> None:
        """Take note of the process before the code of the implementation is imported."""
        if self._guards is not None:
            return
        of_tensors = implementation.reference and implementation.framework == "torch"
        if of_tensors or (implementation.library or "").startswith("torch"):
            with suppress(ImportError):  # preparing says so
                import torch

                torch.set_num_threads(setting.threads)
        self._guards = Guards()

    def _call(self, request: messages.Call) -> None:
        runner = self._runners[request.runner]
        call = getattr(runner, request.direction)
        inputs = self._inputs(request, runner)
        if request.fresh:
            inputs = _copies(inputs)
        if request.poison:
            poison(inputs)
        if request.cold:
            self._clock.flush()
        elif request.changed is not None:
            self._fetch(request, request.changed)
        try:
            lap = self._clock.time(call, inputs)
        except BaseException as error:  # noqa: BLE001 - a user's code may raise anything
            self._reply(messages.Raised(exception_text(error)))
            return
        self._reply(messages.Timed(lap.seconds))
        try:
            if request.keep:
                self._kept = lap.answer
            reply: messages.Reply = self._write(lap.answer, request.out, request.room)
        except BaseException as error:  # noqa: BLE001 - an answer of a user's may do anything
            reply = messages.Raised(exception_text(error))
        self._reply(reply)

    def _warm(self, request: messages.Warm) -> None:
        """Warm the caches, of data and of code: this process has slept since its last call."""
        if request.seconds:
            runner = self._runners[request.runner]
            call, inputs = getattr(runner, request.direction), self._inputs(request, runner)
            until = seconds() + request.seconds
            with suppress(BaseException):  # the timed call reports what is raised
                for _ in range(_WARM_CALLS):  # its clock may have been replaced
                    call(*inputs)
                    if seconds() >= until:
                        break
            return
        for part in request.inputs:
            array = self._arena.array(part)
            np.bitwise_or.reduce(array.reshape(-1).view(f"u{array.itemsize}"))

    def _fetch(self, request: messages.Call, changed: Part) -> None:
        """Read the changed rows, which the processor keeps for the core that wrote them."""
        rows = self._arena.array(changed)
        for part in {request.inputs[0], request.inputs[-1]}:
            self._arena.array(part)[rows]

    def _inputs(self, request: messages.Call | messages.Warm, runner: Runner) -> tuple[Any, ...]:
        """The inputs in shared memory, the same objects for every call."""
        key = (runner.framework, request.inputs)
        if key not in self._views:
            arrays = tuple(map(self._arena.array, request.inputs))
            if runner.framework == "torch":
                parts = zip(arrays, request.inputs, strict=True)
                arrays = tuple(_tensor(array, part) for array, part in parts)
            self._views[key] = arrays
        return self._views[key]

    def _write(self, answer: Answer, out: int, room: int) -> messages.Answered:
        """Write an answer to the shared memory."""
        end = out + room
        parts = []
        for one in (answer.value, *(answer.gradients or ())):
            array, dtype = _numbers(one)
            part = Part(out, tuple(array.shape), dtype)
            if out + array.nbytes > end:
                part = Part(-1, tuple(array.shape), dtype)
            else:
                np.copyto(self._arena.array(part), array)
                out = aligned(out + array.nbytes)
            parts.append(part)
        value, *gradients = parts
        return messages.Answered(value, None if answer.gradients is None else tuple(gradients))


def _copies(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(one.copy() if isinstance(one, np.ndarray) else one.clone() for one in inputs)


def _tensor(array: NDArray[Any], part: Part) -> Any:
    import torch

    tensor = torch.from_numpy(array)
    return tensor.view(torch.bfloat16) if part.dtype == "bfloat16" else tensor


def _numbers(one: Any) -> tuple[NDArray[Any], str]:
    """The numbers of a part of an answer, and their type; bfloat16 as its 16 bits."""
    if hasattr(one, "detach"):
        import torch

        tensor = one.detach().cpu()
        if tensor.dtype == torch.bfloat16:
            return tensor.view(torch.int16).numpy().view(np.uint16), "bfloat16"
        one = tensor.numpy()
    array = np.asarray(one)
    if array.dtype.name not in _WIDTH:
        array = array.astype(np.float64)
    return array, array.dtype.name


def _end_with_parent() -> None:
    """Let the system end this process with the one that started it."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).prctl(_DEATH, signal.SIGKILL)


def _lines(descriptor: int, is_warm: Callable[[], bool]) -> Iterator[bytes]:
    """The lines of a pipe; while this process is warm, it does not sleep before the next one."""
    received = b""
    while True:
        until = seconds() + _AWAKE_S if is_warm() else 0.0
        while until and seconds() < until and not select.select([descriptor], [], [], 0.0)[0]:
            pass
        data = os.read(descriptor, 1 << 16)
        if not data:
            return
        *lines, received = (received + data).split(b"\n")
        yield from lines


def main(requests: int, replies: int, memory: int) -> None:
    """Carry out requests until the pipe closes; the arguments are file descriptors."""
    _end_with_parent()
    give_up_tracing()
    for descriptor in (requests, replies, memory):
        os.set_inheritable(descriptor, False)  # a child that stays must not keep a pipe open
    gc.disable()
    prime_heap()
    encode = msgspec.json.Encoder().encode
    decoder = msgspec.json.Decoder(messages.Request)

    def reply(message: messages.Reply) -> None:
        data = encode(message) + b"\n"
        while data:
            data = data[os.write(replies, data) :]

    worker = Worker(Arena(memory), reply)
    for line in _lines(requests, lambda: worker.is_warm):
        worker.carry_out(decoder.decode(line))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
