"""Losses of counts, amounts and predicted distributions beside torch, scikit-learn and SciPy."""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch
from sklearn import metrics
from torch.nn import functional

from losscli import evaluate, losses
from losscli.errors import DataError, UsageError

RNG = np.random.default_rng(31)
N = 60
RATES = torch.from_numpy(0.1 + 4 * RNG.standard_exponential(N))
COUNTS = torch.from_numpy(RNG.poisson(RATES.numpy()).astype(float))
AMOUNTS = torch.from_numpy(0.1 + 4 * RNG.standard_exponential(N))
REALS = torch.from_numpy(2 * RNG.standard_normal(N))
SPREADS = torch.stack(
    (torch.from_numpy(RNG.standard_normal(N)), 0.1 + torch.from_numpy(RNG.standard_exponential(N))),
    dim=1,
)
ENSEMBLES = torch.from_numpy(RNG.standard_normal((N, 7)))


def torch_nb(logits, t):
    """Of total_count 2.5."""
    return -torch.distributions.NegativeBinomial(2.5, logits=logits).log_prob(t)


BESIDE_TORCH = {
    "poisson_nll": (
        lambda z, t: functional.poisson_nll_loss(z, t, reduction="none"),
        (REALS, COUNTS),
        {},
    ),
    "poisson_nll of rates": (
        lambda p, t: functional.poisson_nll_loss(p, t, False, eps=1e-8, reduction="none"),
        (RATES, COUNTS),
        {"log_input": False, "eps": 1e-8},
    ),
    "gaussian_nll": (
        lambda p, t: functional.gaussian_nll_loss(p[:, 0], t, p[:, 1], reduction="none"),
        (SPREADS, REALS),
        {},
    ),
    "gaussian_nll full": (
        lambda p, t: functional.gaussian_nll_loss(p[:, 0], t, p[:, 1], True, 0.5, reduction="none"),
        (SPREADS + torch.tensor([0.0, 0.5]), REALS),
        {"full": True, "eps": 0.5},
    ),
    "laplace_nll": (
        lambda p, t: -torch.distributions.Laplace(p[:, 0], p[:, 1]).log_prob(t),
        (SPREADS, REALS),
        {"full": True},
    ),
    "negative_binomial_nll": (
        lambda p, t: torch_nb(torch.log(p / 2.5), t),
        (RATES, COUNTS),
        {"full": True, "r": 2.5},
    ),
    "negative_binomial_nll of logarithms": (
        lambda z, t: torch_nb(z - math.log(2.5), t),
        (REALS, COUNTS),
        {"full": True, "r": 2.5, "log_input": True},
    ),
    "crps_gaussian": (
        lambda p, t: _crps_gaussian(p[:, 0], p[:, 1], t),
        (SPREADS, REALS),
        {},
    ),
    "crps_ensemble": (lambda p, t: _crps_ensemble(p, t, 49), (ENSEMBLES, REALS), {}),
    "crps_ensemble fair": (
        lambda p, t: _crps_ensemble(p, t, 42),
        (ENSEMBLES, REALS),
        {"fair": True},
    ),
    "interval_score": (
        lambda p, t: (
            (p[:, 1] - p[:, 0])
            + 8 * functional.relu(p[:, 0] - t)
            + 8 * functional.relu(t - p[:, 1])
        ),
        (SPREADS.cumsum(1), REALS),
        {"alpha": 0.25},
    ),
}


def _crps_gaussian(mean, deviation, t):
    """By torch's own erf and the textbook formula."""
    w = (t - mean) / deviation
    normal = torch.distributions.Normal(0.0, 1.0)
    density = normal.log_prob(w).exp()
    return deviation * (w * (2 * normal.cdf(w) - 1) + 2 * density - 1 / math.sqrt(math.pi))


def _crps_ensemble(x, t, pairs):
    """All pairs."""
    apart = (x[:, :, None] - x[:, None, :]).abs().sum((1, 2))
    return (x - t[:, None]).abs().mean(1) - apart / (2 * pairs)


# Some references cancel: differences below 1e-12 of numbers about 1 are their rounding.
@pytest.mark.parametrize("case", BESIDE_TORCH)
def test_ordinary_rows_agree_with_torch(case):
    """Values, and gradients beside autograd."""
    function, (pred, target), params = BESIDE_TORCH[case]
    pred = pred.to(torch.float64).clone().requires_grad_()
    theirs = function(pred, target)
    theirs.sum().backward()
    loss = getattr(losses, case.split()[0])
    close = {"rtol": 1e-11, "atol": 1e-12}
    np.testing.assert_allclose(loss(pred.detach(), target, **params), theirs.detach(), **close)
    np.testing.assert_allclose(loss.gradient(pred.detach(), target, **params), pred.grad, **close)


