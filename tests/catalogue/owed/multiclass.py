"""Losses of several classes."""

import math

import numpy as np
from hypothesis import strategies as st

from tests.catalogue.owed.terms import Owed
from tests.catalogue.strategies import LOGITS, simplexes

THREE = np.array([1.0, 2.0, 4.0])
WEIGHTS = st.sampled_from([..., THREE, np.array([0.0, 0.5, 1.0])])
ROWS = st.lists(LOGITS, min_size=3, max_size=3)
SCORES = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3)
CONVEX = frozenset({"non_negative", "convex"})
EXACT = CONVEX | {"zero_at_target"}
TARGETS = st.one_of(
    st.integers(0, 2), st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=3, max_size=3)
)


def one_hot(target):
    """The prediction that is sure of three classes' label, or says a soft target."""
    return [float(c == target) for c in range(3)] if isinstance(target, int) else target


def has_zero(pred, target, params):
    """At p = 0 there is no slope from below."""
    return 0.0 in pred


def meets_the_clip(pred, target, params):
    """Also where a probability is held, or nearly."""
    clip = params.get("clip", 0.0)
    whole = math.fsum(pred) if params.get("normalise") else 1.0
    gaps = [abs(p / whole - end) for p in pred for end in (clip, 1 - clip)]
    return has_zero(pred, target, params) or bool(clip and min(gaps) <= 1e-12)


def _categorical_slopes(mp, pred, target, *, clip, normalise):
    """The absolute terms of each slope; a label's own is one term, (Σ p - p_y) / (p_y Σ p)."""
    whole = mp.fsum(pred) if normalise else mp.mpf(1)
    shares = [mp.mpf(c == target) for c in range(len(pred))] if isinstance(target, int) else target
    kept = [
        t if not clip or clip <= p / whole <= 1 - clip else mp.mpf(0)
        for p, t in zip(pred, shares, strict=True)
    ]
    sign = -1 if isinstance(target, int) else 1
    beside = mp.fsum(kept) / whole if normalise else 0
    return [abs(t / p + sign * beside) for p, t in zip(pred, kept, strict=True)]


def _poly1_terms(mp, pred, target, *, epsilon):
    chance = mp.exp(pred[target]) / mp.fsum(mp.exp(z) for z in pred)
    return -mp.log(chance) + abs(epsilon) * (1 - chance)


def _reaches(mp, pred, target, p, margin, weight):
    """Each reach, the size of its terms, and what both count."""
    counted = (mp.mpf(1) if weight is None else weight[target]) / len(pred)
    for c, z in enumerate(pred):
        if c != target:
            reach = max(margin - pred[target] + z, mp.mpf(0))
            yield reach, abs(margin) + abs(pred[target]) + abs(z), counted


def _margin_terms(mp, pred, target, *, p, margin, weight):
    """Σ w |terms|, times the reach where that is squared."""
    return mp.fsum(
        w * size * (1 if p == 1 else 2 * reach + mp.mpf(2) ** -50 * size)
        for reach, size, w in _reaches(mp, pred, target, p, margin, weight)
    )


def _margin_slopes(mp, pred, target, *, p, margin, weight):
    """Of squared reaches 2 w |terms|; of plain ones w each."""
    found = _reaches(mp, pred, target, p, margin, weight)
    return mp.fsum(w * (1 if p == 1 else 2 * size) for _, size, w in found)


def at_the_margin(pred, target, params):
    """Where a plain reach is 0, or its sign is lost in the rounding of its terms."""
    if params.get("p", 1) == 2:
        return False
    margin, right = params.get("margin", 1.0), pred[target]
    sizes = [(margin - right + z, 1 + abs(margin) + abs(right) + abs(z)) for z in pred]
    return any(abs(x) <= 1e-15 * s for c, (x, s) in enumerate(sizes) if c != target)


