"""Negative log-likelihoods of tokens, from logits or probabilities."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Self

import numpy as np
from msgspec import Struct

from losscli.accumulators.cells import CellSums
from losscli.accumulators.design import Design
from losscli.accumulators.exact import Floats
from losscli.backends.rowwise import ROWWISE
from losscli.losses.declare import LOG_PROBABILITY, Param, Rows
from losscli.losses.registry import load
from losscli.metrics.core.estimate import Estimate, Means, estimate
from losscli.metrics.core.metric import Array, Metric, Terms
from losscli.stats.dual import Dual

# Rows of half-precision probabilities sum to 1 within this; of logits no row does by chance.
_SLACK = 1e-3
# To 60 digits: the quotient is then rounded once.
LOG_2 = Fraction("0.693147180559945309417232121458176568075500134360255254120680")
PARAMS = (Param("ignore_index", -100, meaning="targets of this label do not count", kind="whole"),)


class TokenSums(Struct, frozen=True):
    """The sums of rows read as logits and, while all of them may be, as probabilities."""

    logits: CellSums
    probabilities: CellSums | None

    def __add__(self, other: Self) -> "TokenSums":
        both = None
        if self.probabilities is not None and other.probabilities is not None:
            both = self.probabilities + other.probabilities
        return TokenSums(self.logits + other.logits, both)


@dataclass(frozen=True, eq=False, kw_only=True)
class TokenMetric(Metric):
    """A function of the mean negative log-likelihood of tokens.

    terms(pred, target, **params): one `Terms` of rows read as logits and one, or None, of rows
    read as probabilities.
    """

    def state_of(
        self, terms: Any, rows: int, weight: Floats | None, design: Design | None = None
    ) -> TokenSums:
        """The state of rows with these terms."""
        sums = [
            None
            if each is None
            else CellSums.of(
                rows, [each.columns[name] for name in self.columns], weight, design=design
            )
            for each in terms
        ]
        return TokenSums(sums[0] or CellSums(), sums[1])

    def estimate(self, state: Any, params: Any) -> Estimate:
        """The metric of a state, with its standard error."""
        sums = state.logits if state.probabilities is None else state.probabilities

        def value(means: Means) -> Dual:
            found: Dual = self.value(means, **params)
            return found

        return estimate(value, sums, self.columns)


def token_terms(pred: Array, target: Array | None, **columns: Floats) -> tuple[Terms, Terms | None]:
    """The negative log-likelihood of each token, `nll`, and other columns.

    pred: logits or probabilities (N, C) of target class indices (N,), or without targets the
    log-probabilities (N,) of the tokens.
    """
    if target is None:
        return Terms({"nll": -pred, **columns}), None
    loss = load("cross_entropy")
    rows = loss.rows(ROWWISE, pred, target, loss.resolve({}))
    found = Terms({"nll": np.asarray(rows), **columns})
    if not _may_be_probabilities(pred):
        return found, None
    with np.errstate(divide="ignore"):
        logs = -np.log(np.take_along_axis(pred, target[:, None], axis=1)[:, 0])
    return found, Terms({"nll": logs + 0.0, **columns})


def _may_be_probabilities(rows: Floats) -> bool:
    """True if every row lies in [0, 1] and sums to 1."""
    if rows.size and not (rows.min() >= 0 and rows.max() <= 1):
        return False
    return bool((np.abs(rows.sum(axis=-1) - 1.0) <= _SLACK).all())


def with_log_probabilities(metric: TokenMetric) -> TokenMetric:
    """The metric of rows of classes, and of one log-probability a token without targets."""
    own = replace(
        metric,
        pred=LOG_PROBABILITY,
        target=None,
        rows_of=Rows("the log-probability of a token", (((), None),)),
        params=tuple(param for param in metric.params if param.name != "ignore_index"),
    )
    return replace(metric, variants=(own,))


def reference_of(function: Callable[[Decimal], Decimal]) -> Callable[..., float]:
    """The plain formula: a function of the mean negative log-likelihood."""

    def reference(pred: Any, target: Any, weight: Any, **_: Any) -> float:
        with localcontext(prec=50):
            rows = [[Decimal(float(x)) for x in row] for row in pred]
            weights = [Decimal(float(w)) for w in weight]
            summed = all(abs(float(sum(row)) - 1) <= _SLACK and min(row) >= 0 for row in rows)
            shares = rows if summed else [[x.exp() for x in row] for row in rows]
            norms = [Decimal(1) if summed else sum(row) for row in shares]
            nll = [
                Decimal(norm / row[int(label)]).ln()
                for row, norm, label in zip(shares, norms, target, strict=True)
            ]
            mean = sum(w * x for w, x in zip(weights, nll, strict=True)) / sum(weights)
            return float(function(Decimal(mean)))

    return reference
