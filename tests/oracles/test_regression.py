"""Losses of real numbers beside torch, scikit-learn and SciPy, and their gradients beside autograd.

Tolerances: 1e-13 relative where both sides are good to a few ULP and errors are ordinary.
"""

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats
import sklearn.metrics
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from sklearn._loss import loss as sk_loss
from sklearn.linear_model import _sgd_fast

import losscli
from losscli import losses

RNG = np.random.default_rng(11)
TARGET = RNG.gamma(2.0, 3.0, 200)
PRED = np.abs(TARGET + RNG.standard_normal(200) * RNG.choice([0.1, 1.0, 20.0], 200))
DELTAS = pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])


def close(found, expected, rtol=1e-13):
    """Both within a few ULP of the truth."""
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=0)


def own_mean(name, **params):
    """The mean of rows of the common sample."""
    return getattr(losses, name)(PRED, TARGET, **params).mean()


@DELTAS
def test_huber_is_that_of_torch_scipy_and_scikit_learn(scale):
    """At any delta."""
    found = losses.huber(PRED, TARGET, delta=scale)
    tensors = torch.from_numpy(PRED), torch.from_numpy(TARGET)
    close(found, F.huber_loss(*tensors, delta=scale, reduction="none").numpy())
    close(found, scipy.special.huber(scale, PRED - TARGET))
    close(found, sk_loss.HuberLoss(delta=scale).loss(TARGET, PRED))


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("smooth_l1", {"beta": 0.5}, [0.25, 2.75]),
        ("smooth_l1", {"beta": 2.0}, [0.0625, 2.0]),
        ("smooth_l1", {"beta": 0.0}, [0.5, 3.0]),
        ("huber", {"delta": 0.5}, [0.125, 1.375]),
        ("huber", {"delta": 2.0}, [0.125, 4.0]),
    ],
)
def test_smooth_l1_and_huber_part_where_torch_parts_them(name, params, expected):
    """Errors of -1/2 and 3, and exactly."""
    assert getattr(losses, name)([-0.5, 3.0], [0.0, 0.0], **params).tolist() == expected


def test_huber_does_not_square_what_it_need_not():
    """Keras does, and gives inf."""
    assert losses.huber([1e300], [0.0]).tolist() == [1e300]


@DELTAS
def test_pseudo_huber_is_that_of_scipy(scale):
    """Whose own form keeps its digits too."""
    close(
        losses.pseudo_huber(PRED, TARGET, delta=scale),
        scipy.special.pseudo_huber(scale, PRED - TARGET),
    )


def cost(loss, scale):
    """What SciPy's least_squares minimises, of each residual alone."""
    found = [
        scipy.optimize.least_squares(
            lambda _, d=d: np.array([d]), [0.0], loss=loss, f_scale=scale, max_nfev=1
        ).cost
        for d in (PRED - TARGET)[:25]
    ]
    return np.array(found)


@DELTAS
@pytest.mark.parametrize(
    ("name", "param", "theirs"),
    [("huber", "delta", "huber"), ("cauchy", "c", "cauchy"), ("pseudo_huber", "delta", "soft_l1")],
)
def test_robust_losses_share_the_scale_of_least_squares(name, param, theirs, scale):
    """soft_l1 cancels near 0: an absolute 1e-15 beside the 1 that it subtracts."""
    found = getattr(losses, name)(PRED[:25], TARGET[:25], **{param: scale})
    np.testing.assert_allclose(found, cost(theirs, scale), rtol=1e-13, atol=1e-15 * scale**2)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("mae", sklearn.metrics.mean_absolute_error),
        ("mse", sklearn.metrics.mean_squared_error),
        ("msle", sklearn.metrics.mean_squared_log_error),
        ("mape", sklearn.metrics.mean_absolute_percentage_error),
        ("pinball", sklearn.metrics.mean_pinball_loss),
    ],
)
def test_means_are_those_of_scikit_learn(name, theirs):
    """With its defaults, as `like` says: its msle cancels near the target, hence 1e-12."""
    convention = getattr(losses, name).like["sklearn"]
    close(own_mean(name, **convention.params), theirs(TARGET, PRED), rtol=1e-12)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_pinball_is_that_of_scikit_learn(quantile):
    """Its metric and its training loss; the latter's slope at a tie is -quantile, here 0."""
    close(
        own_mean("pinball", quantile=quantile),
        sklearn.metrics.mean_pinball_loss(TARGET, PRED, alpha=quantile),
    )
    theirs = sk_loss.PinballLoss(quantile=quantile)
    close(losses.pinball(PRED, TARGET, quantile=quantile), theirs.loss(TARGET, PRED))
    found = losses.pinball.gradient(PRED, TARGET, quantile=quantile)
    close(found, theirs.gradient(TARGET, PRED))
    assert losses.pinball.gradient([1.0], [1.0], quantile=quantile).tolist() == [0.0]


