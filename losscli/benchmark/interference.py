"""Interference of the machine with a benchmark: CPU time that a hypervisor took, and throttling."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from losscli.results.document import Note

_STEAL = 7  # its column after the name, as in proc(5)
_SHARE = 0.02  # of all CPU time; less says little


class Interference:
    """The interference since this was made, as Linux counts it; none on other systems."""

    def __init__(self) -> None:
        self._ticks = _ticks()
        self._throttled = _throttled()

    def notes(self) -> Iterator[Note]:
        """A note for CPU time that other machines used, and one for a throttled processor."""
        ticks = [now - then for now, then in zip(_ticks(), self._ticks, strict=False)]
        if len(ticks) > _STEAL and sum(ticks) > 0:
            share = ticks[_STEAL] / sum(ticks)
            if share > _SHARE:
                text = f"the hypervisor took {100 * share:.0f} % of the CPU time for others"
                yield Note("cpu_steal", text)
        if _throttled() > self._throttled:
            yield Note("throttled", "the processor reduced its clock while this ran")


def _ticks() -> list[int]:
    """CPU time by its kind, all cores together: user, nice, system, idle, iowait, irq, …, steal."""
    with suppress(OSError, ValueError), Path("/proc/stat").open() as file:
        return [int(word) for word in file.readline().split()[1:9]]
    return []


def _throttled() -> int:
    """How often a core was throttled since the start of the machine."""
    total = 0
    for file in Path("/sys/devices/system/cpu").glob("cpu*/thermal_throttle/core_throttle_count"):
        with suppress(OSError, ValueError):
            total += int(file.read_text())
    return total
