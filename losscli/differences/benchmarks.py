"""`compare_benchmarks`: the difference of two saved benchmarks, row by row, with verdicts."""

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeAlias, get_args

from losscli.differences.saved import ALPHA, LEVEL, Saved, Terms, shared_fields
from losscli.errors import DataError, UsageError
from losscli.implementations.registry import parse
from losscli.results.document import Note
from losscli.results.documents.bench import Benchmark, BenchmarkRow, RowKey
from losscli.results.documents.diff import (
    BenchmarkDiff,
    BenchmarkSide,
    Mismatch,
    Ratio,
    TimeDiff,
    TimeVerdict,
    counted,
)
from losscli.stats.decisions import holm, three_way
from losscli.stats.medians import DRAWS, MedianDifference, median_difference

_BLOCK = ("label", "device", "dtype", "shape", "passes", "cache")
# The packages that determine the speed of an implementation, if not the one of its name.
_PACKAGES = {
    "torch.compile": ("torch",),
    "sklearn": ("sklearn", "numpy"),
    "liger": ("liger_kernel", "torch"),
}

Side: TypeAlias = Saved[Benchmark]
Key: TypeAlias = tuple[Any, ...]


@dataclass(slots=True)
class Pair:
    """One row of both benchmarks while it is being decided.

    first_old, first_new: the first implementation of its block in each. raw, anchored: two ratios
    of the same times, the second relative to `anchor`; the anchored one decides where it exists.
    logs, p_slower, p_not_slower: of the one that decides, the latter adjusted by Holm.
    """

    old: BenchmarkRow
    new: BenchmarkRow
    first_old: BenchmarkRow
    first_new: BenchmarkRow
    differs: tuple[Mismatch, ...] = ()
    logs: MedianDifference | None = None
    raw: Ratio | None = None
    anchored: Ratio | None = None
    anchor: str | None = None
    p_slower: float | None = None
    p_not_slower: float | None = None
    verdict: TimeVerdict = "undecided"
    reason: str | None = None

    def result(self) -> TimeDiff:
        """Return the row of the document."""
        deciding = self.anchored or self.raw or Ratio()
        times = self.old.round_times, self.new.round_times
        return TimeDiff(
            **shared_fields(self.new, RowKey),
            **shared_fields(self, TimeDiff),
            old_s=median(times[0]) if times[0] else None,
            new_s=median(times[1]) if times[1] else None,
            rounds=(len(times[0]), len(times[1])),
            ratio=deciding.ratio,
            ci=deciding.ci,
            used="anchored" if self.anchored else "raw" if self.raw else None,
        )


def compare_benchmarks(old: Side, new: Side, terms: Terms) -> BenchmarkDiff:
    """Return the differences of `new` from `old`.

    Raises DataError if a row occurs twice on one side, or no row is on both.
    """
    both = _matched(old, new)
    draws = max(DRAWS, math.ceil(2 * len(both) / ALPHA))  # fewer cannot reach Holm's correction
    pairs = list(both.values())
    for key, pair in both.items():
        pair.differs = tuple(_mismatches(old, new, pair))
        seed = zlib.crc32(repr(key).encode())
        _measure(pair, _anchor(old, new, pair), terms, seed, draws)
    _decide(pairs, terms, noise=max(map(_noise, (old, new))))
    rows = _by_key(old), _by_key(new)
    return BenchmarkDiff(
        old=BenchmarkSide(**old.side, noise_floor=old.result.noise_floor),
        new=BenchmarkSide(**new.side, noise_floor=new.result.noise_floor),
        margin=terms.margin,
        between_runs=terms.between_runs,
        across=terms.across,
        fail_on=tuple(terms.fail_on),
        ci_level=LEVEL,
        draws=draws,
        rows=tuple(pair.result() for pair in pairs),
        only_old=tuple(row.key for key, row in rows[0].items() if key not in both),
        only_new=tuple(row.key for key, row in rows[1].items() if key not in both),
        counts=counted((pair.verdict for pair in pairs), get_args(TimeVerdict)),
        notes=tuple(_notes(old, new, pairs, terms)),
    )


