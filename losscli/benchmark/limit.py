"""Bandwidth of this machine's memory: of reading and of copying, at any working set.

Kernels in the manner of STREAM (McCalpin, 1995), by all threads; the best of several runs, since
nothing but other work can make memory look slower than it is.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from losscli.benchmark.clock import seconds
from losscli.results.documents.bench import Limit

_LEAST_S = 0.02  # a measurement repeats its kernel at least this long
_RUNS = 5
_LEAST_BYTES = 1 << 18  # below, the calls themselves take longer than the memory


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
