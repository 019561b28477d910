"""Symbols: arrays of numbers that each row has, whose operations are recorded."""

import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.kernels.indices import AllRows, Chosen, ChosenCount, Head, RowCount, spread
from losscli.kernels.recording import Recording, UntraceableError

_OF_MASKS = {"ADD": "MAX", "MUL": "MUL", "SUB": ""}  # as NumPy adds and multiplies truth values
# Of whole numbers these are whole.
_WHOLE = frozenset({"ADD", "SUB", "MUL", "NEG", "ABS", "SIGN", "MIN", "MAX", "WHERE"})


def _binary(operation: str, *, swap: bool = False, mask: bool = False) -> Callable[..., "Symbol"]:
    def operator(self: "Symbol", other: Any) -> "Symbol":
        pair = (other, self) if swap else (self, other)
        if operation in _OF_MASKS and all(isinstance(x, Symbol) and x.mask for x in pair):
            return _logical(_OF_MASKS[operation])(*pair)
        return result_of(operation, *pair, mask=mask)

    return operator


def _in_place(operation: str) -> Callable[..., "Symbol"]:
    def operator(self: "Symbol", other: Any) -> "Symbol":
        self.assign(_binary(operation)(self, other))
        return self

    return operator


def _logical(operation: str) -> Callable[..., "Symbol"]:
    def operator(self: "Symbol", other: Any) -> "Symbol":
        if not all(value.mask for value in (self, other) if isinstance(value, Symbol)):
            raise UntraceableError("bits of numbers")
        if not operation:
            raise UntraceableError("a difference of truth values")
        return result_of(operation, self, other, mask=True)

    return operator


class Memory:
    """The value of the arrays that share it, which an assignment changes.

    fixed: True if nothing may change it: an input, or a part of something that is read elsewhere.
    """

    __slots__ = ("at", "fixed")

    def __init__(self, at: int, *, fixed: bool = False) -> None:
        self.at = at
        self.fixed = fixed


