"""`Change`: one loss of two evaluations, with its difference and verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from losscli.differences.saved import LEVEL
from losscli.results.documents.diff import LossDiff, LossVerdict
from losscli.results.documents.eval import LossResult
from losscli.stats.means import MeanDifference


@dataclass(slots=True)
class Change:
    """One loss of both evaluations, or of a group of both.

    bound: the largest change that is tolerated. shift: new minus old; used: how it was computed.
    pairs: the number of rows in both means; unpaired: why their losses were not paired.
    """

    old: LossResult
    new: LossResult
    by: Mapping[str, str]
    bound: float = 0.0
    shift: MeanDifference | None = None
    used: Literal["pairs", "standard errors"] | None = None
    pairs: int | None = None
    unpaired: str = ""
    p_worse: float | None = None
    p_not_worse: float | None = None
    verdict: LossVerdict = "undecided"
    reason: str = ""

    def result(self) -> LossDiff:
        """Return the row of the document."""
        shift, size = self.shift, abs(self.old.of_mean)
        return LossDiff(
            label=self.new.label,
            loss=self.new.loss,
            by=dict(self.by),
            params=self.new.params,
            old=self.old.of_mean,
            new=self.new.of_mean,
            n=(self.old.n, self.new.n),
            change=None if shift is None else shift.estimate,
            relative=None if shift is None or not size else shift.estimate / size,
            stderr=None if shift is None else shift.stderr,
            degrees_of_freedom=None if shift is None else shift.freedom,
            ci=None if shift is None else shift.interval(LEVEL),
            bound=self.bound,
            used=self.used,
            pairs=self.pairs,
            unpaired=self.unpaired or None,
            p_worse=self.p_worse,
            p_not_worse=self.p_not_worse,
            verdict=self.verdict,
            reason=self.reason or None,
            old_stderr=self.old.stderr,
            new_stderr=self.new.stderr,
        )
