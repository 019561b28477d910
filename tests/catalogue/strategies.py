"""Inputs of one row for hypothesis, made of what a loss declares; extremes are among them."""

import math

import numpy as np
from hypothesis import strategies as st

from losscli.losses.core.domain import LOGIT, Columns, Ordered
from losscli.losses.core.labels import Choice, Labels
from losscli.losses.core.probabilities import Simplex

FAR = 1e300
_SPECIAL = (0.0, 1.0, 0.5, 5e-324, 1e-300, 1e-17, 1 - 2**-53, -1.0, 1e154, -1e-160)
LOGITS = st.one_of(st.floats(-40, 40), st.floats(-1e4, 1e4))


def numbers(domain):
    """Numbers of an interval: ordinary, extreme and special ones."""
    if domain is LOGIT:
        return LOGITS
    interval = domain.interval
    low, high = max(interval.low, -FAR), min(interval.high, FAR)
    # An open end has no number of its own; the next float has.
    low = math.nextafter(low, math.inf) if interval.ends[0] == "(" and low == interval.low else low
    high = (
        math.nextafter(high, -math.inf)
        if interval.ends[1] == ")" and high == interval.high
        else high
    )
    inside = [x for x in _SPECIAL if interval.holds(x)]
    ways = [st.floats(low, high), st.floats(max(low, -10.0), min(high, 10.0))]
    return st.one_of(*ways, st.sampled_from(inside)) if inside else st.one_of(*ways)


@st.composite
def simplexes(draw, width):
    """Probabilities of a row, some of them 0, that sum to 1 within rounding."""
    weights = draw(st.lists(st.floats(1e-12, 1), min_size=width, max_size=width))
    zeros = draw(st.lists(st.booleans(), min_size=width, max_size=width))
    kept = [0.0 if zero else w for w, zero in zip(weights, zeros, strict=True)]
    kept = weights if not any(kept) else kept
    total = math.fsum(kept)
    return [w / total for w in kept]


@st.composite
def of_row(draw, domain, row, classes=None):
    """One row of a domain in a shape: a number, a list or a list of lists."""
    if isinstance(domain, Labels):
        if not row:
            return draw(st.integers(0, classes - 1))
        return draw(st.lists(st.floats(0, 3), min_size=row[0], max_size=row[0]))
    if len(row) == 2:
        return [draw(of_row(domain, row[1:], classes)) for _ in range(row[0])]
    if isinstance(domain, Columns):
        return [draw(numbers(part)) for part in domain.parts]
    if isinstance(domain, Ordered):
        found = [draw(st.floats(-1e3, 1e3)) for _ in range(row[0])]
        for low, high in domain.pairs:
            found[low], found[high] = sorted((found[low], found[high]))
        return found
    if isinstance(domain, Simplex):
        return draw(simplexes(row[0]))
    one = st.sampled_from(domain.values) if isinstance(domain, Choice) else numbers(domain)
    return draw(st.lists(one, min_size=row[0], max_size=row[0])) if row else draw(one)


@st.composite
def cases(draw, loss, owed):
    """(pred, target, params) of one row; target is None where there is none."""
    params = {name: draw(strategy) for name, strategy in owed.params.items()}
    params = {name: value for name, value in params.items() if value is not ...}
    whole = loss.resolve(params)
    pred_domain, target_domain = loss.domains_of(whole)
    row = loss.rows_of.pred_row(draw(st.integers(2, 5)))
    for value in whole.values():
        if np.ndim(value) == 1:
            row = loss.rows_of.pred_row(len(value))
    if owed.near is not None and draw(st.booleans()):
        pred, target = draw(owed.near)
        return pred, target, params
    pred = draw(owed.pred if owed.pred is not None else of_row(pred_domain, row))
    if target_domain is None:
        return pred, None, params
    if owed.target is not None:
        return pred, draw(owed.target), params
    row = np.shape(pred)
    target_row = loss.rows_of.target_row(row)
    return pred, draw(of_row(target_domain, target_row, loss.classes(row))), params


def close_pairs(domain=None, low=1e-300, high=1e300, signs=(1.0,)):
    """Pairs of numbers that differ by 1e-16 to 1e-1 of themselves, or not at all."""

    @st.composite
    def pairs(draw):
        target = draw(st.floats(low, high)) * draw(st.sampled_from(signs))
        part = draw(st.one_of(st.just(0.0), st.floats(1e-16, 0.1), st.floats(-0.1, -1e-16)))
        return target * (1.0 + part), target

    return pairs()
