"""`EvaluationDiff`, `BenchmarkDiff`, `RunDiff`: what changed between two saved results."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from losscli.errors import first_code
from losscli.results.document import (
    Count,
    Document,
    Environment,
    Git,
    Interval,
    Level,
    Note,
    Number,
    Record,
    RowsDocument,
    Time,
)
from losscli.results.documents.bench import RowKey
from losscli.results.documents.error import ErrorReport
from losscli.results.documents.eval import SampleRecord
from losscli.results.documents.run import ConfigRecord, parts_of
from losscli.results.gate import groups_text

LossVerdict: TypeAlias = Literal["worse", "not worse", "better", "undecided"]
TimeVerdict: TypeAlias = Literal["slower", "not slower", "undecided", "wrong now"]


class Side(Record, frozen=True, kw_only=True):
    """One of the results that were compared.

    schema: the schema of the document.
    """

    path: str
    schema: str
    losscli: str | None = None
    environment: Environment | None = None


class EvaluationSide(Side, frozen=True, kw_only=True):
    """An evaluation that was compared.

    per_sample: its file of per-sample losses.
    """

    per_sample: SampleRecord | None = None


class BenchmarkSide(Side, frozen=True, kw_only=True):
    """A benchmark that was compared.

    noise_floor: the noise floor that it measured.
    """

    noise_floor: float | None = None


class RunSide(Side, frozen=True, kw_only=True):
    """A run that was compared."""

    config: ConfigRecord
    started: Time | None = None
    git: Git | None = None


def _code(
    counts: Mapping[str, int], fail_on: Iterable[str], failing: Iterable[str], gone: int
) -> int:
    """1 or 6 where `fail_on` has the verdict; a row that is gone cannot be decided."""
    if set(failing) & set(fail_on) and any(map(counts.get, failing)):
        return 1
    undecided = counts.get("undecided", 0) + gone
    return 6 if "undecided" in fail_on and undecided else 0


def _counts_text(diff: Any) -> str:
    return ", ".join(f"{count} {word}" for word, count in diff.counts.items())


class LossKey(Record, frozen=True):
    """A loss of an evaluation or of one of its groups.

    by: the key of the group; empty for all rows.
    """

    label: str
    loss: str
    by: dict[str, str]

    @property
    def name(self) -> str:
        """The label and the group, as gates write them."""
        return f"{self.label}{groups_text(list(self.by.items()))}"

    @property
    def group(self) -> str:
        """The group as gates write it, without the brackets; empty for all rows."""
        return groups_text(list(self.by.items()))[1:-1]


class LoneLoss(LossKey, frozen=True):
    """A loss that only one of the evaluations has.

    value, n: None in a document that was read back.
    """

    value: Number | None = None
    n: Count | None = None

    hidden = frozenset({"value", "n"})


class LossDiff(LossKey, frozen=True, kw_only=True):
    """One loss or metric of both evaluations.

    old, new: the mean (or a statistic of it). n: the numbers of rows. change: new minus old.
    stderr, degrees_of_freedom, ci: those of the change. relative: the change over the absolute old
    value. bound: the largest change that is tolerated. used: the method, pairs of rows or standard
    errors. pairs: the number of pairs. unpaired: why rows were not paired. p: the two-sided p-value
    of the claim that is supported most. p_adjusted: Holm-corrected over the family. reason: why it
    is undecided. rows_needed: about the rows that would decide, all else as it is.
    higher_is_better: true for a metric that is.
    """

    params: dict[str, Any]
    old: Number
    new: Number
    n: tuple[Count, Count]
    change: Number | None = None
    relative: Number | None = None
    stderr: Number | None = None
    degrees_of_freedom: Number | None = None
    ci: Interval | None = None
    bound: Number
    used: Literal["pairs", "standard errors"] | None = None
    pairs: Count | None = None
    unpaired: str | None = None
    p: Number | None = None
    p_adjusted: Number | None = None
    verdict: LossVerdict = "undecided"
    reason: str | None = None
    rows_needed: Count | None = None
    higher_is_better: bool = False
    old_stderr: Number | None = None
    new_stderr: Number | None = None

    hidden = frozenset({"old_stderr", "new_stderr"})


class EvaluationDiff(RowsDocument[LossDiff], frozen=True, kw_only=True, tag="losscli/diff/1"):
    """The changes from one evaluation to another, by loss and group.

    kind: the kind of the results. direction: the sign of a change, in words. margin: the tolerated
    change, a fraction. fail_on: the verdicts that fail. per_sample, allow_different_data: the flags
    of the command. rows: the losses of both. only_old, only_new: losses that the other one lacks.
    counts: the number of rows by verdict. pairable: true if both kept the losses of their rows, and
    they were not used.
    """

    of = "eval"
    page = "diff_eval"

    kind: Literal["eval"] = "eval"
    old: EvaluationSide
    new: EvaluationSide
    direction: str = "a change is new minus old: above 0 a loss is worse"
    margin: float
    fail_on: tuple[str, ...]
    ci_level: Level
    per_sample: bool
    allow_different_data: bool
    rows: tuple[LossDiff, ...]
    only_old: tuple[LoneLoss, ...]
    only_new: tuple[LoneLoss, ...]
    counts: dict[str, Count]
    notes: tuple[Note, ...] = ()
    pairable: bool = False

    hidden = frozenset({"pairable"})

    def __getitem__(self, label: str) -> LossDiff:
        for row in self.rows:
            if row.label == label and not row.by:
                return row
        labels = dict.fromkeys(row.label for row in self.rows)
        raise KeyError(f"{label!r}; the labels are {', '.join(labels)}")

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a row, those of one side last; the same keys in each."""
        records = [_loss_record(row) for row in self.rows]
        blank = dict.fromkeys(records[0])
        for side, losses in (("old", self.only_old), ("new", self.only_new)):
            for loss in losses:
                known: dict[str, Any] = {side: loss.value, f"n_{side}": loss.n}
                known |= {"label": loss.label, "loss": loss.loss, "group": loss.group}
                records.append(blank | known | {"verdict": f"only {side}"})
        return records

    def _exit_code(self) -> int:
        return _code(self.counts, self.fail_on, ("worse",), len(self.only_old))

    _summary = _counts_text


