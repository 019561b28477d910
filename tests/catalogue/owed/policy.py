"""Losses of language models."""

import math

from hypothesis import strategies as st

from tests.catalogue.owed.terms import Owed

NATS = st.one_of(st.floats(-1e4, 0.0), st.floats(-5.0, 0.0), st.sampled_from([0.0, -1e-9, -1.0]))
AVERAGE = st.one_of(st.floats(-700.0, -1e-9), st.floats(-5.0, -1e-3))
BETA = st.one_of(st.floats(0.01, 10.0), st.sampled_from([0.1, 0.5, 2.0]))
WHY = "a margin is a signed sum of log-probabilities, and its rounding that of their size"


def _rows(one, count):
    return st.lists(one, min_size=count, max_size=count)


def _logistic(mp, margin):
    """Its value and the size of its slope."""
    return mp.log1p(mp.exp(-margin)), 1 / (1 + mp.exp(margin))


def _dpo_size(pred):
    return sum(map(abs, pred))


def _dpo_terms(mp, pred, target, *, beta, variant):
    size, margin = _dpo_size(pred), pred[0] - pred[1] - pred[2] + pred[3]
    if variant == "hinge":
        return 1 + beta * size
    if variant == "ipo":
        whole = size + 1 / (2 * beta)
        return whole * (2 * abs(margin - 1 / (2 * beta)) + mp.mpf(2) ** -50 * whole)
    value, slope = _logistic(mp, beta * margin)
    return value + slope * beta * size


def _dpo_slopes(mp, pred, target, *, beta, variant):
    size, margin = _dpo_size(pred), pred[0] - pred[1] - pred[2] + pred[3]
    if variant == "hinge":
        return beta
    if variant == "ipo":
        return 2 * size + 1 / beta
    return beta * _logistic(mp, beta * margin)[1] * (1 + beta * size)


def _at_the_hinge(pred, target, params):
    size, margin = _dpo_size(pred), pred[0] - pred[1] - pred[2] + pred[3]
    beta = params.get("beta", 0.1)
    hinge = params.get("variant") == "hinge"
    return hinge and abs(1 - beta * margin) <= 1e-15 * (1 + beta * size)


def _simpo_terms(mp, pred, target, *, beta, gamma):
    value, slope = _logistic(mp, beta * (pred[0] - pred[1]) - gamma)
    return value + slope * (beta * sum(map(abs, pred)) + gamma)


def _simpo_slopes(mp, pred, target, *, beta, gamma):
    _, slope = _logistic(mp, beta * (pred[0] - pred[1]) - gamma)
    return beta * slope * (1 + beta * sum(map(abs, pred)) + gamma)


def _cpo_terms(mp, pred, target, *, beta, alpha):
    value, slope = _logistic(mp, beta * (pred[0] - pred[1]))
    return value + slope * beta * sum(map(abs, pred)) + alpha * abs(pred[0])


def _cpo_slopes(mp, pred, target, *, beta, alpha):
    _, slope = _logistic(mp, beta * (pred[0] - pred[1]))
    found = beta * slope * (1 + beta * sum(map(abs, pred)))
    return [found + alpha, found]


def _orpo_parts(mp, pred):
    rests = [1 - mp.exp(a) for a in pred]
    logs = [mp.log(rest) for rest in rests]
    size = sum(map(abs, [*pred, *logs]))
    return rests, size, _logistic(mp, pred[0] - pred[1] - logs[0] + logs[1])


def _orpo_terms(mp, pred, target, *, weight):
    _, size, (value, slope) = _orpo_parts(mp, pred)
    return weight * (value + slope * size) + abs(pred[0])


def _orpo_slopes(mp, pred, target, *, weight):
    rests, size, (_, slope) = _orpo_parts(mp, pred)
    found = weight * slope * (1 + size)
    return [found / rests[0] + 1, found / rests[1]]


def _kto_terms(mp, pred, target, *, beta, kl, desirable, undesirable):
    sign, weight = (-1, desirable) if target == 1 else (1, undesirable)
    value = 1 / (1 + mp.exp(-sign * beta * (pred[0] - pred[1] - kl)))
    return weight * value * (1 + (1 - value) * beta * (sum(map(abs, pred)) + kl))


def _kto_slopes(mp, pred, target, *, beta, kl, **weights):
    found = _kto_terms(mp, pred, target, beta=beta, kl=kl, **weights)
    sign = -1 if target == 1 else 1
    value = 1 / (1 + mp.exp(-sign * beta * (pred[0] - pred[1] - kl)))
    return found * beta * (1 - value) * (1 + beta * (sum(map(abs, pred)) + kl))