@pytest.mark.parametrize(
    ("name", "params", "theirs", "target"),
    [
        ("poisson_deviance", {}, metrics.mean_poisson_deviance, COUNTS),
        ("gamma_deviance", {}, metrics.mean_gamma_deviance, AMOUNTS),
        *(
            (
                "tweedie_deviance",
                {"power": power},
                lambda t, p, power=power: metrics.mean_tweedie_deviance(t, p, power=power),
                target,
            )
            for power, target in [
                (-1.0, REALS),
                (0.0, REALS),
                (1.0, COUNTS),
                (1.5, COUNTS),
                (2.0, AMOUNTS),
                (3.0, AMOUNTS),
                (3.5, AMOUNTS),
            ]
        ),
    ],
)
def test_deviances_agree_with_sklearn(name, params, theirs, target):
    """Which has means only: of every row alone."""
    ours = getattr(losses, name)(RATES, target, **params).numpy()
    rows = [theirs([t], [p]) for t, p in zip(target.numpy(), RATES.numpy(), strict=True)]
    np.testing.assert_allclose(ours, rows, rtol=1e-9, atol=1e-12)


def test_likelihoods_agree_with_scipy():
    """The full forms are minus the logarithms of densities."""
    p, t = SPREADS.numpy(), REALS.numpy()
    rates, counts = RATES.numpy(), COUNTS.numpy()
    pairs = [
        (
            losses.gaussian_nll(p, t, full=True),
            scipy.stats.norm.logpdf(t, p[:, 0], np.sqrt(p[:, 1])),
        ),
        (losses.laplace_nll(p, t, full=True), scipy.stats.laplace.logpdf(t, p[:, 0], p[:, 1])),
        (
            losses.poisson_nll(rates, counts, log_input=False, full=True),
            scipy.stats.poisson.logpmf(counts, rates),
        ),
        (
            losses.negative_binomial_nll(rates, counts, r=0.7, full=True),
            scipy.stats.nbinom.logpmf(counts, 0.7, 0.7 / (0.7 + rates)),
        ),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, -theirs, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("mean", "deviation", "t"), [(0.3, 0.7, 1.1), (-1.0, 2.0, -4.0)])
def test_crps_of_a_normal_is_the_integral_of_its_definition(mean, deviation, t):
    """The squared distance of the distribution function and the step."""

    def squared(x):
        return (scipy.stats.norm.cdf(x, mean, deviation) - (x >= t)) ** 2

    parts = [scipy.integrate.quad(squared, *ends)[0] for ends in ((-60, t), (t, 60))]
    ours = losses.crps_gaussian([[mean, deviation]], [t])[0]
    assert ours == pytest.approx(sum(parts), rel=1e-7)


def test_a_large_ensemble_of_a_normal_scores_as_the_normal():
    """Of quantiles at even levels."""
    levels = (np.arange(4000) + 0.5) / 4000
    ensemble = scipy.stats.norm.ppf(levels, 0.5, 2.0)[None]
    ours = losses.crps_ensemble(ensemble, [1.7])[0]
    assert ours == pytest.approx(losses.crps_gaussian([[0.5, 2.0]], [1.7])[0], rel=1e-4)


def test_the_interval_score_is_a_sum_of_pinball_losses():
    """At both levels, times 2 / alpha."""
    p, t = SPREADS.cumsum(1).numpy(), REALS.numpy()
    both = losses.pinball(p[:, 0], t, quantile=0.1) + losses.pinball(p[:, 1], t, quantile=0.9)
    np.testing.assert_allclose(losses.interval_score(p, t, alpha=0.2), 10 * both, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "pred", "target", "params", "expected"),
    [
        ("poisson_nll", [2.0], [3.0], {}, 1.38906),
        ("poisson_nll", [2.0], [3.0], {"log_input": False}, -0.07944),
        ("poisson_nll", [0.0], [3.0], {"log_input": False, "eps": 1e-8}, 55.26204),
        ("poisson_nll", [0.0], [3.0], {"log_input": False, "eps": 1e-7}, 48.35429),
        ("poisson_nll", [0.0], [3.0], {"log_input": False}, math.inf),
        ("poisson_deviance", [2.0], [3.0], {}, 0.43279),
        ("poisson_deviance", [1e8 + 1], [1e8], {}, 9.99999993e-9),
        ("gamma_deviance", [1e8 + 1], [1e8], {}, 9.99999987e-17),
        ("gaussian_nll", [[1.0, 0.0]], [0.0], {}, 499993.092),
        ("gaussian_nll", [[1.0, 4.0]], [0.0], {}, 0.81815),
        ("gaussian_nll", [[1.0, 4.0]], [0.0], {"full": True}, 1.73709),
        ("crps_ensemble", [[1.0, 2.0, 4.0]], [2.5], {}, 0.5),
        ("crps_ensemble", [[1.0, 2.0, 4.0]], [2.5], {"fair": True}, 1 / 6),
        ("crps_ensemble", [[3.0]], [5.0], {}, 2.0),
    ],
)
def test_points_where_libraries_differ(name, pred, target, params, expected):
    """To the digits that are printed."""
    ours = float(getattr(losses, name)(pred, target, **params)[0])
    assert ours == pytest.approx(expected, rel=1e-5, abs=6e-6 if abs(expected) > 1e-3 else 0)


