"""`Benchmark`: times, memory and errors of implementations, side by side."""

import math
from typing import Any, Literal, TypeAlias

from msgspec import field

from losscli.results.document import (
    Count,
    Environment,
    Note,
    Number,
    Pass,
    Record,
    RowsDocument,
    Shape,
    Timing,
    devices_of,
)

VersionVerdict: TypeAlias = Literal["slower", "not slower", "undecided"]
SpeedVerdict: TypeAlias = Literal["faster", "not significant", "too noisy", "undecided"]


class Limit(Record, frozen=True):
    """The measured bandwidth at a working set of so many bytes.

    level: the memory level, for people. bytes: the size of the working set. read_gb_per_s: the
    bandwidth of reading. copy_gb_per_s: that of copying, reads and writes counted. launch_s: the
    time of an empty call on the device.
    """

    device: str
    level: str
    bytes: Count
    read_gb_per_s: float
    copy_gb_per_s: float
    launch_s: float | None = None

    def time_s(self, read: int, written: int) -> float:
        """The least seconds for so many bytes: reads at the read limit, mixed traffic copied."""
        if not written:
            return read / (1e9 * self.read_gb_per_s)
        return (read + written) / (1e9 * self.copy_gb_per_s)


class Times(Record, frozen=True, kw_only=True):
    """The seconds of a call.

    median: the median of the medians of rounds. ci: its interval. min, mean, stddev: over all
    calls. n: the number of calls. outliers: calls beyond three interquartile ranges, counted and
    kept. rounds_s: the median of each round, in order; ratios are computed from them. host_s: the
    median including the launch, if the device has a clock.
    """

    median: float
    ci: tuple[float, float] | None = None
    min: float = 0.0
    mean: float = 0.0
    stddev: float = 0.0
    n: Count = 0
    outliers: Count = 0
    rounds_s: tuple[Number, ...] = ()
    host_s: float | None = None


class RowKey(Record, frozen=True, kw_only=True):
    """The fields that identify a row of a benchmark.

    passes: forward, or forward+backward. cache: warm, or cold if caches are flushed before each
    call. dtype: the type of the inputs.
    """

    loss: str
    label: str
    impl: str
    device: str
    dtype: str
    shape: Shape
    passes: Pass = field(name="pass")
    cache: Literal["warm", "cold"]

    @property
    def key(self) -> "RowKey":
        """The row without what was measured."""
        return RowKey(**{name: getattr(self, name) for name in RowKey.__struct_fields__})

    @property
    def both(self) -> bool:
        """True if the gradient is computed too."""
        return self.passes != "forward"

    @property
    def cold(self) -> bool:
        """True if its inputs were in no cache."""
        return self.cache == "cold"

    @property
    def size(self) -> str:
        """The shape as text: 4096x1024."""
        return "x".join(map(str, self.shape))


class BenchmarkRow(RowKey, frozen=True, kw_only=True):
    """One implementation of one loss, in one shape, dtype, device and pass.

    times: None if it was not timed. bytes: the minimum traffic. gb_per_s: bytes over the median
    time. limit_time_s: the time of the minimum traffic at the peak bandwidth. limit_fraction:
    limit_time_s over the median. peak_memory_bytes: what a call adds to its inputs. max_ulp,
    max_rel_error: the largest error of a value. grad_max_ulp: the largest error of a gradient.
    correct: by the rule of `losscli.checks.rule`. fault: why it is not correct. speedup: the first
    implementation's time over this one's. speedup_ci: its confidence interval. rounds: the number
    of rounds. stopped_by: resolve, or time if it was used up. compile_s: seconds before the first
    call.
    """

    times: Times | None = field(name="time_s", default=None)
    bytes: Count = 0
    gb_per_s: float | None = None
    limit_time_s: float | None = None
    limit_fraction: float | None = None
    peak_memory_bytes: Count | None = None
    max_ulp: Number | None = None
    max_rel_error: Number | None = None
    grad_max_ulp: Number | None = None
    correct: bool
    fault: str | None = None
    speedup: float | None = None
    speedup_ci: tuple[float, float] | None = None
    rounds: Count = 0
    stopped_by: str = ""
    compile_s: float | None = None
    threads: Count | None = None
    notes: tuple[Note, ...] = ()

    @property
    def round_times(self) -> tuple[float, ...]:
        """The seconds of its rounds; none where one of them is not a time."""
        times = () if self.times is None else self.times.rounds_s
        return times if all(0 < time < math.inf for time in times) else ()

    def to_record(self) -> dict[str, Any]:
        """One flat record."""
        record = self.to_dict()
        times = record.pop("time_s") or {}
        low, high = times.get("ci") or (None, None)
        fast, slow = record.pop("speedup_ci") or (None, None)
        record["shape"] = self.size
        record["notes"] = " ".join(note.code for note in self.notes)
        record |= {"time_median_s": times.get("median"), "time_ci_low_s": low}
        record |= {"time_ci_high_s": high, "time_min_s": times.get("min")}
        return record | {"calls": times.get("n"), "speedup_ci_low": fast, "speedup_ci_high": slow}


