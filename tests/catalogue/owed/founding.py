"""The founding losses."""

import math

import numpy as np
from hypothesis import strategies as st

from tests.catalogue.owed.terms import Owed
from tests.catalogue.strategies import FAR, LOGITS

REALS = st.floats(-FAR, FAR)
SMOOTHING = st.sampled_from([0.0, 0.1, 0.3])
EVEN = frozenset({"non_negative", "zero_at_target", "convex", "symmetric", "monotone"})


def _probability_terms(mp, p, target, *, floor, label_smoothing):
    """The terms of the gradient of bce, whose signs differ."""
    t = target * (1 - label_smoothing) + label_smoothing / 2
    return (p + t) / (p * (1 - p)) if 0 < p < 1 else mp.mpf(1)


def _bce_terms(mp, pred, target, *, pos_weight, label_smoothing):
    """The two terms of the gradient of bce_with_logits, whose signs differ."""
    t = target * (1 - label_smoothing) + label_smoothing / 2
    rising = (1 - t) / (1 + mp.exp(-pred))
    return rising + pos_weight * t / (1 + mp.exp(pred))


def _softmax_terms(mp, pred, target, *, weight, ignore_index, label_smoothing):
    """The terms of the gradient of cross_entropy, one a class."""
    count = len(pred)
    if isinstance(target, int):
        if target == ignore_index:
            return mp.mpf(1)
        target = [mp.mpf(c == target) for c in range(count)]
    weight = [mp.mpf(1)] * count if weight is None else weight
    t = [(1 - label_smoothing) * x + label_smoothing / count for x in target]
    total = mp.fsum(mp.exp(z) for z in pred)
    shares = [w * x for w, x in zip(weight, t, strict=True)]
    return [mp.exp(z) / total * mp.fsum(shares) + s for z, s in zip(pred, shares, strict=True)]


OWED = {
    "mae": Owed(kink=lambda p, t, _: p == t, laws=EVEN),
    "mse": Owed(pred=REALS, target=REALS, laws=EVEN),
    "smooth_l1": Owed(
        params={"beta": st.one_of(st.floats(1e-200, 1e200), st.just(0.0), st.just(1.0))},
        kink=lambda p, t, kw: kw.get("beta") == 0 and p == t,
        examples=((1e-200, 0.0, {"beta": 2e-200}), (1.0, 0.0, {}), (1e300, 0.0, {})),
        laws=EVEN,
    ),
    "bce": Owed(
        params={"floor": st.sampled_from([-100.0, -math.inf]), "label_smoothing": SMOOTHING},
        gradient_scale=_probability_terms,
        why="the gradient's terms cancel where p is near t; soft targets are held to their sum",
        kink=lambda p, t, _: not 1e-12 < p < 1 - 1e-12,
        examples=((1e-5, 0.0, {"label_smoothing": 0.1}),),
        ideal=st.sampled_from([0.0, 1.0]),
        laws=frozenset({"non_negative", "zero_at_target", "convex"}),
    ),
    "bce_with_logits": Owed(
        params={"pos_weight": st.sampled_from([1.0, 0.3, 7.0]), "label_smoothing": SMOOTHING},
        gradient_scale=_bce_terms,
        why="the gradient's terms cancel where sigmoid(z) is near t",
        examples=(
            (-50.0, 0.0, {}),
            (50.0, 1.0, {}),
            (1e4, 0.0, {"pos_weight": 3.0}),
            (-707.0, 1.1125369292536007e-308, {"pos_weight": 0.3}),
        ),
        laws=frozenset({"non_negative", "convex"}),
    ),
    "cross_entropy": Owed(
        pred=st.lists(LOGITS, min_size=3, max_size=3),
        params={
            "label_smoothing": SMOOTHING,
            "weight": st.sampled_from([..., np.array([1.0, 2.0, 4.0]), np.array([0.0, 0.5, 1.0])]),
        },
        gradient_scale=_softmax_terms,
        why="the gradient's terms cancel near the optimum",
        examples=(([50.0, 0.0], 0, {}), ([1e4, -1e4, 0.0], 1, {})),
        laws=frozenset({"non_negative", "convex"}),
    ),
}
