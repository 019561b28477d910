"""`Evaluation`: what an evaluation found, and its forms for people and programs."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from losscli.accumulators.rows import RowAccumulator
from losscli.backends.machine import environment
from losscli.gates import GateResult, exit_code
from losscli.losses.spec.binding import BoundLoss
from losscli.results.document import Document, Note, ending
from losscli.stats.distributions import t_critical

if TYPE_CHECKING:
    import pandas as pd

    from losscli.losses.spec.user_code import Origin


class Input(NamedTuple):
    """What a role was read from; digest is of its values, where it was asked for."""

    role: str
    path: str
    format: str
    shape: tuple[int, ...]
    dtype: str
    digest: str | None = None
    columns: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = {
            "role": self.role,
            "path": self.path,
            "format": self.format,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "digest": self.digest,
        }
        return found | ({"columns": list(self.columns)} if self.columns else {})


class LossResult(NamedTuple):
    """One loss of an evaluation.

    value: what the reduction asks for, None under none; mean: Σ w·L / Σ w·den, whatever it is.
    stderr, ci: of the mean (of its root for rmse); None where fewer than two rows count.
    rows = n + skipped + ignored; n rows are in the mean. max_row counts from 0; max_line is the
    line of a text file. derived: statistics of the mean, such as rmse; statistic:
    the one of them that the loss was asked for as. penalty: what value and ci have beside what the
    rows give; None where nothing is. code: the files of a user that were run.
    """

    label: str
    loss: str
    params: Mapping[str, Any]
    reduction: str
    value: float | None
    mean: float
    rows: int
    n: int
    skipped: int
    ignored: int
    weight_sum: float
    sum: float
    stderr: float | None
    ci: tuple[float, float] | None
    ci_level: float
    min: float | None
    max: float | None
    max_row: int | None
    max_line: int | None = None
    derived: Mapping[str, float] = MappingProxyType({})
    statistic: str | None = None
    takes_logits: bool = False
    penalty: float | None = None
    code: "tuple[Origin, ...]" = ()

    @classmethod
    def of(
        cls,
        bound: BoundLoss,
        accumulator: RowAccumulator,
        reduction: str,
        level: float,
        line: Callable[[int], int | None],
        elements: int = 1,
    ) -> "LossResult":
        """The numbers of a finished accumulator; elements: the outputs in a row's mean."""
        mean, stderr = accumulator.mean(), accumulator.stderr()
        total = float(accumulator.numerator)
        transform = bound.transform
        added = bound.penalty or 0.0
        shown = _apply(transform, mean)
        ci = None
        if stderr is not None:
            half = t_critical(level, accumulator.count - 1) * stderr
            ends = (_apply(transform, mean - half), _apply(transform, mean + half))
            ci = (ends[0] + added, ends[1] + added)
            if bound.statistic:  # a root: its slope is 1 / (2 √mean)
                stderr = stderr / (2.0 * shown) if shown else None
        each = bound.convention is not None and bound.convention.by_elements
        counted = elements if each else 1
        extremes = accumulator.extremes
        found = extremes.high_row is not None
        return cls(
            label=bound.label,
            loss=bound.loss.name,
            params=bound.params,
            reduction=reduction,
            value={"mean": shown + added, "sum": total * counted + added, "none": None}[reduction],
            mean=mean,
            rows=accumulator.rows,
            n=accumulator.count,
            skipped=accumulator.skipped,
            ignored=accumulator.ignored,
            weight_sum=float(accumulator.denominator),
            sum=total,
            stderr=stderr,
            ci=ci,
            ci_level=level,
            min=extremes.low if found else None,
            max=extremes.high if found else None,
            max_row=extremes.high_row,
            max_line=line(extremes.high_row) if extremes.high_row is not None else None,
            statistic=bound.statistic,
            takes_logits=bound.takes_logits,
            penalty=bound.penalty,
            code=bound.code,
            derived={
                name: _apply(function, mean)
                for name, function in bound.loss.derived
                if bound.has_derived(elements)
            },
        )

    @property
    def of_mean(self) -> float:
        """The value under the reduction mean: the mean or the statistic of it, with the penalty."""
        shown = self.derived[self.statistic] if self.statistic else self.mean
        return shown + (self.penalty or 0.0)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = {
            "label": self.label,
            "loss": self.loss,
            "params": {name: _plain(value) for name, value in self.params.items()},
            "reduction": self.reduction,
            "value": self.value,
            "rows": self.rows,
            "n": self.n,
            "skipped": self.skipped,
            "ignored": self.ignored,
            "weight_sum": self.weight_sum,
            "sum": self.sum,
            "stderr": self.stderr,
            "ci": None if self.ci is None else list(self.ci),
            "ci_level": self.ci_level,
            "statistic": self.statistic,
            "min": self.min,
            "max": self.max,
            "max_row": self.max_row,
        }
        if self.max_line is not None:
            found["max_line"] = self.max_line
        if self.penalty is not None:
            found["penalty"] = self.penalty
        if self.code:
            found["code"] = [origin.to_dict() for origin in self.code]
        return found | dict(self.derived)


