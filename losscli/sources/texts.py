"""Texts of many rows as bytes in one buffer: ids are compared and hashed without Python objects."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_OBJECT = np.dtype(object)
_WORD = 8
_PAD = np.zeros(_WORD, np.uint8)  # a word may be read at the last byte
JOINT = b"\xff"  # between the cells of a row: a byte that UTF-8 has nowhere
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(_WORD + 1)], np.uint64)
_FACTORS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))
_DIGITS = 16  # of the longest text that is read as an integer
# Of a number of digits: the bits to move them to the end of a word, and the bytes that they fill.
_SHIFTS = np.array([56, *(8 * (_WORD - count) for count in range(1, _WORD + 1))], np.uint64)
_UPPER = np.array([0, *(_MASKS[n] << _SHIFTS[n] for n in range(1, _WORD + 1))], np.uint64)
_ZEROS, _SIXES, _HIGH = (np.uint64(0x0101010101010101 * byte) for byte in (0x30, 0x06, 0xF0))


class Texts:
    """The UTF-8 texts of n rows; those of several cells a row have a byte 0xFF between the cells.

    data: their bytes, and 8 more. starts, lengths: (n,) each, the bytes of each row.
    """

    __slots__ = ("data", "lengths", "starts")

    def __init__(self, data: NDArray[np.uint8], starts: NDArray[Any], lengths: NDArray[Any]):
        self.data, self.starts, self.lengths = data, starts, lengths

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Texts":
        """The texts of Python."""
        return cls._of_bytes([text.encode(errors="surrogatepass") for text in texts])

    @classmethod
    def of_rows(cls, rows: Iterable[Sequence[str]]) -> "Texts":
        """The texts of rows of cells."""
        encoded = ((cell.encode(errors="surrogatepass") for cell in row) for row in rows)
        return cls._of_bytes(list(map(JOINT.join, encoded)))

    @classmethod
    def _of_bytes(cls, parts: Sequence[bytes]) -> "Texts":
        data = np.frombuffer(b"".join((*parts, _PAD.tobytes())), np.uint8)
        lengths = np.fromiter(map(len, parts), np.int64, len(parts))
        return cls(data, np.cumsum(lengths) - lengths, lengths)

    @classmethod
    def of_arrow(cls, array: Any) -> "Texts":
        """The texts of an Arrow array of strings, or of their bytes, without nulls."""
        import pyarrow as pa

        large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
        _, offsets, data = array.buffers()
        kind = np.int64 if large else np.int32
        ends: NDArray[Any] = np.frombuffer(offsets, kind)[
            array.offset : array.offset + len(array) + 1
        ]
        held = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]] if data else _PAD[:0]
        starts = ends[:-1] - ends[0] if ends[0] else ends[:-1]
        return cls(np.concatenate([held, _PAD]), starts, ends[1:] - ends[:-1])

    @classmethod
    def of_columns(cls, arrays: Sequence[Any]) -> "Texts":
        """The texts of rows of cells, of columns that are Arrow arrays of strings without nulls."""
        if len(arrays) == 1:
            return cls.of_arrow(arrays[0])
        import pyarrow as pa
        import pyarrow.compute as pc

        columns = [array.cast(pa.large_binary()) for array in arrays]
        joint = pa.scalar(JOINT, pa.large_binary())
        return cls.of_arrow(pc.binary_join_element_wise(*columns, joint))

    @classmethod
    def concatenate(cls, parts: "Sequence[Texts]") -> "Texts":
        """The rows of all parts, one after the other."""
        sizes = [part.data.size - _WORD for part in parts]
        total = sum(sizes)
        data = np.concatenate([*(p.data[:s] for p, s in zip(parts, sizes, strict=True)), _PAD])
        kind = np.int32 if total < 1 << 31 else np.int64
        begins = np.cumsum([0, *sizes[:-1]])
        starts = np.concatenate(
            [(part.starts + begin).astype(kind) for part, begin in zip(parts, begins, strict=True)]
        )
        return cls(data, starts, np.concatenate([part.lengths for part in parts]))

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self.starts)

    @property
    def shape(self) -> tuple[int]:
        """(n,), as an array of Python texts has it."""
        return (len(self.starts),)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that an array of Python texts has."""
        return _OBJECT

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.data.nbytes + self.starts.nbytes + self.lengths.nbytes

    def part(self, rows: "slice | NDArray[Any]") -> "Texts":
        """Some of the rows, in the given order; the bytes are shared."""
        return Texts(self.data, self.starts[rows], self.lengths[rows])

    def cells(self, row: int) -> tuple[str, ...]:
        """The cells of a row."""
        start = int(self.starts[row])
        data = bytes(self.data[start : start + int(self.lengths[row])])
        return tuple(cell.decode(errors="surrogatepass") for cell in data.split(JOINT))

    def text(self, row: int) -> str:
        """The text of a row for people: commas are between its cells."""
        return ",".join(self.cells(row))

    def rows(self) -> list[tuple[str, ...]]:
        """The cells of each row."""
        return [self.cells(row) for row in range(len(self))]

    def tolist(self) -> list[str]:
        """The text of each row for people."""
        return [self.text(row) for row in range(len(self))]

    def equal(self, other: "Texts") -> NDArray[np.bool_]:
        """True in each row where the texts of both are the same; both have as many rows."""
        same: NDArray[np.bool_] = self.lengths == other.lengths
        for word in range(self._words()):
            longer = None if not word else np.flatnonzero(same & (self.lengths > _WORD * word))
            ours, theirs = self._at(word, longer), other._at(word, longer)
            same[slice(None) if longer is None else longer] &= ours == theirs
        return same

    def hashes(self) -> NDArray[np.uint64]:
        """A hash of each text: equal texts have equal ones."""
        found = self.lengths.astype(np.uint64)
        for word in range(self._words()):
            longer = None if not word else np.flatnonzero(self.lengths > _WORD * word)
            part = self._at(word, longer)
            part ^= found if longer is None else found[longer]
            if longer is None:
                found = mixed(part)
            else:
                found[longer] = mixed(part)
        return found

    def integers(self) -> NDArray[np.int64]:
        """The integer that each text is, without a sign, zeros in front or blanks; else -1.

        A text of more than 16 digits is -1 as well.
        """
        valid = (self.lengths > 0) & (self.lengths <= _DIGITS)
        found = self._digits(np.minimum(self.lengths, _WORD), 0, valid)
        if self.lengths.max(initial=0) > _WORD:
            rest = np.clip(self.lengths - _WORD, 0, _WORD)
            low = self._digits(rest, _WORD, valid)
            found = found * 10 ** rest.astype(np.int64) + low
        valid &= (self.data[self.starts] != ord("0")) | (self.lengths == 1)
        found[~valid] = -1
        return found

    def _digits(
        self, lengths: NDArray[Any], skip: int, valid: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """The integers of at most eight digits after `skip` bytes.

        valid: becomes False where a byte is not a digit.
        """
        words = _words_at(self.data, np.minimum(self.starts + skip, self.data.size - _WORD))
        # Digits at the end of a word, zeros before them; a shift by 64 is undefined.
        words <<= _SHIFTS[lengths]
        words &= _UPPER[lengths]
        words ^= _ZEROS & _UPPER[lengths]
        # A byte above 9 has a high bit, or gets one by adding 6 to its low half.
        valid &= ((words | (words + _SIXES)) & _HIGH) == 0
        words = (words * np.uint64(10) + (words >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
        words = (words * np.uint64(100) + (words >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
        words = (words * np.uint64(10_000) + (words >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
        return words.view(np.int64)

    def _words(self) -> int:
        """The number of 8-byte words in the longest text."""
        return -(-int(self.lengths.max(initial=0)) // _WORD)

    def _at(self, word: int, rows: NDArray[Any] | None) -> NDArray[np.uint64]:
        """A word of each row, zeros after the end of its text; of some rows, or of all."""
        starts, lengths = self.starts, self.lengths
        if rows is not None:
            starts, lengths = starts[rows], lengths[rows]
        found = _words_at(self.data, starts + _WORD * word if word else starts)
        found &= _MASKS[np.minimum(lengths - _WORD * word, _WORD)]
        return found


def texts_of(loaded: Any) -> Texts:
    """The texts that a field of ids loaded."""
    assert isinstance(loaded, Texts)
    return loaded


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hashes of integers, in their place: every bit depends on all bits."""
    for factor in _FACTORS:
        values *= factor
        values ^= values >> np.uint64(32)
    return values


def _words_at(data: NDArray[np.uint8], starts: NDArray[Any]) -> NDArray[np.uint64]:
    """The eight bytes from each start on, as little-endian integers."""
    every = np.ndarray((data.size - _WORD + 1,), "<u8", data, strides=(1,))
    words: NDArray[np.uint64] = every[starts].astype(np.uint64, copy=False)
    return words