def test_half_squared_error_is_that_of_scikit_learn():
    """Value and slope."""
    theirs = sk_loss.HalfSquaredError()
    close(losses.half_squared_error(PRED, TARGET), theirs.loss(TARGET, PRED))
    close(losses.half_squared_error.gradient(PRED, TARGET), theirs.gradient(TARGET, PRED))
    assert losses.half_squared_error([3.0], [1.0]).tolist() == [2.0]


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 2.0])
@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("epsilon_insensitive", _sgd_fast.EpsilonInsensitive),
        ("squared_epsilon_insensitive", _sgd_fast.SquaredEpsilonInsensitive),
    ],
)
def test_insensitive_losses_are_those_of_scikit_learn(name, theirs, epsilon):
    """The losses that SGDRegressor trains with, and their slopes."""
    own, theirs = getattr(losses, name), theirs(epsilon)
    pairs = list(zip(PRED.tolist(), TARGET.tolist(), strict=True))
    close(own(PRED, TARGET, epsilon=epsilon), [theirs.py_loss(p, t) for p, t in pairs])
    close(own.gradient(PRED, TARGET, epsilon=epsilon), [theirs.py_dloss(p, t) for p, t in pairs])


def test_the_best_constant_of_expectile_is_that_of_scipy():
    """Its slopes sum to 0 there, within the tolerance of SciPy's search."""
    best = scipy.stats.expectile(TARGET, alpha=0.8)
    slopes = losses.expectile.gradient(np.full(200, best), TARGET, tau=0.8)
    assert abs(slopes.sum()) <= 1e-9 * np.abs(slopes).sum()


def test_a_target_of_zero_costs_what_it_costs_in_scikit_learn():
    """4.5036e15 for an error of 1; Keras has 1e9 percent."""
    theirs = sklearn.metrics.mean_absolute_percentage_error([0.0], [1.0])
    assert losses.mape([1.0], [0.0]).tolist() == [theirs]
    keras = losses.mape.like["keras"].params
    close(losses.mape([1.0, 1.0], [0.0, 2.0], **keras), [1e9, 50.0])


def test_msle_refuses_what_keras_lifts():
    """Target -1/2 is a logarithm of its own here, and 1e-7 there."""
    pred, target = np.array([1.0, -3.0]), np.array([-0.5, 1.0])
    lifted = losses.msle.like["keras"].values(np, pred, target)
    close(lifted, np.log([2 / (1 + 1e-7), 2 / (1 + 1e-7)]) ** 2)
    close(losses.msle([1.0], [-0.5]), [np.log(4.0) ** 2])


@pytest.mark.parametrize("shape", [(200,), (50, 4)])
def test_wmape_divides_by_all_targets_together(shape):
    """Sums over all elements, whatever the rows; nan where all targets are 0."""
    pred, target = PRED.reshape(shape), TARGET.reshape(shape)
    found = losscli.evaluate(pred, target, loss="wmape")["wmape"].value
    close(found, np.abs(pred - target).sum() / np.abs(target).sum())
    assert np.isnan(losscli.evaluate(pred, 0 * target, loss="wmape")["wmape"].value)