def _measure(pair: Pair, name: str, terms: Terms, seed: int, draws: int) -> None:
    """Set the ratios of a row, and the difference of logs that decides; none without times."""
    margin = math.log1p(terms.margin)
    logs = [[math.log(value) for value in row.round_times] for row in (pair.old, pair.new)]
    if not all(logs):
        return
    # The speed of the machine varies between runs, which the samples of a run do not show.
    spread = math.sqrt(2.0) * math.log1p(terms.between_runs)
    pair.logs = median_difference(*logs, margin=margin, spread=spread, seed=seed, draws=draws)
    pair.raw = _ratio(pair.logs)
    if not name:
        return
    logs = [_log_ratios(pair.old, pair.first_old), _log_ratios(pair.new, pair.first_new)]
    pair.logs = median_difference(*logs, margin=margin, seed=seed, draws=draws)
    pair.anchor, pair.anchored = name, _ratio(pair.logs)


def _ratio(logs: MedianDifference) -> Ratio:
    ends = (math.exp(logs.low), math.exp(logs.high)) if math.isfinite(logs.low) else None
    return Ratio(math.exp(logs.estimate), ends)


def _noise(saved: Side) -> float:
    """Return the relative difference that a run measured of an implementation and itself."""
    floor = saved.result.noise_floor
    return floor if floor is not None and math.isfinite(floor) else 0.0


def _decide(pairs: Sequence[Pair], terms: Terms, *, noise: float) -> None:
    """Set the verdict of each row; the rows that can be decided are one family for Holm."""
    changed = _changed_devices(pairs, terms)
    tested: list[tuple[Pair, MedianDifference]] = []
    for pair in pairs:
        pair.reason = _reason_undecided(pair, across=terms.across) or None
        if not pair.reason and not pair.anchor and pair.new.device in changed:
            pair.reason = "raw, and the machine changed by more than is allowed for"
        if pair.old.correct and not pair.new.correct:
            pair.verdict = "wrong now"
        elif not pair.reason and pair.logs is not None:
            tested.append((pair, pair.logs))
    slower = holm([difference.p_above for _, difference in tested])
    not_slower = holm([difference.p_below for _, difference in tested])
    for (pair, difference), p_slower, p_not in zip(tested, slower, not_slower, strict=True):
        pair.p_slower, pair.p_not_slower = p_slower, p_not
        pair.verdict = three_way(difference.low, difference.high, terms.margin)
        if pair.verdict == "undecided":
            pair.reason = "the interval contains the margin"
        elif (p_slower if pair.verdict == "slower" else p_not) > ALPHA:
            tests = f"{len(tested)} tests"
            pair.reason = (
                f"{pair.verdict} alone, but not significant after Holm correction ({tests})"
            )
            pair.verdict = "undecided"
        elif pair.verdict == "slower" and difference.estimate <= math.log1p(noise):
            pair.reason = f"slower by less than the machine's noise of {noise:.0%} (A/A)"
            pair.verdict = "undecided"


def _reason_undecided(pair: Pair, *, across: bool) -> str:
    """Return why the times of a row cannot decide, or its fault; empty if they can."""
    if not pair.new.correct:
        fault = pair.new.fault or "wrong"
        return fault if pair.old.correct else f"wrong in both: {fault}"
    if not pair.old.correct:
        return "wrong in OLD: its time is not comparable"
    for name, row in (("OLD", pair.old), ("NEW", pair.new)):
        if row.times is None:
            return f"no times in {name}"
        if not row.round_times:
            return f"times in {name} are not all finite and above 0"
    if pair.raw is not None and pair.raw.ci is None:
        return f"too few rounds: {len(pair.old.round_times)} and {len(pair.new.round_times)}"
    if pair.differs and not across:
        return "; ".join(map(str, pair.differs))
    return ""


def _notes(old: Side, new: Side, pairs: Sequence[Pair], terms: Terms) -> Iterator[Note]:
    if old.result == new.result:
        yield Note("same_result", "OLD and NEW are the same result")
    for device, (names, ratio) in _changed_devices(pairs, terms).items():
        where = "" if device == "cpu" else f" on {device}"
        yield Note(
            "machine",
            f"{names} of the same version took {ratio:.3g} times as long{where}: the machine "
            "changed by more than is allowed for, and raw ratios cannot decide",
        )


