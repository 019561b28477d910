"""Losses of counts, amounts and predicted distributions."""

from hypothesis import strategies as st

from tests.catalogue.owed.terms import Owed
from tests.catalogue.strategies import FAR, close_pairs

REALS = st.floats(-FAR, FAR)
MODEST = st.floats(-1e3, 1e3)
# The ratio of two amounts may leave the range of float64; their roots' ratio may not.
AMOUNTS = st.one_of(
    st.floats(1e-300, 1e300), st.floats(1e-3, 1e3), st.sampled_from([1e-300, 1e-17, 1.0, 1e154])
)
COUNTS = st.one_of(st.integers(0, 30).map(float), st.floats(0, 100), AMOUNTS)
RATES = st.one_of(st.just(0.0), AMOUNTS)
DEVIANCE = frozenset({"non_negative", "zero_at_target"})


def _log_factorial(mp, n):
    return mp.fabs(mp.loggamma(n + 1))


def _poisson_terms(mp, pred, target, *, log_input, full, eps):
    rate = mp.exp(pred) if log_input else pred
    logarithm = pred if log_input else mp.log(rate + eps) if rate + eps else mp.mpf(0)
    # The sum rate + eps is rounded before its logarithm, which may be nearly 0.
    size = mp.fabs(logarithm) + (1 if eps and not log_input else 0)
    return rate + target * size + (_log_factorial(mp, target) if full else 0)


def _poisson_slopes(mp, pred, target, *, log_input, full, eps):
    if log_input:
        return mp.exp(pred) + target
    return 1 + target / (pred + eps) if pred + eps else mp.mpf(1)


def _tweedie_terms(mp, pred, target, *, power):
    """Of the form for large relative errors, its two terms; near the target the value itself."""
    if power in (0, 1, 2, 3) or abs(target - pred) <= 0.4 * pred:
        return None
    part = (target - pred) / pred
    scale = pred ** (2 - power)
    rise = (target ** (2 - power) if target > 0 else 0) - scale
    return (mp.fabs(rise / (2 - power)) + mp.fabs(part * scale)) / mp.fabs(1 - power)


def _deviance_slope(power):
    """The slope itself; at the target, where a difference quotient is not exactly 0, that of 0."""

    def slope(mp, pred, target, power=power):
        return mp.fabs((pred - target) or pred) * 2 * pred**-power

    return slope


def _gaussian_terms(mp, pred, target, *, full, eps):
    variance = max(pred[1], eps)
    if not variance:
        return mp.mpf(1)
    return mp.fabs(mp.log(variance)) + (pred[0] - target) ** 2 / variance + (1 if full else 0)


def _gaussian_slopes(mp, pred, target, *, full, eps):
    variance, error = max(pred[1], eps), mp.fabs(pred[0] - target)
    return [error / variance, (1 + error**2 / variance) / (2 * variance)]


def _normal_slopes(mp, pred, target):
    """Of the mean the slope, as far as a difference quotient tells it; of the deviation 1."""
    slope = mp.erf((pred[0] - target) / (pred[1] * mp.sqrt(2))) if pred[1] else 1
    return [max(mp.fabs(slope), mp.mpf("1e-250")), mp.mpf(1)]


def _laplace_terms(mp, pred, target, *, full, eps):
    scale = max(pred[1], eps)
    return mp.fabs(mp.log(scale)) + mp.fabs(pred[0] - target) / scale + (1 if full else 0)


def _laplace_slopes(mp, pred, target, *, full, eps):
    scale = max(pred[1], eps)
    return [1 / scale, (1 + mp.fabs(pred[0] - target) / scale) / scale]


def _size_terms(mp, pred, target, *, r, full, log_input):
    """The two terms, and of the full form the logarithms of its factorials."""
    mean = mp.exp(pred) if log_input else pred
    terms = r * mp.log(1 + mean / r) + mp.mpf("1e-300")  # a subnormal mean loses digits over r
    terms += target * mp.log(1 + r / mean) if target and mean else 0
    if not full:
        return terms
    large, small = max(target, r - 1), min(target, r - 1)
    logs = [mp.fabs(mp.loggamma(x)) for x in (r, target + 1, target + r)]
    if large < 9:
        return terms + mp.fsum(logs) + 1  # target + r is rounded, which may be 1
    both = mp.fabs(mp.loggamma(large + small + 1) - mp.loggamma(large + 1))
    # Stirling's correction of either factorial is about 1 / 12 n.
    return terms + mp.fabs(mp.loggamma(small + 1)) + both + 1 / (12 * large)


