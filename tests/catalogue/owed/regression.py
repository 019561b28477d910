"""Losses of real predictions against real targets."""

import math

from hypothesis import strategies as st

from losscli.losses import barron
from tests.catalogue.owed.founding import EVEN
from tests.catalogue.owed.terms import Owed
from tests.catalogue.strategies import close_pairs

PAIRS = close_pairs(signs=(1.0, -1.0))
SCALES = st.one_of(st.floats(1e-100, 1e100), st.floats(1e-3, 1e3), st.just(1.0))
# Scales that are squared must be representable then.
SQUARED_SCALES = st.one_of(st.floats(1e-150, 1e150), st.floats(1e-3, 1e3), st.just(1.0))
SHARES = st.one_of(st.floats(1e-12, 1 - 1e-12), st.sampled_from([0.1, 0.5, 0.9]))
TOLERANCES = st.one_of(st.floats(0, 1e100), st.floats(0, 1), st.sampled_from([0.0, 0.1]))
# Beyond this a sum with 1 is not rounded: the quotients of msle stay below the largest double.
COUNTS = st.one_of(
    st.floats(-1, 1e290, exclude_min=True), st.floats(-1, 10, exclude_min=True), st.just(0.0)
)
BOUNDED = EVEN - {"convex"}


def _tie(pred, target, params):
    return pred == target


def _at_tolerance(pred, target, params):
    """Where the rounding of pred - target can decide on which side the error lies."""
    distance, epsilon = abs(pred - target), params.get("epsilon", 0.1)
    return abs(distance - epsilon) <= 4 * math.ulp(max(distance, epsilon))


def _largest(mp, pred, target, *, epsilon):
    return max(mp.fabs(pred - target), epsilon)


def _largest_times_excess(mp, pred, target, *, epsilon):
    """What the square moves by as its root moves by an ULP of the largest term."""
    largest = _largest(mp, pred, target, epsilon=epsilon)
    excess = max(mp.fabs(pred - target) - epsilon, mp.mpf(0))
    return largest * (excess + mp.ldexp(largest, -52))


def _tukey_slope(mp, pred, target, *, c):
    """What the slope moves by as d / c moves by an ULP of itself."""
    u = min(mp.fabs(pred - target) / c, mp.mpf(1))
    rest = 1 - u**2
    return c * u * rest * (rest + 4 * u**2) + mp.ldexp(c, -104)


def _bell_slope(mp, pred, target, *, c):
    u = (pred - target) / c
    return mp.fabs(pred - target) * mp.exp(-(u**2)) * (1 + 2 * u**2)


def _barron_slope(mp, pred, target, *, alpha, c):
    """The slope; for the bell, what it moves by as u moves by an ULP of itself."""
    u = mp.fabs(pred - target) / c
    if alpha == -mp.inf:
        return u / c * mp.exp(-(u**2) / 2) * (1 + u**2)
    if alpha == 2:
        return u / c
    power = (alpha / 2 - 1) * mp.log1p(u**2 / mp.fabs(alpha - 2))
    return u / c * mp.exp(power) * (1 - power if alpha < -8 else max(alpha / 4, 1))


def _barron_value(mp, pred, target, *, alpha, c):
    """The loss, by as much as a large power makes of the rounding of d / c."""
    return barron.reference(mp, pred, target, alpha=mp.mpf(alpha), c=c) * max(alpha / 4, 1)


def _share_of_both(mp, pred, target):
    """The slope, or 1e-290."""
    total = mp.fabs(pred) + mp.fabs(target)
    return max(4 * mp.fabs(target) / total**2, mp.mpf("1e-290")) if total else mp.mpf(1)


