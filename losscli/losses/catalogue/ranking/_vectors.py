"""Lengths and directions of vectors of any size, one per row."""

import math
from typing import NamedTuple

from losscli.losses.core.loss import Array, Namespace
from losscli.losses.math.stable import columns


class Direction(NamedTuple):
    """Vectors divided by their lengths, or by eps where they are shorter.

    unit: the quotients. share: their lengths, 1 except for short vectors, and 0 for a zero vector.
    lack: 1 minus their squares. norm, scale: norm · scale is the divisor; the product itself may
    overflow.
    """

    unit: Array
    share: Array
    lack: Array | float
    norm: Array
    scale: Array | float

    def per_length(self, slope: Array) -> Array:
        """A slope with respect to the quotient, converted to one with respect to the vector."""
        if isinstance(self.scale, float):
            return slope / self.norm[:, None]
        return slope / self.norm[:, None] / self.scale[:, None]


def direction(xp: Namespace, x: Array, eps: float = 0.0) -> Direction:
    """The direction of each row of (N, D); a zero vector has none, and distance 1 from all."""
    x, norm, scale = _in_range(xp, x)
    if eps:
        share = xp.clip(norm * scale / eps, 0.0, 1.0)
        short = share < 1.0
        norm = xp.where(short, eps, norm)
        if not isinstance(scale, float):
            x = xp.where(short[:, None], x * scale[:, None], x)
            scale = xp.where(short, 1.0, scale)
        lack = (1.0 - share) * (1.0 + share)
        return Direction(x / norm[:, None], share, lack, norm, scale)
    zero = norm == 0.0
    if not xp.any(zero):
        return Direction(x / norm[:, None], xp.ones_like(norm), 0.0, norm, scale)
    norm = xp.where(zero, xp.inf, norm)
    lack = xp.astype(zero, norm.dtype)
    return Direction(x / norm[:, None], 1.0 - lack, lack, norm, scale)


def directions(xp: Namespace, pairs: Array) -> tuple[Direction, Direction]:
    """The directions of the two vectors of each row of (N, 2, D), computed at once."""
    both = direction(xp, xp.reshape(pairs, (-1, pairs.shape[-1])))
    first, second = (
        Direction(*(part if isinstance(part, float) else part[k::2] for part in both))
        for k in (0, 1)
    )
    return first, second


def distance_of(xp: Namespace, a: Direction, b: Direction) -> Array:
    """1 - a · b of each row, as half the squared chord plus a term for vectors shorter than 1.

    Every term is >= 0: 1 - a · b itself is 0 for angles below 1e-8.
    """
    chord = a.unit - b.unit
    return 0.5 * (xp.sum(chord * chord, axis=-1) + (a.lack + b.lack))


def distance_slope(xp: Namespace, a: Direction, b: Direction, distance: Array) -> Array:
    """The gradient of `distance_of` with respect to the vectors that `a` came from."""
    # b - (1 - distance) a, and b only where the length of a has no effect
    turn = (b.unit - a.unit) + distance[:, None] * a.unit
    return 0.0 - a.per_length(xp.where((a.share < 1.0)[:, None], b.unit, turn))


def norm_of(xp: Namespace, x: Array, p: float) -> Array:
    """(Σ |x|^p)^(1/p) of each row of (N, D), without intermediate overflow or underflow."""
    if p == 1.0:
        return xp.sum(xp.abs(x), axis=-1)
    if p == math.inf:
        return xp.max(xp.abs(x), axis=-1)
    if p == 2.0:
        _, norm, scale = _in_range(xp, x)
        return norm * scale
    share, largest = _shares(xp, x)
    return xp.sum(share**p, axis=-1) ** (1.0 / p) * largest


def norm_slope(xp: Namespace, x: Array, p: float) -> Array:
    """The gradient of `norm_of`; 0 for a zero vector, and that of the largest entry at p = inf."""
    if p == 1.0:
        return xp.sign(x)
    if p == 2.0:
        return direction(xp, x).unit
    if p == math.inf:
        largest = xp.argmax(xp.abs(x), axis=-1)[:, None]
        return xp.where(columns(xp, x) == largest, xp.sign(x), 0.0)
    share, _ = _shares(xp, x)
    total = xp.sum(share**p, axis=-1) ** (1.0 / p)
    total = xp.where(total == 0.0, 1.0, total)
    return xp.sign(x) * (share / total[:, None]) ** (p - 1.0)


def _shares(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """|x| over the largest of its row, and that largest."""
    size = xp.abs(x)
    largest = xp.max(size, axis=-1)
    return size / xp.where(largest == 0.0, 1.0, largest)[:, None], largest


def _in_range(xp: Namespace, x: Array) -> tuple[Array, Array, Array | float]:
    """Rows scaled so that their squares stay in range, their lengths, and the scales.

    A row's divisor depends on that row alone, and dividing by 1 changes no bit.
    """
    square = xp.sum(x * x, axis=-1)
    limits = xp.finfo(x.dtype)
    good = (square >= limits.smallest_normal / limits.eps) & (square <= limits.max)
    if xp.all(good):
        return x, xp.sqrt(square), 1.0
    largest = xp.max(xp.abs(x), axis=-1)
    scale = xp.where(good | (largest == 0.0), 1.0, largest)
    x = x / scale[:, None]
    return x, xp.sqrt(xp.sum(x * x, axis=-1)), scale
