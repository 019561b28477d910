"""`findings`: values, differences and verdicts of models from finished accumulators."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from losscli.accumulators.exact import Floats
from losscli.accumulators.replicates import percentile_interval
from losscli.accumulators.rows import RowAccumulator
from losscli.comparison.decisions import Tested, decided, ranks
from losscli.comparison.measure import Paired
from losscli.comparison.pairing import PairedAccumulator, Pairs
from losscli.evaluation.loss_results import loss_result
from losscli.evaluation.notes import notes_of
from losscli.gates.grammar import Margin
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.compare import ComparePlan
from losscli.results.document import Note
from losscli.results.documents.compare import (
    VERDICTS,
    GroupComparison,
    LossComparison,
    ModelResult,
    PairResult,
)
from losscli.results.statistics import LossResult, MetricResult
from losscli.stats.hypotheses import Test
from losscli.stats.means import MeanDifference

if TYPE_CHECKING:
    from losscli.comparison.metric_pairs import PairedMetric
    from losscli.metrics.binding import BoundMetric


class Terms(NamedTuple):
    """The settings of a comparison. pairs: places of candidates and baselines among the names."""

    names: Sequence[str]
    baseline: str
    pairs: Pairs
    all_pairs: bool
    test: Test
    margin: Margin
    level: float

    @classmethod
    def of(cls, plan: ComparePlan) -> "Terms":
        """The settings of a plan; the baseline is the second model of each of its pairs."""
        names = [entry.name for entry in plan.entries]
        baseline = plan.baseline or names[0]
        order = sorted(range(len(names)), key=lambda place: names[place] != baseline)
        pairs = [(after, before) for before, after in combinations(order, 2)]
        all_pairs = plan.pairs == "all"
        if not all_pairs:
            pairs = pairs[: len(names) - 1]
        level = float(plan.ci)
        return cls(names, baseline, pairs, all_pairs, plan.test, plan.tolerance, level)


class Findings(NamedTuple):
    """The parts of the document that follow from the accumulators."""

    losses: tuple[LossComparison, ...]
    metrics: tuple[LossComparison, ...]
    groups: tuple[GroupComparison, ...]
    counts: dict[str, int]
    notes: tuple[Note, ...]


class _PairOfModels(NamedTuple):
    """The difference of a pair. wins, ties: of rows; None for a metric. bootstrap_ci: of resamples.

    The latter is None where it was not requested or is not finite.
    """

    difference: MeanDifference
    wins: int | None = None
    ties: int | None = None
    bootstrap_ci: tuple[float, float] | None = None


class _LossOfModels(NamedTuple):
    """A loss of several models."""

    bound: BoundLoss
    level: float
    higher_is_better: bool = False

    def values(self, part: PairedAccumulator) -> list[LossResult | MetricResult]:
        """The result of each model."""
        return [loss_result(self.bound, rows, "mean", self.level) for rows in part.models]

    def difference(
        self, part: PairedAccumulator, place: int, pair: tuple[int, int]
    ) -> _PairOfModels:
        """The difference of a pair, by its place."""
        rows = part.pairs[place]
        models = [part.models[model] for model in pair]
        found = _difference(self.bound, models, rows.difference)
        resampled = _resampled(self.bound, models, rows.difference)
        ci = None if resampled is None else percentile_interval(resampled, self.level)
        return _PairOfModels(found, rows.wins, rows.ties, ci)


class _MetricOfModels(NamedTuple):
    """A metric of several models."""

    bound: "BoundMetric"
    level: float

    @property
    def higher_is_better(self) -> bool:
        return bool(self.bound.declared.higher_is_better)

    def values(self, part: "PairedMetric") -> list[LossResult | MetricResult]:
        """The result of each model."""
        from losscli.evaluation.metrics import metric_result

        return [metric_result(self.bound, rows, self.level) for rows in part.models]

    def difference(self, part: "PairedMetric", place: int, _: tuple[int, int]) -> _PairOfModels:
        """The difference of a pair, by its place."""
        from losscli.comparison.metric_pairs import difference

        found = difference(self.bound, part.pairs[place])
        rows = part.models[0]
        value = math.nan if rows.missing else found.value
        ci = None
        if found.replicates is not None:
            ci = percentile_interval(np.sort(found.replicates), self.level)
        freedom = (found.clusters or found.n) - 1.0
        difference_of = MeanDifference(value, _finite(found.stderr), freedom)
        return _PairOfModels(difference_of, bootstrap_ci=ci)


_Statistic: TypeAlias = _LossOfModels | _MetricOfModels


def findings(paired: Paired, terms: Terms) -> Findings:
    """The comparison of each loss and metric over all rows, and over each group.

    The pairs of a loss are one family of tests, those of its groups another one.
    """
    statistics: list[_Statistic] = [_LossOfModels(loss, terms.level) for loss in paired.of.losses]
    statistics += [_MetricOfModels(metric, terms.level) for metric in paired.of.metrics]
    keys: list[dict[str, str]] = []
    families: list[list[Any]] = [[] for _ in statistics]
    for by, accumulators in paired.joint.groups.parts():
        keys.append(by)
        for family, rows in zip(families, accumulators, strict=True):
            family.append(rows)
    whole, by_loss = [], []
    for statistic, rows, groups in zip(
        statistics, paired.joint.accumulators, families, strict=True
    ):
        whole += _compared(statistic, [rows], terms)
        by_loss.append(_compared(statistic, groups, terms))
    count = len(paired.of.losses)
    found = tuple(
        GroupComparison(key, each[:count], each[count:])
        for key, each in zip(keys, zip(*by_loss, strict=True), strict=True)
    )
    every = [*whole, *(each for group in found for each in group)]
    counts: Counter[str] = Counter(pair.verdict for each in every for pair in each.pairs)
    return Findings(
        tuple(whole[:count]),
        tuple(whole[count:]),
        found,
        {verdict: counts[verdict] for verdict in VERDICTS},
        tuple(_worse_groups(whole, found)),
    )


def _compared(statistic: _Statistic, parts: Sequence[Any], terms: Terms) -> list[LossComparison]:
    """The comparison of a loss in each part of the rows; all pairs are one family."""
    results = [statistic.values(part) for part in parts]
    tested = [
        [_tested(statistic, part, models, place, terms) for place in range(len(terms.pairs))]
        for part, models in zip(parts, results, strict=True)
    ]
    family = [pair for pairs in tested for pair in pairs]
    done = iter(decided(family, terms.test, terms.level))
    tests = sum(pair.harm is not None for pair in family)
    return [
        _comparison(statistic, models, pairs, terms).replace(
            pairs=tuple(next(done) for _ in pairs), tests=tests
        )
        for models, pairs in zip(results, tested, strict=True)
    ]


def _comparison(
    statistic: _Statistic,
    models: Sequence[LossResult | MetricResult],
    tested: Sequence[Tested],
    terms: Terms,
) -> LossComparison:
    """The comparison of a loss before its family is decided."""
    first = models[0]
    places = ranks(tested, len(models), terms.level, all_pairs=terms.all_pairs)
    values = list(map(_value, models))
    return LossComparison(
        label=first.label,
        loss=first.loss if isinstance(first, LossResult) else first.metric,
        params=first.params,
        rows=first.rows,
        n=first.n,
        skipped=first.skipped,
        ignored=first.ignored,
        models=tuple(
            ModelResult(
                model=name,
                value=value,
                stderr=each.stderr,
                ci=each.ci,
                rank=rank if math.isfinite(value) else None,
            )
            for name, value, each, rank in zip(terms.names, values, models, places, strict=True)
        ),
        pairs=(),
        tests=0,
        higher_is_better=statistic.higher_is_better,
        clusters=first.clusters,
    )


def _value(result: LossResult | MetricResult) -> float:
    return result.of_mean if isinstance(result, LossResult) else result.value


def _tested(
    statistic: _Statistic,
    part: Any,
    models: Sequence[LossResult | MetricResult],
    place: int,
    terms: Terms,
) -> Tested:
    """A pair with its difference, before its family is decided."""
    pair = terms.pairs[place]
    found = statistic.difference(part, place, pair)
    difference = found.difference
    value, old, n = difference.estimate, _value(models[pair[1]]), models[0].n
    reason = _no_interval(difference, old, n)
    result = PairResult(
        model=terms.names[pair[0]],
        baseline=terms.names[pair[1]],
        difference=value,
        relative=value / abs(old) if old and math.isfinite(value / old) else None,
        n=n,
        wins=found.wins,
        ties=found.ties,
        bound=terms.margin.absolute(old),
        reason=reason or None,
    )
    if reason:
        return Tested(result, pair, None)
    result = result.replace(
        stderr=difference.stderr,
        degrees_of_freedom=difference.freedom,
        ci=difference.interval(terms.level),
        bootstrap_ci=found.bootstrap_ci,
    )
    gain = statistic.higher_is_better
    return Tested(result, pair, difference.negated() if gain else difference)


def _no_interval(difference: MeanDifference, baseline: float, n: int) -> str:
    """Why a pair cannot be tested; empty where it can."""
    if not n:
        return "no row counts for all models"
    if not math.isfinite(difference.estimate):
        return "the difference is not a finite number"
    if not math.isfinite(baseline):
        return "the value of the baseline is not a finite number"
    if difference.freedom < 1:
        return "one row, or one cluster, has no interval"
    return "" if math.isfinite(difference.stderr) else "there is no standard error"


def _difference(
    loss: BoundLoss, models: Sequence[RowAccumulator], rows: RowAccumulator
) -> MeanDifference:
    """The difference of two models, by their means and that of their paired differences.

    Of a root, with slopes b and a = 1 / (2 √mean) of the candidate and the baseline, the variance
    is that of b·L_B - a·L_A (delta method), written so that equal models do not cancel.
    """
    value, stderr, freedom = rows.mean(), _finite(rows.stderr()), float(rows.freedom)
    if not loss.statistic:
        return MeanDifference(value, stderr, freedom, rows.correction())
    roots = [math.sqrt(max(model.mean(), 0.0)) for model in models]
    total = sum(roots)
    if not all(roots):
        return MeanDifference(roots[0] - roots[1], math.nan if total else stderr, freedom)
    slopes = [0.5 / root for root in roots]
    spreads = [_finite(model.stderr()) ** 2 for model in models]
    (b, a), (of_b, of_a) = slopes, spreads
    variance = a * b * stderr**2 + (a - b) * (a * of_a - b * of_b)
    return MeanDifference(value / total, math.sqrt(max(variance, 0.0)), freedom)


def _resampled(
    loss: BoundLoss, models: Sequence[RowAccumulator], rows: RowAccumulator
) -> Floats | None:
    """The difference of two models in each resample, ascending; None without resamples."""
    parts = [None if each.design is None else each.design.replicates for each in (*models, rows)]
    replicates = [each for each in parts if each is not None]
    if len(replicates) < len(parts):
        return None
    *both, difference = replicates
    if not loss.statistic:
        return difference.ordered()
    candidate, baseline = (np.sqrt(np.maximum(each.quotients(), 0.0)) for each in both)
    found = candidate - baseline
    return np.sort(found[~np.isnan(found)])


def _finite(stderr: float | None) -> float:
    return math.nan if stderr is None else stderr


def _worse_groups(
    losses: Sequence[LossComparison], groups: Sequence[GroupComparison]
) -> Iterator[Note]:
    """Notes of groups that get worse where all rows together get better."""
    for at, loss in enumerate(losses):
        for place, pair in enumerate(loss.pairs):
            if not (pair.difference > 0 if loss.higher_is_better else pair.difference < 0):
                continue
            worse = [g.name for g in groups if [*g][at].pairs[place].verdict == "worse"]
            if worse:
                words = (
                    f"{loss.label} of {pair.model} is better than that of {pair.baseline} over all "
                    f"rows, and worse in {', '.join(worse[:8])}"
                )
                yield Note("worse_in_a_group", words)


def notes_of_models(paired: Paired, dtype: str) -> list[Note]:
    """The notes of the evaluation of each model, each once; dtype: of the arithmetic."""
    found: dict[str, Note] = {}
    models = paired.of
    for place, (source, state) in enumerate(zip(models.sources, paired.models, strict=True)):
        results = [
            loss_result(loss, rows.models[place], "mean", 0.95)
            for loss, rows in zip(models.losses, paired.joint.accumulators, strict=False)
        ]
        notes = notes_of(source, models.losses, results, models.layouts[0], state, dtype)
        for note in (*notes, *state.findings([*models.losses, *models.metrics])):
            found.setdefault(note.message, note)
    return list(found.values())
