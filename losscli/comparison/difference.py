"""`Comparison`: how the losses of two predictions of the same rows differ."""

from dataclasses import dataclass
from typing import NamedTuple

from losscli.accumulators.rows import RowAccumulator
from losscli.losses.spec.binding import BoundLoss
from losscli.stats.hypotheses import rows_to_exclude
from losscli.stats.means import MeanDifference


class Difference(NamedTuple):
    """One loss: Σ w·(L_B - L_A) / Σ w·den over the rows that count for A and B; A is the reference.

    reference: the mean of A over the same rows. stderr, ci: of the difference, by Student's t with
    n - 1 degrees of freedom, of C clusters with C - 1; None where there are none. skipped: rows
    that lack a number in either.
    """

    label: str
    value: float
    reference: float
    n: int
    skipped: int
    ignored: int
    stderr: float | None
    ci: tuple[float, float] | None
    ci_level: float
    takes_logits: bool = False

    @classmethod
    def of(
        cls, bound: BoundLoss, accumulator: RowAccumulator, reference: RowAccumulator, level: float
    ) -> "Difference":
        """The numbers of finished accumulators of the same rows."""
        value, stderr, ci = accumulator.mean(), accumulator.stderr(), None
        if stderr is not None:
            freedom, skewness = float(accumulator.freedom), accumulator.correction()
            ci = MeanDifference(value, stderr, freedom, skewness).interval(level)
        return cls(
            label=bound.label,
            value=value,
            reference=reference.mean(),
            n=accumulator.count,
            skipped=accumulator.skipped,
            ignored=accumulator.ignored,
            stderr=stderr,
            ci=ci,
            ci_level=level,
            takes_logits=bound.takes_logits,
        )

    def rows_to_exclude(self, number: float) -> int | None:
        """The rows at which the interval would leave a number out, all else as it is.

        None where the difference is that number, or where they would be more than anybody has.
        """
        gap = abs(self.value - number)
        return rows_to_exclude(gap, self.stderr, self.n, self.ci_level)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of all losses; probabilities: files that look so, where logits are taken."""

    differences: tuple[Difference, ...]
    probabilities: tuple[str, ...] = ()

    def __getitem__(self, label: str) -> Difference:
        return next(found for found in self.differences if found.label == label)
