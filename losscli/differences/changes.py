"""`Changes`: what changed between two saved evaluations, in forms for people and programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from losscli.gates.grammar import groups_text
from losscli.results.difference import LEVEL, Saved, Terms
from losscli.results.document import Document, Note, ending
from losscli.stats.means import MeanDifference

if TYPE_CHECKING:
    import pandas as pd

VERDICTS = ("worse", "not worse", "better", "undecided")


class SavedLoss(NamedTuple):
    """One loss of a saved evaluation, or of one of its groups.

    value: the mean, or the statistic of it that the loss was asked for as; stderr is of the same.
    params: as JSON has them. ignored: rows that count for nothing; weight_sum: what the others do.
    """

    label: str
    loss: str
    params: Mapping[str, Any]
    statistic: str | None
    by: Mapping[str, str]
    value: float
    stderr: float | None
    n: int
    ignored: int
    weight_sum: float

    @property
    def key(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What it is matched by."""
        return self.label, tuple(self.by.items())

    def named(self) -> dict[str, Any]:
        """What it is known by, as JSON has it."""
        return {"label": self.label, "loss": self.loss, "by": dict(self.by)}


@dataclass(slots=True)
class Change:
    """One loss of both evaluations: what was found, and the verdict; a lower loss is better.

    shift: new less old; how: whether it is by "pairs" of rows or by "standard errors", None where
    nothing could be said. pairs: the rows that count in both. unpaired: why rows that could have
    been paired were not. bound: the largest change that is none. p_worse, p_not_worse: adjusted by
    Holm over the losses. reason: why it is undecided.
    """

    old: SavedLoss
    new: SavedLoss
    bound: float = 0.0
    shift: MeanDifference | None = None
    how: Literal["pairs", "standard errors"] | None = None
    pairs: int | None = None
    unpaired: str = ""
    p_worse: float | None = None
    p_not_worse: float | None = None
    verdict: str = "undecided"
    reason: str = ""

    @property
    def change(self) -> float | None:
        """New less old; above 0 is worse."""
        return None if self.shift is None else self.shift.estimate

    @property
    def relative(self) -> float | None:
        """The change over the old value's size; None where that is 0."""
        size = abs(self.old.value)
        return None if self.shift is None or not size else self.shift.estimate / size

    @property
    def ci(self) -> tuple[float, float] | None:
        """The interval of the change."""
        return None if self.shift is None else self.shift.interval(LEVEL)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        shift = self.shift
        return {
            **self.new.named(),
            "params": dict(self.new.params),
            "old": self.old.value,
            "new": self.new.value,
            "n": [self.old.n, self.new.n],
            "change": self.change,
            "relative": self.relative,
            "stderr": None if shift is None else shift.stderr,
            "degrees_of_freedom": None if shift is None else shift.freedom,
            "ci": None if self.ci is None else list(self.ci),
            "bound": self.bound,
            "used": self.how,
            "pairs": self.pairs,
            "unpaired": self.unpaired or None,
            "p_worse": self.p_worse,
            "p_not_worse": self.p_not_worse,
            "verdict": self.verdict,
            "reason": self.reason or None,
        }


@dataclass(frozen=True, slots=True)
class Changes(Document):
    """What changed from one evaluation to another, loss by loss and group by group.

    only_old, only_new: losses that the other one lacks. pairable: whether both kept the losses of
    their rows, and nobody asked for them.
    """

    page: ClassVar[str] = "diff_eval"

    rows: tuple[Change, ...]
    only_old: tuple[SavedLoss, ...]
    only_new: tuple[SavedLoss, ...]
    old: Saved
    new: Saved
    terms: Terms
    pairable: bool = False
    notes: tuple[Note, ...] = field(default=())

    def __iter__(self) -> Iterator[Change]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, label: str) -> Change:
        for row in self.rows:
            if row.new.label == label and not row.new.by:
                return row
        raise KeyError(f"{label!r}; the labels are {', '.join(_labels(self.rows))}")

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each verdict."""
        verdicts = [row.verdict for row in self.rows]
        return {name: verdicts.count(name) for name in VERDICTS}

    @property
    def exit_code(self) -> int:
        """1 or 6 where `fail_on` asks for it; a loss that is gone cannot be decided."""
        counts = self.counts
        if "worse" in self.terms.fail_on and counts["worse"]:
            return 1
        undecided = counts["undecided"] + len(self.only_old)
        return 6 if "undecided" in self.terms.fail_on and undecided else 0

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/diff/1`."""

        def side(saved: Saved) -> dict[str, Any]:
            kept = ("schema", "losscli", "environment", "per_sample")
            return {"path": saved.name, **{key: saved.document.get(key) for key in kept}}

        return {
            "schema": "losscli/diff/1",
            "kind": "eval",
            "old": side(self.old),
            "new": side(self.new),
            "direction": "a change is new less old: above 0 is worse",
            "margin": self.terms.margin,
            "fail_on": list(self.terms.fail_on),
            "ci_level": LEVEL,
            "per_sample": self.terms.per_sample,
            "allow_different_data": self.terms.different_data,
            "rows": [row.to_dict() for row in self.rows],
            "only_old": [loss.named() for loss in self.only_old],
            "only_new": [loss.named() for loss in self.only_new],
            "counts": {name.replace(" ", "_"): n for name, n in self.counts.items()},
            "notes": [note.to_dict() for note in self.notes],
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a row, those of one side last; the same keys in each."""
        records = [_record(row) for row in self.rows]
        blank = dict.fromkeys(records[0])
        for side, losses in (("old", self.only_old), ("new", self.only_new)):
            for loss in losses:
                known: dict[str, Any] = {side: loss.value, f"n_{side}": loss.n}
                known |= {"label": loss.label, "loss": loss.loss, "group": _group(loss)}
                known["verdict"] = f"only {side}"
                records.append(blank | known)
        return records

    def to_frame(self) -> "pd.DataFrame":
        """One row a row."""
        import pandas as pd

        return pd.DataFrame(self.to_records())


def _record(row: Change) -> dict[str, Any]:
    found = row.to_dict()
    found["group"] = _group(row.new)
    for name, ends in (("ci", ("low", "high")), ("n", ("old", "new"))):
        pair = found.pop(name) or (None, None)
        found |= {f"{name}_{end}": value for end, value in zip(ends, pair, strict=True)}
    first = ("label", "loss", "group", "old", "new", "change", "relative", "ci_low", "ci_high")
    kept = {name: found.pop(name) for name in first}
    del found["by"], found["params"]
    return kept | found


def _group(loss: SavedLoss) -> str:
    """The group as gates write it; empty for all rows."""
    return groups_text(list(loss.by.items()))[1:-1]


def _labels(rows: Sequence[Change]) -> list[str]:
    return list(dict.fromkeys(row.new.label for row in rows))