class Symbol:
    """An array of some numbers a row, which assignments change as they would an array.

    per: the entries of the first axis for each row. tail: the shape of an entry. mask, whole: True
    for truth values, and for integers. chosen: the mask of the entries that it has; None for all.
    """

    __array_priority__ = 100.0
    __hash__ = None  # type: ignore[assignment]
    device = "cpu"
    requires_grad = False

    def __init__(
        self,
        recording: Recording,
        value: int | Memory,
        *,
        per: int = 1,
        tail: tuple[int, ...] = (),
        mask: bool = False,
        whole: bool = False,
        chosen: int | None = None,
    ) -> None:
        self.recording = recording
        self.memory = value if isinstance(value, Memory) else Memory(value)
        self.per = per
        self.tail = tail
        self.mask = mask
        self.whole = whole
        self.chosen = chosen

    def like(self, value: int | Memory, **changes: Any) -> "Symbol":
        """Another symbol of the same shape and type, but for some changes."""
        kept = {name: getattr(self, name) for name in ("per", "tail", "mask", "whole", "chosen")}
        return Symbol(self.recording, value, **(kept | changes))

    @property
    def at(self) -> int:
        """The operand of its value."""
        return self.memory.at

    @property
    def width(self) -> int:
        """The numbers a row."""
        return self.per * math.prod(self.tail)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return 1 + len(self.tail)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The shape of the array; the first axis is that of rows."""
        if self.chosen is not None:
            mask = Symbol(self.recording, self.chosen, per=self.per, mask=True)
            return (ChosenCount(mask), *self.tail)
        return (RowCount(self.recording, self.per), *self.tail)

    @property
    def size(self) -> int:
        """The number of numbers."""
        return len(self) * math.prod(self.tail)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Truth values, int64 or float64."""
        return np.dtype(np.bool_ if self.mask else np.int64 if self.whole else np.float64)

    def __len__(self) -> int:
        return operator.index(self.shape[0])

    def __bool__(self) -> bool:
        raise UntraceableError("a branch on the values of an array")

    def __float__(self) -> float:
        raise UntraceableError("a number from an array")

    __int__ = __index__ = __float__

    def __iter__(self) -> Any:
        raise UntraceableError("a loop over rows")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise UntraceableError("a conversion to a NumPy array")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            raise UntraceableError(f"np.{ufunc.__name__} with options")
        return getattr(self.recording.xp, ufunc.__name__)(*inputs)

    def __array_function__(self, function: Any, _: Any, given: Any, options: Any) -> Any:
        return getattr(self.recording.xp, function.__name__)(*given, **options)

    def __getattr__(self, name: str) -> Any:
        if name in _METHODS:
            return partial(getattr(self.recording.xp, name), self)
        if name.startswith("__"):
            raise AttributeError(name)
        raise UntraceableError(f"the attribute {name} of an array")

    def where(self) -> int:
        """The mask of the chosen entries, for each of their numbers."""
        at = self.recording.constant(1.0) if self.chosen is None else self.chosen
        return spread(self.recording, at, self.per, (1,) * len(self.tail), self.tail)

    def copy(self) -> "Symbol":
        """Another symbol with the same value."""
        return self.like(self.at)

    def assign(self, other: "Symbol") -> None:
        """Take the value of another symbol, as an operation in place does."""
        if self.memory.fixed or (self.chosen, self.mask) != (other.chosen, other.mask):
            raise UntraceableError("an assignment to an input, or of another type")
        if (self.whole and not other.whole) or (self.per, self.tail) != (other.per, other.tail):
            raise UntraceableError("an assignment of another shape or type")
        self.memory.at = other.at

    def reshape(self, *shape: Any) -> Any:
        """The same numbers in another shape, as `xp.reshape`."""
        return self.recording.xp.reshape(self, shape[0] if len(shape) == 1 else shape)

    def __getitem__(self, index: Any) -> Any:
        if _is_label(index):
            rows, label = index
            if isinstance(rows, Chosen):
                return self[rows]._take(AllRows(rows.mask.per, rows.mask.at), label)
            return self._take(rows, label)
        if _is_mask(index):
            return _chosen(self, index)
        return _part(self, index if isinstance(index, tuple) else (index,))

    def __setitem__(self, index: Any, value: Any) -> None:
        if _is_label(index):
            self._put(index[0], index[1], value)
            return
        if not _is_mask(index):
            raise UntraceableError("an assignment to an index other than a mask")
        chosen = _chosen(self, index)
        if isinstance(value, Symbol) and value.chosen != chosen.chosen:
            raise UntraceableError("an assignment of other rows")
        operand = _operand(chosen, value, chosen.tail)
        new = chosen.recording.add("WHERE", chosen.where(), operand, self.at, width=self.width)
        self.assign(self.like(new, whole=self.whole and is_whole(value)))

    def _take(self, rows: Any, label: "Symbol") -> "Symbol":
        """The number at an index of each entry."""
        self._check_labels(rows, label)
        at = self.recording.add_of_parts(
            "TAKE", self.at, label.at, width=self.width, part=self.tail[0]
        )
        return self.like(at, tail=())

    def _put(self, rows: Any, label: "Symbol", value: Any) -> None:
        """Assign the number at an index of each entry."""
        self._check_labels(rows, label)
        if isinstance(value, Symbol) and value.chosen != self.chosen:
            raise UntraceableError("an assignment of other rows")
        operand = _operand(self.like(0, tail=()), value, ())
        at = self.recording.add_of_parts(
            "PUT", self.at, label.at, operand, width=self.width, part=self.tail[0]
        )
        self.assign(self.like(at, whole=self.whole and is_whole(value)))

    def _check_labels(self, rows: Any, label: "Symbol") -> None:
        if not isinstance(rows, AllRows):  # of NumPy's arange
            rows = AllRows(self.per, self.chosen) if _counts(rows, len(self)) else None
        same = rows is not None and rows.per == self.per == label.per
        if not same or not rows.chosen == self.chosen == label.chosen:
            raise UntraceableError("an index of other rows")
        if len(self.tail) != 1 or label.tail or label.mask or not label.whole:
            raise UntraceableError("an index other than one integer a row")

    __add__, __radd__ = _binary("ADD"), _binary("ADD", swap=True)
    __sub__, __rsub__ = _binary("SUB"), _binary("SUB", swap=True)
    __mul__, __rmul__ = _binary("MUL"), _binary("MUL", swap=True)
    __truediv__, __rtruediv__ = _binary("DIV"), _binary("DIV", swap=True)
    __iadd__, __isub__ = _in_place("ADD"), _in_place("SUB")
    __imul__, __itruediv__ = _in_place("MUL"), _in_place("DIV")
    __lt__, __gt__ = _binary("LT", mask=True), _binary("LT", swap=True, mask=True)
    __le__, __ge__ = _binary("LE", mask=True), _binary("LE", swap=True, mask=True)
    __eq__ = _binary("EQ", mask=True)  # type: ignore[assignment]
    __ne__ = _binary("NE", mask=True)  # type: ignore[assignment]
    __and__ = __rand__ = _logical("MUL")
    __or__ = __ror__ = _logical("MAX")
    __xor__ = __rxor__ = _logical("NE")

    def __neg__(self) -> "Symbol":
        if self.mask:
            raise UntraceableError("minus a truth value")
        return result_of("NEG", self)

    def __abs__(self) -> "Symbol":
        return result_of("ABS", self)

    def __invert__(self) -> Any:
        if not self.mask:
            raise UntraceableError("bits of numbers")
        return self.recording.xp.logical_not(self)

    def __pow__(self, power: Any) -> Any:
        return self.recording.xp.pow(self, power)