class LeftOut(Record, frozen=True):
    """An implementation that was not run."""

    impl: str
    reason: str


class Conclusion(Record, frozen=True, kw_only=True):
    """The faster of two implementations of one loss, in one shape, dtype, device and pass.

    passes: forward, or forward+backward. faster, slower: the implementations. ratio: the slower
    one's time over the faster one's. ci: its 95 % interval. verdict: "faster", "not significant" if
    the interval contains 1, "too noisy" if the difference is within the noise floor, "undecided"
    without an interval.
    """

    label: str
    shape: Shape
    dtype: str
    device: str
    passes: Pass = field(name="pass")
    faster: str
    slower: str
    ratio: float
    ci: tuple[float, float] | None = None
    verdict: SpeedVerdict


class SpeedChange(Record, frozen=True, kw_only=True):
    """The time of an implementation over that of another version of it, in the same rounds.

    old: the implementation of the other version. passes: forward, or forward+backward. ratio: this
    one's time over the other's. verdict: "slower" if the whole interval exceeds the margin, "not
    slower" if none of it does. reason: why it is undecided, if the times are not the reason.
    """

    impl: str
    old: str
    label: str
    shape: Shape
    dtype: str
    device: str
    passes: Pass = field(name="pass")
    ratio: float | None = None
    ci: tuple[float, float] | None = None
    verdict: VersionVerdict
    reason: str | None = None


class Against(Record, frozen=True, kw_only=True):
    """Another version of the implementations.

    name: the requested git reference or folder. commit: of the reference. dirty: True if the
    current version has uncommitted changes, None without a repository. setup: the command that
    prepared it. margin: the tolerated relative increase of time. fail_on: the verdicts that fail.
    environment: its versions of packages. changes: one for each implementation, loss, shape, dtype,
    device and pass.
    """

    name: str
    commit: str | None = None
    dirty: bool | None = None
    setup: str | None = None
    margin: float
    fail_on: tuple[str, ...] = ()
    environment: Environment
    changes: tuple[SpeedChange, ...] = ()

    def exit_code(self, too_noisy: str) -> int:
        """1 or 6 where `fail_on` has a verdict; 6 where nothing can be decided and it has any."""
        found = {change.verdict for change in self.changes}
        if "slower" in found & set(self.fail_on):
            return 1
        undecided = "undecided" in found & set(self.fail_on)
        return 6 if undecided or (too_noisy and self.fail_on) else 0


class Benchmark(RowsDocument[BenchmarkRow], frozen=True, kw_only=True, tag="losscli/bench/1"):
    """The result of a benchmark: rows in the requested order.

    limits: the measured bandwidths. noise_floor: the smallest relative difference that this machine
    resolved now, by an implementation against itself. left_out: implementations that were not run.
    conclusions: one for each loss, shape, dtype, device and pass. against: another version that was
    in the same rounds.
    """

    rows: tuple[BenchmarkRow, ...]
    limits: tuple[Limit, ...] = ()
    noise_floor: float | None = None
    left_out: tuple[LeftOut, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    against: Against | None = None
    notes: tuple[Note, ...] = ()
    threads: Count = 0
    seed: Count = 0
    timing: Timing = Timing()
    environment: Environment
    command: tuple[str, ...] = ()

    optional = frozenset({"command"})

    @property
    def devices(self) -> dict[str, str]:
        """The name of the processor behind each device."""
        return devices_of(self.environment)

    @property
    def other_version(self) -> frozenset[str]:
        """The implementations of the other version."""
        changes = () if self.against is None else self.against.changes
        return frozenset(change.old for change in changes)

    @property
    def too_noisy(self) -> str:
        """The reason why nothing is compared; empty if the machine was quiet enough."""
        return next((note.message for note in self.notes if note.code == "too_noisy"), "")

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a row, for tables; the same keys in each."""
        return [row.to_record() for row in self.rows]

    def _exit_code(self) -> int:
        if not all(row.correct for row in self.rows if row.impl not in self.other_version):
            return 1
        return self.against.exit_code(self.too_noisy) if self.against else 0

    def _summary(self) -> str:
        return f"{len(self.rows)} rows"
