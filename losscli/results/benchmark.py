"""`Benchmark`: what a benchmark found, and its forms for people and programs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from losscli.results.document import Document, Note, ending

if TYPE_CHECKING:
    import pandas as pd


class Limit(NamedTuple):
    """Bandwidth at a working set of so many bytes; copying counts what is read and written.

    level: a word for people; launch_s: an empty call on the device.
    """

    device: str
    level: str
    bytes: int
    read_gb_per_s: float
    copy_gb_per_s: float
    launch_s: float | None = None

    def time_s(self, read: int, written: int) -> float:
        """The least seconds for so many bytes: reads at the read limit, mixed traffic copied."""
        if not written:
            return read / (1e9 * self.read_gb_per_s)
        return (read + written) / (1e9 * self.copy_gb_per_s)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return self._asdict()


class Times(NamedTuple):
    """Seconds of a call.

    median, ci: of the medians of rounds; min, mean, stddev: of all n calls. outliers: calls beyond
    three interquartile ranges, counted and kept. rounds_s: the median of each round, in turn, which
    is what ratios are taken of. host_s: the median with launching, where a device has a clock.
    """

    median: float
    ci: tuple[float, float] | None
    min: float
    mean: float
    stddev: float
    n: int
    outliers: int
    rounds_s: tuple[float, ...]
    host_s: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        found = self._asdict()
        found["ci"] = None if self.ci is None else list(self.ci)
        found["rounds_s"] = list(self.rounds_s)
        return found


class Row(NamedTuple):
    """One implementation of one loss, in one shape, dtype, device and pass.

    loss, label: as in an evaluation; impl: as it was named. both: forward and backward.
    times: None where it was not timed. bytes: the least that it must move; limit_time_s: the time
    that these take at the measured limit. peak_memory_bytes: what a call adds to its inputs.
    max_ulp, max_rel_error, grad_max_ulp: the largest errors found. correct: by the rule of
    `losscli.checks.rule`; fault: what is wrong, where it is not. speedup: the first one's time over
    this one's, with its interval. threads: of the call; compile_s: spent before the first call.
    """

    loss: str
    label: str
    impl: str
    device: str
    dtype: str
    shape: tuple[int, ...]
    both: bool
    cold: bool
    times: Times | None
    bytes: int
    limit_time_s: float | None
    peak_memory_bytes: int | None
    max_ulp: float | None
    max_rel_error: float | None
    grad_max_ulp: float | None
    correct: bool
    fault: str
    speedup: float | None
    speedup_ci: tuple[float, float] | None
    rounds: int
    stopped_by: str
    compile_s: float | None
    threads: int
    notes: tuple[Note, ...] = ()

    @property
    def passes(self) -> str:
        """The name of the pass."""
        return "forward+backward" if self.both else "forward"

    @property
    def gb_per_s(self) -> float | None:
        """Useful bytes a second, in units of 10⁹."""
        return self.bytes / self.times.median / 1e9 if self.times else None

    @property
    def limit_fraction(self) -> float | None:
        """The share of the measured limit."""
        if self.times is None or self.limit_time_s is None:
            return None
        return self.limit_time_s / self.times.median

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "loss": self.loss,
            "label": self.label,
            "impl": self.impl,
            "device": self.device,
            "dtype": self.dtype,
            "shape": list(self.shape),
            "pass": self.passes,
            "cache": "cold" if self.cold else "warm",
            "time_s": None if self.times is None else self.times.to_dict(),
            "bytes": self.bytes,
            "gb_per_s": self.gb_per_s,
            "limit_time_s": self.limit_time_s,
            "limit_fraction": self.limit_fraction,
            "peak_memory_bytes": self.peak_memory_bytes,
            "max_ulp": self.max_ulp,
            "max_rel_error": self.max_rel_error,
            "grad_max_ulp": self.grad_max_ulp,
            "correct": self.correct,
            "fault": self.fault or None,
            "speedup": self.speedup,
            "speedup_ci": None if self.speedup_ci is None else list(self.speedup_ci),
            "rounds": self.rounds,
            "stopped_by": self.stopped_by,
            "compile_s": self.compile_s,
            "threads": self.threads,
            "notes": [note.to_dict() for note in self.notes],
        }


@dataclass(frozen=True, slots=True)
class Benchmark(Document):
    """The result of a benchmark: rows in the order in which they were asked for.

    noise_floor: the smallest relative difference that this machine resolved now, by an
    implementation against itself. left_out: implementations that were not run, with the reason.
    """

    page: ClassVar[str] = "bench"

    rows: tuple[Row, ...]
    limits: tuple[Limit, ...]
    noise_floor: float | None
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[Note, ...]
    environment: dict[str, Any]
    threads: int
    seed: int
    wall_s: float

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def exit_code(self) -> int:
        """1 where an implementation is wrong."""
        return 0 if all(row.correct for row in self.rows) else 1

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/bench/1`."""
        return {
            "schema": "losscli/bench/1",
            "rows": [row.to_dict() for row in self.rows],
            "limits": [limit.to_dict() for limit in self.limits],
            "noise_floor": self.noise_floor,
            "left_out": [{"impl": impl, "reason": reason} for impl, reason in self.left_out],
            "notes": [note.to_dict() for note in self.notes],
            "threads": self.threads,
            "seed": self.seed,
            "timing": {"wall_s": self.wall_s},
            "environment": self.environment,
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a row, for tables; the same keys in each."""
        return [flat(row.to_dict()) for row in self.rows]

    def to_frame(self) -> "pd.DataFrame":
        """One row a row."""
        import pandas as pd

        return pd.DataFrame(self.to_records())


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a row as JSON has it."""
    record = dict(row)
    times = record.pop("time_s") or {}
    low, high = times.get("ci") or (None, None)
    fast, slow = record.pop("speedup_ci") or (None, None)
    record["shape"] = "x".join(map(str, row["shape"]))
    record["notes"] = " ".join(note["code"] for note in row["notes"])
    record |= {"time_median_s": times.get("median"), "time_ci_low_s": low}
    record |= {"time_ci_high_s": high, "time_min_s": times.get("min")}
    return record | {"calls": times.get("n"), "speedup_ci_low": fast, "speedup_ci_high": slow}
