"""The places where implementations live, as the rounds of a benchmark see them.

A place is this process (`LocalPlace`) or one of its own (`losscli.benchmark.isolation`). Callers of
both have one interface, so that rounds and checks are the same.
"""

from typing import Any, Protocol

from losscli.benchmark.clock import Lap
from losscli.benchmark.devices import Device
from losscli.checks.answer_check import Call, Caller, DirectCaller
from losscli.checks.input_data import InputData
from losscli.checks.updates import Update
from losscli.implementations.implementation import Framework, Runner, Setting, Workload
from losscli.implementations.registry import Implementation


class TimedCaller(Caller, Protocol):
    """A caller that can be timed, on the inputs that it was made for."""

    def time(self) -> Lap:
        """One timed call on the present contents of the inputs; the answer may be a view."""

    def rest(self) -> None:
        """An untimed call: checks have cooled the caches and put threads to sleep."""

    def pause(self) -> None:
        """Keep a process of its own from running until the next call: it is the turn of others."""

    def holds(self, update: Update) -> bool:
        """True if the buffers hold the contents of an update, by a sample of its rows."""

    def intact(self) -> bool:
        """True if the buffers hold the contents that were written last."""

    def peak(self) -> int | None:
        """The bytes that a call adds to its inputs, where the device says; else None."""

    def fault(self) -> str:
        """A fault of the process in which it calls, for people; empty without one."""


class Place(Protocol):
    """Where one implementation lives."""

    @property
    def text(self) -> str:
        """The name of the implementation in results."""

    def prepare(self, workload: Workload, setting: Setting) -> Runner:
        """The computation, as `Implementation.prepare` gives it."""

    def caller(self, runner: Runner, data: InputData, device: Device, *, both: bool) -> TimedCaller:
        """The caller of a direction of a runner that this place has prepared."""

    def environment(self) -> dict[str, Any]:
        """The versions of packages there, if they are other than those of this process."""

    def close(self) -> None:
        """End what the place has started."""


class LocalPlace:
    """This process."""

    def __init__(self, implementation: Implementation) -> None:
        self._implementation = implementation

    @property
    def text(self) -> str:
        """The name of the implementation in results."""
        return self._implementation.text

    def prepare(self, workload: Workload, setting: Setting) -> Runner:
        """The computation."""
        return self._implementation.prepare(workload, setting)

    def caller(self, runner: Runner, data: InputData, device: Device, *, both: bool) -> TimedCaller:
        """The caller of a direction."""
        call = runner.both if both else runner.forward
        assert call is not None
        return LocalCaller(call, runner.framework, data, device)

    def environment(self) -> dict[str, Any]:
        """Nothing: it is this process."""
        return {}

    def close(self) -> None:
        """Nothing was started."""


class LocalCaller(DirectCaller):
    """Calls and times in this process."""

    def __init__(self, call: Call, framework: Framework, data: InputData, device: Device) -> None:
        super().__init__(call, framework)
        self._data = data
        self._device = device

    @property
    def _inputs(self) -> tuple[Any, ...]:
        return self._data.inputs(self.framework)

    def time(self) -> Lap:
        """One timed call."""
        if self._device.cold:
            self._device.clock.flush()
        return self._device.clock.time(self._call, self._inputs)

    def rest(self) -> None:
        """An untimed call."""
        self._call(*self._inputs)

    def pause(self) -> None:
        """Nothing: it is this process."""

    def holds(self, update: Update) -> bool:
        """True if the buffers hold the contents of an update."""
        return self._data.holds(update, self._inputs)

    def intact(self) -> bool:
        """True if the buffers hold the contents that were written last."""
        return not self._data.changed_by_call

    def peak(self) -> int | None:
        """The bytes that a call adds to its inputs; None if the device does not say."""
        peak = self._device.peak
        return None if peak is None else peak(self._call, self._inputs)

    def fault(self) -> str:
        """Nothing that rounds do not see themselves."""
        return ""
