"""`compare`: two saved benchmarks, row by row; what changed, and whether it is more than noise."""

import math
import zlib
from collections.abc import Iterator, Sequence
from statistics import median

from losscli.differences.matching import Sides, anchor, by_key, log_ratios, matched, mismatches
from losscli.results.difference import LEVEL, Differences, Pair, Ratio, Saved, Terms, seconds
from losscli.results.document import Note
from losscli.stats.decisions import holm, three_way
from losscli.stats.medians import DRAWS, MedianDifference, median_difference

_ALPHA = (1.0 - LEVEL) / 2.0  # one-sided, so that a verdict and its interval agree


def compare_benchmarks(old: Saved, new: Saved, terms: Terms) -> Differences:
    """What changed from `old` to `new`, documents of the schema losscli/bench/1.

    Raises DataError where a row stands twice in one of them, or none stands in both.
    """
    both = matched(old, new)
    draws = max(DRAWS, math.ceil(2 * len(both) / _ALPHA))  # else Holm's correction is out of reach
    pairs, shifts = [], []
    for key, sides in both.items():
        pair = Pair(sides.old, sides.new, tuple(mismatches(old, new, sides)))
        name = anchor(old, new, sides)
        shifts.append(_measure(pair, sides, name, terms, zlib.crc32(repr(key).encode()), draws))
        pairs.append(pair)
    _decide(pairs, shifts, terms, noise=max(map(_noise, (old, new))))
    rows = by_key(old), by_key(new)
    return Differences(
        rows=tuple(pairs),
        only_old=tuple(row for key, row in rows[0].items() if key not in both),
        only_new=tuple(row for key, row in rows[1].items() if key not in both),
        old=old,
        new=new,
        terms=terms,
        draws=draws,
        notes=tuple(_notes(old, new, pairs, terms)),
    )


def _measure(
    pair: Pair, sides: Sides, name: str, terms: Terms, seed: int, draws: int
) -> MedianDifference | None:
    """Fill in the ratios of a row; the shift of the logs that decides, None without times."""
    margin = math.log1p(terms.margin)
    logs = [[math.log(value) for value in seconds(row)] for row in (pair.old, pair.new)]
    if not all(logs):
        return None
    # Each run has its own luck with the machine, of which its samples say nothing.
    spread = math.sqrt(2.0) * math.log1p(terms.between_runs)
    raw = median_difference(*logs, margin=margin, spread=spread, seed=seed, draws=draws)
    pair.raw = _ratio(raw)
    if not name:
        return raw
    logs = [log_ratios(sides.old, sides.first_old), log_ratios(sides.new, sides.first_new)]
    anchored = median_difference(*logs, margin=margin, seed=seed, draws=draws)
    pair.anchor, pair.anchored = name, _ratio(anchored)
    return anchored


def _ratio(shift: MedianDifference) -> Ratio:
    ends = (math.exp(shift.low), math.exp(shift.high)) if math.isfinite(shift.low) else None
    return Ratio(math.exp(shift.estimate), ends)


def _noise(saved: Saved) -> float:
    """The relative difference that a run found between an implementation and itself."""
    floor = saved.document.get("noise_floor")
    return float(floor) if isinstance(floor, int | float) and math.isfinite(floor) else 0.0


def _decide(
    pairs: Sequence[Pair], shifts: Sequence[MedianDifference | None], terms: Terms, *, noise: float
) -> None:
    """Give each row its verdict; those that can be decided share Holm's correction."""
    moved = _moved(pairs, terms)
    fair: list[tuple[Pair, MedianDifference]] = []
    for pair, shift in zip(pairs, shifts, strict=True):
        pair.reason = _hindrance(pair, across=terms.across)
        if not pair.reason and not pair.anchor and pair.new["device"] in moved:
            pair.reason = "raw, and the machine changed by more than is allowed for"
        if pair.old["correct"] and not pair.new["correct"]:
            pair.verdict = "wrong now"
        elif not pair.reason and shift is not None:
            fair.append((pair, shift))
    slower = holm([shift.p_above for _, shift in fair])
    not_slower = holm([shift.p_below for _, shift in fair])
    for (pair, shift), p_slower, p_not in zip(fair, slower, not_slower, strict=True):
        pair.p_slower, pair.p_not_slower = p_slower, p_not
        pair.verdict = three_way(shift.low, shift.high, terms.margin)
        if pair.verdict == "undecided":
            pair.reason = "the interval holds the margin"
        elif (p_slower if pair.verdict == "slower" else p_not) > _ALPHA:
            pair.reason = f"{pair.verdict} alone, but not beyond chance among {len(fair)} rows"
            pair.verdict = "undecided"
        elif pair.verdict == "slower" and shift.estimate <= math.log1p(noise):
            pair.reason = f"slower by less than the machine's noise of {noise:.0%} (A/A)"
            pair.verdict = "undecided"


def _hindrance(pair: Pair, *, across: bool) -> str:
    """Why times cannot decide about a row, or what is wrong with it; empty where nothing is."""
    if not pair.new["correct"]:
        fault = pair.new.get("fault") or "wrong"
        return str(fault) if pair.old["correct"] else f"wrong in both: {fault}"
    if not pair.old["correct"]:
        return "wrong in OLD: its time says nothing"
    for name, row in (("OLD", pair.old), ("NEW", pair.new)):
        if not row.get("time_s"):
            return f"no times in {name}"
        if not seconds(row):
            return f"times in {name} that are none: not all are above 0 and finite"
    if pair.raw is not None and pair.raw.ci is None:
        return f"too few rounds: {len(seconds(pair.old))} and {len(seconds(pair.new))}"
    if pair.differs and not across:
        return "; ".join(map(str, pair.differs))
    return ""


def _notes(old: Saved, new: Saved, pairs: Sequence[Pair], terms: Terms) -> Iterator[Note]:
    if old.document == new.document:
        yield Note("same_result", "OLD and NEW are the same result")
    for device, (names, ratio) in _moved(pairs, terms).items():
        where = "" if device == "cpu" else f" on {device}"
        yield Note(
            "machine",
            f"{names} of the same version took {ratio:.3g} times as long{where}: the machine "
            "changed by more than is allowed for, and raw ratios cannot decide",
        )


def _moved(pairs: Sequence[Pair], terms: Terms) -> dict[str, tuple[str, float]]:
    """The devices whose anchors, code that did not change, moved by more than runs may differ.

    Each with the names of its anchors and the median of their raw ratios.
    """
    reach = max(2.0 * math.sqrt(2.0) * math.log1p(terms.between_runs), math.log1p(terms.margin))
    found: dict[str, tuple[str, float]] = {}
    for device in dict.fromkeys(str(pair.new["device"]) for pair in pairs):
        here = [pair for pair in pairs if pair.new["device"] == device]
        names = sorted({pair.anchor for pair in here if pair.anchor})
        # An anchor is first in its blocks; where it is not, it may be anchored itself.
        ratios = [
            pair.raw.value
            for pair in here
            if pair.raw and not pair.anchor and pair.new["impl"] in names
        ]
        if ratios and abs(math.log(median(ratios))) > reach:
            found[device] = ", ".join(names), median(ratios)
    return found