_METHODS = frozenset(
    {"sum", "mean", "max", "min", "any", "all", "argmax", "astype", "clip", "ravel"}
)


def _is_mask(index: Any) -> bool:
    return isinstance(index, Chosen) or (isinstance(index, Symbol) and index.mask)


def _is_label(index: Any) -> bool:
    """True for a pair of row numbers and integers."""
    return (
        isinstance(index, tuple)
        and len(index) == 2
        and isinstance(index[1], Symbol)
        and isinstance(index[0], AllRows | Chosen | np.ndarray)
    )


def _counts(rows: Any, count: int) -> bool:
    """True for the numbers 0, 1, … of so many rows."""
    return isinstance(rows, np.ndarray) and np.array_equal(rows, np.arange(count))


def is_whole(value: Any) -> bool:
    """True for an integer or an array of integers."""
    if isinstance(value, Symbol):
        return value.whole
    return not isinstance(value, bool) and (
        isinstance(value, int | np.integer) or getattr(value, "dtype", np.dtype(float)).kind in "iu"
    )


def _chosen(x: Symbol, index: Any) -> Symbol:
    """The entries of an array where a mask is set."""
    if isinstance(index, Symbol) and index.tail and (index.per, index.tail) == (x.per, x.tail):
        x, index = (one.like(one.memory, per=one.width, tail=()) for one in (x, index))
    places = index if isinstance(index, Chosen) else x.recording.xp.nonzero(index)[0]
    if places.mask.per != x.per or places.outer != x.chosen:
        raise UntraceableError("a choice of other rows")
    return x.like(x.at, chosen=places.mask.at)


def _part(x: Symbol, index: tuple[Any, ...]) -> Any:
    """The array of an index of slices, numbers and new axes."""
    if any(isinstance(one, Symbol) for one in index):
        raise UntraceableError("an index other than a mask")
    if any(one is Ellipsis for one in index):
        at = next(k for k, one in enumerate(index) if one is Ellipsis)
        free = x.ndim - sum(one is not None for one in index) + 1
        index = (*index[:at], *[slice(None)] * free, *index[at + 1 :])
    first, *others = index
    if first == slice(None, 1) and not others:
        return Head((1, *x.tail))
    if isinstance(first, slice) and first.step == x.per > 1 and first.stop is None and not others:
        whole = x.like(x.memory, per=1, tail=(x.per, *x.tail))
        return _part(whole, (slice(None), first.start or 0))
    if first != slice(None):
        raise UntraceableError("an index other than a mask")
    at, tail = _sliced(x, others)
    if at == x.at:
        return x.like(x.memory, tail=tail)
    x.memory.fixed = True
    return x.like(Memory(at, fixed=True), tail=tail)