def at_a_corner(pred, target, params):
    """At the margin, or where two classes tie for the best."""
    others = sorted(z for c, z in enumerate(pred) if c != target)
    best = others[-1]
    edge = abs(1 + best - pred[target]) <= 1e-15 * (1 + abs(best) + abs(pred[target]))
    return edge or (len(others) > 1 and others[-1] == others[-2])


def _capped(mp, pred, softcap):
    """Capped logits, and the size of what they are rounded to."""
    capped = [softcap * mp.tanh(z / softcap) if softcap else mp.mpf(z) for z in pred]
    return capped, max(map(abs, capped))


def _token_terms(mp, pred, target, *, softcap, z_loss, weight, label_smoothing, **_):
    if target < 0:  # ignored
        return mp.mpf(0)
    weight = weight or [1] * len(pred)
    capped, size = _capped(mp, pred, softcap)
    log_sum = mp.log(mp.fsum(map(mp.exp, capped)))
    spread = mp.fsum(w * (log_sum - z) for w, z in zip(weight, capped, strict=True))
    spread *= label_smoothing / len(capped)
    whole = (1 - label_smoothing) * weight[target] * (log_sum - capped[target]) + spread
    whole += weight[target] * z_loss * abs(log_sum) * (abs(log_sum) + 2 * size)
    return whole + (2 * size * max(weight) if softcap else 0)


def _token_slopes(mp, pred, target, *, softcap, z_loss, weight, label_smoothing, **_):
    largest = max(weight or [1])
    capped, size = _capped(mp, pred, softcap)
    total = mp.fsum(map(mp.exp, capped))
    pull = 1 + 2 * z_loss * (abs(mp.log(total)) + size)
    found = []
    for place, (z, raw) in enumerate(zip(capped, pred, strict=True)):
        share = (1 - label_smoothing) * (place == target) + label_smoothing / len(pred)
        slope = largest * (mp.exp(z) / total * pull + share)
        if softcap:
            slope *= (1 + size + 2 * abs(raw / softcap)) * mp.sech(raw / softcap) ** 2
        found.append(slope)
    return found


