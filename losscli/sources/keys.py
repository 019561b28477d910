"""Group keys: the group of each row of a block, found without a loop over the rows."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.kernels.codes import numbered

Key: TypeAlias = tuple[str, ...]
Codes: TypeAlias = NDArray[np.intp]

_SPAN = 1 << 16  # integers in so short a range are distinguished by a table, without sorting
_FEW = 10_000  # keys whose texts are kept for the next block
_MISSING_NUMBERS = ("nan", "NaN")  # in files
_MISSING_VALUES = ("None", "nan", "NaN", "NaT", "<NA>")  # in Python and pandas


class Keys(NamedTuple):
    """The keys of n rows, each key once: row i has `texts[codes[i]]`, a text a column.

    codes: (n,), each of 0 … len(texts) - 1 at least once. A missing value is the text "".
    """

    codes: Codes
    texts: Sequence[Key]

    @classmethod
    def of(cls, values: NDArray[Any]) -> "Keys":
        """The keys of numbers (n,) or (n, k), as Python writes them: 1, 0.5, True."""
        if values.ndim > 1:
            return cls.product([cls.of(values[:, k]) for k in range(values.shape[1])])
        if values.dtype.kind == "f":
            # 0.0 and -0.0 are equal, so which of them is written must not depend on the block.
            found, codes = np.unique(values + values.dtype.type(0), return_inverse=True)
        else:
            found, codes = distinct(values)
        if values.dtype.kind in "iu":
            few = len(found) <= _FEW
            texts_of = _integer_texts if few else _integer_texts.__wrapped__
            return cls(codes, texts_of(found.tobytes(), found.dtype.char))
        texts = ["" if number != number else str(number) for number in found]
        return cls(codes, list(zip(texts)))

    @classmethod
    def named(cls, codes: NDArray[Any], texts: Iterable[str]) -> "Keys":
        """The keys of text cells: row i has the text of codes[i], and each text occurs."""
        return cls(
            codes.astype(np.intp), [("" if t in _MISSING_NUMBERS else t,) for t in texts]
        )._merged()

    @classmethod
    def of_objects(cls, values: Iterable[Any]) -> "Keys":
        """The keys of Python objects, as `str` writes them."""
        places: dict[str, int] = {}
        texts = (v if isinstance(v, str) else _text_of(v) for v in values)
        codes = np.fromiter((places.setdefault(t, len(places)) for t in texts), np.intp)
        return cls(codes, list(zip(places)))

    @classmethod
    def product(cls, columns: "Sequence[Keys]") -> "Keys":
        """The pairs (triples, …) of keys of the same rows that occur."""
        first, *rest = columns
        for other in rest:
            found, codes = distinct(first.codes * len(other.texts) + other.codes)
            pairs = (divmod(pair, len(other.texts)) for pair in found.tolist())
            first = cls(codes, [first.texts[a] + other.texts[b] for a, b in pairs])
        return first

    @classmethod
    def concatenate(cls, parts: "Sequence[Keys]") -> "Keys":
        """The keys of the rows of all parts, one after the other."""
        starts = np.cumsum([0, *(len(part.texts) for part in parts[:-1])])
        codes = [part.codes + start for part, start in zip(parts, starts, strict=True)]
        return cls(np.concatenate(codes), [t for part in parts for t in part.texts])._merged()

    def part(self, rows: "slice | NDArray[Any]") -> "Keys":
        """The keys of some of the rows, at least one, in the given order."""
        found, codes = distinct(self.codes[rows])
        return Keys(codes, [self.texts[code] for code in found.tolist()])

    def _merged(self) -> "Keys":
        """The same keys with equal texts under one code."""
        places: dict[Key, int] = {}
        moved = [places.setdefault(text, len(places)) for text in self.texts]
        if len(places) == len(self.texts):
            return self
        return Keys(np.array(moved, np.intp)[self.codes], list(places))


@lru_cache(maxsize=8)
def _integer_texts(values: bytes, dtype: str) -> tuple[Key, ...]:
    """The keys of integers: one object for the blocks of a table, most of which have them all."""
    return tuple(zip(map(str, np.frombuffer(values, dtype).tolist())))


def as_keys(loaded: "Keys | NDArray[Any]") -> Keys:
    """Keys as they are, or those of numbers."""
    return loaded if isinstance(loaded, Keys) else Keys.of(np.asarray(loaded))


def distinct(values: NDArray[Any]) -> tuple[NDArray[Any], Codes]:
    """The values of integers or booleans, ascending, and for each row which of them it has."""
    if values.dtype.kind == "b":
        found, codes = distinct(values.view(np.uint8))
        return found.astype(np.bool_), codes
    if values.dtype == np.int64:
        return numbered(values)
    low, high = values.min(), values.max()
    if int(high) - int(low) >= _SPAN:
        found, codes = np.unique(values, return_inverse=True)
        return found, codes.astype(np.intp, copy=False)
    # Unsigned: a difference wraps into place where it does not fit the signed type.
    unsigned = values.astype(f"u{values.dtype.itemsize}", copy=False)
    shifted = (unsigned - low.astype(unsigned.dtype)).astype(np.uint16)
    seen = np.zeros(int(high) - int(low) + 1, np.bool_)
    seen[shifted] = True
    places = np.cumsum(seen) - 1
    return low + np.flatnonzero(seen).astype(values.dtype), places[shifted]


def _text_of(value: Any) -> str:
    text = str(value)
    return "" if text in _MISSING_VALUES else text


def sort_keys(keys: Iterable[Key]) -> list[Key]:
    """Keys sorted by their columns: as numbers where all of a column's are, else as texts.

    Missing values come last.
    """
    from decimal import Decimal  # float64 cannot tell neighbours apart beyond 2^53

    found = list(keys)
    numeric = [all(map(_is_number, filter(None, column))) for column in zip(*found, strict=True)]

    def place(key: Key) -> list[tuple[bool, Decimal, str]]:
        return [
            (not text, Decimal(text if number and text else 0), text)
            for text, number in zip(key, numeric, strict=True)
        ]

    return sorted(found, key=place)


def _is_number(text: str) -> bool:
    try:
        return float(text) == float(text) and "_" not in text
    except ValueError:
        return False
