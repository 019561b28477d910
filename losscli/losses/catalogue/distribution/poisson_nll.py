"""The negative log-likelihood of a Poisson distribution."""

from typing import Any

from losscli.losses.catalogue.distribution._rates import domains_of_rate, excess
from losscli.losses.core.domain import NON_NEGATIVE, REAL, Interval
from losscli.losses.core.loss import Array, Convention, Loss, Namespace, Param
from losscli.losses.math.special import HALF_LOG_TAU, log_factorial
from losscli.losses.math.stable import share


def _values(
    xp: Namespace, pred: Array, target: Array, *, log_input: bool, full: bool, eps: float
) -> Array:
    """The rate minus target · log(rate): the negative log-likelihood, up to log(target!).

    pred, target and the result have the same shape, (N,) or (N, D). pred is the logarithm of the
    rate, or with log_input false the rate itself, >= 0; target is >= 0 and need not be an integer.
    With full, log(target!) is added. It is negative for large counts, and inf if the rate overflows
    (a logarithm above 709.78) or is 0 with a target > 0 (at eps 0).

    >>> poisson_nll([0.0, 0.0], [0.0, 3.0]).tolist()
    [1.0, 1.0]
    >>> poisson_nll([1.0, 0.0], [3.0, 0.0], log_input=False).tolist()
    [1.0, 0.0]
    """
    nll = _kernel(xp, pred, target, log_input, eps)
    return nll + log_factorial(xp, target) if full else nll


def _kernel(xp: Namespace, pred: Array, target: Array, log_input: bool, eps: float) -> Array:
    if not log_input:
        return pred - share(xp, target, xp.log(pred + eps)) + 0.0
    rate = xp.exp(pred)
    # For an infinite rate or a target of 0 target · log(rate) is 0, but may compute as infinite.
    return xp.where((rate == xp.inf) | (target == 0.0), rate, rate - target * pred)


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, log_input: bool, eps: float, **_: Any
) -> Array:
    """The rate minus the target; for a rate itself 1 - target / rate."""
    return xp.exp(pred) - target if log_input else excess(pred + eps, target)


def _reference(mp: Any, pred: Any, target: Any, *, log_input: bool, full: bool, eps: Any) -> Any:
    rate = mp.exp(pred) if log_input else pred
    logarithm = pred if log_input else mp.log(rate + eps) if rate + eps else mp.ninf
    nll = rate - (target * logarithm if target else 0)
    return nll + mp.loggamma(target + 1) if full else nll


def _like_torch(
    xp: Namespace, pred: Array, target: Array, *, log_input: bool, full: bool, eps: float
) -> Array:
    """With full, the first terms of Stirling's series replace log(target!) above 1."""
    nll = _kernel(xp, pred, target, log_input, eps)
    if not full:
        return nll
    above = xp.clip(target, 1.0, xp.inf)
    log = xp.log(above)
    return nll + xp.where(target > 1.0, above * log - above + 0.5 * log + HALF_LOG_TAU, 0.0)


poisson_nll = Loss(
    name="poisson_nll",
    aliases=("poisson",),
    family="distribution",
    formula="exp(pred) - target pred; with log_input false pred - target log(pred + eps);"
    " full adds log(target!)",
    latex=r"e^{\hat z} - y \hat z \quad\text{or}\quad \hat y - y \log(\hat y + \epsilon)",
    source="Nelder and Wedderburn, Generalized linear models, JRSS A, 1972",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=NON_NEGATIVE,
    domains=domains_of_rate,
    flops=3,
    params=(
        Param("log_input", True, meaning="whether pred is the log of the rate", kind="flag"),
        Param("full", False, meaning="whether log(target!) is added", kind="flag"),
        Param("eps", 0.0, Interval(0.0, ends="[)"), "added to a rate before its logarithm"),
    ),
    use="targets are counts, and the model predicts their rate or its logarithm",
    avoid="a value of 0 should mean perfect: use poisson_deviance, which has twice the slopes; "
    "counts vary more than their mean: use negative_binomial_nll",
    equivalents={
        "torch": "F.poisson_nll_loss(pred, target, log_input, full, eps=eps)  # full: with"
        " Stirling's formula",
        "keras": "losses.Poisson()(target, pred)  # log_input=false, eps=1e-7",
        "sklearn": "sklearn._loss.loss.HalfPoissonLoss().loss(target, pred)  # log_input",
        "scipy": "-stats.poisson.logpmf(target, np.exp(pred))  # log_input, full",
    },
    like={
        "torch": Convention(
            {"eps": 1e-8},
            _like_torch,
            by_rows=True,
            by_elements=True,
            note="with full torch approximates log(target!), and omits it up to 1",
        ),
        "keras": Convention({"log_input": False, "eps": 1e-7}, by_rows=True),
    },
    pitfalls=(
        "It can be negative, and its minimum is not 0: compare it on the same targets only.",
        "torch and losscli read a prediction of 2 as the rate e², Keras as 2: 1.389 or -0.079 for "
        "a 3.",
        "torch's full is Stirling's approximation: 2 adds 0.65181 there, log 2! = 0.69315 here.",
    ),
)