OWED = {
    "half_squared_error": Owed(near=PAIRS, examples=((1.5e154, 0.0, {}),), laws=EVEN),
    "huber": Owed(
        near=PAIRS,
        params={"delta": SCALES},
        examples=((1.0, 0.0, {}), (1e300, 0.0, {}), (1e-200, 0.0, {})),
        laws=EVEN,
    ),
    "pseudo_huber": Owed(
        near=PAIRS,
        params={"delta": SCALES},
        examples=((1e-9, 0.0, {}), (1e300, 0.0, {}), (1e300, 0.0, {"delta": 1e-100})),
        laws=EVEN,
    ),
    "log_cosh": Owed(
        near=PAIRS,
        examples=((1e-10, 0.0, {}), (1e-4, 0.0, {}), (30.0, 0.0, {}), (800.0, 0.0, {})),
        laws=EVEN,
    ),
    "msle": Owed(
        pred=COUNTS,
        target=COUNTS,
        near=close_pairs(high=1e290),
        examples=((1e9 + 1, 1e9, {}), (1.0, -0.5, {}), (0.0, 0.0, {})),
        laws=frozenset({"non_negative", "zero_at_target", "monotone"}),
    ),
    "mape": Owed(
        near=PAIRS,
        params={
            "eps": st.one_of(st.sampled_from([..., 0.0, 1e-7]), st.floats(1e-100, 1.0)),
            "percent": st.sampled_from([..., True]),
        },
        kink=lambda p, t, kw: p == t or (t == 0 and kw.get("eps") == 0),
        examples=(
            (1.0, 0.0, {}),
            (1.0, 0.0, {"eps": 0.0}),
            (0.0, 0.0, {"eps": 0.0}),
            (0.0, 5e-324, {"eps": 0.1875, "percent": True}),
            (1e-323, 5e-324, {"eps": 0.0, "percent": True}),
            (0.0, 1e308, {"percent": True}),
        ),
        laws=EVEN,
    ),
    "smape": Owed(
        near=PAIRS,
        gradient_scale=_share_of_both,
        why="the target's share of both is subnormal before the second division where slopes are"
        " below 1e-290",
        kink=lambda p, t, _: p == t or p == 0,
        examples=(
            (1.0, 3.0, {}),
            (0.0, 0.0, {}),
            (1.7e308, 1e308, {}),
            (5e-324, 0.0, {}),
            (5e-324, 1e-323, {}),
            (7.563343396763093e-11, 5e-324, {}),
        ),
        laws=frozenset({"non_negative", "zero_at_target", "symmetric"}),
    ),
    "wmape": Owed(near=PAIRS, kink=_tie, laws=EVEN),
    "pinball": Owed(
        near=PAIRS,
        params={"quantile": SHARES},
        kink=_tie,
        examples=((1.0, 3.0, {"quantile": 0.9}), (3.0, 1.0, {"quantile": 0.9})),
        laws=EVEN,  # at 0.5
    ),
    "expectile": Owed(near=PAIRS, params={"tau": SHARES}, laws=EVEN),  # at 0.5
    "epsilon_insensitive": Owed(
        near=PAIRS,
        params={"epsilon": TOLERANCES},
        scale=_largest,
        why="near |d| = epsilon the rounding of pred - target decides",
        kink=_at_tolerance,
        examples=((0.3, 0.1, {"epsilon": 0.2}), (1.0, 0.0, {}), (0.05, 0.0, {})),
        laws=EVEN,
    ),
    "squared_epsilon_insensitive": Owed(
        near=PAIRS,
        params={"epsilon": TOLERANCES},
        scale=_largest_times_excess,
        gradient_scale=_largest,
        why="near |d| = epsilon the rounding of pred - target decides",
        examples=((0.3, 0.1, {"epsilon": 0.2}), (1.0, 0.0, {}), (0.05, 0.0, {})),
        laws=EVEN,
    ),
    "cauchy": Owed(
        near=PAIRS,
        params={"c": SQUARED_SCALES},
        examples=((1e300, 0.0, {}), (1e-170, 0.0, {"c": 1e150}), (1e300, 0.0, {"c": 1e-150})),
        laws=BOUNDED,
    ),
    "tukey": Owed(
        gradient=6,
        near=PAIRS,
        params={"c": SQUARED_SCALES},
        gradient_scale=_tukey_slope,
        why="the slope squares a product of rounded factors, which near c leave little of it",
        examples=((4.685, 0.0, {}), (1e300, 0.0, {}), (1e-170, 0.0, {"c": 1e150})),
        laws=BOUNDED - {"monotone"},  # near c, where it flattens, it is so within rounding only
    ),
    "barron": Owed(
        value=8,
        gradient=16,
        near=PAIRS,
        params={
            "alpha": st.one_of(
                st.floats(-4, 4),
                st.floats(4, 1e3),
                st.floats(-1e300, -4),
                st.floats(-1e3, -4),
                st.sampled_from([-math.inf, -2.0, 0.0, 1e-9, 1e-30, 1.0, 2.0]),
            ),
            "c": st.one_of(st.floats(1e-3, 1e3), st.just(1.0)),
        },
        scale=_barron_value,
        gradient_scale=_barron_slope,
        why="a power multiplies the rounding of its base, as the slope of the bell that of d / c",
        examples=(
            (1e100, 0.0, {"alpha": 1.5}),
            (1e300, 0.0, {"alpha": -0.01}),
            (1e300, 0.0, {"alpha": 1e-9}),
            (1e-160, 0.0, {"alpha": 1e-3}),
            (1.0, 0.0, {"alpha": math.nextafter(2.0, 0.0)}),
            (1.0, 0.0, {"alpha": -100.0}),
            (1.0, 0.0, {"alpha": -1e14}),
            (1.0, 0.0, {"alpha": -1e300}),
            (1e300, 0.0, {"alpha": -9.0}),
            (1.1322021484375, 1.09375, {"alpha": -25226.0, "c": 0.001}),
            (0.0383, 0.0, {"alpha": -math.inf, "c": 0.001}),
        ),
        laws=EVEN,  # at alpha = 1
    ),
    "charbonnier": Owed(
        near=PAIRS,
        # The reference's difference of two roots needs an eps that is not vast beside the error.
        params={"eps": st.one_of(st.floats(1e-100, 1e3), st.just(1e-3))},
        examples=((0.0, 0.0, {}), (1e300, 0.0, {}), (1e-200, 0.0, {"eps": 1e-200})),
        laws=EVEN - {"zero_at_target"},
    ),
    "geman_mcclure": Owed(
        gradient=7,
        near=PAIRS,
        # The reference's difference needs a bound, c² / 2, that is not vast beside the slope.
        params={"c": st.one_of(st.floats(1e-150, 1e20), st.just(1.0))},
        why="the slope multiplies twice by the inverse of a sum with a rounded square",
        examples=(
            (1e300, 0.0, {}),
            (1e-9, 0.0, {}),
            (2.0457974997439148e16, -6.337920956292963e16, {"c": 2.0457974997439148e16}),
        ),
        laws=BOUNDED - {"monotone"},  # far out, where it flattens, it is so within rounding only
    ),
    "welsch": Owed(
        near=PAIRS,
        params={"c": SQUARED_SCALES},
        gradient_scale=_bell_slope,
        why="an exponential multiplies the rounding of its exponent",
        examples=((1e-9, 0.0, {}), (1e300, 0.0, {}), (1e-170, 0.0, {"c": 1e150})),
        laws=BOUNDED - {"monotone"},  # far out, where it flattens, it is so within rounding only
    ),
}
