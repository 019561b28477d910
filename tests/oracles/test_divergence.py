"""Divergences beside those of torch and SciPy, and what libraries do otherwise."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it
from scipy import special, stats
from scipy.spatial import distance
from sklearn import metrics

from losscli import losses

CLOSE = {"rel": 1e-12, "abs": 1e-15}  # the libraries' own sums cancel
RNG = np.random.default_rng(27)
PRED, TARGET = RNG.dirichlet(np.ones(6), (2, 200))
THIRDS = np.array([[0.1, 0.9]]), np.array([[0.3, 0.7]])


def t(array):
    return torch.from_numpy(np.ascontiguousarray(array))


def scipy_js(p, q):
    return distance.jensenshannon(p, q, axis=1) ** 2


ORACLES = {
    "kl_div": lambda p, q: special.rel_entr(q, p).sum(axis=1),
    "js_div": scipy_js,
    "hellinger": lambda p, q: [
        distance.euclidean(np.sqrt(a), np.sqrt(b)) / math.sqrt(2) for a, b in zip(p, q, strict=True)
    ],
    "total_variation": lambda p, q: metrics.pairwise.paired_manhattan_distances(p, q) / 2,
    "chi2": lambda p, q: [stats.chisquare(b, a).statistic for a, b in zip(p, q, strict=True)],
}


@pytest.mark.parametrize("name", ORACLES)
def test_rows_are_those_of_scipy(name):
    """Target first there."""
    found = getattr(losses, name)(PRED, TARGET)
    assert found == pytest.approx(np.asarray(ORACLES[name](PRED, TARGET)), **CLOSE)


def test_itakura_saito_is_half_the_gamma_deviance(rng):
    """Of one number a row."""
    pred, target = rng.uniform(0.1, 9, (2, 100))
    found = losses.itakura_saito(pred, target).mean()
    assert found == pytest.approx(metrics.mean_gamma_deviance(target, pred) / 2, **CLOSE)
    summed = losses.itakura_saito(pred.reshape(20, 5), target.reshape(20, 5)).sum()
    assert summed == pytest.approx(100 * found, rel=1e-14)


@pytest.mark.parametrize("log_target", [False, True])
def test_kl_div_of_logarithms_is_torchs(log_target):
    """Rows, their batchmean and gradients."""
    log_p = np.log(PRED)
    target = np.log(TARGET) if log_target else TARGET
    params = {"log_pred": True, "log_target": log_target}
    p = t(log_p).requires_grad_()
    theirs = F.kl_div(p, t(target), reduction="batchmean", log_target=log_target)
    assert losses.kl_div(log_p, target, **params).mean() == pytest.approx(theirs.item(), **CLOSE)
    theirs.backward()
    found = losses.kl_div.gradient(log_p, target, **params) / len(log_p)
    assert found == pytest.approx(p.grad.numpy(), rel=1e-13)


def test_a_known_pair_in_either_order():
    """Rows (.3, .7), (.6, .4) against (.1, .9), (.5, .5)."""
    target, pred = [[0.3, 0.7], [0.6, 0.4]], [[0.1, 0.9], [0.5, 0.5]]
    assert losses.kl_div(pred, target) == pytest.approx([0.15366, 0.02014], abs=5e-6)
    assert losses.kl_div(target, pred) == pytest.approx([0.11632, 0.02041], abs=5e-6)


def test_like_keras_both_are_clipped():
    """Unnormalised rows cost nothing there, and p = 0 not all."""
    params = losses.kl_div.resolve({})
    like = losses.kl_div.like["keras"].values
    target, pred = np.array([[2.0, 2.0], [0.5, 0.5]]), np.array([[1.0, 3.0], [1.0, 0.0]])
    found = like(np, pred, target, **params)
    assert found[0] == 0.0
    assert found[1] == pytest.approx(0.5 * math.log(0.5) + 0.5 * math.log(0.5e7), rel=1e-14)
    assert losses.kl_div(pred[:1], target[:1]) == pytest.approx([0.57536], abs=5e-6)


def test_like_torch_nothing_times_infinity_is_nan():
    """Here a class of no weight costs nothing."""
    log_p, target = np.array([[-math.inf, 0.0], [-1.0, -0.5]]), np.array([[0.0, 1.0], [0.0, 1.0]])
    theirs = F.kl_div(t(log_p), t(target), reduction="none").sum(1).numpy()
    like = losses.kl_div.like["torch"].values
    with np.errstate(all="ignore"):
        found = like(np, log_p, target, log_pred=True, log_target=False)
    assert found == pytest.approx(theirs, nan_ok=True, **CLOSE)
    assert np.isnan(found).tolist() == [True, False]
    assert losses.kl_div(log_p, target, log_pred=True).tolist() == [0.0, 0.5]


def test_like_torch_a_logarithm_of_no_weight_is_nan():
    """Also where log p is finite."""
    log_p, log_t = np.array([[-1.0, -0.5]]), np.array([[-math.inf, 0.0]])
    theirs = F.kl_div(t(log_p), t(log_t), reduction="none", log_target=True).sum(1).numpy()
    params = {"log_pred": True, "log_target": True}
    with np.errstate(all="ignore"):
        found = losses.kl_div.like["torch"].values(np, log_p, log_t, **params)
    assert np.isnan(theirs).all()
    assert np.isnan(found).all()
    assert losses.kl_div(log_p, log_t, **params).tolist() == [0.5]


def test_where_the_textbook_js_cancels():
    """P = 0.3 + 1e-9 against 0.3: of a class that is all of a row."""
    p, q = 0.3 + 1e-9, 0.3
    middle = (p + q) / 2
    textbook = 0.5 * (p * math.log(p / middle) + q * math.log(q / middle))
    found = losses.js_div([[p]], [[q]])[0]
    assert textbook > 1e-17
    assert found == pytest.approx((p - q) ** 2 / (8 * middle), rel=1e-9)


def test_scipy_gives_the_root_of_js():
    """0.18008 there, 0.03243 here."""
    assert losses.js_div(*THIRDS)[0] == pytest.approx(0.03243, abs=5e-6)
    assert distance.jensenshannon(*THIRDS, axis=1)[0] == pytest.approx(0.18008, abs=5e-6)


def test_gradients_are_torchs():
    """Autograd of the plain formulas."""
    plain = {
        "kl_div": lambda p, q: (q * (q / p).log()).sum(),
        "js_div": lambda p, q: (
            0.5 * (p * (2 * p / (p + q)).log() + q * (2 * q / (p + q)).log()).sum()
        ),
        "hellinger": lambda p, q: (0.5 * (p.sqrt() - q.sqrt()).square().sum(1)).sqrt().sum(),
        "chi2": lambda p, q: ((p - q).square() / p).sum(),
        "itakura_saito": lambda p, q: (q / p - (q / p).log()).sum(),
    }
    for name, function in plain.items():
        p = t(PRED).requires_grad_()
        function(p, t(TARGET)).backward()
        found = getattr(losses, name).gradient(PRED, TARGET)
        np.testing.assert_allclose(found, p.grad.numpy(), rtol=1e-9, atol=1e-10, err_msg=name)