def _grpo_terms(mp, pred, target, *, low, high, beta):
    ratio = mp.exp(pred[0] - pred[1])
    size, x = abs(pred[0]) + abs(pred[1]), pred[2] - pred[0]
    gain = max(ratio, 1) * abs(target) * (1 + size)
    return gain + beta * (mp.exp(x) - x - 1 + abs(mp.expm1(x)) * (abs(pred[0]) + abs(pred[2])))


def _grpo_slopes(mp, pred, target, *, low, high, beta):
    gain = mp.exp(pred[0] - pred[1]) * abs(target) * (1 + abs(pred[0]) + abs(pred[1]))
    x = pred[2] - pred[0]
    pull = beta * (abs(mp.expm1(x)) + mp.exp(x) * (abs(pred[0]) + abs(pred[2])))
    return [gain + pull, gain, pull]


def _at_a_bound(pred, target, params):
    bounds = 1 - params.get("low", 0.2), 1 + params.get("high", 0.2)
    ratio = math.exp(min(pred[0] - pred[1], 700.0))
    return target == 0 or any(abs(ratio - bound) < 1e-12 for bound in bounds)


TOKEN = st.one_of(st.floats(-30.0, 0.0), st.floats(-2.0, -0.01))

OWED = {
    "grpo": Owed(
        pred=_rows(TOKEN, 3),
        target=st.one_of(st.floats(-3.0, 3.0), st.sampled_from([0.0, 1.0, -1.0])),
        params={
            "low": st.sampled_from([0.2, 0.0]),
            "high": st.sampled_from([0.2, 0.28]),
            "beta": st.sampled_from([0.04, 0.0, 1.0]),
        },
        scale=_grpo_terms,
        gradient_scale=_grpo_slopes,
        why="a gain and a divergence of differences of log-probabilities",
        kink=_at_a_bound,
        examples=(
            ([-1.0, -1.0, -1.0], 0.5, {}),
            ([-1.0, -2.0, -1.5], 1.0, {}),
            ([-2.0, -1.0, -1.5], -1.0, {}),
            ([-2.0, -1.0, -2.0000001], 1.0, {}),
        ),
    ),
    "dpo": Owed(
        pred=_rows(NATS, 4),
        params={"beta": BETA, "variant": st.sampled_from(["sigmoid", "hinge", "ipo"])},
        scale=_dpo_terms,
        gradient_scale=_dpo_slopes,
        why=WHY,
        kink=_at_the_hinge,
        examples=(
            ([-10.0, -12.0, -11.0, -11.0], None, {}),
            ([-10.0, -1e4, -1e4, -11.0], None, {}),
            ([-1e4, -10.0, -11.0, -1e4], None, {"variant": "hinge"}),
            ([-10.0, -12.0, -11.0, -11.0], None, {"variant": "ipo"}),
        ),
        laws=frozenset({"non_negative"}),
    ),
    "simpo": Owed(
        pred=_rows(NATS, 2),
        params={"beta": BETA, "gamma": st.floats(0.0, 5.0)},
        scale=_simpo_terms,
        gradient_scale=_simpo_slopes,
        why=WHY,
        examples=(([-0.5, -1.5], None, {}), ([0.0, -1e4], None, {}), ([-1e4, 0.0], None, {})),
        laws=frozenset({"non_negative"}),
    ),
    "cpo": Owed(
        pred=_rows(NATS, 2),
        params={"beta": BETA, "alpha": st.sampled_from([0.0, 0.5, 1.0])},
        scale=_cpo_terms,
        gradient_scale=_cpo_slopes,
        why=WHY,
        examples=(([-0.5, -1.5], None, {}), ([0.0, -1e4], None, {}), ([-1e4, 0.0], None, {})),
        laws=frozenset({"non_negative"}),
    ),
    "orpo": Owed(
        pred=_rows(AVERAGE, 2),
        params={"weight": st.sampled_from([0.0, 0.1, 1.0])},
        scale=_orpo_terms,
        gradient_scale=_orpo_slopes,
        why=WHY,
        examples=(([-1.0, -2.0], None, {}), ([-1e-9, -700.0], None, {})),
        laws=frozenset({"non_negative"}),
    ),
    "kto": Owed(
        pred=_rows(NATS, 2),
        target=st.sampled_from([0.0, 1.0]),
        params={
            "beta": BETA,
            "kl": st.sampled_from([0.0, 0.5, 20.0]),
            "desirable": st.sampled_from([1.0, 1.3]),
            "undesirable": st.sampled_from([1.0, 0.0]),
        },
        scale=_kto_terms,
        gradient_scale=_kto_slopes,
        why=WHY,
        examples=(([-10.0, -10.0], 1.0, {}), ([-8.0, -1e4], 0.0, {}), ([-8.0, -1e4], 1.0, {})),
        laws=frozenset({"non_negative"}),
    ),
}
