"""`Evaluation`: the losses of predictions, their gates, and where the numbers come from."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from msgspec import Meta, field

from losscli.results.document import (
    Count,
    Digest,
    Document,
    Environment,
    Git,
    Interval,
    Level,
    Note,
    Number,
    Record,
    Shape,
    Time,
    Timing,
)
from losscli.results.gate import GateResult, exit_code

if TYPE_CHECKING:
    import pandas as pd

ROW_NUMBERS = "rows"  # the role of the row numbers of predictions
Reduction: TypeAlias = Literal["mean", "sum", "none"]
Like: TypeAlias = Annotated[
    str, Meta(extra_json_schema={"enum": ["torch", "keras", "sklearn", "optax", "trl", "liger"]})
]


class Input(Record, frozen=True, kw_only=True):
    """The file or array that a role was read from.

    role: preds, targets, weights, ids, rows (their numbers), clusters, groups, or column and
    its name, of a parameter that has a number for each row. format: the format of the file.
    dtype: the stored type. digest: the SHA-256 of the values; None if it was not computed.
    columns: the names of the columns that were read. unmatched: the rows that were left out
    because another table lacks their id. duplicates_dropped: the repeated rows that were left
    out.
    """

    role: str
    path: str = ""
    format: str = ""
    shape: Shape
    dtype: str = ""
    digest: Digest | None = None
    columns: tuple[str, ...] = ()
    unmatched: Count | None = None
    duplicates_dropped: Count | None = None

    optional = frozenset({"columns", "unmatched", "duplicates_dropped"})


class Code(Record, frozen=True):
    """A file of a user whose code was run.

    sha256: the SHA-256 of the file when it was run.
    """

    path: str
    sha256: str


WIDEST = 16  # numbers of a row that its record shows


class WorstRow(Record, frozen=True, kw_only=True):
    """One of the rows of the largest loss.

    row: its place, from 0. line: in a text file, from 1. id: its keys by the names of `--id`. pred,
    target: its numbers; None if they are more than 16. value: its loss, as in max. share: its part
    of Σ w·L; None if that is 0 or not finite, or if a loss is below 0.
    """

    row: Count
    line: Count | None = None
    id: dict[str, str] = field(default_factory=dict)
    pred: tuple[Number, ...] | None = None
    target: tuple[Number, ...] | None = None
    value: Number
    share: Number | None = None

    optional = frozenset({"line", "id"})

    def to_record(self) -> dict[str, Any]:
        """The flat record of a row, its keys first; the only number of a role stands alone."""
        found = {"row": self.row, "line": self.line} | self.to_dict()
        found.pop("id", None)
        for role in ("pred", "target"):
            numbers = found[role]
            found[role] = numbers[0] if numbers and not numbers[1:] else numbers
        return keyed(self.id, found)


class Concentration(Record, frozen=True):
    """The part of a loss that the worst rows carry.

    share: that of the rows, such as 0.01. rows: their number. loss: their part of Σ w·L; None if
    that is 0 or not finite, or if a loss is below 0. gradient: their part of the sum of the norms
    of the rows' gradients; None if the loss has none, or if not all rows were kept. smooth_l1:
    their part under smooth_l1 with beta = 1, where the loss is mse of one output a row.
    """

    share: Level
    rows: Count
    loss: Number | None
    gradient: Number | None
    smooth_l1: Number | None = None

    optional = frozenset({"smooth_l1"})


class DistributionResult(Record, frozen=True, kw_only=True):
    """The distribution of the losses of the rows that count.

    quantiles: p50, p90 and p99. exact: false beyond 4,194,304 rows, where quantiles have a relative
    error of at most 2^-17. edges: of the bins of a histogram, each with its lower edge, the last
    with both. counts: the rows in each bin. worst: the part that the worst 0.1, 1 and 10 % of the
    rows carry, where these are one row at least.
    """

    quantiles: dict[str, Number]
    exact: bool
    edges: tuple[Number, ...]
    counts: tuple[Count, ...]
    worst: tuple[Concentration, ...]


class LossResult(Record, frozen=True, kw_only=True, gc=False):
    """One loss of an evaluation.

    value: by the reduction; None under none. mean: Σ w·L / Σ w·den, whatever the reduction is.
    stderr, ci: of the mean (of its root for rmse); None if fewer than two rows count, or lie in one
    cluster. ci_method: hall where `--interval hall` corrected ci. clusters: those of the rows in
    the mean; None where rows are independent. bootstrap_ci: the percentile interval of resamples;
    None without them. rows: n + skipped + ignored. n: the rows in the mean. skipped: rows that
    --nan skip left out. ignored: rows that the loss ignores. weight_sum: Σ w·den. sum: Σ w·L. min:
    the smallest loss of a row. max: the largest. max_row: the row of the largest, from 0. max_line:
    its line in a text file, from 1. reduction: mean, sum or none. statistic: the derived statistic
    that was requested, such as rmse. penalty: the amount that value and ci contain in addition to
    the rows. code: files of a user that were run. model: the columns of the predictions, where
    those of several models were evaluated. derived: statistics of the mean by name. takes_logits:
    true if predictions are logits. worst: the rows of the largest losses, the largest first, of
    equal ones the first row; none unless `--top` asks for them. distribution: that of the row
    losses, if `--distribution` asks for it.
    """

    label: str
    loss: str
    params: dict[str, Any]
    reduction: Reduction = "mean"
    value: Number | None = None
    mean: Number
    rows: Count = 0
    n: Count
    skipped: Count = 0
    ignored: Count = 0
    weight_sum: Number
    sum: Number
    stderr: Number | None = None
    ci: Interval | None = None
    ci_level: Level = 0.95
    ci_method: str | None = None
    clusters: Count | None = None
    bootstrap_ci: Interval | None = None
    statistic: str | None = None
    min: Number | None = None
    max: Number | None = None
    max_row: Count | None = None
    max_line: Count | None = None
    penalty: Number | None = None
    code: tuple[Code, ...] = ()
    model: str | None = None
    derived: dict[str, Number] = field(default_factory=dict)
    takes_logits: bool = False
    worst: tuple[WorstRow, ...] = ()
    distribution: DistributionResult | None = None

    optional = frozenset(
        {
            "bootstrap_ci",
            "ci_method",
            "clusters",
            "max_line",
            "penalty",
            "code",
            "model",
            "worst",
            "distribution",
        }
    )
    hidden = frozenset({"takes_logits"})
    flat = "derived"

    def __post_init__(self) -> None:
        if self.stderr is not None and self.stderr < 0:
            raise ValueError("the stderr is below 0")
        of_mean = self.reduction == "mean" and self.value is not None
        if self.statistic is not None and self.statistic not in self.derived and not of_mean:
            raise ValueError(f"{self.statistic} is missing")

    @classmethod
    def flat_keys(cls) -> Iterable[str]:
        """The statistics that losses derive from their means."""
        from losscli.losses.registry import all_losses

        return dict.fromkeys(name for loss in all_losses() for name, _ in loss.derived)

    @property
    def of_mean(self) -> float:
        """The value under the reduction mean: the mean or the statistic of it, with the penalty."""
        if self.reduction == "mean" and self.value is not None:
            return self.value
        shown = self.mean if self.statistic is None else self.derived[self.statistic]
        return shown + (self.penalty or 0.0)

    def to_record(self) -> dict[str, Any]:
        """The flat record of a loss, the interval as ci_low and ci_high."""
        low, high = self.ci or (None, None)
        found = self.to_dict() | {"ci_low": low, "ci_high": high}
        return {name: found[name] for name in [*COLUMNS, *self.derived]}

    def __repr__(self) -> str:
        return f"<LossResult {self.label}: {self.of_mean:.6g}, n = {self.n:,}>"


class MetricTable(Record, frozen=True):
    """Numbers that belong to a metric, such as a confusion matrix.

    corner: the meaning of the labels of rows and columns. columns: their labels. rows: the numbers
    of each row, by its label.
    """

    corner: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[Number, ...]]


class MetricResult(Record, frozen=True, kw_only=True):
    """One metric of an evaluation.

    metric: the name of the metric. value: NaN where it is undefined, or where a row that counts has
    a missing value. higher_is_better: None where neither is. stderr, ci: of the value; None where
    there are none. rows, n, skipped, ignored, clusters, bootstrap_ci: as for losses. table: numbers
    that belong to it, such as a confusion matrix.
    """

    label: str
    metric: str
    params: dict[str, Any]
    value: Number
    higher_is_better: bool | None
    rows: Count = 0
    n: Count
    skipped: Count = 0
    ignored: Count = 0
    stderr: Number | None = None
    ci: Interval | None = None
    ci_level: Level = 0.95
    clusters: Count | None = None
    bootstrap_ci: Interval | None = None
    effective_clusters: Number | None = None
    correlation: Number | None = None
    table: MetricTable | None = None
    missing: bool = False

    optional = frozenset({"bootstrap_ci", "clusters", "table"})
    hidden = frozenset({"correlation", "effective_clusters", "missing"})

    @property
    def of_mean(self) -> float:
        """The value, as losses have it under the reduction mean."""
        return self.value

    def to_record(self) -> dict[str, Any]:
        """The flat record of a metric, the interval as ci_low and ci_high."""
        low, high = self.ci or (None, None)
        found = self.to_dict() | {"loss": self.metric, "ci_low": low, "ci_high": high}
        return {name: found.get(name) for name in COLUMNS}

    def __repr__(self) -> str:
        return f"<MetricResult {self.label}: {self.value:.6g}, n = {self.n:,}>"


# A loss or a metric, with its value, standard error and interval.
Statistic: TypeAlias = LossResult | MetricResult


class Group(Record, frozen=True):
    """The losses and metrics of the rows that share a key.

    by: a text for each name of `--by`, as in the data; "" if it is missing. losses, metrics: as for
    all rows.
    """

    by: dict[str, str]
    losses: tuple[LossResult, ...]
    metrics: tuple[MetricResult, ...] = ()

    optional = frozenset({"metrics"})

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """The losses, then the metrics."""
        return self.losses + self.metrics


class EvalTiming(Timing, frozen=True):
    """Time from the opening of the data to the last sum.

    bytes: the bytes that were read.
    """

    bytes: Count = 0


class SampleRecord(Record, frozen=True):
    """The file of per-sample losses.

    labels: the labels of its columns. digest: the SHA-256 of the losses. by: the names of the keys
    of groups, where the file has them, in columns of their own.
    """

    path: str
    labels: tuple[str, ...]
    digest: Digest | None = None
    by: tuple[str, ...] = ()

    optional = frozenset({"by"})


class Evaluation(Document, frozen=True, kw_only=True, tag="losscli/eval/1"):
    """The result of an evaluation: indexed by label, `r["mse"].value`.

    losses, metrics: one for each label. groups: the same of the groups of `--by`, sorted by key: as
    numbers if every key is one, else as texts; a missing key comes last. inputs: the files or
    arrays that were read. per_sample: the file of per-sample losses. backend: numpy or torch.
    dtype: the type of the arithmetic. like: the library whose conventions were followed. engine:
    the engine that ran the blocks. started, git: None if it was not saved. saved: the file.
    """

    losses: tuple[LossResult, ...]
    metrics: tuple[MetricResult, ...] = ()
    groups: tuple[Group, ...] = ()
    gates: tuple[GateResult, ...] = ()
    notes: tuple[Note, ...] = ()
    inputs: tuple[Input, ...] = ()
    per_sample: SampleRecord | None = None
    backend: str = "unknown"
    device: str = "unknown"
    dtype: str = "unknown"
    like: Like | None = None
    engine: str = "unknown"
    threads: Count = 0
    started: Time | None = None
    git: Git | None = None
    timing: EvalTiming
    environment: Environment = field(default_factory=dict)
    command: tuple[str, ...] = ()
    saved: str | None = None

    optional = frozenset({"command", "metrics"})
    hidden = frozenset({"saved"})

    @property
    def statistics(self) -> tuple[Statistic, ...]:
        """The losses, then the metrics."""
        return self.losses + self.metrics

    def __getitem__(self, label: str) -> Statistic:
        for found in self.statistics:
            if found.label == label:
                return found
        labels = [found.label for found in self.statistics]
        raise KeyError(f"{label!r}; the labels are {', '.join(labels)}")

    def __iter__(self) -> Iterator[LossResult]:
        return iter(self.losses)

    def __len__(self) -> int:
        return len(self.losses)

    @property
    def value(self) -> float | None:
        """The only value; ValueError where there are several: index by label."""
        if len(self.statistics) != 1:
            words = "losses and metrics" if self.metrics else "losses"
            raise ValueError(f"{len(self.statistics)} {words}: take result[label].value")
        return self.statistics[0].value

    def to_frame(self) -> "pd.DataFrame":
        """One row a loss or metric, indexed by label, the interval as ci_low and ci_high."""
        import pandas as pd

        return pd.DataFrame(self.to_records()).set_index("label")

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a loss or metric, for tables; the same keys in each."""
        return [self._record(found) for found in self.statistics]

    def worst_frame(self) -> "pd.DataFrame":
        """One row for each of the worst rows of a loss, with its label and rank."""
        import pandas as pd

        return pd.DataFrame(self.worst_records())

    def worst_records(self) -> list[dict[str, Any]]:
        """One flat record for each of the worst rows: label, rank, and those of the row."""
        return [
            {"label": loss.label, "rank": rank} | row.to_record()
            for loss in self.losses
            for rank, row in enumerate(loss.worst, start=1)
        ]

    def groups_frame(self) -> "pd.DataFrame":
        """One row a group and loss: columns of the keys, then those of `to_frame()` and label."""
        import pandas as pd

        return pd.DataFrame(self.group_records())

    def group_records(self) -> list[dict[str, Any]]:
        """One flat record a group and loss: the keys, then the record of the loss.

        A key with the name of one of its fields stands as by_NAME.
        """
        return [
            keyed(group.by, self._record(found))
            for group in self.groups
            for found in group.statistics
        ]

    def _record(self, found: Statistic) -> dict[str, Any]:
        """One flat record, of the fields that every loss and metric of this result has."""
        return dict.fromkeys(n for other in self.statistics for n in other.to_record()) | (
            found.to_record()
        )

    @classmethod
    def fields_of(cls, document: dict[str, Any]) -> dict[str, Any]:
        """The JSON with the derived statistics of each loss under `derived`."""
        groups = document.get("groups", [])
        if isinstance(groups, list):
            groups = [_with_derived(group) for group in groups]
        return {**_with_derived(document), "groups": groups}

    def _exit_code(self) -> int:
        return exit_code(self.gates) if self.gates else 0

    def _summary(self) -> str:
        return ", ".join(f"{found.label} {found.of_mean:.6g}" for found in self.statistics[:8])