class Group(NamedTuple):
    """The losses of the rows that share a key.

    by: a text for each name of `--by`, as the data has it; "" where it is missing.
    """

    by: Mapping[str, str]
    losses: tuple[LossResult, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"by": dict(self.by), "losses": [loss.to_dict() for loss in self.losses]}


@dataclass(frozen=True, slots=True)
class Evaluation(Document):
    """The result of an evaluation: indexed by label, `r["mse"].value`.

    groups: the same losses of the groups of `--by`, sorted by key: as numbers where every key is
    one, else as texts; what is missing comes last.
    wall_s: seconds from the opening of the data to the last sum; bytes: what was read. gates: what
    it had to hold, judged. per_sample: where the losses of the rows were written: path, labels and
    digest of them. started, git: UTC, and the state of the folder, where it was saved; saved: the
    file.
    """

    page: ClassVar[str] = "eval"

    losses: tuple[LossResult, ...]
    notes: tuple[Note, ...]
    inputs: tuple[Input, ...]
    backend: str
    device: str
    dtype: str
    engine: str
    threads: int
    wall_s: float
    bytes: int
    like: str | None = None
    gates: tuple[GateResult, ...] = ()
    groups: tuple[Group, ...] = ()
    per_sample: Mapping[str, Any] | None = None
    started: str | None = None
    git: Mapping[str, Any] | None = None
    saved: str | None = None

    def __getitem__(self, label: str) -> LossResult:
        for loss in self.losses:
            if loss.label == label:
                return loss
        raise KeyError(f"{label!r}; the labels are {', '.join(loss.label for loss in self.losses)}")

    def __iter__(self) -> Iterator[LossResult]:
        return iter(self.losses)

    def __len__(self) -> int:
        return len(self.losses)

    @property
    def value(self) -> float | None:
        """The value of the only loss; ValueError where there are several: index by label."""
        if len(self.losses) != 1:
            raise ValueError(f"{len(self.losses)} losses: take result[label].value")
        return self.losses[0].value

    @property
    def exit_code(self) -> int:
        """What a command line ends with: 1 where a gate failed or could not be judged."""
        return exit_code(self.gates)

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/eval/1`."""
        return {
            "schema": "losscli/eval/1",
            "losses": [loss.to_dict() for loss in self.losses],
            "groups": [group.to_dict() for group in self.groups],
            "gates": [gate.to_dict() for gate in self.gates],
            "notes": [note.to_dict() for note in self.notes],
            "inputs": [part.to_dict() for part in self.inputs],
            "per_sample": None if self.per_sample is None else dict(self.per_sample),
            "backend": self.backend,
            "device": self.device,
            "dtype": self.dtype,
            "like": self.like,
            "engine": self.engine,
            "threads": self.threads,
            "started": self.started,
            "git": None if self.git is None else dict(self.git),
            "timing": {"wall_s": self.wall_s, "bytes": self.bytes},
            "environment": environment(),
            **ending(self.exit_code),
        }

    def to_frame(self) -> "pd.DataFrame":
        """One row a loss, indexed by label, the interval as ci_low and ci_high."""
        import pandas as pd

        return pd.DataFrame(self.to_records()).set_index("label")

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a loss, for tables; the same keys in each."""
        return [self._record(loss) for loss in self.losses]

    def groups_frame(self) -> "pd.DataFrame":
        """One row a group and loss: columns of the keys, then those of `to_frame()` and label."""
        import pandas as pd

        return pd.DataFrame(self.group_records())

    def group_records(self) -> list[dict[str, Any]]:
        """One flat record a group and loss: the keys, then what `to_records()` has of a loss.

        A key that is called as one of its fields stands as by_NAME.
        """
        return [
            keyed(group.by, self._record(loss)) for group in self.groups for loss in group.losses
        ]

    def _record(self, loss: LossResult) -> dict[str, Any]:
        """One flat record, of the fields that every loss of this result has."""
        names = dict.fromkeys(name for other in self.losses for name in other.derived)
        return flat(loss.to_dict(), names)


def flat(loss: Mapping[str, Any], derived: Iterable[str] | None = None) -> dict[str, Any]:
    """The record of a loss as JSON has it; derived: names of its statistics, by default all."""
    low, high = loss["ci"] or (None, None)
    record = {**loss, "ci_low": low, "ci_high": high}
    if derived is None:
        derived = [name for name in loss if name not in _NO_STATISTICS]
    return {name: record.get(name) for name in [*COLUMNS, *derived]}


def keyed(by: Mapping[str, str], record: Mapping[str, Any]) -> dict[str, Any]:
    """A record after the keys of its group; one that is called as a field stands as by_NAME."""
    return {f"by_{k}" if k in record else k: v for k, v in by.items()} | dict(record)


COLUMNS = (
    "label", "loss", "reduction", "value", "stderr", "ci_low", "ci_high", "ci_level", "min", "max",
    "max_row", "rows", "n", "skipped", "ignored", "weight_sum", "sum",
)  # fmt: skip
_NO_STATISTICS = {*COLUMNS, "params", "ci", "max_line", "loss", "statistic", "penalty", "code"}


def _apply(function: Callable[[float], float], mean: float) -> float:
    """A statistic of the mean; an end of an interval below 0 has the root 0."""
    if function is float or math.isnan(mean):
        return mean
    return function(max(mean, 0.0))


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