class Ratio(Record, frozen=True):
    """New time over old time; above 1 is slower.

    ratio: the estimate. ci: None if there are too few rounds.
    """

    ratio: float | None = None
    ci: tuple[float, float] | None = None


class Mismatch(Record, frozen=True):
    """A difference of the environments, because of which times may differ.

    what: the name of the property.
    """

    what: str
    old: Any
    new: Any

    def __str__(self) -> str:
        old, new = ("unknown" if side is None else side for side in (self.old, self.new))
        return f"other {self.what}: {old} and {new}"


class TimeDiff(RowKey, frozen=True, kw_only=True):
    """One row of both benchmarks.

    old_s, new_s: the median seconds. rounds: the number of rounds of each. ratio, ci: the ratio
    that decides, and its interval. used: the method, raw or anchored. anchor: the implementation
    that anchored ratios are relative to. raw, anchored: the ratio by either method. p_slower,
    p_not_slower: the p-value, Holm-corrected over the rows. reason: why it is undecided or
    incorrect. differs: differences of the environments.
    """

    old_s: float | None = None
    new_s: float | None = None
    rounds: tuple[Count, Count]
    ratio: float | None = None
    ci: tuple[float, float] | None = None
    used: Literal["raw", "anchored"] | None = None
    anchor: str | None = None
    raw: Ratio | None = None
    anchored: Ratio | None = None
    p_slower: float | None = None
    p_not_slower: float | None = None
    verdict: TimeVerdict = "undecided"
    reason: str | None = None
    differs: tuple[Mismatch, ...] = ()