def _with_derived(part: Any) -> Any:
    """A document or a group with the derived statistics of its losses under `derived`."""
    if not isinstance(part, dict) or not isinstance(part.get("losses"), list):
        return part
    known = {*LossResult.__struct_encode_fields__}
    losses = [
        {**loss, "derived": {k: v for k, v in loss.items() if k not in known and _is_number(v)}}
        if isinstance(loss, dict)
        else loss
        for loss in part["losses"]
    ]
    return {**part, "losses": losses}


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) or value in ("nan", "inf", "-inf")


def keyed(by: Mapping[str, str], record: Mapping[str, Any]) -> dict[str, Any]:
    """A record after the keys of its group; a key with the name of a field stands as by_NAME."""
    return {f"by_{k}" if k in record else k: v for k, v in by.items()} | dict(record)


COLUMNS = (
    "label", "loss", "reduction", "value", "stderr", "ci_low", "ci_high", "ci_level", "min", "max",
    "max_row", "rows", "n", "skipped", "ignored", "weight_sum", "sum",
)  # fmt: skip


def difference_of_data(inputs: tuple[Input, ...], saved: Any, name: str) -> str:
    """Why a saved result is of other data than these inputs; empty where it is of the same.

    The same data are equal digests of targets, weights, ids and groups, and as many rows;
    predictions may differ. saved: an evaluation or a comparison. name: its name, for the reason.
    """
    theirs = {part.role: part for part in saved.inputs if part.role != ROW_NUMBERS}
    for part in inputs:
        if part.role == ROW_NUMBERS:  # they say how predictions are ordered
            continue
        other = theirs.pop(part.role, None)
        if other is None:
            return f"{name} was made without {part.role}"
        if part.shape[:1] != other.shape[:1]:
            rows = [next(iter(shape), None) for shape in (other.shape, part.shape)]
            return f"{name} is of other data: {rows[0]} rows, not {rows[1]}"
        if part.role == "preds" or part.role.startswith("reference"):
            continue
        if not other.digest or not part.digest:
            return f"{name} does not say what its {part.role} were"
        if other.digest != part.digest:
            return f"{name} is of other data: the {part.role} differ"
    return f"{name} was made with {', '.join(theirs)}" if theirs else ""
