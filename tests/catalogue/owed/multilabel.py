"""Losses of several labels that may be right at once."""

import numpy as np
from hypothesis import strategies as st

from tests.catalogue.owed.terms import Owed

HARD = st.sampled_from([0.0, 1.0])


def _reaches(mp, pred, target):
    """Each pair's reach, and the size of its terms."""
    for z, t in zip(pred, target, strict=True):
        for other, u in zip(pred, target, strict=True):
            if t == 1 and u != 1:
                yield 1 - z + other, 1 + abs(z) + abs(other)


def _margin_scale(mp, pred, target):
    """Σ |terms| of the pairs near the margin and within it."""
    sizes = [size for reach, size in _reaches(mp, pred, target) if reach > -size * mp.mpf(2) ** -50]
    return mp.fsum(sizes) / len(pred) or mp.mpf(1)


def _at_the_margin(pred, target, params):
    """Where the sign of a reach is lost in the rounding of its terms."""
    return any(abs(reach) <= 1e-15 * size for reach, size in _reaches(None, pred, target))


def _excess(mp, z, target, margin):
    """p, q and the truth of 1 - q of an absent label; None where it costs nothing."""
    p = 1 / (1 + mp.exp(-z))
    if target == 1 or p <= margin:
        return None
    return p, p - margin, margin + 1 / (1 + mp.exp(z))


def _asymmetric_scale(mp, z, target, *, gamma_pos, gamma_neg, margin):
    """What the value changes by as the rounded difference p - margin does, and the value."""
    found = _excess(mp, z, target, margin)
    if found is None:
        other = 1 / (1 + mp.exp(z))
        whole = other**gamma_pos * mp.log(1 + mp.exp(-z)) if target == 1 else mp.mpf(1)
        return max(whole, mp.mpf("1e-290"))
    p, q, rest = found
    return q**gamma_neg * (-mp.log(rest)) + p * (
        gamma_neg * q ** (gamma_neg - 1) * -mp.log(rest) + q**gamma_neg / rest * min(1, 4 * rest)
    )


def _asymmetric_slopes(mp, z, target, *, gamma_pos, gamma_neg, margin):
    """The same of the slope."""
    found = _excess(mp, z, target, margin)
    p, other = 1 / (1 + mp.exp(-z)), 1 / (1 + mp.exp(z))
    if found is None:
        cost = p * mp.log(1 + mp.exp(-z)) if target == 1 else mp.mpf(1)
        return max(other**gamma_pos * (gamma_pos * cost + other), mp.mpf("1e-290"))
    p, q, rest = found
    cost = -mp.log(rest)
    slope = p * other * (gamma_neg * q ** (gamma_neg - 1) * cost + q**gamma_neg / rest)
    turn = gamma_neg * abs(gamma_neg - 1) * q ** (gamma_neg - 2) * cost
    turn += 2 * gamma_neg * q ** (gamma_neg - 1) / rest
    return max(slope + p * p * other * turn, mp.mpf("1e-290"))


def _at_the_threshold(z, target, params):
    """Where p is the margin, within rounding."""
    margin = params.get("margin", 0.05)
    p = 1 / (1 + np.exp(-max(z, -700.0)))
    return target != 1 and abs(p - margin) <= 1e-15


OWED = {
    "multilabel_soft_margin": Owed(
        params={"weight": st.sampled_from([..., 0.5, 3.0])},
        examples=((-50.0, 0.0, {}), (0.0, 1.0, {}), (-1e4, 1.0, {}), (740.0, 1.0, {"weight": 3.0})),
        laws=frozenset({"non_negative", "convex"}),
    ),
    "multilabel_margin": Owed(
        pred=st.lists(st.one_of(st.floats(-3, 3), st.floats(-1e6, 1e6)), min_size=4, max_size=4),
        target=st.lists(HARD, min_size=4, max_size=4),
        scale=_margin_scale,
        why="a pair at the margin is decided by the rounding of a difference",
        kink=_at_the_margin,
        examples=(
            ([0.1, 0.2, 0.4, 0.8], [1.0, 0.0, 0.0, 1.0], {}),
            ([1.0, 2.0], [0.0, 0.0], {}),
            ([1.0, 2.0], [1.0, 1.0], {}),
            ([3.0], [1.0], {}),
            ([1e6, 1e6 - 1, -1e6], [1.0, 0.0, 1.0], {}),
        ),
        ideal=st.lists(HARD, min_size=4, max_size=4),
        perfect=lambda target: [5.0 * t for t in target],
        laws=frozenset({"non_negative", "convex", "zero_at_target"}),
    ),
    "asymmetric": Owed(
        target=HARD,
        params={
            "gamma_pos": st.sampled_from([..., 0.0, 2.0]),
            "gamma_neg": st.sampled_from([..., 0.0, 1.0, 3.0]),
            "margin": st.sampled_from([..., 0.0, 0.2, 0.6]),
        },
        value=12.0,
        gradient=12.0,
        scale=_asymmetric_scale,
        gradient_scale=_asymmetric_slopes,
        why="a power multiplies the error of its base by gamma; near the margin p - margin has"
        " only the digits that the difference leaves",
        kink=_at_the_threshold,
        examples=(
            (-800.0, 1.0, {}),
            (800.0, 0.0, {}),
            (800.0, 0.0, {"margin": 0.0}),
            (-50.0, 0.0, {"margin": 0.0, "gamma_neg": 1.0}),
            (40.0, 1.0, {}),
        ),
        laws=frozenset({"non_negative"}),
    ),
}
