"""Divergences of distributions."""

import math

from hypothesis import strategies as st

from tests.catalogue.owed.terms import Owed
from tests.catalogue.strategies import simplexes

LAWS = frozenset({"non_negative", "zero_at_target", "convex"})
POSITIVES = st.one_of(st.floats(1e-100, 1e100), st.floats(1e-3, 1e3))
APART = ([0.0, 1.0], [1.0, 0.0], {})
HOLES = ([0.0, 0.5, 0.5], [0.0, 0.0, 1.0], {})


@st.composite
def close_rows(draw):
    """Two distributions that differ by 1e-16 to 1e-1 of each share, or not at all."""
    target = draw(simplexes(4))
    step = st.one_of(st.just(0.0), st.floats(1e-16, 0.1), st.floats(-0.1, -1e-16))
    return [t * (1.0 + draw(step)) for t in target], target


@st.composite
def close_spectra(draw):
    """The same for rows of any numbers > 0."""
    target = draw(st.lists(POSITIVES, min_size=3, max_size=3))
    step = st.one_of(st.just(0.0), st.floats(1e-16, 0.6), st.floats(-0.4, -1e-16))
    return [t * (1.0 + draw(step)) for t in target], target


def at_zero(pred, target, params):
    """There is no slope from below at p = 0."""
    return 0.0 in pred


def _kl_terms(mp, pred, target, *, log_pred, log_target):
    """Σ |terms|; where either is a logarithm, both logarithms are terms."""
    terms = []
    for p, t in zip(pred, target, strict=True):
        chance, weight = mp.exp(p) if log_pred else p, mp.exp(t) if log_target else t
        if weight and chance:
            logs = (mp.log(weight), mp.log(chance))
            whole = abs(logs[0] - logs[1])
            terms.append(weight * (sum(map(abs, logs)) if log_pred or log_target else whole))
    return mp.fsum(terms)


def _softened(mp, pred, target, temperature):
    """Both distributions, and the size of the numbers that their logarithms are made of."""
    rows = [[mp.exp(z / temperature) for z in row] for row in (pred, target)]
    size = sum(max(map(abs, row)) for row in (pred, target)) / temperature + 1
    return *([x / mp.fsum(row) for x in row] for row in rows), size


def _distilled(mp, pred, target, *, temperature, direction, scaled):
    student, teacher, size = _softened(mp, pred, target, temperature)
    if direction == "reverse":
        student, teacher = teacher, student
    whole = mp.fsum(
        t * abs(mp.log(t / s)) + abs(s - t) * (1 + size) + (s + t) * mp.mpf(2) ** -50 * size**2
        for s, t in zip(student, teacher, strict=True)
    )
    return whole * (temperature**2 if scaled else 1)


def _distilled_slopes(mp, pred, target, *, temperature, direction, scaled):
    student, teacher, size = _softened(mp, pred, target, temperature)
    whole = [size * (s + t) for s, t in zip(student, teacher, strict=True)]
    if direction == "reverse":
        whole = [2 * size * w for w in whole]
    return [w * (temperature if scaled else 1 / temperature) for w in whole]


def _mixed(mp, pred, target, *, temperature, beta, scaled):
    student, teacher, size = _softened(mp, pred, target, temperature)
    whole = mp.mpf(0)
    for s, t in zip(student, teacher, strict=True):
        m = beta * t + (1 - beta) * s
        whole += beta * t * abs(mp.log(t / m)) + (1 - beta) * s * abs(mp.log(s / m))
        whole += beta * (1 - beta) * abs(s - t) * (1 + size) + (s + t) * mp.mpf(2) ** -50 * size**2
    return whole * (temperature**2 if scaled else 1)


def _mixed_slopes(mp, pred, target, *, temperature, beta, scaled):
    student, teacher, size = _softened(mp, pred, target, temperature)
    whole = [2 * size * (s + t) for s, t in zip(student, teacher, strict=True)]
    return [w * (temperature if scaled else 1 / temperature) for w in whole]


LOGIT_ROW = st.lists(st.floats(-30.0, 30.0), min_size=3, max_size=3)

