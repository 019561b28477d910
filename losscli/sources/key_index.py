"""The row of each key of a table: found for a block of keys at a time, without a loop over them."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from losscli.sources.texts import Texts, mixed

Rows = NDArray[np.int64]

_SPAN = 4  # a table of all integers in a range may have so many places for each key


class KeyIndex(Protocol):
    """The rows of keys, each of which stands once.

    repeated: rows whose key an earlier row has.
    """

    repeated: Rows

    def find(self, keys: Texts) -> Rows:
        """The row of each key; -1 where there is none."""


def index_of(parts: "Sequence[NDArray[np.int64] | Texts]") -> KeyIndex:
    """The index of keys that come in parts: as integers where they are written as such.

    A part is of integers where all its texts are canonical: `7`, never `007` or `7.0`.
    """
    integers = [part for part in parts if isinstance(part, np.ndarray)]
    if len(integers) < len(parts):
        return HashIndex(Texts.concatenate([_as_texts(part) for part in parts]))
    low, high = int(min(map(np.min, integers))), int(max(map(np.max, integers)))
    if high - low < _SPAN * sum(map(len, integers)) + 1024:
        return DenseIndex(integers, low, high)
    return HashIndex(Integers(np.concatenate(integers)))


def _as_texts(part: "NDArray[np.int64] | Texts") -> Texts:
    return part if isinstance(part, Texts) else Texts.of(map(str, part.tolist()))


class DenseIndex:
    """The rows of integers in a short range: a table of the range."""

    def __init__(self, parts: Sequence[NDArray[np.int64]], low: int, high: int) -> None:
        ends = np.cumsum([len(part) for part in parts]).tolist()
        kind = np.int32 if ends[-1] < 1 << 31 else np.int64
        self._low, self._high = low, high
        self._rows: NDArray[Any] = np.full(high - low + 1, -1, kind)
        # Backwards: of rows with the same key the first one stays.
        for part, end in zip(reversed(parts), reversed(ends), strict=True):
            rows = np.arange(end - 1, end - len(part) - 1, -1, dtype=kind)
            self._rows[part[::-1] - low] = rows
        self.repeated: Rows = np.zeros(0, np.int64)
        if np.count_nonzero(self._rows >= 0) < ends[-1]:
            values = np.concatenate(parts)
            self.repeated = np.flatnonzero(self._rows[values - low] != np.arange(len(values)))

    def find(self, keys: Texts) -> Rows:
        """The row of each key; -1 where there is none."""
        values = keys.integers()
        inside = (values >= self._low) & (values <= self._high)
        found = self._rows[np.where(inside, values - self._low, 0)].astype(np.int64)
        found[~inside] = -1
        return found


class Integers:
    """Keys of integers, with the methods of `Texts` that an index needs."""

    def __init__(self, values: NDArray[np.int64]) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def part(self, rows: NDArray[Any]) -> "Integers":
        """Some of the rows."""
        return Integers(self._values[rows])

    def equal(self, other: "Integers") -> NDArray[np.bool_]:
        """True in each row where the keys of both are the same."""
        same: NDArray[np.bool_] = self._values == other._values
        return same

    def hashes(self) -> NDArray[np.uint64]:
        """A hash of each key."""
        return mixed(self._values.astype(np.uint64))


class HashIndex:
    """The rows of any keys, sorted by the upper bits of a hash; the lower bits are the row.

    Different keys may have equal bits: the keys themselves are compared.
    """

    def __init__(self, keys: Any) -> None:
        self._keys = keys
        bits = max(1, int(len(keys) - 1).bit_length())
        self._row_bits = np.uint64((1 << bits) - 1)
        self._sorted = (keys.hashes() & ~self._row_bits) | np.arange(len(keys), dtype=np.uint64)
        self._sorted.sort()
        self._shift = np.uint64(65 - bits)  # a bucket holds two keys, roughly
        kind = np.uint32 if len(keys) < 1 << 32 else np.uint64
        buckets = np.arange(1 << (bits - 1), dtype=np.uint64) << self._shift
        self._starts = np.searchsorted(self._sorted, buckets).astype(kind)
        self.repeated: Rows = self._find_repeated()

    def find(self, keys: Texts) -> Rows:
        """The row of each key; -1 where there is none."""
        wanted: Any = Integers(keys.integers()) if isinstance(self._keys, Integers) else keys
        hashes = wanted.hashes() & ~self._row_bits
        found = np.full(len(keys), -1, np.int64)
        active: Any = None  # all of them
        position = self._starts[hashes >> self._shift].astype(np.int64)
        while position.size:
            entry = self._sorted[np.minimum(position, len(self._keys) - 1)]
            prefix = entry & ~self._row_bits
            same = (prefix == hashes) & (position < len(self._keys))
            rows = (entry[same] & self._row_bits).astype(np.int64)
            at = np.flatnonzero(same) if active is None else active[same]
            equal = self._keys.part(rows).equal(wanted.part(at))
            found[at[equal]] = rows[equal]
            # On to the next entry where this one is of a smaller hash, or of another key.
            going = prefix < hashes
            going[np.flatnonzero(same)[~equal]] = True
            going &= position < len(self._keys) - 1
            kept = np.flatnonzero(going)
            active = kept if active is None else active[kept]
            hashes, position = hashes[kept], position[kept] + 1
        return found

    def _find_repeated(self) -> Rows:
        prefix = self._sorted & ~self._row_bits
        again = np.flatnonzero(prefix[1:] == prefix[:-1])
        if not again.size:
            return again
        # Runs of equal bits, row by row in each: compare every row with the first of its run.
        found: list[int] = []
        known: dict[int, list[int]] = {}
        for entry in self._sorted[np.union1d(again, again + 1)].tolist():
            row = entry & int(self._row_bits)
            others = known.setdefault(entry >> int(self._row_bits).bit_length(), [])
            same = self._keys.part(np.full(len(others), row)).equal(
                self._keys.part(np.array(others, np.int64))
            )
            if same.any():
                found.append(row)
            else:
                others.append(row)
        return np.sort(np.array(found, np.int64))
