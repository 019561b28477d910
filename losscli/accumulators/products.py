"""Products of float64 arrays without an error: a rounded product, and what the rounding left."""

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from losscli.accumulators.exact import ExactSum, Floats
from losscli.kernels import machine

_LEAST, _MOST = 2.0**-968, 2.0**1022  # of products that have an exact rest
_LARGE = 2.0**996  # larger numbers cannot be split
_FINEST = 2148  # a product of two float64 is a multiple of 2**-2148
_CHUNK = 8192  # numbers whose halves stay in cache
_SPLITTER = 134_217_729.0  # 2**27 + 1


@np.errstate(over="ignore", invalid="ignore")
def two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The rounded product, and the rest: their sum is a·b (Dekker, 1971).

    Exact where |a| and |b| are below 2**996 and the product is 0 or from 2**-968 to 2**1022; the
    rest is 0 elsewhere.

    >>> product, rest = two_product(np.array([0.1]), np.array([0.1]))
    >>> float(rest[0])
    -8.326672684688674e-19
    """
    if machine.available():
        product, rest = np.empty(len(a)), np.empty(len(a))
        columns = np.ascontiguousarray(a), np.ascontiguousarray(b)
        machine.scanner().two_product(*columns, product, rest)
        return product, rest
    product, rest = a * b, np.empty(len(a))
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        _rest_of(a[part], b[part], product[part], rest[part])
    if not np.isfinite(rest).all():
        rest[~np.isfinite(rest)] = 0.0
    return product, rest


def _rest_of(a: Floats, b: Floats, product: Floats, rest: Floats) -> None:
    """Compute the rest of products, ((h·H - product) + h·L + l·H) + l·L of the halves."""
    high_a, low_a = _split(a)
    high_b, low_b = _split(b)
    np.multiply(high_a, high_b, out=rest)
    rest -= product
    high_a *= low_b
    rest += high_a
    high_b *= low_a
    rest += high_b
    low_a *= low_b
    rest += low_a


def sum_of_products(a: Floats, b: Floats) -> ExactSum:
    """Σ a·b without a rounding, of any size; a factor of 0 makes 0 of any other, also of inf.

    >>> float(sum_of_products(np.array([1e300, 1e-300]), np.array([1e300, 1e-300])))
    inf
    >>> tiny = sum_of_products(np.array([1e-300]), np.array([1e-300]))
    >>> tiny.over(tiny)
    1.0
    """
    product, rest, tiny = split_products(a, b)
    found = _both(product, rest)
    if not tiny.size:
        return found
    return replace(found, finer=sum(map(finest_product, a[tiny].tolist(), b[tiny].tolist())))


def split_products(a: Floats, b: Floats) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Arrays whose sum is a·b, and the rows in which both are 0 instead of a product of its own.

    Those are the products of finite numbers that `two_product` has no exact rest of.
    """
    product, rest = two_product(a, b)
    size = np.abs(product)
    none = np.empty(0, np.intp)
    if not size.size or (
        size.min() >= _LEAST and size.max() <= _MOST and max(_largest(a), _largest(b)) < _LARGE
    ):
        return product, rest, none
    usual = (size >= _LEAST) & (size <= _MOST) & (np.abs(a) < _LARGE) & (np.abs(b) < _LARGE)
    zero = (a == 0) | (b == 0)
    product[zero] = rest[zero] = 0.0
    odd = np.flatnonzero(~(usual | zero))
    # The rest of an infinity or of a nan is 0.
    tiny: NDArray[np.intp] = odd[np.isfinite(a[odd]) & np.isfinite(b[odd])]
    product[tiny] = rest[tiny] = 0.0
    return product, rest, tiny


def _largest(a: Floats) -> float:
    return max(float(a.max()), -float(a.min()))


def _both(product: Floats, rest: Floats) -> ExactSum:
    whole = ExactSum.of(product)
    return replace(whole, units=whole.units + ExactSum.of(rest).units)


def finest_product(a: float, b: float) -> int:
    """The product of two finite numbers in units of 2**-2148."""
    (p, q), (r, s) = a.as_integer_ratio(), b.as_integer_ratio()
    return p * r << _FINEST - (q.bit_length() - 1) - (s.bit_length() - 1)


def _split(a: Floats) -> tuple[Floats, Floats]:
    """Two numbers of 26 bits whose sum is a."""
    high = _SPLITTER * a
    low = high - a
    high -= low
    np.subtract(a, high, out=low)
    return high, low


@np.errstate(over="ignore", invalid="ignore")
def two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The rounded sum, and its error (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)
