"""Implementations in processes of their own: their callers, and the trust in what they report.

The inputs of a process are copies in shared memory, which the benchmark writes; answers are read
from there. A process says how long a call took by its own clock. The benchmark's clock bounds that:
it waits for the call, and for the answer, hardly longer.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.backends.machine import cores
from losscli.benchmark import messages
from losscli.benchmark.arena import aligned, decoded, encoded, layout
from losscli.benchmark.callers import TimedCaller
from losscli.benchmark.clock import Lap, seconds
from losscli.benchmark.devices import Device
from losscli.benchmark.messages import Direction, Part
from losscli.benchmark.process import WorkerError, WorkerProcess
from losscli.benchmark.shared_inputs import ROOM, SharedInputs
from losscli.checks.answer_check import FaultError
from losscli.checks.generators import Arrays
from losscli.checks.input_data import InputData
from losscli.checks.updates import Update
from losscli.errors import MissingError, UsageError
from losscli.implementations.implementation import (
    Answer,
    Framework,
    Runner,
    Setting,
    UnsupportedError,
    Workload,
)
from losscli.implementations.registry import Implementation
from losscli.losses.spec.user_code import permit

_WIDEST = 8  # bytes of a number of an answer
_MARGIN = 1 << 16
_WRITING_S = 200e-6  # an answer is written within this time, and four times that of its bytes
_TIMES_COPIED = 4.0
_IDLE_S = 0.2  # CPU time between calls that is not a fault
_IDLE_SHARE = 0.5
_WARM_S = 5e-4  # untimed calls before a timed one
_SHORT_S = 5e-3  # a shorter call is slowed by cold caches
_CORES = 0.35  # more than --threads that a measurement may be off


class WorkerPlace:
    """A process of its own for one implementation; it starts when it is needed.

    elsewhere: True if files that it names are not those of this process. process: options of
    `WorkerProcess`. holder: the caller whose inputs the shared memory
    holds.
    """

    def __init__(
        self,
        implementation: Implementation,
        threads: int,
        *,
        elsewhere: bool = False,
        **process: Any,
    ) -> None:
        self._implementation = implementation
        self._elsewhere = elsewhere
        self._threads = threads
        self._options = process
        self._process: WorkerProcess | None = None
        self._requests: list[messages.Prepare] = []
        self.holder: object = None

    @property
    def text(self) -> str:
        """The name of the implementation in results."""
        return self._implementation.text

    def prepare(self, workload: Workload, setting: Setting) -> Runner:
        """The computation in the process, on arrays of this one.

        Raises UsageError, MissingError or UnsupportedError, as the implementation does there.
        """
        if self._implementation.reference is not None and not self._elsewhere:
            permit(self._implementation.reference)
        number = len(self._requests)
        request = messages.Prepare(
            number,
            self._implementation.words,
            workload.words,
            workload.shape,
            setting.device,
            setting.dtype,
            setting.threads,
        )
        self._requests.append(request)
        try:
            reply = self.ask(request, messages.Prepared, messages.Refused)
        except WorkerError as error:
            text = f"{self._implementation.text} cannot be imported: {error}"
            raise UsageError(text, hint="import it in a fresh interpreter") from error
        if isinstance(reply, messages.Refused):
            raise _error(reply)

        def call(direction: Direction) -> "RemoteCall":
            return RemoteCall(self, number, direction, setting.dtype)

        both = call("both") if reply.both and workload.loss.differentiable else None
        scaled = call("scaled") if reply.scaled else None
        return Runner("numpy", call("forward"), both, reply.compiles, scaled)

    def caller(self, runner: Runner, data: InputData, device: Device, *, both: bool) -> TimedCaller:
        """The caller of a direction."""
        call = runner.both if both else runner.forward
        assert isinstance(call, RemoteCall)
        if self.process.ended:  # by an earlier workload, whose rows have the fault
            self._process = None
            self.ask(self._requests[call.number], messages.Prepared, messages.Refused)
        return RemoteCaller(call, data, device, self._threads)

    def ask(self, request: messages.Request, *kinds: Any) -> Any:
        """The reply to a request, of one of the kinds; raises WorkerError where none comes."""
        self.process.send(request)
        return self.process.receive(*kinds)

    @property
    def process(self) -> WorkerProcess:
        """The process, started if it was not."""
        if self._process is None:
            self._process = WorkerProcess(self._threads, **self._options)
        return self._process

    def environment(self) -> dict[str, Any]:
        """The versions of packages in the process; none if it has ended."""
        if self._process is None or self._process.ended:
            return {}
        try:
            return dict(self.ask(messages.Describe(), messages.Described).environment)
        except WorkerError:
            return {}

    def room(self, size: int) -> None:
        """Make the shared memory that large."""
        arena = self.process.arena
        if arena.grow(size):
            self.ask(messages.Resize(arena.size), messages.Done)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()


def _error(reply: messages.Refused) -> Exception:
    if reply.kind == "unsupported":
        return UnsupportedError(reply.message)
    kind = MissingError if reply.kind == "missing" else UsageError
    return kind(reply.message, place=reply.place or None, hint=reply.hint)


class RemoteError(FaultError):
    """An exception of an implementation in its process; its text names the kind."""


class Timing(NamedTuple):
    """A timed call in another process, in seconds.

    reported: those that it says the call took. start: the reading of the clock here. waited,
    written: those from then until its end, and further until its answer. delayed: those of them in
    which the process or this thread waited for a core.
    """

    answer: Answer
    reported: float
    start: float
    waited: float
    written: float
    delayed: float


class RemoteCall:
    """A call in the process of a place, on copies of arrays of this process."""

    def __init__(self, place: WorkerPlace, number: int, direction: Direction, dtype: str) -> None:
        self.place = place
        self.dtype = dtype
        self.number = number
        self.direction = direction

    def __call__(self, *inputs: NDArray[Any]) -> Answer:
        """The answer to some inputs, in buffers of their own."""
        parts, out, room = self.allocate(inputs)
        self.place.holder = None
        for view, array, part in zip(self.views(parts), inputs, parts, strict=True):
            view[...] = encoded(array, part)
        answer = self.finish(self.request(parts, out, room, poison=True, fresh=True))
        return copied(answer)

    def allocate(self, inputs: Arrays) -> tuple[tuple[Part, ...], int, int]:
        """Places for some inputs, and the offset and size of the room for an answer."""
        parts, end = layout(inputs, self.dtype)
        slopes = sum(array.size for array in inputs if array.dtype.kind == "f")
        room = aligned(_WIDEST * (2 * inputs[0].size + slopes) + _MARGIN)
        self.place.room(end + room + ROOM)
        return parts, end, room

    def views(self, parts: Sequence[Part]) -> Arrays:
        """The arrays of parts, in shared memory."""
        return tuple(map(self.place.process.arena.array, parts))

    def request(self, parts: tuple[Part, ...], out: int, room: int, **how: Any) -> messages.Call:
        """The request of a call; how: its flags."""
        return messages.Call(self.number, self.direction, parts, out, room, **how)

    def finish(self, request: messages.Call | messages.Again) -> Answer:
        """Send a request, and return the answer in shared memory."""
        self.place.process.send(request)
        if isinstance(request, messages.Call):
            self._timed()
        return self.answer()

    def time(self, request: messages.Call) -> Timing:
        """Time a call."""
        process = self.place.process
        process.send(request)
        # After it, since the process cools down; a delay until here is in neither of the two.
        delay_s, start = process.waited_s, seconds()
        reported = self._timed()
        ended = seconds()
        answer = self.answer()
        written, delayed = seconds() - ended, process.waited_s - delay_s
        return Timing(answer, reported, start, ended - start, written, delayed)

    def _timed(self) -> float:
        reply = self.place.process.receive(messages.Timed, messages.Raised, last=False)
        if isinstance(reply, messages.Raised):
            raise RemoteError(reply.text)
        return float(reply.seconds)

    def answer(self) -> Answer:
        """The answer that the process announces next, in shared memory."""
        reply = self.place.process.receive(messages.Answered, messages.Raised)
        if isinstance(reply, messages.Raised):
            raise RemoteError(reply.text)
        own = None if reply.gradients is None else tuple(map(self._read, reply.gradients))
        return Answer(self._read(reply.value), own)

    def _read(self, part: Part) -> NDArray[Any]:
        """The numbers of a part; NaN if there are more than an answer may have."""
        if part.offset < 0:
            return np.broadcast_to(np.nan, part.shape)
        return decoded(self.place.process.arena.array(part), part)


def copied(answer: Answer) -> Answer:
    """The same numbers, which the process cannot change."""
    own = None if answer.gradients is None else tuple(map(np.array, answer.gradients))
    return Answer(np.array(answer.value), own)


class RemoteCaller:
    """Calls and times an implementation in its process.

    The buffers in shared memory follow the contents of `data`.
    """

    framework: Framework = "numpy"

    def __init__(self, call: RemoteCall, data: InputData, device: Device, threads: int) -> None:
        self._call = call
        self._data = data
        self._cold = device.cold
        self._threads = threads
        self._awake = cores() > threads
        parts, self._out, self._room = call.allocate(data.inputs("numpy"))
        end = self._out + self._room
        self._inputs = SharedInputs(data, parts, call.place.process.arena, end)
        self._warm = self._to_warm_up(_WARM_S)
        self._cpu_s = self._wall_s = self._idle_cpu_s = self._idle_s = 0.0
        self._last: tuple[float, float] | None = None

    def keep(self, *inputs: Any) -> Answer:
        """Call with poisoned memory, and keep the answer in the process."""
        return self._checked(inputs, keep=True)

    def poisoned(self, *inputs: Any) -> Answer:
        """Call with poisoned memory; other inputs than those of `data` in other buffers."""
        return self._checked(inputs, fresh=inputs[0] is not self._data.inputs("numpy")[0])

    def kept(self) -> Answer:
        """The kept answer as it is now."""
        return copied(self._call.finish(messages.Again(self._out, self._room)))

    def rest(self) -> None:
        """An untimed call."""
        self._write()
        self._call.finish(self._request())

    def pause(self) -> None:
        """Stop the process until the next call."""
        self._call.place.process.pause()

    def time(self) -> Lap:
        """One timed call; the answer is in shared memory.

        Changes are written once the process is warm: code that runs until then knows the last
        contents only. They are prepared while it warms up, since it cools down quickly.

        hidden_s of the lap: the seconds beyond the reported ones that this process waited, if the
        other one computed for as long, or neither of the two waited for a core.
        """
        process = self._call.place.process
        self._take_memory()
        process.keep_off()
        # It sleeps, at the end as well; of a process that runs Linux counts CPU time by its ticks.
        begin_cpu_s, begin_main_s, begin_s = process.cpu_s, process.main_cpu_s, seconds()
        self._count_idle(begin_cpu_s, begin_s)
        if not self._cold:
            process.send(self._warm)
        changes = self._inputs.changes()
        request = self._request(cold=self._cold, changed=changes.listed)
        if not self._cold:
            process.receive(messages.Done, awake=self._awake)
        self._inputs.write(changes)
        timing = self._call.time(request)
        self._last = process.cpu_s, seconds()
        self._cpu_s += self._last[0] - begin_cpu_s
        self._wall_s += self._last[1] - begin_s
        reported, answer = timing.reported, timing.answer
        size = sum(one.nbytes for one in (answer.value, *(answer.gradients or ())))
        writing = _WRITING_S + _TIMES_COPIED * size * self._inputs.copy_s
        late = max(0.0, timing.waited - reported) + max(0.0, timing.written - writing)
        busy = process.main_cpu_s - begin_main_s - (timing.start - begin_s) - reported - writing
        hidden = max(0.0, min(late, busy), late - timing.delayed)
        self._warm = self._to_warm_up(_WARM_S if reported < _SHORT_S else 0.0)
        return Lap(answer, reported, reported, hidden_s=hidden)

    def _to_warm_up(self, warm_s: float) -> messages.Warm:
        """The request to warm up, as it would be if it were called again and again."""
        return messages.Warm(self._call.number, self._call.direction, self._inputs.parts, warm_s)

    def _count_idle(self, cpu_s: float, now_s: float) -> None:
        """Count the CPU time between this call and the last one."""
        if self._last is not None:
            self._idle_cpu_s += cpu_s - self._last[0]
            self._idle_s += now_s - self._last[1]

    def _take_memory(self) -> None:
        """Write the inputs where other ones are, of another caller."""
        if self._call.place.holder is not self:
            self._inputs.forget()
            self._call.place.holder = self
            self._inputs.update()

    def holds(self, update: Update) -> bool:
        """True if the buffers hold the contents of an update."""
        return self._data.holds(update, self._inputs.arrays())

    def intact(self) -> bool:
        """True if the buffers hold the contents that were written last."""
        self._write()
        pairs = zip(self._inputs.arrays(), self._data.inputs("numpy"), strict=True)
        return all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)

    def peak(self) -> int | None:
        """None: processes are for the CPU, whose memory is measured elsewhere."""

    def fault(self) -> str:
        """The faults that the guards in the process found, and those of its CPU time."""
        place = self._call.place
        if place.process.ended:
            return place.process.ended
        try:
            faults = list(place.ask(messages.Guard(), messages.Guarded).faults)
        except WorkerError as error:
            return str(error)
        left = len(place.process.leftovers())
        if left:
            faults.append(f"it leaves {left} process{'' if left == 1 else 'es'} running")
        faults += self._of_cpu()
        return "; ".join(faults)

    def _of_cpu(self) -> list[str]:
        """Faults of the CPU time that the system counts for the process."""
        cores = self._cpu_s / self._wall_s if self._wall_s > _IDLE_S else 0.0
        if cores > self._threads + _CORES:
            return [f"it uses {cores:.1f} cores, and --threads is {self._threads}"]
        # Threads of OpenMP spin for a while before they sleep, so only one thread can be told.
        if self._threads == 1 and self._idle_cpu_s > max(_IDLE_S, _IDLE_SHARE * self._idle_s):
            return [f"it computes for {self._idle_cpu_s:.2g} s between its calls"]
        return []

    def _checked(self, inputs: Arrays, *, fresh: bool = False, keep: bool = False) -> Answer:
        """Call, and write what a call changed in its inputs to the arrays that were given."""
        if fresh:
            self._call.place.holder = None
            self._inputs.fill(inputs)
        else:
            self._write()
        answer = copied(self._call.finish(self._request(poison=True, fresh=fresh, keep=keep)))
        for view, given in zip(self._inputs.arrays(), inputs, strict=True):
            if not np.array_equal(view, given, equal_nan=True):
                given[...] = view
        self._last = None
        return answer

    def _request(self, **how: Any) -> messages.Call:
        return self._call.request(self._inputs.parts, self._out, self._room, **how)

    def _write(self) -> None:
        """Write the changes of the inputs."""
        self._take_memory()
        self._inputs.update()