def _size_slopes(mp, pred, target, *, r, full, log_input):
    mean = mp.exp(pred) if log_input else pred
    slope = mp.mpf(1) if not mean else (1 + target / mean) * r / (r + mean)
    return slope * mean if log_input else slope


def _ensemble_terms(mp, pred, target, *, fair):
    """Fair scores are a difference; others are a sum of terms >= 0."""
    if not fair:
        return None
    members = len(pred)
    apart = mp.fsum(mp.fabs(a - b) for a in pred for b in pred)
    return mp.fsum(mp.fabs(x - target) for x in pred) / members + apart / members**2


def _tied(pred, target, params):
    return len({*pred, target}) <= len(pred)


def _energy_terms(mp, pred, target, *, fair):
    """Σ |terms|: both mean distances."""
    found = mp.fsum(_distance(mp, x, target) for x in pred) / len(pred)
    apart = mp.fsum(_distance(mp, a, b) for a in pred for b in pred) / len(pred) ** 2
    return found + apart


def _distance(mp, a, b):
    return mp.sqrt(mp.fsum((x - y) ** 2 for x, y in zip(a, b, strict=True)))


def _meets(pred, target, params):
    """Where two members, or one and the target, are at one point."""
    points = [tuple(point) for point in (*pred, target)]
    return len({*points}) < len(points)


def _ties(pred, target, params):
    """Where the slopes depend on an order, or a distance is 0."""
    return len({*pred, *target}) < 2 * len(pred)


@st.composite
def rates_and_counts(draw):
    """A pair whose ratio is a little off 1, of any size."""
    return draw(close_pairs())


def mean_of(spread):
    """A mean and a spread."""
    return st.tuples(st.one_of(MODEST, REALS), spread).map(list)


# A step of 1e-330 beside larger spreads is lost in 700 digits.
SPREADS = st.one_of(st.floats(1e-5, 1e3), st.floats(1e-300, 1e100), st.sampled_from([0.0, 1.0]))

