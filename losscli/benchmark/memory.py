"""Peak memory of calls: the allocator's on CUDA, the growth of a child process on the CPU.

A process that has computed before keeps freed memory, so each measurement needs a fresh one: a
child prepares the inputs, warms up on small ones, reads its resident memory, calls once, and
reports the peak above that.
"""

import ctypes
import gc
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from losscli.benchmark.clock import seconds
from losscli.benchmark.workloads import workload_of_words
from losscli.checks.generators import InputGenerator
from losscli.checks.precision import as_dtype, to_tensor
from losscli.implementations.implementation import Setting
from losscli.implementations.registry import parse


class Request(NamedTuple):
    """A call to measure: forward, or forward+backward, of a named implementation."""

    impl: str
    loss: str
    shape: tuple[int, ...]
    setting: Setting
    both: bool


def host_peaks(requests: Sequence[Request], limit_s: float) -> tuple[list[int | None], list[str]]:
    """The bytes that each call adds to its inputs, in one child for each implementation.

    Returns None where they are unknown: not on Linux, no time left, or a child that failed; and the
    implementations for which there was no time.
    """
    peaks: list[int | None] = [None] * len(requests)
    late: list[str] = []
    if not Path("/proc/self/clear_refs").exists():
        return peaks, late
    until = seconds() + limit_s
    for impl in dict.fromkeys(request.impl for request in requests):
        own = [i for i, request in enumerate(requests) if request.impl == impl]
        lines, in_time = _child([requests[i] for i in own], until - seconds())
        late += [] if in_time else [impl]
        for i, line in zip(own, lines, strict=False):
            peaks[i] = int(line) if line.isdecimal() else None
    return peaks, late


def _child(requests: list[Request], limit_s: float) -> tuple[list[str], bool]:
    """The lines that a measuring child prints, one a request, and True if it ended in time."""
    if limit_s <= 0:
        return [], False
    paths = [path for path in sys.path if path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    try:
        done = subprocess.run(
            [sys.executable, "-m", __spec__.name],
            input=json.dumps([request._asdict() for request in requests]),
            capture_output=True,
            text=True,
            check=False,
            timeout=limit_s,
            env=environment,
        )
        return done.stdout.splitlines(), True
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        return (output.decode() if isinstance(output, bytes) else output).splitlines(), False
    except OSError:
        return [], True


def cuda_peak(call: Any, inputs: tuple[Any, ...], device: str, torch: Any) -> int:
    """The peak bytes that a call adds to its inputs, as the allocator counts them."""
    cuda = torch.cuda
    cuda.synchronize(device)
    cuda.empty_cache()
    cuda.reset_peak_memory_stats(device)
    before = cuda.memory_allocated(device)
    answer = call(*inputs)
    cuda.synchronize(device)
    peak = cuda.max_memory_allocated(device) - before
    del answer
    return max(1, int(peak))


def measure_here(request: Request) -> int:
    """The bytes that a call adds to its inputs in this process, which has done little before."""
    setting, implementation = request.setting, parse(request.impl)

    def prepared(shape: Sequence[int]) -> tuple[Any, tuple[Any, ...]]:
        work = workload_of_words(request.loss, shape)
        runner = implementation.prepare(work, setting)
        drawn = InputGenerator(work, setting.dtype, 0).all()
        given: tuple[Any, ...] = tuple(as_dtype(array, setting.dtype) for array in drawn)
        if runner.framework == "torch":
            import torch

            torch.set_num_threads(setting.threads)
            given = tuple(to_tensor(array, setting) for array in given)
        call = runner.both if request.both else runner.forward
        assert call is not None
        return call, given

    call, inputs = prepared([min(64, length) for length in request.shape])
    call(*inputs)
    call, inputs = prepared(request.shape)
    _trim()
    Path("/proc/self/clear_refs").write_text("5")  # reset the peak
    before = _resident("VmRSS")
    answer = call(*inputs)
    peak = _resident("VmHWM") - before
    del answer
    return max(1, peak)


def _trim() -> None:
    """Return freed memory to the system, so that the call does not reuse it."""
    gc.collect()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _resident(key: str) -> int:
    """Bytes of this process: VmRSS now, VmHWM at its peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) << 10
    return 0


def _main() -> None:
    for fields in json.load(sys.stdin):
        fields["setting"] = Setting(*fields["setting"])
        try:
            line = str(measure_here(Request(**fields)))
        except Exception as error:  # noqa: BLE001 - the other requests can still be measured
            line = type(error).__name__
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