@pytest.mark.parametrize("count", [1.0, 2.0, 3.0, 1.5])
def test_the_full_form_is_exact(count):
    """Ours adds log(count!), torch an approximation of it above 1."""
    added = losses.poisson_nll([0.0], [count], full=True)[0] - losses.poisson_nll([0.0], [count])[0]
    assert added == pytest.approx(math.lgamma(count + 1), abs=1e-15)


def whole(loss, given):
    """All parameters, with torch's defaults."""
    return loss.resolve(given, loss.like["torch"].params)


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("log_input", [True, False])
def test_torchs_poisson_is_met_by_its_convention(full, log_input):
    """Number for number."""
    loss = losses.poisson_nll
    params = whole(loss, {"full": full, "log_input": log_input})
    ours = loss.like["torch"].values(np, RATES.numpy(), COUNTS.numpy(), **params)
    theirs = functional.poisson_nll_loss(
        RATES, COUNTS, log_input=log_input, full=full, reduction="none"
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-14)


def test_keras_and_sklearn_defaults_are_declared():
    """Keras reads rates; scikit-learn's power is 0."""
    assert losses.poisson_nll.like["keras"].params == {"log_input": False, "eps": 1e-7}
    power = losses.tweedie_deviance.like["sklearn"].params["power"]
    ours = losses.tweedie_deviance(RATES, COUNTS, power=power).mean()
    theirs = metrics.mean_tweedie_deviance(COUNTS.numpy(), RATES.numpy())
    assert float(ours) == pytest.approx(theirs, rel=1e-13)


@pytest.mark.parametrize(
    ("name", "pred", "target", "params"),
    [
        ("poisson_nll", [-1.0], [1.0], {"log_input": False}),
        ("poisson_nll", [1.0], [-1.0], {}),
        ("poisson_deviance", [-1.0], [1.0], {}),
        ("gamma_deviance", [0.0], [1.0], {}),
        ("gamma_deviance", [1.0], [0.0], {}),
        ("tweedie_deviance", [0.0], [1.0], {}),
        ("tweedie_deviance", [1.0], [-1.0], {}),
        ("tweedie_deviance", [1.0], [0.0], {"power": 2.5}),
        ("gaussian_nll", [[0.0, -1.0]], [0.0], {}),
        ("laplace_nll", [[0.0, -1.0]], [0.0], {}),
        ("crps_gaussian", [[0.0, -1.0]], [0.0], {}),
        ("interval_score", [[1.0, 0.0]], [0.0], {}),
        ("negative_binomial_nll", [-1.0], [0.0], {}),
        ("crps_ensemble", [[1.0]], [1.0], {"fair": True}),
        ("gaussian_nll", [1.0], [1.0], {}),
    ],
)
def test_inputs_outside_the_domain_are_errors(name, pred, target, params):
    """Which may depend on the parameters."""
    with pytest.raises(DataError):
        getattr(losses, name)(pred, target, **params)


def test_domains_follow_the_parameters():
    """What is refused under one is taken under another."""
    assert losses.poisson_nll([-1.0], [0.0])[0] == pytest.approx(math.exp(-1))
    assert losses.tweedie_deviance([1.0], [-1.0], power=-1.0)[0] > 0
    assert losses.tweedie_deviance([-1.0], [1.0], power=0.0)[0] == 4.0
    with pytest.raises(UsageError, match="power"):
        losses.tweedie_deviance([1.0], [1.0], power=0.5)


@pytest.mark.parametrize(
    ("name", "column"),
    [("gaussian_nll", "variance"), ("crps_gaussian", "deviation"), ("laplace_nll", "scale")],
)
def test_a_negative_spread_is_named(name, column):
    """Not only that the row is wrong."""
    with pytest.raises(DataError, match=f"-1.0 is not a {column}"):
        getattr(losses, name)([[0.0, 1.0], [0.0, -1.0]], [0.0, 0.0])


@pytest.mark.parametrize("params", [{}, {"full": True}])
@pytest.mark.parametrize("name", ["poisson_nll", "negative_binomial_nll"])
def test_a_logarithm_of_no_rate_costs_nothing_beside_no_count(name, params):
    """As a rate of 0 does: the count weighs nothing, whatever the logarithm."""
    given = params | {"log_input": True}
    loss = f"{name}:" + ",".join(f"{key}={str(value).lower()}" for key, value in given.items())
    no_rate, both = np.array([-math.inf]), np.array([-math.inf, 0.0])
    assert evaluate(no_rate, np.zeros(1), loss=loss, nan="propagate").losses[0].value == 0.0
    assert evaluate(no_rate, np.ones(1), loss=loss, nan="propagate").losses[0].value == math.inf
    assert evaluate(both, np.zeros(2), loss=loss, nan="propagate").losses[0].min == 0.0


@pytest.mark.parametrize(("mean", "slopes"), [(0.0, [0.0, math.inf]), (1.0, [math.inf, -math.inf])])
def test_a_normal_without_variance_has_the_slopes_of_the_limit(mean, slopes):
    """More of it costs more where the mean is met, and less where it is not."""
    assert losses.gaussian_nll.gradient([[mean, 0.0]], [0.0], eps=0.0).tolist() == [slopes]
