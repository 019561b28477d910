"""Devices that a benchmark runs on: their clock, their bandwidth, what keeps them quiet.

Bandwidth is that of reading and of copying, at any working set, by kernels in the manner of STREAM
(McCalpin, 1995), by all threads; the best of several runs, since nothing but other work can make
memory look slower than it is.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from losscli.benchmark.clock import Clock, CudaClock, HostClock, seconds
from losscli.benchmark.memory import cuda_peak
from losscli.errors import MissingError, UsageError
from losscli.results.documents.bench import Limit

# Bits of the reasons that slow a busy device down: power, heat, and the board's own limits.
_SLOWED = 0x4 | 0x8 | 0x20 | 0x40 | 0x80
_LEAST_S = 0.02  # a measurement repeats its kernel at least this long
_RUNS = 5
_LEAST_BYTES = 1 << 18  # below, the calls themselves take longer than the memory


class Monitor:
    """Clocks and throttling of one CUDA device, by NVIDIA's library; unknown without it."""

    def __init__(self, uuid: str | None) -> None:
        self._nvml: Any = None
        with suppress(Exception):  # a missing library, driver or permission
            import pynvml  # type: ignore[import-not-found,import-untyped,unused-ignore]

            pynvml.nvmlInit()
            name = f"GPU-{uuid}" if uuid and not uuid.startswith("GPU-") else uuid
            self._handle = (
                pynvml.nvmlDeviceGetHandleByUUID(name)
                if name
                else pynvml.nvmlDeviceGetHandleByIndex(0)
            )
            self._nvml = pynvml

    def throttled(self) -> bool:
        """True while the clocks are reduced."""
        return bool((self._ask(self._reasons) or 0) & _SLOWED)

    def clock_mhz(self) -> int | None:
        """The clock of the multiprocessors."""
        return self._ask(lambda nvml: nvml.nvmlDeviceGetClockInfo(self._handle, nvml.NVML_CLOCK_SM))

    def _reasons(self, nvml: Any) -> Any:
        ask = getattr(nvml, "nvmlDeviceGetCurrentClocksEventReasons", None)
        return (ask or nvml.nvmlDeviceGetCurrentClocksThrottleReasons)(self._handle)

    def _ask(self, question: Callable[[Any], Any]) -> int | None:
        if self._nvml is None:
            return None
        try:
            return int(question(self._nvml))
        except self._nvml.NVMLError:
            return None


@dataclass(eq=False, slots=True)
class Device:
    """The CPU, or one CUDA device.

    measured: the bandwidth at a working set in bytes. beyond_cache: a size in bytes of which caches
    hold little. cold: True if caches are emptied before each call. peak: measures the memory of a
    call on its inputs; None if this process cannot.
    """

    name: str
    clock: Clock
    measured: Callable[[int, str], Limit]
    hardware: str
    beyond_cache: int
    cold: bool
    threads: int
    monitor: Monitor | None = None
    peak: Callable[[Any, tuple[Any, ...]], int] | None = None
    _limits: dict[int, Limit] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The name without an index: cpu or cuda."""
        return self.name.partition(":")[0]

    def described(self) -> str:
        """The name of the hardware, and its present clock."""
        clock = self.monitor.clock_mhz() if self.monitor is not None else None
        return self.hardware if clock is None else f"{self.hardware} · SM {clock} MHz"

    def limit(self, size: int, *, again: bool = False) -> Limit:
        """The bandwidth at a working set of `size` bytes, measured once; of memory if cold."""
        level = ""
        if self.cold or size >= self.beyond_cache:
            size, level = self.beyond_cache, "memory"
        else:
            size = int(float(f"{size:.1e}"))  # sizes that hardly differ share a measurement
        if again or size not in self._limits:
            limit = self.measured(size, level)
            known = self._limits.get(size)
            if known is not None:  # nothing makes memory look faster than it is
                limit = limit.replace(
                    read_gb_per_s=max(limit.read_gb_per_s, known.read_gb_per_s),
                    copy_gb_per_s=max(limit.copy_gb_per_s, known.copy_gb_per_s),
                )
            self._limits[size] = limit
        return self._limits[size]

    def limits(self) -> list[Limit]:
        """All bandwidths measured so far, that of memory first."""
        memory = self.limit(self.beyond_cache)
        rest = sorted(size for size in self._limits if size != self.beyond_cache)
        return [memory, *(self._limits[size] for size in rest)]

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Python's garbage collector off, and torch on the common number of threads."""
        collecting = gc.isenabled()
        gc.disable()
        torch = sys.modules.get("torch")
        threads = torch.get_num_threads() if torch else 0
        if torch:
            torch.set_num_threads(self.threads)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(threads)
            if collecting:
                gc.enable()


