"""The results of losses and metrics, of all rows and of groups, as documents hold them."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from msgspec import field

from losscli.results.document import (
    Count,
    Interval,
    Level,
    Number,
    Record,
)

Reduction: TypeAlias = Literal["mean", "sum", "none"]


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


def with_derived(part: Any) -> Any:
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
