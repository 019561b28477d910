"""Losses of one of two labels."""

import math

from hypothesis import strategies as st

from losscli import losses
from tests.catalogue.owed.terms import Owed
from tests.catalogue.strategies import FAR

HARD = st.sampled_from([0.0, 1.0, -1.0])
SIDES = st.sampled_from([1.0, -1.0])
LABELS = st.integers(-3, 3).map(float)
SCORES = st.one_of(st.floats(-FAR, FAR), st.floats(-10, 10))
SURE = frozenset({"non_negative", "convex", "zero_at_target"})
GAMMAS = st.sampled_from([..., 0.0, 0.5, 1.0, 3.0, 5.0])


def beyond(target):
    """A score on the right side, beyond any margin."""
    return 50.0 if target == 1 else -50.0


@st.composite
def near_margin(draw):
    """A score within rounding of a margin of 1, or of -1, and a label."""
    target = draw(SIDES)
    part = draw(st.one_of(st.just(0.0), st.floats(-1e-9, 1e-9)))
    return target * draw(SIDES) * (1.0 + part), target


def at(*corners):
    """Whether y z is one of some corners."""

    def kink(pred, target, params):
        reach = pred if target == 1 else -pred
        return any(reach == params.get("margin", corner) for corner in corners)

    return kink


def infinite(pred, target, params):
    """Where no difference tells a slope."""
    return math.isinf(pred)


def _focal_terms(mp, z, t, *, gamma, alpha):
    """The absolute terms of the slope, which differ in sign under soft labels."""
    p, rest = 1 / (1 + mp.exp(-z)), 1 / (1 + mp.exp(z))
    miss = t * rest + (1 - t) * p
    if not miss:
        return mp.mpf(1)
    cost = -(t * mp.log(p) + (1 - t) * mp.log(rest))
    weight = 1 if alpha is None else alpha * t + (1 - alpha) * (1 - t)
    turn = gamma * abs(1 - 2 * t) * p * rest / miss * cost
    found = weight * miss**gamma * (turn + (1 - t) * p + t * rest)
    return max(found, mp.mpf("1e-290"))


def _focal_scale(mp, z, t, *, gamma, alpha):
    """The value, where no power of it is near the smallest numbers."""
    found = losses.binary_focal.reference(mp, z, t, gamma=gamma, alpha=alpha)
    return max(found, mp.mpf("1e-290")) if mp.isfinite(found) else mp.mpf(1)


OWED = {
    "hinge": Owed(
        pred=SCORES,
        target=HARD,
        near=near_margin(),
        params={"margin": st.one_of(st.sampled_from([..., 0.3]), st.floats(1e-150, 1e150))},
        kink=at(1.0),
        examples=((0.5, 1.0, {}), (0.5, 0.0, {}), (1 - 2**-53, 1.0, {}), (1.0, 1.0, {})),
        perfect=beyond,
        ideal=HARD,
        laws=SURE,
    ),
    "squared_hinge": Owed(
        pred=SCORES,
        target=HARD,
        near=near_margin(),
        examples=((0.5, 1.0, {}), (0.5, 0.0, {}), (1e155, -1.0, {})),
        perfect=beyond,
        ideal=HARD,
        laws=SURE,
    ),
    "modified_huber": Owed(
        pred=SCORES,
        target=HARD,
        near=near_margin(),
        examples=((0.5, 1.0, {}), (-1.0, 1.0, {}), (1.0, -1.0, {}), (-1e300, 1.0, {})),
        perfect=beyond,
        ideal=HARD,
        laws=SURE,
    ),
    "perceptron": Owed(
        pred=SCORES,
        target=HARD,
        kink=lambda z, t, _: z == 0,
        examples=((0.0, 1.0, {}), (-0.0, 0.0, {}), (5e-324, -1.0, {})),
        perfect=beyond,
        ideal=HARD,
        laws=SURE,
    ),
    "soft_margin": Owed(
        target=SIDES,
        kink=infinite,
        examples=(
            (-1000.0, 1.0, {}),
            (50.0, 1.0, {}),
            (math.inf, 1.0, {}),
            (math.inf, -1.0, {}),
            (740.0, 1.0, {}),
        ),
        laws=frozenset({"non_negative", "convex", "symmetric"}),
    ),
    "brier": Owed(
        kink=lambda p, t, _: False,
        examples=((0.7, 1.0, {}), (1 - 2**-53, 1.0, {}), (5e-324, 0.0, {})),
        ideal=st.sampled_from([0.0, 1.0]),
        laws=SURE,
    ),
    "zero_one": Owed(
        pred=LABELS,
        target=LABELS,
        gradient=None,
        why="it has no gradient",
        params={"average": st.sampled_from(["rows", "columns"])},
        examples=(
            ([1.0, 0.0], [1.0, 1.0], {}),
            ([1.0, 0.0, 2.0], [1.0, 1.0, 2.0], {"average": "columns"}),
            (0.5, 1.0, {"threshold": 0.5}),
            ([0.75, 0.25], [1.0, 1.0], {"threshold": 0.5, "average": "columns"}),
        ),
        ideal=LABELS,
        laws=frozenset({"non_negative", "zero_at_target"}),
    ),
    "binary_focal": Owed(
        kink=infinite,
        params={"gamma": GAMMAS, "alpha": st.sampled_from([..., 0.25, 0.0, 1.0])},
        value=10.0,
        gradient=10.0,
        scale=_focal_scale,
        gradient_scale=_focal_terms,
        why="a power multiplies the error of its base by gamma, to 5 here; it is subnormal before"
        " the cost multiplies it; slopes of soft labels cancel",
        examples=(
            (40.0, 1.0, {}),
            (3.4046645980477757, 1.0, {"gamma": 5.0}),
            (-1.693617394391338, 0.0, {"gamma": 5.0}),
            (-800.0, 1.0, {}),
            (0.5, 1.0, {"alpha": 0.25}),
            (0.5, 0.0, {"alpha": 0.25}),
            (math.inf, 1.0, {}),
            (-math.inf, 1.0, {}),
            (-50.0, 0.0, {"gamma": 0.0}),
        ),
        laws=frozenset({"non_negative"}),
    ),
}
