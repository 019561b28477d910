"""Special functions that array namespaces lack: erf, and the log of a factorial.

Each range has its polynomial, fitted at Chebyshev points with 60 digits; numbers outside of it are
clipped, so that a branch that is not used stays finite.
"""

import math
from functools import cache

from losscli.losses.core.loss import Array, Namespace
from losscli.losses.math.stable import polynomial, replaced

HALF_LOG_TAU = 0.9189385332046728  # log(2π) / 2

# From here on 1 - erf is below half an ULP of 1.
_ERF_IS_ONE = 6.0

# erf(x) / x by powers of x², |x| <= 1, the highest first; accurate to 7e-18.
_ERF_NEAR = (
    -7.795898827002142e-10,
    1.3720064546777686e-08,
    -1.6208483801871705e-07,
    1.6447424703317362e-06,
    -1.492473690741966e-05,
    0.00012055294904839707,
    -0.0008548325975389692,
    0.0052239776071164225,
    -0.02686617064323777,
    0.11283791670945006,
    -0.37612638903183543,
    1.1283791670955126,
)

# (1 - erf(x)) exp(x²) by powers of 3 / (3 + x), 1 <= x <= 6; accurate to 1e-17.
_ERF_TAIL = (
    0.020974634373878025,
    -0.16339979786477143,
    0.5521248987909749,
    -1.0544846624326085,
    1.2845213284110484,
    -1.1403447661861297,
    0.7827870956144349,
    -0.3240273441347353,
    0.2394437056056354,
    0.08371352177739089,
    0.16634344697146503,
    0.17605997733145118,
    0.18823627493257508,
    0.18805132677476255,
    3.7809408605387703e-07,
)

# log Γ(2 + s) / s by powers of s, |s| <= 1/2; accurate to 6e-19.
_GAMMA_NEAR = (
    -1.3219945666117874e-07,
    2.78740805211359e-07,
    -4.3252393445604814e-07,
    9.200527894968101e-07,
    -2.0439048107029907e-06,
    4.38470440459836e-06,
    -9.438715099211532e-06,
    2.0505590755833454e-05,
    -4.49263133791557e-05,
    9.945767355819498e-05,
    -0.00022315475400520507,
    0.0005096695154115458,
    -0.0011927539118428156,
    0.002890510331034267,
    -0.0073855510286719986,
    0.02058080842778038,
    -0.0673523010531981,
    0.32246703342411326,
    0.42278433509846713,
)

# Stirling's series, B_2k / (2k (2k - 1)), the highest first; seven terms are right to 2e-16 from
# here on.
STIRLING_FROM = 9.0
_STIRLING = (
    1 / 156,
    -691 / 360360,
    1 / 1188,
    -1 / 1680,
    1 / 1260,
    -1 / 360,
    1 / 12,
)


# So many whole numbers have the logarithms of their factorials in a table.
_LISTED = 256


def erf(xp: Namespace, x: Array) -> Array:
    """The error function, 2/√π ∫₀ˣ exp(-u²) du, right to about an ULP everywhere."""
    near = xp.clip(x, -1.0, 1.0)
    found = near * polynomial(_ERF_NEAR, near * near)

    def far(x: Array) -> Array:
        size = xp.clip(xp.abs(x), 1.0, _ERF_IS_ONE)
        tail = xp.exp(-size * size) * polynomial(_ERF_TAIL, 3.0 / (3.0 + size))
        return xp.sign(x) * (1.0 - tail)

    return replaced(xp, found, ~(xp.abs(x) <= 1.0), far, x)


def log_factorial(xp: Namespace, n: Array) -> Array:
    """The log of n! = Γ(1 + n) for real n >= 0, right to a few ULP, also near its zeros 0 and 1.

    Counts are mostly whole and small: those come from a table, wherever they stand.
    """
    listed = (n == xp.floor(n)) & (n < float(_LISTED))
    if bool(xp.all(listed)):
        return _from_table(xp, n)
    return xp.where(listed, _from_table(xp, xp.where(listed, n, 0.0)), _log_gamma_above(xp, n))


def _from_table(xp: Namespace, n: Array) -> Array:
    table = xp.asarray(_table(), dtype=n.dtype, device=n.device)
    places = xp.reshape(xp.astype(n, xp.int64), (-1,))
    return xp.reshape(xp.take(table, places, axis=0), n.shape)


@cache
def _table() -> tuple[float, ...]:
    """The logarithms of 0!, 1!, 2! …, each rounded once from the whole number."""
    return tuple(math.log(math.factorial(n)) for n in range(_LISTED))


def _log_gamma_above(xp: Namespace, n: Array) -> Array:
    """The log of Γ(1 + n) by formulas.

    Below 9 the argument comes down to the zero's neighbourhood by whole steps, none of which
    rounds; from 9 on it is Stirling's series.
    """
    low = xp.clip(n, 0.0, STIRLING_FROM)
    small = low < 0.5
    steps = xp.floor(xp.clip(low - 0.5, 0.0, STIRLING_FROM))
    product = xp.ones_like(low)
    for k in range(int(STIRLING_FROM) - 1):
        product = product * xp.where(k < steps, low - k, 1.0)
    offset = xp.where(small, low, low - (steps + 1.0))
    # Γ(1 + n) = Γ(2 + n) / (1 + n) where n is small.
    rest = xp.where(small, -xp.log1p(low), xp.log(product))
    near = offset * polynomial(_GAMMA_NEAR, offset) + rest
    high = xp.clip(n, STIRLING_FROM, xp.inf)
    far = high * (xp.log(high) - 1.0) + (0.5 * xp.log(high) + (HALF_LOG_TAU + stirling(high)))
    return xp.where(n < STIRLING_FROM, near, far)


def stirling(n: Array) -> Array:
    """Log n! - ((n + 1/2) log n - n + log(2π) / 2), for n >= 9."""
    inverse = 1.0 / n
    return inverse * polynomial(_STIRLING, inverse * inverse)