OWED = {
    "nll": Owed(
        pred=st.lists(st.floats(-1e300, 0.0), min_size=3, max_size=3),
        params={"weight": WEIGHTS, "ignore_index": st.sampled_from([-100, 1])},
        examples=(([-math.inf, 0.0], 0, {}), ([-math.inf, 0.0], 1, {})),
        kink=lambda pred, target, _: -math.inf in pred,
        laws=CONVEX,
    ),
    "categorical_cross_entropy": Owed(
        pred=simplexes(3),
        target=TARGETS,
        params={
            "clip": st.sampled_from([0.0, 1e-7, 0.01]),
            "normalise": st.booleans(),
        },
        gradient_scale=_categorical_slopes,
        why="normalised, the gradient's terms cancel where p is near a soft target",
        kink=meets_the_clip,
        examples=(
            ([0.0, 1.0], 0, {}),
            ([0.0, 1.0], [0.0, 1.0], {}),
            ([1.0, 1e-17], 0, {"normalise": True}),
            ([0.2, 0.2, 0.1], 0, {"normalise": True, "clip": 1e-7}),
            ([0.0, 1.0], 0, {"clip": 1e-7}),
        ),
        ideal=st.integers(0, 2),
        perfect=one_hot,
        laws=EXACT,
    ),
    "focal_cross_entropy": Owed(
        value=12.0,
        gradient=12.0,
        why="a power of 1 - s_y multiplies its relative error by the exponent, here up to 3",
        pred=ROWS,
        params={
            "gamma": st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]),
            "alpha": st.sampled_from([..., 0.25, THREE]),
        },
        examples=(
            ([50.0, 0.0], 0, {}),
            ([40.0, 0.0], 0, {"gamma": 1.0}),
            ([2.0, 0.0, -1.0], 0, {"alpha": 0.25}),
            ([1e4, -1e4, 0.0], 1, {}),
            ([0.0, 800.0], 1, {"gamma": 0.5}),
        ),
        laws=frozenset({"non_negative"}),
    ),
    "generalized_cross_entropy": Owed(
        pred=simplexes(3),
        params={"q": st.one_of(st.floats(1e-3, 1.0), st.sampled_from([0.5, 0.7, 1.0, 1e-9]))},
        kink=has_zero,
        examples=(([0.0, 1.0], 0, {}), ([0.0, 1.0], 0, {"q": 1.0}), ([1 - 2**-53, 0.0], 0, {})),
        ideal=st.integers(0, 2),
        perfect=one_hot,
        laws=EXACT,
    ),
    "poly1": Owed(
        pred=ROWS,
        params={"epsilon": st.one_of(st.floats(-1.0, 10.0), st.sampled_from([-1.0, 0.0, 2.0]))},
        scale=_poly1_terms,
        why="a signed sum where epsilon is below 0",
        examples=(
            ([50.0, 0.0], 0, {}),
            ([50.0, 0.0], 0, {"epsilon": -1.0}),
            ([1e4, -1e4, 0.0], 1, {}),
            ([0.0, 800.0], 0, {"epsilon": -1.0}),
        ),
        laws=frozenset({"non_negative"}),
    ),
    "token_cross_entropy": Owed(
        pred=st.lists(st.floats(-300.0, 300.0), min_size=3, max_size=3),
        params={
            "softcap": st.sampled_from([0.0, 30.0, 1.0]),
            "z_loss": st.sampled_from([0.0, 1e-4, 0.5]),
            "label_smoothing": st.sampled_from([0.0, 0.1, 1.0]),
        },
        scale=_token_terms,
        gradient_scale=_token_slopes,
        why="capped logits are rounded, and the normaliser cancels near 0",
        examples=(
            ([50.0, 0.0], 0, {}),
            ([50.0, 0.0], 1, {"softcap": 30.0}),
            ([-0.6931471805599453, -0.6931471805599453], 0, {"z_loss": 1.0}),
            ([0.0, 1.0, 2.0], -100, {"z_loss": 1.0}),
            ([0.0, 1.0, 2.0], 2, {"z_loss": 1.0, "weight": [0.5, 0.0, 3.0]}),
            ([5.0, 1.0, -2.0], 0, {"weight": [2.0, 0.5, 3.0], "label_smoothing": 0.3}),
            ([5.0, 1.0, -2.0], 1, {"weight": [2.0, 0.0, 3.0], "softcap": 2.0, "z_loss": 0.5}),
        ),
        laws=frozenset({"non_negative"}),
    ),
    "multi_margin": Owed(
        pred=SCORES,
        params={
            "p": st.sampled_from([1, 2]),
            "margin": st.floats(0, 10),
            "weight": WEIGHTS,
        },
        scale=_margin_terms,
        gradient_scale=_margin_slopes,
        why="the reach is a rounded difference, which decides near the margin",
        kink=at_the_margin,
        examples=(([1.0, 2.0, 0.5], 0, {}), ([3.0, 2.0], 0, {}), ([1e300, -1e300], 1, {})),
        laws=CONVEX,
    ),
    "multiclass_hinge": Owed(
        pred=SCORES,
        scale=lambda mp, pred, target: 1 + 2 * max(map(abs, pred)),
        why="the reach is a rounded difference, which decides near the margin",
        kink=at_a_corner,
        examples=(([1.0, 2.0, 0.5], 0, {}), ([-3.0, -2.0, -0.5], 0, {}), ([3.0, 2.0], 0, {})),
        laws=CONVEX,
    ),
    "multiclass_brier": Owed(
        pred=simplexes(3),
        params={"scale_by_half": st.booleans()},
        examples=(([1 - 2**-53, 2**-53], 0, {}), ([0.7, 0.2, 0.1], 2, {})),
        ideal=st.integers(0, 2),
        perfect=one_hot,
        laws=EXACT,
    ),
}