OWED = {
    "poisson_nll": Owed(
        pred=st.one_of(st.floats(0, 30), RATES),
        target=COUNTS,
        near=st.one_of(
            close_pairs(),
            st.tuples(st.floats(-750, 720), COUNTS),
        ).map(lambda pair: (abs(pair[0]), pair[1])),
        params={
            "log_input": st.booleans(),
            "full": st.booleans(),
            "eps": st.sampled_from([0.0, 0.0, 1e-8]),
        },
        scale=_poisson_terms,
        gradient_scale=_poisson_slopes,
        why="a signed sum: the rate less target log(rate)",
        kink=lambda p, t, kw: not kw.get("log_input", True) and p == 0,
        examples=(
            (0.0, 0.0, {"log_input": False}),
            (0.0, 3.0, {"log_input": False}),
            (0.0, 3.0, {"log_input": False, "eps": 1e-8}),
            (709.79, 3.0, {}),
            (-800.0, 0.0, {}),
            (-745.0, 1e300, {}),
            (1e300, 1e300, {}),
            (1.0, 2.0, {"full": True}),
        ),
        laws=frozenset({"convex"}),
    ),
    "poisson_deviance": Owed(
        gradient_scale=_deviance_slope(1),
        value=6.0,
        why="beyond the series two terms cancel to a quarter; at the target a difference quotient"
        " is not exactly 0",
        pred=RATES,
        target=COUNTS,
        near=rates_and_counts(),
        kink=lambda p, t, _: p == 0,
        examples=(
            (0.0, 0.0, {}),
            (0.0, 3.0, {}),
            (3.0, 0.0, {}),
            (1e8 + 1, 1e8, {}),
            (1e300, 1e-300, {}),
            (1e-300, 1e300, {}),
        ),
        laws=DEVIANCE | {"convex"},
    ),
    "gamma_deviance": Owed(
        gradient_scale=_deviance_slope(2),
        value=6.0,
        why="beyond the series two terms cancel to a quarter; at the target a difference quotient"
        " is not exactly 0",
        pred=AMOUNTS,
        target=AMOUNTS,
        near=rates_and_counts(),
        examples=((1e8 + 1, 1e8, {}), (1e300, 1e-300, {}), (2e6, 1e6, {})),
        laws=DEVIANCE,
    ),
    "tweedie_deviance": Owed(
        gradient_scale=_deviance_slope(1.5),
        pred=st.one_of(st.floats(1e-60, 1e60), st.floats(1e-3, 1e3)),
        target=st.one_of(st.floats(1e-60, 1e60), st.floats(1e-3, 1e3)),
        near=close_pairs(low=1e-60, high=1e60),
        params={
            "power": st.sampled_from([1.5, 1.5, 1.1, 1.9, 1.01, 3.0, 2.5, -1.0, 0.0, 1.0, 2.0])
        },
        value=16.0,
        scale=_tweedie_terms,
        why="for large relative errors it is a difference of two terms over 1 - power",
        examples=(
            (4e-308, 1e8, {}),
            (4.0, 0.0, {}),
            (4.0, 0.0, {"power": 1.01}),
            (4.0, -3.0, {"power": -1.0}),
            (4.0, 0.0, {"power": -1.0}),
            (-4.0, 0.0, {"power": 0.0}),
            (0.0, 2.0, {"power": 1.0}),
            (1e110, 1e110, {"power": -1.0}),
            (1e110, 1e10, {"power": -1.0}),
            (1e110, 1e-10, {"power": 5.0}),
            (1e8 + 1, 1e8, {}),
        ),
        kink=lambda p, t, kw: p == 0,
        laws=DEVIANCE,
    ),
    "gaussian_nll": Owed(
        pred=mean_of(SPREADS),
        target=st.one_of(MODEST, REALS),
        params={"full": st.booleans(), "eps": st.sampled_from([1e-6, 1e-6, 0.0])},
        scale=_gaussian_terms,
        gradient_scale=_gaussian_slopes,
        why="a signed sum: log(variance) may be negative, and slopes cancel where error² is v",
        kink=lambda p, t, kw: p[1] <= kw.get("eps", 1e-6),
        examples=(
            ([1.0, 0.0], 0.0, {}),
            ([1.0, 0.0], 0.0, {"eps": 0.0}),
            ([1.0, 0.0], 1.0, {"eps": 0.0}),
            ([1e200, 1e-300], 0.0, {"eps": 0.0}),
            ([1.441e162, 1.1465e16], 0.0, {}),
            ([1e-10, 1e-320], 0.0, {"eps": 0.0}),
            ([1e-100, 1e-310], 0.0, {"eps": 0.0}),
            ([1e300, 1e200], 0.0, {}),
            ([1.0, 4.0], 0.0, {"full": True}),
        ),
    ),
    "laplace_nll": Owed(
        pred=mean_of(SPREADS),
        target=st.one_of(MODEST, REALS),
        params={"full": st.booleans(), "eps": st.sampled_from([1e-6, 1e-3])},
        scale=_laplace_terms,
        gradient_scale=_laplace_slopes,
        why="a signed sum: log(scale) may be negative, and slopes cancel where |error| is b",
        kink=lambda p, t, kw: p[1] <= kw.get("eps", 1e-6) or p[0] == t,
        examples=(([1.0, 0.0], 0.0, {}), ([1.0, 4.0], 0.0, {"full": True})),
    ),
    "negative_binomial_nll": Owed(
        pred=st.one_of(st.just(0.0), st.floats(1e-320, 1e250), st.floats(1e-3, 1e3)),
        target=st.one_of(st.integers(0, 30).map(float), st.floats(0, 100), st.floats(0, 1e9)),
        near=st.one_of(close_pairs(low=1e-3, high=1e6), st.tuples(st.floats(0, 800), COUNTS)),
        params={
            "r": st.one_of(st.sampled_from([1.0, 0.3, 2.5, 10.0, 12.5]), st.floats(1e-3, 1e6)),
            "full": st.booleans(),
            "log_input": st.booleans(),
        },
        scale=_size_terms,
        gradient_scale=_size_slopes,
        why="the full form is a signed sum of logarithms, and slopes cancel where pred is target",
        kink=lambda p, t, kw: p == 0 and not kw.get("log_input", False),
        examples=(
            (0.0, 0.0, {}),
            (1e-250, 3.0, {}),
            (5e-324, 3.0, {"r": 10.0}),
            (5e-324, 1e-300, {}),
            (-800.0, 2.0, {"log_input": True}),
            (-740.0, 0.0, {"log_input": True}),
            (800.0, 2.0, {"log_input": True}),
            (1e300, 0.0, {"log_input": True}),
            (1e8, 1e8, {"full": True}),
            (5.0, 5.0, {"full": True, "r": 1e10}),
            (5.0, 0.0, {"full": True, "r": 1e-3}),
        ),
        laws=frozenset({"non_negative"}),
    ),
    "crps_gaussian": Owed(
        pred=mean_of(SPREADS),
        target=st.one_of(MODEST, REALS),
        near=st.tuples(st.floats(-8, 8), st.floats(1e-3, 10)).map(lambda x: (list(x), 0.5)),
        gradient_scale=_normal_slopes,
        value=8.0,
        why="its two terms differ in sign; the deviation's slope is 0 at 0.83 deviations",
        kink=lambda p, t, _: p[1] == 0,
        examples=(
            ([1.0, 0.0], 3.0, {}),
            ([1.0, 0.0], 1.0, {}),
            ([1e-310, 0.0], 0.0, {}),
            ([0.0, 5e-324], 1.0, {}),
            ([1e300, 1e-300], 0.0, {}),
            ([0.0, 1.0], 0.0, {}),
        ),
        laws=frozenset({"non_negative", "convex"}),
    ),
    "crps_ensemble": Owed(
        pred=st.lists(st.one_of(MODEST, REALS), min_size=2, max_size=6),
        target=st.one_of(MODEST, REALS),
        params={"fair": st.booleans()},
        scale=_ensemble_terms,
        gradient_scale=lambda mp, p, t, fair: mp.mpf(2) / len(p),
        why="a fair score is a difference of distances, and its slopes are of weights that cancel",
        kink=_tied,
        examples=(
            ([1.0, 2.0, 4.0], 2.5, {}),
            ([1.0, 2.0, 4.0], 2.5, {"fair": True}),
            ([3.0], 1.0, {}),
            ([2.0, 2.0], 2.0, {}),
            ([1e8, 1e8 + 1], 1e8 + 0.5, {"fair": True}),
        ),
        laws=frozenset({"non_negative"}),
    ),
    "energy_score": Owed(
        params={"fair": st.booleans()},
        scale=_energy_terms,
        gradient_scale=lambda mp, p, t, fair: mp.mpf(2) / len(p),
        why="a difference of distances, and its slopes are of weights that cancel",
        kink=_meets,
        examples=(
            ([[1.0, 2.0], [4.0, 6.0], [0.5, 0.0]], [2.5, 1.0], {}),
            ([[1.0, 2.0], [4.0, 6.0], [0.5, 0.0]], [2.5, 1.0], {"fair": True}),
            ([[3.0, 4.0]], [0.0, 0.0], {}),
            ([[1e200, -1e200], [1e-200, 1e200]], [0.0, 0.0], {}),
            ([[2.0], [2.0]], [2.0], {}),
        ),
    ),
    "wasserstein_1d": Owed(
        kink=_ties,
        examples=(
            ([3.0, 1.0, 2.0], [1.0, 4.0, 0.5], {}),
            ([1e300, -1e300], [-1e300, 1e300], {}),
            ([2.0, 2.0], [2.0, 1.0], {}),
            ([3.0], [1.0], {}),
        ),
        laws=frozenset({"non_negative", "zero_at_target"}),
    ),
    "interval_score": Owed(
        pred=st.lists(st.one_of(MODEST, REALS), min_size=2, max_size=2).map(sorted),
        target=st.one_of(MODEST, REALS),
        params={"alpha": st.one_of(st.just(0.1), st.floats(1e-6, 1 - 2**-53))},
        kink=lambda p, t, _: t in p,
        examples=(
            ([1.0, 3.0], 3.0, {}),
            ([1.0, 1.0], 1.0, {}),
            ([-1e300, 1e300], 0.0, {}),
            ([1.0, 3.0], 2.0, {"alpha": 1e-310}),
        ),
        laws=frozenset({"non_negative", "convex"}),
    ),
}
