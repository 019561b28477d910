"""`findings`: values, differences and verdicts of models from finished accumulators."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from losscli.accumulators.rows import RowAccumulator
from losscli.backends.backend import Backend
from losscli.comparison.decisions import Tested, decided, ranks
from losscli.comparison.measure import Paired
from losscli.comparison.pairing import PairAccumulator, PairedAccumulator, Pairs
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
from losscli.results.documents.eval import LossResult
from losscli.stats.hypotheses import Test
from losscli.stats.means import MeanDifference


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
    groups: tuple[GroupComparison, ...]
    counts: dict[str, int]
    notes: tuple[Note, ...]


def findings(paired: Paired, terms: Terms) -> Findings:
    """The comparison of each loss over all rows, and over each group.

    The pairs of a loss are one family of tests, those of its groups another one.
    """
    keys: list[dict[str, str]] = []
    families: list[list[PairedAccumulator]] = [[] for _ in paired.losses]
    for by, accumulators in paired.joint.groups.parts():
        keys.append(by)
        for family, rows in zip(families, accumulators, strict=True):
            family.append(rows)
    losses, by_loss = [], []
    for loss, rows, groups in zip(paired.losses, paired.joint.accumulators, families, strict=True):
        losses += _compared(loss, [rows], terms)
        by_loss.append(_compared(loss, groups, terms))
    found = tuple(map(GroupComparison, keys, zip(*by_loss, strict=True)))
    counts: Counter[str] = Counter(pair.verdict for pair in _pairs(losses, found))
    return Findings(
        tuple(losses),
        found,
        {verdict: counts[verdict] for verdict in VERDICTS},
        tuple(_worse_groups(losses, found)),
    )


def _pairs(
    losses: Sequence[LossComparison], groups: Sequence[GroupComparison]
) -> Iterator[PairResult]:
    for each in (*losses, *(loss for group in groups for loss in group.losses)):
        yield from each.pairs


def _compared(
    loss: BoundLoss, parts: Sequence[PairedAccumulator], terms: Terms
) -> list[LossComparison]:
    """The comparison of a loss in each part of the rows; all pairs are one family."""
    results = [[loss_result(loss, m, "mean", terms.level) for m in part.models] for part in parts]
    tested = [
        [
            _tested(loss, part, models, pair, difference, terms)
            for pair, difference in zip(terms.pairs, part.pairs, strict=True)
        ]
        for part, models in zip(parts, results, strict=True)
    ]
    family = [pair for pairs in tested for pair in pairs]
    done = iter(decided(family, terms.test, terms.level))
    tests = sum(pair.harm is not None for pair in family)
    return [
        _comparison(models, pairs, [next(done) for _ in pairs], tests, terms)
        for models, pairs in zip(results, tested, strict=True)
    ]


def _comparison(
    models: Sequence[LossResult],
    tested: Sequence[Tested],
    pairs: Sequence[PairResult],
    tests: int,
    terms: Terms,
) -> LossComparison:
    first = models[0]
    places = ranks(tested, len(models), terms.level, all_pairs=terms.all_pairs)
    values = [each.of_mean for each in models]
    return LossComparison(
        label=first.label,
        loss=first.loss,
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
        pairs=tuple(pairs),
        tests=tests,
        clusters=first.clusters,
    )


def _tested(
    loss: BoundLoss,
    part: PairedAccumulator,
    models: Sequence[LossResult],
    pair: tuple[int, int],
    rows: PairAccumulator,
    terms: Terms,
) -> Tested:
    """A pair with its difference, before its family is decided."""
    candidate, baseline = (models[place] for place in pair)
    difference = _difference(loss, [part.models[place] for place in pair], rows.difference)
    value, old = difference.estimate, baseline.of_mean
    reason = _no_interval(difference, baseline, rows.difference)
    ci = None if reason else difference.interval(terms.level)
    result = PairResult(
        model=terms.names[pair[0]],
        baseline=terms.names[pair[1]],
        difference=value,
        stderr=None if reason else difference.stderr,
        degrees_of_freedom=None if reason else difference.freedom,
        ci=ci,
        relative=value / abs(old) if old and math.isfinite(value / old) else None,
        n=candidate.n,
        wins=rows.wins,
        ties=rows.ties,
        bound=terms.margin.absolute(old),
        reason=reason or None,
    )
    return Tested(result, pair, None if reason else difference)


def _no_interval(difference: MeanDifference, baseline: LossResult, rows: RowAccumulator) -> str:
    """Why a pair cannot be tested; empty where it can."""
    if not rows.count:
        return "no row counts for all models"
    if not math.isfinite(difference.estimate):
        return "the difference is not a finite number"
    if not math.isfinite(baseline.of_mean):
        return "the value of the baseline is not a finite number"
    if rows.freedom < 1:
        return "one row, or one cluster, has no interval"
    return "" if math.isfinite(difference.stderr) else "the standard error is not a finite number"


def _difference(
    loss: BoundLoss, models: Sequence[RowAccumulator], rows: RowAccumulator
) -> MeanDifference:
    """The difference of two models, by their means and that of their paired differences.

    Of a root, with slopes b and a = 1 / (2 √mean) of the candidate and the baseline, the variance
    is that of b·L_B - a·L_A (delta method), written so that equal models do not cancel.
    """
    value, stderr, freedom = rows.mean(), _finite(rows.stderr()), float(rows.freedom)
    if not loss.statistic:
        return MeanDifference(value, stderr, freedom)
    roots = [math.sqrt(max(model.mean(), 0.0)) for model in models]
    total = sum(roots)
    if not all(roots):
        return MeanDifference(roots[0] - roots[1], math.nan if total else stderr, freedom)
    slopes = [0.5 / root for root in roots]
    spreads = [_finite(model.stderr()) ** 2 for model in models]
    (b, a), (of_b, of_a) = slopes, spreads
    variance = a * b * stderr**2 + (a - b) * (a * of_a - b * of_b)
    return MeanDifference(value / total, math.sqrt(max(variance, 0.0)), freedom)


def _finite(stderr: float | None) -> float:
    return math.nan if stderr is None else stderr


def _worse_groups(
    losses: Sequence[LossComparison], groups: Sequence[GroupComparison]
) -> Iterator[Note]:
    """Notes of groups that get worse where all rows together get better."""
    for at, loss in enumerate(losses):
        for place, pair in enumerate(loss.pairs):
            if not pair.difference < 0:
                continue
            worse = [g.name for g in groups if g.losses[at].pairs[place].verdict == "worse"]
            if worse:
                words = (
                    f"{loss.label} of {pair.model} is lower than that of {pair.baseline} over all "
                    f"rows, and worse in {', '.join(worse[:8])}"
                )
                yield Note("worse_in_a_group", words)


def notes_of_models(paired: Paired, backend: Backend) -> list[Note]:
    """The notes of the evaluation of each model, each once."""
    found: dict[str, Note] = {}
    for place, (source, state) in enumerate(zip(paired.sources, paired.models, strict=True)):
        results = [
            loss_result(loss, rows.models[place], "mean", 0.95)
            for loss, rows in zip(paired.losses, paired.joint.accumulators, strict=True)
        ]
        notes = notes_of(source, paired.losses, results, paired.layout, state, backend)
        for note in (*notes, *state.findings(paired.losses)):
            found.setdefault(note.message, note)
    return list(found.values())
