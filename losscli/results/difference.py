"""`Differences`: what changed between two saved benchmarks, in forms for people and programs.

`Saved` and `Terms` are of every comparison.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from losscli.results.document import Document, Note, ending

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95
_KEY = ("loss", "label", "impl", "device", "dtype", "shape", "pass", "cache")


class Saved(NamedTuple):
    """A result's document, and the name by which messages call it.

    folder: where the file lies, which the paths in it may be relative to; None for no file.
    """

    name: str
    document: Mapping[str, Any]
    folder: str | None = None


class Terms(NamedTuple):
    """What is asked of a comparison.

    margin: the largest relative slowdown, or increase of a loss, that is none. fail_on: "slower"
    (of benchmarks), "worse" (of losses), "undecided".
    Of benchmarks: between_runs, the relative standard deviation of a run as a whole; across,
    whether rows from other environments are decided too.
    Of losses: per_sample, whether the kept losses of the rows are read and paired; different_data,
    whether results of other data are compared.
    """

    margin: float = 0.05
    between_runs: float = 0.03
    across: bool = False
    fail_on: Sequence[str] = ()
    per_sample: bool = False
    different_data: bool = False


class Ratio(NamedTuple):
    """New time over old, above 1 is slower; ci is None where there are too few rounds."""

    value: float
    ci: tuple[float, float] | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"ratio": self.value, "ci": None if self.ci is None else list(self.ci)}


class Other(NamedTuple):
    """Something that is not the same in both runs."""

    what: str
    old: Any
    new: Any

    def __str__(self) -> str:
        old, new = ("unknown" if side is None else side for side in (self.old, self.new))
        return f"other {self.what}: {old} and {new}"


@dataclass(slots=True)
class Pair:
    """One row of both runs: what was measured, and the verdict.

    raw, anchored: two ratios of the same times, the second relative to `anchor`; the anchored one
    decides where it exists. p_slower, p_not_slower: of the one that decides, adjusted by Holm over
    the rows. reason: why it is undecided or wrong. The verdict is "slower", "not slower",
    "undecided" or "wrong now".
    """

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    differs: tuple[Other, ...] = ()
    raw: Ratio | None = None
    anchored: Ratio | None = None
    anchor: str | None = None
    p_slower: float | None = None
    p_not_slower: float | None = None
    verdict: str = "undecided"
    reason: str = ""

    @property
    def old_s(self) -> float | None:
        """The median seconds of OLD; None where it has no times."""
        return median(seconds(self.old)) if seconds(self.old) else None

    @property
    def new_s(self) -> float | None:
        """The median seconds of NEW; None where it has no times."""
        return median(seconds(self.new)) if seconds(self.new) else None

    @property
    def used(self) -> Ratio | None:
        """The ratio that decides."""
        return self.anchored or self.raw

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        used = self.used.to_dict() if self.used else {"ratio": None, "ci": None}
        return {
            **key_of(self.new),
            "old_s": self.old_s,
            "new_s": self.new_s,
            "rounds": [len(seconds(self.old)), len(seconds(self.new))],
            **used,
            "used": None if self.used is None else "anchored" if self.anchored else "raw",
            "anchor": self.anchor,
            "raw": self.raw.to_dict() if self.raw else None,
            "anchored": self.anchored.to_dict() if self.anchored else None,
            "p_slower": self.p_slower,
            "p_not_slower": self.p_not_slower,
            "verdict": self.verdict,
            "reason": self.reason or None,
            "differs": [other._asdict() for other in self.differs],
        }


@dataclass(frozen=True, slots=True)
class Differences(Document):
    """What changed from one benchmark to another, row by row.

    only_old, only_new: rows that the other one lacks. draws: of the bootstrap.
    """

    page: ClassVar[str] = "diff_bench"

    rows: tuple[Pair, ...]
    only_old: tuple[Mapping[str, Any], ...]
    only_new: tuple[Mapping[str, Any], ...]
    old: Saved
    new: Saved
    terms: Terms
    draws: int
    notes: tuple[Note, ...] = ()

    def __iter__(self) -> Iterator[Pair]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each verdict."""
        verdicts = [pair.verdict for pair in self.rows]
        names = ("slower", "not slower", "undecided", "wrong now")
        return {name: verdicts.count(name) for name in names}

    @property
    def exit_code(self) -> int:
        """1 or 6 where `fail_on` asks for it; a row that is gone cannot be decided."""
        counts = self.counts
        if "slower" in self.terms.fail_on and counts["slower"] + counts["wrong now"]:
            return 1
        undecided = counts["undecided"] + len(self.only_old)
        return 6 if "undecided" in self.terms.fail_on and undecided else 0

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/diff/1`."""

        def side(saved: Saved) -> dict[str, Any]:
            kept = ("schema", "losscli", "environment", "noise_floor")
            return {"path": saved.name, **{key: saved.document.get(key) for key in kept}}

        return {
            "schema": "losscli/diff/1",
            "kind": "bench",
            "old": side(self.old),
            "new": side(self.new),
            "direction": "ratios are new time over old time: above 1 is slower",
            "margin": self.terms.margin,
            "between_runs": self.terms.between_runs,
            "across": self.terms.across,
            "fail_on": list(self.terms.fail_on),
            "ci_level": LEVEL,
            "draws": self.draws,
            "rows": [pair.to_dict() for pair in self.rows],
            "only_old": [key_of(row) for row in self.only_old],
            "only_new": [key_of(row) for row in self.only_new],
            "counts": {name.replace(" ", "_"): n for name, n in self.counts.items()},
            "notes": [note.to_dict() for note in self.notes],
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a row, those of one side last; the same keys in each."""
        records = []
        for pair in self.rows:
            record = pair.to_dict()
            record["shape"] = "x".join(map(str, record["shape"]))
            for name in ("ci", "rounds"):
                low, high = record.pop(name) or (None, None)
                ends = ("low", "high") if name == "ci" else ("old", "new")
                record |= {f"{name}_{ends[0]}": low, f"{name}_{ends[1]}": high}
            for name in ("raw", "anchored"):
                record[f"{name}_ratio"] = (record.pop(name) or {}).get("ratio")
            record["differs"] = "; ".join(map(str, pair.differs))
            records.append(record)
        blank = dict.fromkeys(records[0])
        for verdict, rows in (("only old", self.only_old), ("only new", self.only_new)):
            for row in rows:
                known = key_of(row) | {"shape": "x".join(map(str, row["shape"]))}
                records.append(blank | known | {"verdict": verdict})
        return records

    def to_frame(self) -> "pd.DataFrame":
        """One row a row."""
        import pandas as pd

        return pd.DataFrame(self.to_records())


def key_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a row is known by."""
    return {name: row.get(name) for name in _KEY}


def seconds(row: Mapping[str, Any]) -> list[float]:
    """The medians of its rounds; none where one of them is no time."""
    found = (row.get("time_s") or {}).get("rounds_s")
    if not isinstance(found, list | tuple) or not all(
        type(value) in (int, float) and 0 < value < math.inf for value in found
    ):
        return []
    return [float(value) for value in found]
