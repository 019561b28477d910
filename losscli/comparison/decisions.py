"""The verdicts of a family of pairs, Holm-corrected, and the ranks of the models."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from losscli.results.documents.compare import PairResult
from losscli.stats.decisions import holm
from losscli.stats.hypotheses import Claim, Test, claims, detectable, rows_to_decide
from losscli.stats.means import MeanDifference


class Tested(NamedTuple):
    """A pair while it is being decided.

    models: the places of the candidate and of the baseline. harm: the difference, where an increase
    is for the worse; None where there is no interval, for the reason that the result has.
    """

    result: PairResult
    models: tuple[int, int]
    harm: MeanDifference | None


def decided(family: Sequence[Tested], test: Test, level: float) -> list[PairResult]:
    """The pairs with p-values, Holm-corrected over the family, and verdicts.

    level: of the intervals; p-values are compared with 1 - level.
    """
    known = [(pair.result, pair.harm) for pair in family if pair.harm is not None]
    found = [claims(harm, result.bound, test) for result, harm in known]
    adjusted = iter(holm([min(each.values()) for each in found]))
    better = iter(holm([claims(harm, 0.0, "superior")["better"] for _, harm in known]))
    parts = iter(found)
    results = []
    for pair in family:
        if pair.harm is None:
            results.append(pair.result)
            continue
        decision = _Decision(test, 1.0 - level, len(known), next(parts), next(adjusted))
        results.append(decision.of(pair.result, pair.harm, next(better)))
    return results


class _Decision(NamedTuple):
    """The test of one pair of a family of so many tests. claims: their p-values."""

    test: Test
    alpha: float
    tests: int
    claims: Mapping[Claim, float]
    p_adjusted: float

    def of(self, result: PairResult, harm: MeanDifference, p_better: float) -> PairResult:
        """The pair with its p-value and verdict; p_better: adjusted, of a gain beyond 0."""
        claim = min(self.claims, key=self.claims.__getitem__)
        level = 1.0 - self.alpha / self.tests  # at which the Holm correction surely decides
        result = result.replace(
            p=self.claims[claim],
            p_adjusted=self.p_adjusted,
            detectable=detectable(harm.stderr, harm.freedom, level),
        )
        if self.p_adjusted <= self.alpha:
            better = claim == "not worse" and p_better <= self.alpha
            return result.replace(verdict="better" if better else claim)
        rows = rows_to_decide(harm, result.bound, self.test, result.n, level)
        return result.replace(reason=self._reason(claim, result, harm), rows_needed=rows)

    def _reason(self, claim: Claim, result: PairResult, harm: MeanDifference) -> str:
        """Why the pair is undecided."""
        if self.claims[claim] <= self.alpha:
            return f"{claim} alone, but not significant after Holm correction ({self.tests} tests)"
        if not harm.stderr and not harm.estimate:
            return "equal on every row"
        if self.test == "superior" and result.bound:
            inside = claims(harm, result.bound, "equivalent")["equivalent"]
            if inside <= self.alpha:
                return "the interval lies within the margin: --test equivalent"
        if not result.bound:
            return "the interval contains 0"
        return f"the interval contains {'the' if self.test == 'noninferior' else 'a'} margin"


def ranks(family: Sequence[Tested], models: int, level: float, *, all_pairs: bool) -> list[int]:
    """The rank of each model: 1, and 1 more for each model that is significantly better.

    By tests of a difference of 0, Holm-corrected over the family. all_pairs: False where all pairs
    have one baseline; then models are ranked as better than it, not different, or worse.
    """
    better = set(_significant(family, level))
    if not all_pairs:
        tiers = [0] * models
        for ours, theirs in better:
            baseline = family[0].models[1]
            tiers[ours if theirs == baseline else theirs] = -1 if theirs == baseline else 1
        better = {(i, j) for i in range(models) for j in range(models) if tiers[i] < tiers[j]}
    return [1 + sum(worse == place for _, worse in better) for place in range(models)]


def _significant(family: Sequence[Tested], level: float) -> Iterator[tuple[int, int]]:
    """Yield the places of a better and of a worse model for each significant difference."""
    known = [(pair.models, pair.harm) for pair in family if pair.harm is not None]
    found = [claims(harm, 0.0, "superior") for _, harm in known]
    adjusted = holm([min(each.values()) for each in found])
    for (models, harm), p in zip(known, adjusted, strict=True):
        if p <= 1.0 - level:
            yield models if harm.estimate < 0 else models[::-1]
