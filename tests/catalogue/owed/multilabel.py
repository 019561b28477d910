"""Losses of several labels that may be right at once."""

import math

import numpy as np
from hypothesis import strategies as st

from losscli.losses.catalogue.classification.asymmetric import asymmetric
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


def _powered(mp, z, target, *, gamma_pos, gamma_neg, margin):
    """The value, once for itself and gamma times for the base of its power."""
    params = {"gamma_pos": gamma_pos, "gamma_neg": gamma_neg, "margin": margin}
    return (1 + (gamma_pos if target == 1 else gamma_neg)) * asymmetric.reference(
        mp, z, target, **params
    )


def _powered_slope(mp, z, target, *, gamma_pos, gamma_neg, margin):
    """The same of the slope."""
    p, other = 1 / (1 + mp.exp(-z)), 1 / (1 + mp.exp(z))
    if target == 1:
        slope = other**gamma_pos * (gamma_pos * p * mp.log(1 + mp.exp(-z)) + other)
        return (1 + gamma_pos) * slope
    if p <= margin:
        return mp.mpf(0)
    q, rest = p - margin, margin + other
    turn = gamma_neg * q ** (gamma_neg - 1) * -mp.log(rest) + q**gamma_neg / rest
    return (1 + gamma_neg) * p * other * turn


@st.composite
def _near_the_margin(draw):
    """Logits of absent labels whose probability hardly differs from the default margin."""
    away = draw(st.sampled_from([-1.0, 1.0])) * draw(st.floats(1e-16, 1e-2))
    return math.log(0.05 / 0.95) + away, 0.0


def _at_the_threshold(z, target, params):
    """Where p is the margin, within rounding."""
    margin = params.get("margin", 0.05)
    p = 1 / (1 + np.exp(-max(z, -700.0)))
    return target != 1 and abs(p - margin) <= 1e-15


OWED = {
    "multilabel_soft_margin": Owed(
        value=8.0,
        why="a weight multiplies the ULP that a loss below 1e-308 is rounded by",
        params={"weight": st.sampled_from([..., 0.5, 3.0])},
        examples=(
            (-50.0, 0.0, {}),
            (0.0, 1.0, {}),
            (-1e4, 1.0, {}),
            (740.0, 1.0, {"weight": 3.0}),
            (720.4929469810104, 1.0, {"weight": 3.0}),
        ),
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
            ([1.7e308, -1.7e308], [1.0, 0.0], {}),
            ([1.7e308, -1.7e308, -1.7e308], [1.0, 1.0, 0.0], {}),
            ([-1.7e308, 1.7e308], [1.0, 0.0], {}),
            ([1e308, 1e308, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0], {}),
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
        near=_near_the_margin(),
        scale=_powered,
        gradient_scale=_powered_slope,
        why="a power multiplies the error of its base by gamma",
        kink=_at_the_threshold,
        examples=(
            (-800.0, 1.0, {}),
            (800.0, 0.0, {}),
            (800.0, 0.0, {"margin": 0.0}),
            (-50.0, 0.0, {"margin": 0.0, "gamma_neg": 1.0}),
            (40.0, 1.0, {}),
            (-2.9444389736568803, 0.0, {}),
            (0.4174316283864411, 0.0, {"margin": 0.6, "gamma_neg": 3.0}),
            (1e-16, 0.0, {"margin": 0.5}),
            (-690.0, 0.0, {"margin": 1e-300}),
            (36.8, 0.0, {"margin": math.nextafter(1.0, 0.0)}),
        ),
        laws=frozenset({"non_negative"}),
    ),
}
