"""`ModelComparison`: several models on the same rows, their differences and verdicts."""

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from msgspec import field

from losscli.errors import first_code
from losscli.results.document import (
    Count,
    Document,
    Environment,
    Interval,
    Level,
    Note,
    Number,
    Record,
)
from losscli.results.documents.eval import EvalTiming, Input, Like
from losscli.results.gate import GateResult, exit_code, groups_text
from losscli.results.statistics import keyed

Verdict: TypeAlias = Literal["better", "worse", "equivalent", "not worse", "undecided"]
VERDICTS = ("worse", "undecided", "not worse", "equivalent", "better")  # worst first


class Model(Record, frozen=True, kw_only=True):
    """A model that was compared.

    name: its name. path: the file or array of its predictions. columns: the columns of them.
    """

    name: str
    path: str = ""
    columns: tuple[str, ...] = ()

    optional = frozenset({"columns"})


class ModelResult(Record, frozen=True, kw_only=True):
    """One loss of one model.

    model: its name. value: the mean (or a statistic of it) over the rows that count for all models.
    stderr, ci: of the value. rank: 1 more than the number of models that are significantly better;
    None where the value is not finite.
    """

    model: str
    value: Number
    stderr: Number | None = None
    ci: Interval | None = None
    rank: Count | None = None


class PairResult(Record, frozen=True, kw_only=True):
    """One loss of a model minus that of another.

    model, baseline: their names. difference: of the values. stderr, degrees_of_freedom, ci: of the
    difference, paired by row. relative: the difference over the absolute value of the baseline. n:
    the rows that count. wins, ties: the rows on which the model is better, and equal; None for
    a metric. bound: the
    margin in the unit of the loss. p: the two-sided p-value of the claim that is supported most.
    p_adjusted: Holm-corrected over the family. reason: why it is undecided. rows_needed: about the
    rows that would decide, all else as it is. detectable: the smallest difference that so many rows
    show with a power of 80 %. bootstrap_ci: the percentile interval of the difference, if resamples
    are requested.
    """

    model: str
    baseline: str
    difference: Number
    stderr: Number | None = None
    degrees_of_freedom: Number | None = None
    ci: Interval | None = None
    bootstrap_ci: Interval | None = None
    relative: Number | None = None
    n: Count
    wins: Count | None = None
    ties: Count | None = None
    bound: Number
    p: Number | None = None
    p_adjusted: Number | None = None
    verdict: Verdict = "undecided"
    reason: str | None = None
    rows_needed: Count | None = None
    detectable: Number | None = None

    optional = frozenset({"bootstrap_ci"})

    @property
    def win_rate(self) -> float | None:
        """The share of rows on which the model is better, ties counted half."""
        if not self.n or self.wins is None or self.ties is None:
            return None
        return (self.wins + 0.5 * self.ties) / self.n


class LossComparison(Record, frozen=True, kw_only=True):
    """One loss or metric of all models.

    loss: the name of the loss or metric. higher_is_better: true for a metric that is.
    rows: n + skipped + ignored. n: the rows in the means, the same for all models. skipped: rows
    that --nan skip left out for one of them. ignored: rows that the loss ignores. models: one for
    each model. pairs: one for each pair. tests: the number of tests in the family of the pairs.
    clusters: those of the rows in the means; None where rows are independent.
    """

    label: str
    loss: str
    params: dict[str, Any]
    rows: Count = 0
    n: Count
    skipped: Count = 0
    ignored: Count = 0
    models: tuple[ModelResult, ...]
    pairs: tuple[PairResult, ...]
    tests: Count
    higher_is_better: bool = False
    clusters: Count | None = None

    optional = frozenset({"clusters"})

    def __getitem__(self, model: str) -> PairResult:
        for found in self.pairs:
            if found.model == model:
                return found
        raise KeyError(f"{model!r}; the models are {', '.join(p.model for p in self.pairs)}")

    @property
    def by_model(self) -> dict[str, ModelResult]:
        """The result of each model by its name."""
        return {each.model: each for each in self.models}


