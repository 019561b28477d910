"""Clocks: how long a call takes, on the host or on a device.

The functions of the system's clock are taken when this module is imported, before any
implementation runs: one that replaces `time.perf_counter` afterwards changes nothing here, and is
detected.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

_NOW = time.perf_counter_ns
_KNOWN = (time.perf_counter, time.perf_counter_ns, time.monotonic, time.monotonic_ns, time.time)


class Lap(NamedTuple):
    """One timed call: its answer, its seconds, and the seconds that the host spent on it.

    throttled: True if the device reported reduced clocks. hidden_s: the seconds that passed for the
    caller beyond those, where a process of its own measured them.
    """

    answer: Any
    seconds: float
    host_s: float
    throttled: bool = False
    hidden_s: float = 0.0


class HostClock:
    """Wall time of calls on the CPU. flush_bytes: more than the last cache holds."""

    def __init__(self, flush_bytes: int = 0) -> None:
        self._flush_bytes = flush_bytes
        self._filler: Any = None

    def time(self, call: Callable[..., Any], inputs: tuple[Any, ...]) -> Lap:
        """Call once between two readings of the clock."""
        start = _NOW()
        answer = call(*inputs)
        seconds = (_NOW() - start) * 1e-9
        return Lap(answer, seconds, seconds)

    def flush(self) -> None:
        """Write over an array that is larger than the last cache."""
        import numpy as np

        if self._filler is None:
            self._filler = np.zeros(max(1, self._flush_bytes // 8))
        self._filler += 1.0


class CudaClock:
    """Time between two events of the device, with the device idle before and after.

    A device-wide synchronisation ends each call, so that work on another stream is not missed: the
    seconds are the events', or the host's if it had to wait long after them. throttles: True while
    the device reduces its clocks.
    """

    def __init__(self, device: str, torch: Any, throttles: Callable[[], bool]) -> None:
        self._throttles = throttles
        self._torch = torch
        self._device = device
        properties = torch.cuda.get_device_properties(device)
        size = int(getattr(properties, "L2_cache_size", 0)) or 64 << 20
        self._filler = torch.empty(2 * size, dtype=torch.uint8, device=device)
        self.launch_s = 0.0
        self.launch_s = min(self.time(lambda: None, ()).host_s for _ in range(20))

    def time(self, call: Callable[..., Any], inputs: tuple[Any, ...]) -> Lap:
        """Call once between two events."""
        cuda = self._torch.cuda
        begin, end = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
        cuda.synchronize(self._device)
        start = _NOW()
        begin.record()
        answer = call(*inputs)
        end.record()
        end.synchronize()
        at_end = _NOW()
        cuda.synchronize(self._device)
        host_s = (_NOW() - start) * 1e-9
        unseen = (_NOW() - at_end) * 1e-9  # work that the events do not cover
        seconds = begin.elapsed_time(end) * 1e-3
        if unseen > max(0.05 * seconds, 20e-6):
            seconds = host_s
        return Lap(answer, seconds, host_s, self._throttles())

    def flush(self) -> None:
        """Write over twice the second-level cache, and wait for it."""
        self._filler.zero_()
        self._torch.cuda.synchronize(self._device)


Clock: TypeAlias = HostClock | CudaClock


def seconds() -> float:
    """A monotonic reading of the system's clock."""
    return _NOW() * 1e-9


def tampered() -> bool:
    """True if a clock of the standard library has been replaced."""
    now = (time.perf_counter, time.perf_counter_ns, time.monotonic, time.monotonic_ns, time.time)
    return any(one is not other for one, other in zip(now, _KNOWN, strict=True))


def restore() -> None:
    """Restore the clocks of the standard library."""
    (time.perf_counter, time.perf_counter_ns, time.monotonic, time.monotonic_ns, time.time) = _KNOWN
