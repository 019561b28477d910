"""A digest of values whose parts can be hashed anywhere: the same for any blocks or format."""

from collections.abc import Iterable
from typing import NamedTuple

# Bytes: few, so that the incomplete leaves at both ends of a block are small.
_LEAF = 1 << 16
LEAF_ROWS = _LEAF // 8  # so many rows are whole leaves, for rows of any number of float64 values


class Leaves(NamedTuple):
    """A part of a run of bytes, hashed leaf by leaf.

    The run is cut into leaves of 64 KiB from its beginning. `head` are the part's bytes up to the
    first cut (all of them where it holds none), `whole` the SHA-256 of its whole leaves, `tail`
    the bytes after the last cut.
    """

    head: bytes
    whole: tuple[bytes, ...]
    tail: bytes

    @classmethod
    def of(cls, part: memoryview, start: int) -> "Leaves":
        """The leaves of `part`, which begins at byte `start` of the run."""
        from hashlib import sha256

        first = min(-start % _LEAF, len(part))
        last = first + (len(part) - first) // _LEAF * _LEAF
        cuts = range(first, last, _LEAF)
        whole = tuple(sha256(part[cut : cut + _LEAF]).digest() for cut in cuts)
        return cls(bytes(part[:first]), whole, bytes(part[last:]))

    @classmethod
    def joined(cls, parts: Iterable["Leaves"]) -> "Leaves":
        """The leaves of parts that follow each other, the first anywhere in the run."""
        from hashlib import sha256

        head, tail = b"", b""
        whole: list[bytes] = []
        cut = False  # True once a cut was passed
        for part in parts:
            if not cut:
                head, tail = head + part.head, part.tail
                cut = bool(part.whole or part.tail)
            else:
                tail += part.head
                while len(tail) >= _LEAF:
                    whole.append(sha256(tail[:_LEAF]).digest())
                    tail = tail[_LEAF:]
                tail += part.tail
            whole += part.whole
        return cls(head, tuple(whole), tail)


class Digest:
    """Takes the parts of a run in order; `hexdigest` is the SHA-256 of its leaves' digests."""

    def __init__(self) -> None:
        from hashlib import sha256  # here: only a result that is kept has a digest

        self._sha256 = sha256
        self._root = sha256()
        self._open = b""

    def append(self, part: Leaves) -> None:
        """Append the part that follows."""
        self._open += part.head
        while len(self._open) >= _LEAF:
            self._root.update(self._sha256(self._open[:_LEAF]).digest())
            self._open = self._open[_LEAF:]
        for leaf in part.whole:
            self._root.update(leaf)
        self._open += part.tail

    def hexdigest(self) -> str:
        """`sha256:` and 64 hexadecimal digits."""
        whole = self._root.copy()
        whole.update(self._sha256(self._open).digest())
        return "sha256:" + whole.hexdigest()
