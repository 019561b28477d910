"""Losses with parameters other than the defaults, on zeros, extreme and ordinary numbers."""

import math

import numpy as np
import pytest

from losscli.backends.rowwise import ROWWISE
from losscli.kernels.trace import constants_of
from losscli.losses.registry import find
from tests.kernels.programs import run

ROWS = 200
RNG = np.random.default_rng(1)


def probabilities(*, zeros=0.0):
    """Rows of six classes."""
    drawn = RNG.random((ROWS, 6)) ** 3
    drawn[RNG.random(drawn.shape) < zeros] = 0.0
    return drawn / drawn.sum(axis=1, keepdims=True).clip(1e-300)


P, T = probabilities(), probabilities()
P0, T0 = probabilities(zeros=0.1), probabilities(zeros=0.3)
LOGITS, LABEL = RNG.standard_normal((ROWS, 6)) * 3, RNG.integers(0, 6, ROWS)
FAR = LOGITS * 200.0
WEIGHT = np.array([1.0, 0.0, 2.0, 3.0, 0.5, 1.0])
COUNTS = RNG.integers(0, 400, ROWS) * 1.0
HALVES = COUNTS + np.arange(ROWS) % 2 / 2.0
RATE = RNG.random(ROWS) * 50.0 + 0.1
NORMAL, TARGET = np.abs(RNG.standard_normal((ROWS, 2))), RNG.standard_normal(ROWS)
NORMAL[::9, 1] = 0.0
TARGET[::9] = NORMAL[::9, 0]
VECTORS = RNG.standard_normal((2, ROWS, 5))
VECTORS[0, ::11] = 0.0
VECTORS[0, ::13] *= 1e-200
TRIPLETS = RNG.standard_normal((ROWS, 3, 5))
TRIPLETS[::7] *= 1e200
TRIPLETS[3] = 0.0
MASKS = RNG.random((ROWS, 3, 8)), np.round(RNG.random((ROWS, 3, 8)))
MASKS[1][::5] = 0.0

CASES = [
    ("kl_div", {"log_pred": True}, np.log(P), T),
    ("kl_div", {"log_pred": True, "log_target": True}, np.log(P), np.log(T)),
    ("kl_div", {}, P0, T0),
    ("js_div", {}, P0, T0),
    ("hellinger", {}, P0, T0),
    ("chi2", {}, P0, T0),
    ("focal_cross_entropy", {"alpha": WEIGHT}, LOGITS, LABEL),
    ("focal_cross_entropy", {"gamma": 0.0}, FAR, LABEL),
    ("cross_entropy", {"weight": WEIGHT}, LOGITS, T0),
    ("cross_entropy", {"label_smoothing": 0.2, "weight": WEIGHT}, FAR, T0),
    ("nll", {"weight": WEIGHT, "ignore_index": 2}, np.log(P), LABEL),
    ("categorical_cross_entropy", {"clip": 1e-7, "normalise": True}, P0 * 3.0, LABEL),
    ("categorical_cross_entropy", {"clip": 1e-7, "normalise": True}, P0 * 3.0, T0),
    ("multi_margin", {"p": 2, "weight": WEIGHT}, LOGITS, LABEL),
    ("generalized_cross_entropy", {"q": 1.0}, P, LABEL),
    ("poly1", {"epsilon": -0.5}, FAR, LABEL),
    ("poisson_nll", {"full": True}, np.log(RATE), COUNTS),
    ("poisson_nll", {"full": True, "log_input": False}, RATE, HALVES),
    ("negative_binomial_nll", {"full": True, "r": 30.0}, RATE, HALVES),
    ("gaussian_nll", {"eps": 0.0, "full": True}, NORMAL, TARGET),
    ("crps_gaussian", {}, NORMAL, TARGET),
    ("interval_score", {"alpha": 0.1}, np.sort(NORMAL, axis=1), TARGET),
    ("triplet_margin", {"p": 3.0}, TRIPLETS),
    ("triplet_margin", {"p": math.inf, "swap": True}, TRIPLETS),
    ("triplet_margin", {"swap": True, "eps": 0.0}, TRIPLETS),
    ("cosine_distance", {"eps": 1e-8}, *VECTORS),
    ("cosine_embedding", {"margin": 0.3}, np.stack(VECTORS, axis=1), np.sign(TARGET)),
    ("tversky", {"alpha": 0.3, "beta": 0.7}, *MASKS),
    ("dice", {"smooth": 1.0}, *MASKS),
    ("info_nce", {"temperature": 0.07}, LOGITS, LABEL),
    ("listnet", {"labels": "raw"}, FAR, T0),
    ("listnet", {}, FAR, FAR[::-1].copy()),
    ("coral", {"weight": WEIGHT}, LOGITS, LABEL),
    ("multilabel_soft_margin", {"weight": WEIGHT}, LOGITS, np.round(T)),
    ("huber", {"delta": 0.5}, *MASKS),
    ("bce_with_logits", {}, LOGITS, T),
]


@pytest.mark.parametrize(
    ("name", "params", "arrays"),
    [(name, params, arrays) for name, params, *arrays in CASES],
    ids=[f"{name}-{'-'.join(params)}" for name, params, *_ in CASES],
)
def test_a_loss_with_parameters_has_the_numbers_of_numpy(each_machine, name, params, arrays):
    """Of each row, also where there are several losses a row, whose mean it is."""
    loss = find(name)[0]
    given = loss.resolve(params)
    traced = {name: constants_of(value) for name, value in given.items()}

    def rows(xp, pred, target=None):
        return loss.rows(xp, pred, target, given if xp is ROWWISE else traced)

    with np.errstate(all="ignore"):
        true = rows(ROWWISE, *arrays)
    np.testing.assert_allclose(run(rows, *arrays), true, rtol=1e-13, atol=1e-15)