def open_device(name: str, threads: int, cache: str | None) -> Device:
    """The device of a name.

    Raises UsageError for an unknown name, MissingError if this machine lacks the device.
    """
    kind, _, index = name.partition(":")
    if kind == "cpu" and not index:
        beyond = 4 * last_cache()
        return Device(
            name,
            HostClock(flush_bytes=beyond),
            lambda size, level: host_limit(size, threads, level),
            processor(),
            beyond_cache=beyond,
            cold=cache == "cold",
            threads=threads,
        )
    if kind == "cuda" and (not index or index.isdecimal()):
        return _cuda(name, threads, cache)
    if kind == "mps":
        raise MissingError("bench has no clock for mps", hint="--device cpu, or cuda")
    raise UsageError(f"unknown device {name!r}", hint="--device cpu, cuda or cuda:N")


def processor() -> str:
    """The model of the CPU, as Linux or Python reports it."""
    import platform

    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cuda(name: str, threads: int, cache: str | None) -> Device:
    from losscli.backends.torch import TorchBackend

    TorchBackend(name)  # raises if something is missing
    import torch

    properties: Any = torch.cuda.get_device_properties(name)
    monitor = Monitor(str(getattr(properties, "uuid", "")) or None)
    clock = CudaClock(name, torch, monitor.throttled)
    cached = int(getattr(properties, "L2_cache_size", 0)) or 64 << 20
    return Device(
        name,
        clock,
        lambda size, level: cuda_limit(name, size, clock, torch, level),
        f"{properties.name} · torch {torch.__version__}, CUDA {torch.version.cuda}",
        beyond_cache=max(16 * cached, 1 << 30),
        cold=cache != "warm",
        threads=threads,
        monitor=monitor,
        peak=lambda call, inputs: cuda_peak(call, inputs, name, torch),
    )


def host_limit(size: int, threads: int, level: str = "") -> Limit:
    """The bandwidth of the CPU's memory for a working set of `size` bytes in all."""
    size = max(size, _LEAST_BYTES)
    count = size // 8
    source = np.ones(count)
    target = np.empty(count // 2)

    def read(part: slice) -> None:
        np.bitwise_or.reduce(source[part].view(np.int64))

    def read_floats(part: slice) -> None:
        source[part].view(np.float32).max()

    def copy(part: slice) -> None:
        np.copyto(target[part], source[part])

    rates = {"read": 0.0, "copy": 0.0}
    for workers in {1, threads}:
        with ThreadPoolExecutor(workers) as pool:
            for work in (read, read_floats):
                rate = _best(work, pool, _parts(count, workers), source.nbytes)
                rates["read"] = max(rates["read"], rate)
            rate = _best(copy, pool, _parts(count // 2, workers), 2 * target.nbytes)
            rates["copy"] = max(rates["copy"], rate)
    return Limit("cpu", level or size_text(size), size, rates["read"] / 1e9, rates["copy"] / 1e9)


def _parts(count: int, workers: int) -> list[slice]:
    return [slice(count * i // workers, count * (i + 1) // workers) for i in range(workers)]


def cuda_limit(device: str, size: int, clock: Any, torch: Any, level: str = "") -> Limit:
    """The bandwidth of a CUDA device's memory for a working set of `size` bytes in all."""
    source = torch.ones(max(1, size // 4), device=device)
    target = torch.empty(max(1, size // 8), device=device)
    half = source[: target.numel()]

    def fastest(call: Callable[[], Any]) -> float:
        call()
        return min(float(clock.time(call, ()).seconds) for _ in range(20))

    read = 4 * source.numel() / fastest(source.sum)
    copy = 8 * target.numel() / fastest(lambda: target.copy_(half))
    launch = fastest(lambda: source[:1].add_(0.0))
    return Limit(device, level or size_text(size), size, read / 1e9, copy / 1e9, launch)


def caches() -> dict[str, int]:
    """Bytes of the data caches that the first core sees, by level, as Linux reports them."""
    found: dict[str, int] = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        with suppress(OSError, ValueError):
            kind = (folder / "type").read_text().strip()
            size = (folder / "size").read_text().strip()
            unit = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(size[-1:], 1)
            if kind != "Instruction":
                level = f"L{(folder / 'level').read_text().strip()}"
                found[level + ("d" if kind == "Data" else "")] = int(size.rstrip("KMG")) * unit
    return found


def last_cache() -> int:
    """Bytes of the largest cache of the CPU; 32 MiB if unknown."""
    return max(caches().values(), default=32 << 20)


def size_text(size: int) -> str:
    """A number of bytes for people, in powers of ten."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} B"


def _best(
    work: Callable[[slice], None], pool: ThreadPoolExecutor, parts: list[slice], size: int
) -> float:
    """Bytes a second: the best of some runs, each repeated to fill its time."""

    def passes(part: slice, count: int) -> None:
        for _ in range(count):
            work(part)

    def run(count: int) -> float:
        start = seconds()
        list(pool.map(passes, parts, [count] * len(parts)))
        return seconds() - start

    count = 1
    while (took := run(count)) < _LEAST_S / 2 and count < 1 << 20:
        count = min(1 << 20, max(2 * count, int(count * _LEAST_S / max(took, 1e-7))))
    return max(float(count * size / run(count)) for _ in range(_RUNS))