class BenchmarkDiff(RowsDocument[TimeDiff], frozen=True, kw_only=True, tag="losscli/diff/1"):
    """The changes from one benchmark to another, by row.

    kind: the kind of the results. direction: the meaning of a ratio, in words. margin: the
    tolerated slowdown, a fraction. between_runs: the standard deviation between runs that raw
    ratios allow. across: true if other environments are compared. fail_on: the verdicts that fail.
    draws: the number of bootstrap draws. only_old, only_new: rows that the other one lacks. counts:
    the number of rows by verdict.
    """

    of = "bench"
    page = "diff_bench"

    kind: Literal["bench"] = "bench"
    old: BenchmarkSide
    new: BenchmarkSide
    direction: str = "ratios are new time over old time: above 1 is slower"
    margin: float
    between_runs: float
    across: bool
    fail_on: tuple[str, ...]
    ci_level: Level
    draws: Count
    rows: tuple[TimeDiff, ...]
    only_old: tuple[RowKey, ...]
    only_new: tuple[RowKey, ...]
    counts: dict[str, Count]
    notes: tuple[Note, ...] = ()

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a row, those of one side last; the same keys in each."""
        records = [_time_record(row) for row in self.rows]
        blank = dict.fromkeys(records[0])
        for verdict, rows in (("only old", self.only_old), ("only new", self.only_new)):
            for row in rows:
                known = row.to_dict() | {"shape": row.size}
                records.append(blank | known | {"verdict": verdict})
        return records

    def _exit_code(self) -> int:
        return _code(self.counts, self.fail_on, ("slower", "wrong_now"), len(self.only_old))

    _summary = _counts_text


class RunDiff(Document, frozen=True, kw_only=True, tag="losscli/diff/1"):
    """The changes of each step of a config, by the names of the steps.

    kind: the kind of the results. fail_on: the verdicts that fail. evals, benches: the comparison
    of each step; its error if it could not be compared. only_old, only_new: steps with a result on
    one side only. counts: the number of all rows by verdict.
    """

    of = "run"
    page = "diff_run"

    kind: Literal["run"] = "run"
    old: RunSide
    new: RunSide
    fail_on: tuple[str, ...]
    evals: dict[str, EvaluationDiff | ErrorReport]
    benches: dict[str, BenchmarkDiff | ErrorReport]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    counts: dict[str, Count]
    notes: tuple[Note, ...] = ()

    def __getitem__(self, name: str) -> EvaluationDiff | BenchmarkDiff:
        found = self.parts.get(name)
        if found is None:
            raise KeyError(f"{name!r}; the runs are {', '.join(self.parts)}")
        return found

    @property
    def parts(self) -> dict[str, EvaluationDiff | BenchmarkDiff]:
        """The steps that were compared, evaluations first."""
        return parts_of(self, failed=False)

    @property
    def failures(self) -> dict[str, ErrorReport]:
        """The steps that could not be compared."""
        return parts_of(self, failed=True)

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a row of a step, steps without rows last; the same keys in each."""
        records: list[dict[str, Any]] = [
            {"run": name, **record}
            for name, part in self.parts.items()
            for record in part.to_records()
        ]
        records += [
            {"run": name, "verdict": "refused", "reason": failure.message}
            for name, failure in self.failures.items()
        ]
        for verdict, names in (("only old", self.only_old), ("only new", self.only_new)):
            records += [{"run": name, "verdict": verdict} for name in names]
        blank = dict.fromkeys(key for record in records for key in record)
        return [blank | record for record in records]

    def _exit_code(self) -> int:
        codes: set[int] = {part.exit_code for part in self.parts.values()}
        codes |= {failure.code for failure in self.failures.values()}
        if self.only_old and "undecided" in self.fail_on:
            codes.add(6)
        return first_code(codes)

    _summary = _counts_text


Diff: TypeAlias = EvaluationDiff | BenchmarkDiff | RunDiff


def counted(verdicts: Iterable[str], names: Iterable[str]) -> dict[str, int]:
    """Return the number of rows of each verdict, by its name in JSON."""
    found = list(verdicts)
    return {name.replace(" ", "_"): found.count(name) for name in names}


def _loss_record(row: LossDiff) -> dict[str, Any]:
    found = row.to_dict()
    found["group"] = row.group
    for name, ends in (("ci", ("low", "high")), ("n", ("old", "new"))):
        pair = found.pop(name) or (None, None)
        found |= {f"{name}_{end}": value for end, value in zip(ends, pair, strict=True)}
    first = ("label", "loss", "group", "old", "new", "change", "relative", "ci_low", "ci_high")
    kept = {name: found.pop(name) for name in first}
    del found["by"], found["params"]
    return kept | found


def _time_record(row: TimeDiff) -> dict[str, Any]:
    record = row.to_dict()
    record["shape"] = row.size
    for name, ends in (("ci", ("low", "high")), ("rounds", ("old", "new"))):
        pair = record.pop(name) or (None, None)
        record |= {f"{name}_{end}": value for end, value in zip(ends, pair, strict=True)}
    for name in ("raw", "anchored"):
        record[f"{name}_ratio"] = (record.pop(name) or {}).get("ratio")
    record["differs"] = "; ".join(map(str, row.differs))
    return record