OWED = {
    "distillation_kl": Owed(
        pred=LOGIT_ROW,
        target=LOGIT_ROW,
        params={
            "temperature": st.sampled_from([1.0, 2.0, 0.5]),
            "direction": st.sampled_from(["forward", "reverse"]),
            "scaled": st.booleans(),
        },
        scale=_distilled,
        gradient_scale=_distilled_slopes,
        why="probabilities have the rounding of their logits' size",
        examples=(
            ([2.0, 0.0], [0.0, 1.0], {"temperature": 2.0}),
            ([2.0, 0.0], [2.0, 1e-9], {}),
            ([2.0, 0.0], [2.0, 1e-9], {"direction": "reverse"}),
            ([500.0, 0.0], [0.0, 500.0], {}),
            ([500.0, 0.0], [0.0, 500.0], {"direction": "reverse"}),
        ),
        laws=frozenset({"zero_at_target"}),
    ),
    "generalized_jsd": Owed(
        pred=LOGIT_ROW,
        target=LOGIT_ROW,
        params={
            "temperature": st.sampled_from([1.0, 2.0, 0.5]),
            "beta": st.sampled_from([0.1, 0.5, 0.9]),
            "scaled": st.booleans(),
        },
        scale=_mixed,
        gradient_scale=_mixed_slopes,
        why="probabilities have the rounding of their logits' size",
        examples=(
            ([2.0, 0.0], [0.0, 1.0], {"temperature": 2.0}),
            ([2.0, 0.0], [2.0, 1e-9], {"beta": 0.9}),
            ([500.0, 0.0], [0.0, 500.0], {}),
            ([2000.0, 0.0], [0.0, 2000.0], {"beta": 0.1}),
        ),
        laws=frozenset({"non_negative", "zero_at_target"}),
    ),
    "kl_div": Owed(
        scale=_kl_terms,
        why="the sum is signed, and cancels where p is near t",
        near=close_rows(),
        kink=at_zero,
        examples=(
            APART,
            HOLES,
            ([1e-310, 1.0], [0.5, 0.5], {}),
            ([0.3 + 1e-9, 0.7], [0.3, 0.7], {}),
            ([-math.inf, 0.0], [0.0, 1.0], {"log_pred": True}),
            ([-1.0, -0.5], [-math.inf, 0.0], {"log_pred": True, "log_target": True}),
            ([-1.0, -0.5], [-1.0, -0.5], {"log_pred": True, "log_target": True}),
            ([0.5, 0.5], [-0.5, -1.0], {"log_target": True}),
        ),
        laws=LAWS - {"non_negative"},
    ),
    "js_div": Owed(
        value=8.0,
        why="where p is a sixth of t, two logarithms cancel to a third of their sum",
        near=close_rows(),
        kink=at_zero,
        examples=(APART, HOLES, ([0.3 + 1e-9, 0.7], [0.3, 0.7], {})),
        laws=LAWS,
    ),
    "hellinger": Owed(
        value=6.0,
        why="a quotient by a sum of rounded roots is squared, which doubles its four roundings",
        params={"squared": st.booleans()},
        near=close_rows(),
        kink=lambda pred, target, _: 0.0 in pred or pred == target,
        examples=(APART, HOLES, ([0.5, 0.5], [0.5, 0.5], {}), (*APART[:2], {"squared": True})),
        laws=LAWS - {"convex"},
    ),
    "total_variation": Owed(
        near=close_rows(),
        kink=lambda pred, target, _: any(p == t for p, t in zip(pred, target, strict=True)),
        examples=(APART, HOLES),
        laws=LAWS,
    ),
    "chi2": Owed(
        near=close_rows(),
        kink=at_zero,
        examples=(APART, HOLES, ([0.1, 0.9], [1e-300, 1.0], {})),
        laws=LAWS,
    ),
    "itakura_saito": Owed(
        pred=st.lists(POSITIVES, min_size=3, max_size=3),
        target=st.lists(POSITIVES, min_size=3, max_size=3),
        near=close_spectra(),
        value=6.0,
        why="where a prediction is twice its target, log(1 + u) - u cancels to a third",
        examples=(
            (1.0, 2.0, {}),
            (1e300, 1e-300, {}),
            (1e-300, 1e300, {}),
            ([1e8 + 1, 1.0], [1e8, 1.0], {}),
        ),
        laws=LAWS - {"convex"},
    ),
}