def _sliced(x: Symbol, index: Sequence[Any]) -> tuple[int, tuple[int, ...]]:
    """The operand and the tail of an index of the tail."""
    at, tail, axis = x.at, list(x.tail), 0
    for one in index:
        if one is None:
            tail.insert(axis, 1)
            axis += 1
            continue
        if axis == len(tail) or not isinstance(one, slice | int) or isinstance(one, bool):
            raise UntraceableError("an index other than a mask")
        size, inner = tail[axis], math.prod(tail[axis + 1 :])
        picked = range(size)[one] if isinstance(one, slice) else range(size)[one : one + 1 or None]
        if len(picked) == 0 or picked.step != 1:
            raise UntraceableError("an index with steps, or of nothing")
        if len(picked) < size and at >= 0:
            at = x.recording.add_of_parts(
                "SLICE",
                at,
                width=x.per * math.prod(tail),
                part=size * inner,
                numbers=(picked.start * inner, len(picked) * inner),
            )
        tail[axis : axis + 1] = [len(picked)] if isinstance(one, slice) else []
        axis += isinstance(one, slice)
    return at, tuple(tail)


def _operand(like: Symbol, value: Any, tail: tuple[int, ...]) -> int:
    """The operand of a symbol, a number or an array of constants in the shape of a result."""
    if isinstance(value, Symbol):
        if value.recording is not like.recording:
            raise UntraceableError("arrays of two calls")
        return spread(value.recording, value.at, value.per, value.tail, tail)
    if isinstance(value, bool | int | float | np.number | np.bool_) or np.ndim(value) == 0:
        return like.recording.constant(float(value))
    array: NDArray[Any] = np.asarray(value, np.float64)
    array = array[0] if array.ndim == 1 + len(tail) else array
    values = np.broadcast_to(array, tail).reshape(-1)
    return like.recording.columns(tuple(values.tolist()), like.per * math.prod(tail))


def _tail(like: Symbol, values: Sequence[Any]) -> tuple[int, ...]:
    """The tail of a result of several arrays."""
    tails = []
    for value in values:
        if isinstance(value, Symbol):
            if value.chosen != like.chosen:
                raise UntraceableError("an operation on other rows")
            if (value.per, value.ndim) != (like.per, like.ndim):
                raise UntraceableError("an operation on arrays of different shapes")
            tails.append(value.tail)
        elif np.ndim(value):
            shape = np.shape(value)
            if len(shape) > like.ndim or (len(shape) == like.ndim and shape[0] != 1):
                raise UntraceableError("an array of constants a row")
            tails.append(shape[1:] if len(shape) == like.ndim else shape)
    try:
        return tuple(np.broadcast_shapes(*tails))
    except ValueError as error:
        raise UntraceableError("arrays of shapes that do not match") from error


def _first(*values: Any) -> Symbol:
    return next(value for value in values if isinstance(value, Symbol))


def result_of(operation: str, *values: Any, mask: bool = False) -> Symbol:
    """The result of an elementwise operation on symbols, numbers and arrays of constants."""
    like = _first(*values)
    tail = _tail(like, values)
    operands = [_operand(like, value, tail) for value in values]
    found = like.like(0, tail=tail)
    at = like.recording.add(operation, *operands, width=found.width)
    numbers = values[1:] if operation == "WHERE" else values
    whole = not mask and operation in _WHOLE and all(map(is_whole, numbers))
    return found.like(at, mask=mask, whole=whole)


def mask_of(x: Any) -> Symbol:
    """A symbol as truth values."""
    if not isinstance(x, Symbol):
        raise UntraceableError("a constant as a mask")
    return x if x.mask else result_of("NE", x, 0.0, mask=True)


def reduced(
    operation: str, x: Any, axis: Any, *, keepdims: bool = False, mask: bool = False
) -> Symbol:
    """A reduction of the last axis."""
    if not isinstance(x, Symbol):
        raise UntraceableError("a reduction of constants")
    if axis is None or not x.tail or axis not in (-1, x.ndim - 1):
        raise UntraceableError("a sum or another reduction that is not of the last axis")
    at = x.recording.add_of_parts(operation, x.at, width=x.width, part=x.tail[-1])
    tail = (*x.tail[:-1], 1) if keepdims else x.tail[:-1]
    whole = operation == "PLACE" or (not mask and (x.whole or x.mask))
    return x.like(at, tail=tail, mask=mask, whole=whole)
