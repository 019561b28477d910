"""The row of each key of a table: found for a block of keys at a time, without a loop over them."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from losscli.sources.storage import Pieces, Room, TextPieces
from losscli.sources.texts import Texts, mixed

Rows = NDArray[np.int64]

_CHUNK = 1 << 18  # keys that are looked at together
_SPAN = 4  # a table of all integers in a range may have so many places for each key


class KeyIndex(Protocol):
    """The rows of keys, each of which stands once.

    repeated: rows whose key an earlier row has.
    """

    repeated: Rows

    def find(self, keys: Texts) -> Rows:
        """The row of each key; -1 where there is none."""


class IdPieces:
    """Keys that come in parts: as integers where all are written as such.

    A part is of integers where all its texts are canonical: `7`, never `007` or `7.0`.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._integers = Pieces(room)
        self._texts = TextPieces(room)

    def append(self, part: "NDArray[np.int64] | Texts") -> None:
        """Add rows."""
        if isinstance(part, np.ndarray) and not self._texts.rows:
            self._integers.append(part)
            return
        if self._integers.rows:
            integers, self._integers = self._integers.joined(), Pieces(self._room)
            for chunk in _chunks(len(integers)):
                self._texts.append(_as_texts(integers[chunk]))
        self._texts.append(_as_texts(part))

    def close(self) -> None:
        """Close the files."""
        self._integers.close()
        self._texts.close()

    def joined(self) -> "NDArray[np.int64] | Texts":
        """All rows."""
        return self._texts.joined() if self._texts.rows else self._integers.joined()


def index_of(keys: "NDArray[np.int64] | Texts", room: Room) -> KeyIndex:
    """The index of keys; room: for what it holds."""
    if isinstance(keys, Texts):
        return HashIndex(keys, room)
    low, high = int(keys.min()), int(keys.max())
    if high - low < _SPAN * len(keys) + 1024:
        return DenseIndex(keys, low, high, room)
    return HashIndex(Integers(keys), room)


def _as_texts(part: "NDArray[np.int64] | Texts") -> Texts:
    return part if isinstance(part, Texts) else Texts.of(map(str, part.tolist()))


def _chunks(count: int) -> list[slice]:
    """The rows in runs, so that what is computed of them stays small."""
    return [slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK)]


class DenseIndex:
    """The rows of integers in a short range: a table of the range."""

    def __init__(self, keys: NDArray[np.int64], low: int, high: int, room: Room) -> None:
        kind = np.int32 if len(keys) < 1 << 31 else np.int64
        self._low, self._high = low, high
        self._rows = room.empty((high - low + 1,), kind)
        self._rows[:] = -1
        chunks = _chunks(len(keys))
        # Backwards: of rows with the same key the first one stays.
        for chunk in reversed(chunks):
            rows = np.arange(chunk.start, chunk.stop, dtype=kind)
            self._rows[keys[chunk][::-1] - low] = rows[::-1]
        again = [
            chunk.start
            + np.flatnonzero(self._rows[keys[chunk] - low] != np.arange(chunk.start, chunk.stop))
            for chunk in chunks
        ]
        self.repeated: Rows = np.concatenate(again)

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

    def part(self, rows: "slice | NDArray[Any]") -> "Integers":
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

    def __init__(self, keys: Any, room: Room) -> None:
        self._keys = keys
        bits = max(1, int(len(keys) - 1).bit_length())
        self._row_bits = np.uint64((1 << bits) - 1)
        self._sorted = room.empty((len(keys),), np.uint64)
        for chunk in _chunks(len(keys)):
            rows = np.arange(chunk.start, chunk.stop, dtype=np.uint64)
            self._sorted[chunk] = (keys.part(chunk).hashes() & ~self._row_bits) | rows
        self._sorted.sort()
        self._shift = np.uint64(65 - bits)  # a bucket holds two keys, roughly
        kind = np.uint32 if len(keys) < 1 << 32 else np.uint64
        self._starts = room.empty((1 << (bits - 1),), kind)
        for chunk in _chunks(len(self._starts)):
            buckets = np.arange(chunk.start, chunk.stop, dtype=np.uint64) << self._shift
            self._starts[chunk] = np.searchsorted(self._sorted, buckets)
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
        parts = []
        for chunk in _chunks(len(self._sorted)):
            prefix = self._sorted[chunk.start : chunk.stop + 1] & ~self._row_bits
            parts.append(chunk.start + np.flatnonzero(prefix[1:] == prefix[:-1]))
        again = np.concatenate(parts)
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