def test_rmsle_is_that_of_scikit_learn():
    """The root of the mean."""
    found = losscli.evaluate(PRED, TARGET, loss="rmsle")["rmsle"].value
    close(found, sklearn.metrics.root_mean_squared_log_error(TARGET, PRED), rtol=1e-12)


def test_smape_is_one_of_three_definitions():
    """With the factor 2, up to 2."""
    assert losses.smape([1.0, 0.0, 5.0], [3.0, 0.0, 0.0]).tolist() == [1.0, 0.0, 2.0]


def test_log_cosh_keeps_the_digits_that_libraries_lose():
    """Keras, optax and torchmetrics give 0, 4.99999997e-9, and inf or 799.3069."""
    found = losses.log_cosh([1e-10, 1e-4, 800.0], [0.0] * 3)
    close(found, [5e-21, 4.99999999166666668e-9, 800 - np.log(2)], rtol=1e-15)


def test_barron_holds_other_losses_of_the_family_up_to_scale():
    """As its paper's section 1 says; welsch is where alpha ends."""
    c = 1.7

    def at(alpha, scale):
        return losses.barron(PRED, TARGET, alpha=alpha, c=scale)

    close(at(1.0, c) * c**2, losses.pseudo_huber(PRED, TARGET, delta=c))
    close(at(2.0, c) * c**2, losses.half_squared_error(PRED, TARGET))
    close(at(0.0, c / 2**0.5) * c**2 / 2, losses.cauchy(PRED, TARGET, c=c))
    close(at(-2.0, c / 2) * c**2 / 4, losses.geman_mcclure(PRED, TARGET, c=c))
    close(at(-np.inf, c / 2**0.5) * c**2 / 2, losses.welsch(PRED, TARGET, c=c))


def test_tukey_is_constant_from_c_on():
    """c² / 6."""
    close(losses.tukey([4.685, 1e300], [0.0, 0.0]), [4.685**2 / 6] * 2)
    assert losses.tukey.gradient([4.685, 1e300], [0.0, 0.0]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("mse", F.mse_loss),
        ("mae", F.l1_loss),
        ("smooth_l1", F.smooth_l1_loss),
        ("huber", F.huber_loss),
    ],
)
def test_gradients_are_those_of_autograd_through_torch(name, theirs):
    """Of the library's own functions."""
    pred = torch.from_numpy(PRED.copy()).requires_grad_()
    theirs(pred, torch.from_numpy(TARGET), reduction="sum").backward()
    close(getattr(losses, name).gradient(PRED, TARGET), pred.grad.numpy())


@pytest.mark.parametrize(
    ("name", "libraries"),
    [
        ("mae", {"torch", "keras", "sklearn"}),
        ("mse", {"torch", "keras", "sklearn", "optax"}),
        ("smooth_l1", {"torch"}),
        ("half_squared_error", {"optax"}),
        ("huber", {"torch", "keras", "optax"}),
        ("log_cosh", {"keras", "optax"}),
        ("mape", {"keras", "sklearn"}),
        ("msle", {"keras", "sklearn"}),
        ("pinball", {"sklearn"}),
        ("barron", set()),
    ],
)
def test_a_loss_is_like_only_the_libraries_that_have_it(name, libraries):
    """A training loss that is not public is not had."""
    assert set(getattr(losses, name).like) == libraries


def test_a_weighted_mean_divides_as_the_library_does():
    """Errors 1 and 3, weighted 1 and 3: l1 by the sum of weights, huber by the number of rows."""
    pred, target, weight = (torch.tensor(x) for x in ([1.0, 3.0], [0.0, 0.0], [1.0, 3.0]))
    rows = losses.huber(pred, target)
    assert F.l1_loss(pred, target, weight=weight).item() == 2.5
    assert not losses.mae.like["torch"].by_rows
    assert F.huber_loss(pred, target, weight=weight).item() == (weight * rows).sum().item() / 2
    assert losses.huber.like["torch"].by_rows
