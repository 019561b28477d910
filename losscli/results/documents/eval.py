"""`Evaluation`: the losses of predictions, their gates, and where the numbers come from."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from msgspec import Meta, field

from losscli.results.document import (
    Count,
    Digest,
    Document,
    Environment,
    Git,
    Note,
    Record,
    Shape,
    Time,
    Timing,
)
from losscli.results.gate import GateResult, exit_code
from losscli.results.statistics import (
    Group,
    LossResult,
    MetricResult,
    Statistic,
    keyed,
    with_derived,
)

if TYPE_CHECKING:
    import pandas as pd

ROW_NUMBERS = "rows"  # the role of the row numbers of predictions
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
            groups = [with_derived(group) for group in groups]
        return {**with_derived(document), "groups": groups}

    def _exit_code(self) -> int:
        return exit_code(self.gates) if self.gates else 0

    def _summary(self) -> str:
        return ", ".join(f"{found.label} {found.of_mean:.6g}" for found in self.statistics[:8])


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