class GroupComparison(Record, frozen=True):
    """The losses and metrics of the rows that share a key.

    losses, metrics: as for all rows.
    """

    by: dict[str, str]
    losses: tuple[LossComparison, ...]
    metrics: tuple[LossComparison, ...] = ()

    optional = frozenset({"metrics"})

    def __iter__(self) -> Iterator[LossComparison]:
        return iter((*self.losses, *self.metrics))

    def __getitem__(self, label: str) -> LossComparison:
        return next(found for found in self if found.label == label)

    @property
    def name(self) -> str:
        """The group as gates write it, in brackets."""
        return groups_text(list(self.by.items()))


class ModelComparison(Document, frozen=True, kw_only=True, tag="losscli/compare/1"):
    """Several models on the same rows: indexed by label and model, `r["mse"]["forest"].verdict`.

    direction: the sign of a difference, in words. models: in the order given. baseline: the name of
    the first one, or of the one that was chosen. pairs: baseline, or all. test: superior,
    noninferior or equivalent. margin: the margin, a fraction of the baseline's value where relative
    is true. relative: true for a percentage. fail_on: the verdicts that fail. ci_method: hall where
    `--interval hall` corrected the intervals of losses and their differences. losses, metrics: one
    for each label. groups: the same of the groups of `--by`. counts: the number of pairs by
    verdict. inputs: the files or arrays that were read. backend: numpy or torch. dtype: the type of
    the arithmetic. like: the library whose conventions were followed. engine: the engine that ran
    the blocks.
    """

    direction: str = "a difference is model minus baseline: below 0 a loss is better"
    models: tuple[Model, ...]
    baseline: str
    pairs: Literal["baseline", "all"] = "baseline"
    test: Literal["superior", "noninferior", "equivalent"] = "superior"
    margin: Number = 0.0
    relative: bool = True
    fail_on: tuple[str, ...] = ()
    ci_level: Level = 0.95
    ci_method: str | None = None
    losses: tuple[LossComparison, ...]
    metrics: tuple[LossComparison, ...] = ()
    groups: tuple[GroupComparison, ...] = ()
    counts: dict[str, Count] = field(default_factory=dict)
    gates: tuple[GateResult, ...] = ()
    notes: tuple[Note, ...] = ()
    inputs: tuple[Input, ...] = ()
    backend: str = "unknown"
    device: str = "unknown"
    dtype: str = "unknown"
    like: Like | None = None
    engine: str = "unknown"
    threads: Count = 0
    timing: EvalTiming
    environment: Environment = field(default_factory=dict)
    command: tuple[str, ...] = ()

    optional = frozenset({"ci_method", "command", "metrics"})

    def __getitem__(self, label: str) -> LossComparison:
        for found in self:
            if found.label == label:
                return found
        raise KeyError(f"{label!r}; the labels are {', '.join(each.label for each in self)}")

    def __iter__(self) -> Iterator[LossComparison]:
        return iter((*self.losses, *self.metrics))

    def __len__(self) -> int:
        return len(self.losses) + len(self.metrics)

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a loss and pair."""
        return [record for loss in self for record in _records(loss)]

    def group_records(self) -> list[dict[str, Any]]:
        """One flat record a group, loss and pair: the keys of the group, then as `to_records`."""
        return [
            keyed(group.by, record)
            for group in self.groups
            for loss in group
            for record in _records(loss)
        ]

    @property
    def verdict_code(self) -> int:
        """The exit code by `fail_on` alone: 1 for a model that is worse, 6 for an undecided one."""
        found = {verdict for verdict in self.fail_on if self.counts.get(verdict)}
        return 1 if "worse" in found else 6 if "undecided" in found else 0

    def _exit_code(self) -> int:
        return first_code([self.verdict_code, exit_code(self.gates)])

    def _summary(self) -> str:
        return ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items() if count)


def _records(loss: LossComparison) -> Iterator[dict[str, Any]]:
    values = loss.by_model
    for pair in loss.pairs:
        low, high = pair.ci or (None, None)
        found = {"label": loss.label, "loss": loss.loss} | pair.to_dict()
        found |= {
            "win_rate": pair.win_rate,
            "value": values[pair.model].value,
            "rank": values[pair.model].rank,
        }
        found |= {"baseline_value": values[pair.baseline].value, "ci_low": low, "ci_high": high}
        del found["ci"]
        yield found