def _changed_devices(pairs: Sequence[Pair], terms: Terms) -> dict[str, tuple[str, float]]:
    """Return the devices whose anchors, unchanged code, changed by more than runs may differ.

    Each with the names of its anchors and the median of their raw ratios.
    """
    tolerated = max(2.0 * math.sqrt(2.0) * math.log1p(terms.between_runs), math.log1p(terms.margin))
    changed: dict[str, tuple[str, float]] = {}
    for device in dict.fromkeys(pair.new.device for pair in pairs):
        here = [pair for pair in pairs if pair.new.device == device]
        names = sorted({pair.anchor for pair in here if pair.anchor})
        # An anchor is first in its block; in another block it may be anchored itself.
        ratios = [
            pair.raw.ratio
            for pair in here
            if pair.raw and pair.raw.ratio and not pair.anchor and pair.new.impl in names
        ]
        if ratios and abs(math.log(median(ratios))) > tolerated:
            changed[device] = ", ".join(names), median(ratios)
    return changed


def _matched(old: Side, new: Side) -> dict[Key, Pair]:
    """Return the rows of both benchmarks by key, in the order of `new`.

    Raises DataError if a row occurs twice on one side, or no row is on both.
    """
    rows = _by_key(old), _by_key(new)
    firsts = [{key[:-1]: row for key, row in reversed(side.items())} for side in rows]
    both = {
        key: Pair(rows[0][key], row, firsts[0][key[:-1]], firsts[1][key[:-1]])
        for key, row in rows[1].items()
        if key in rows[0]
    }
    if not both:
        raise DataError(
            f"no row of {new.name} is in {old.name}",
            place=f"{len(rows[0])} rows in OLD, {len(rows[1])} in NEW",
            hint="rows match by loss, impl, device, dtype, shape, pass and cache: bench the same",
        )
    return both


def _by_key(saved: Side) -> dict[Key, BenchmarkRow]:
    """Return all rows by the key that matches them, the implementation last."""
    rows: dict[Key, BenchmarkRow] = {}
    for row in saved.result.rows:
        key = (*(getattr(row, name) for name in _BLOCK), row.impl)
        if key in rows:
            raise DataError(
                f"{saved.name} has {row.label} by {row.impl} twice in the same setting",
                hint="bench each size once",
            )
        rows[key] = row
    return rows


def _mismatches(old: Side, new: Side, pair: Pair) -> Iterator[Mismatch]:
    """Yield the differences that change the times of even the same implementation."""

    def device(saved: Side) -> Any:
        words = saved.result.devices.get(pair.new.device)
        return None if words is None else words.partition(" · ")[0]

    pairs: list[tuple[str, Any, Any]] = [
        ("device", device(old), device(new)),
        ("threads", pair.old.threads, pair.new.threads),
        ("losscli", old.result.losscli, new.result.losscli),
    ]
    packages = _packages(pair.new.impl)
    pairs += [(package, _version(old, package), _version(new, package)) for package in packages]
    yield from (Mismatch(*other) for other in pairs if other[1] != other[2])


def _anchor(old: Side, new: Side, pair: Pair) -> str:
    """Return the first implementation of the block if its speed measures the machine's.

    It does if it is the same code on the same machine, correct, and timed in the same rounds as
    the row; otherwise empty.
    """
    name = pair.first_new.impl
    if name != pair.first_old.impl or name == pair.new.impl:
        return ""
    try:
        library = parse(name).library
    except UsageError:
        return ""
    if library is None:  # a user's function may have changed
        return ""
    packages = (*_packages(name), *(["losscli"] if library == "numpy" else []))
    for package in packages:
        if _version(old, package) is None or _version(old, package) != _version(new, package):
            return ""
    if any(other.what in ("device", "threads") for other in _mismatches(old, new, pair)):
        return ""
    for first, row in ((pair.first_old, pair.old), (pair.first_new, pair.new)):
        if not first.correct or len(first.round_times) != len(row.round_times):
            return ""
    return name


def _log_ratios(row: BenchmarkRow, first: BenchmarkRow) -> list[float]:
    """Return the logs of the ratios of a row's times to those of the first, by round."""
    return [math.log(a / b) for a, b in zip(row.round_times, first.round_times, strict=True)]


def _packages(impl: str) -> tuple[str, ...]:
    """Return the packages whose versions determine an implementation's speed."""
    try:
        implementation = parse(impl)
    except UsageError:  # saved by a version with other libraries
        return "numpy", "torch"
    name = implementation.library or implementation.framework
    return _PACKAGES.get(name, (name,))


def _version(saved: Side, package: str) -> Any:
    return saved.result.losscli if package == "losscli" else saved.result.environment.get(package)
