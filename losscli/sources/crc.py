"""The CRC-32 of bytes that are read in any order, in pieces.

The remainder of a whole follows from those of its parts: that of the first is multiplied by the
power of x that the second is long, modulo the polynomial of the check.
"""

import threading
import zlib
from functools import lru_cache

_POLYNOMIAL = 0xEDB88320  # of zip, its bits reversed: the highest bit is the constant
_ONE = 1 << 31


class Checksum:
    """The check of bytes, of which each piece is added once; threads may add at the same time."""

    def __init__(self) -> None:
        self._pieces: dict[int, tuple[int, int]] = {}
        self._adding = threading.Lock()

    def add(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Take a piece that begins at an offset; the same piece again changes nothing."""
        check = zlib.crc32(data)
        with self._adding:
            self._pieces[offset] = (memoryview(data).nbytes, check)

    def value(self, size: int) -> int | None:
        """The check of bytes 0 … size; None where not each of them was added exactly once."""
        check = end = 0
        for offset, (length, part) in sorted(self._pieces.items()):
            if offset != end:
                return None
            check, end = combine(check, part, length), end + length
        return check if end == size else None


def combine(first: int, second: int, length: int) -> int:
    """The check of two runs of bytes, by their own; the second is `length` bytes long.

    >>> combine(zlib.crc32(b"ab"), zlib.crc32(b"cde"), 3) == zlib.crc32(b"abcde")
    True
    """
    return _product(_power(8 * length), first) ^ second


@lru_cache(64)
def _power(exponent: int) -> int:
    """The power of x modulo the polynomial."""
    result, square = _ONE, _ONE >> 1
    while exponent:
        if exponent & 1:
            result = _product(result, square)
        square, exponent = _product(square, square), exponent >> 1
    return result


def _product(a: int, b: int) -> int:
    """The product of two polynomials modulo that of the check."""
    result = 0
    while a:
        if a & _ONE:
            result ^= b
        a = a << 1 & 0xFFFFFFFF
        b = b >> 1 ^ (_POLYNOMIAL if b & 1 else 0)
    return result
