"""A symbolic array namespace: the expression of a loss, recorded as a graph of vector operations.

A loss is called once with symbols for its arrays. Every operation on a symbol adds a node to the
recording, equal nodes are one, and the symbol that is returned is the result. A symbol stands for
one or several numbers of each row: an operation between rows cannot be recorded and raises
`UntraceableError`.

A question about all rows, `if xp.any(mask)`, is answered as it usually is, and the program checks
the answer in every block. Where it is wrong, the loss is recorded again with the other answer.
"""

import builtins
import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.kernels.recording import Check, Node, Recording, Traced, UntraceableError

__all__ = ["XP", "Check", "Node", "Symbol", "Traced", "UntraceableError", "constants_of", "trace"]

_OF_MASKS = {"ADD": "MAX", "MUL": "MIN", "SUB": ""}  # as NumPy adds and multiplies truth values
# Of whole numbers these are whole.
_WHOLE = frozenset({"ADD", "SUB", "MUL", "NEG", "ABS", "SIGN", "MIN", "MAX", "WHERE"})


def _binary(operation: str, *, swap: bool = False, mask: bool = False) -> Callable[..., "Symbol"]:
    def operator(self: "Symbol", other: Any) -> "Symbol":
        pair = (other, self) if swap else (self, other)
        if operation in _OF_MASKS and all(isinstance(x, Symbol) and x.mask for x in pair):
            return _logical(_OF_MASKS[operation])(*pair)
        return _result(operation, *pair, mask=mask)

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
        return _result(operation, self, other, mask=True)

    return operator


class Memory:
    """What the arrays that share it have as their value, and what an assignment changes.

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
            return (_Count(mask), *self.tail)
        return (_Rows(self.recording, self.per), *self.tail)

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
        return getattr(XP, ufunc.__name__)(*inputs)

    def __array_function__(self, function: Any, _: Any, given: Any, options: Any) -> Any:
        return getattr(XP, function.__name__)(*given, **options)

    def __getattr__(self, name: str) -> Any:
        if name in _METHODS:
            return partial(getattr(XP, name), self)
        if name.startswith("__"):
            raise AttributeError(name)
        raise UntraceableError(f"the attribute {name} of an array")

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

    def reshape(self, *shape: Any) -> "Symbol":
        """The same numbers in another shape, as `xp.reshape`."""
        return XP.reshape(self, shape[0] if len(shape) == 1 else shape)

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
            self._put(*index, value)
            return
        if not _is_mask(index):
            raise UntraceableError("an assignment to an index other than a mask")
        chosen = _chosen(self, index)
        if isinstance(value, Symbol) and value.chosen != chosen.chosen:
            raise UntraceableError("an assignment of other rows")
        operand = _operand(chosen, value, chosen.tail)
        where = _spread(
            chosen.recording, chosen.chosen, chosen.per, (1,) * len(chosen.tail), chosen.tail
        )
        new = chosen.recording.add("WHERE", where, operand, self.at, width=self.width)
        self.assign(self.like(new, whole=self.whole and _is_whole(value)))

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
        self.assign(self.like(at, whole=self.whole and _is_whole(value)))

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
    __and__ = __rand__ = _logical("MIN")
    __or__ = __ror__ = _logical("MAX")
    __xor__ = __rxor__ = _logical("NE")

    def __neg__(self) -> "Symbol":
        return _result("NEG", self)

    def __abs__(self) -> "Symbol":
        return _result("ABS", self)

    def __invert__(self) -> "Symbol":
        if not self.mask:
            raise UntraceableError("bits of numbers")
        return XP.logical_not(self)

    def __pow__(self, power: Any) -> "Symbol":
        return XP.pow(self, power)


_METHODS = frozenset(
    {"sum", "mean", "max", "min", "any", "all", "argmax", "astype", "clip", "ravel"}
)


class Chosen:
    """The entries where a mask is set. Their number may only be asked for whether it is 0.

    mask: that of all entries. outer: the entries that were chosen before, of which these are some.
    """

    ndim = 1

    def __init__(self, mask: Symbol, outer: int | None) -> None:
        self.mask = mask
        self.outer = outer

    @property
    def shape(self) -> tuple["_Count"]:
        """Their number, as a shape."""
        return (_Count(self.mask),)

    def __len__(self) -> int:
        raise UntraceableError("the number of some rows")


class AllRows:
    """The indices of all entries of the first axis, or of the chosen ones among them."""

    def __init__(self, per: int, chosen: int | None) -> None:
        self.per = per
        self.chosen = chosen


class _Count:
    def __init__(self, mask: Symbol) -> None:
        self.mask = mask

    def __bool__(self) -> bool:
        return XP.any(self.mask)

    def __index__(self) -> int:
        raise UntraceableError("the number of some rows")


class _Rows(int):
    """The number of entries of a first axis; as a number, that of the pretended rows."""

    per: int

    def __new__(cls, recording: Recording, per: int) -> "_Rows":
        found = super().__new__(cls, recording.rows * per)
        found.per = per
        return found


class Constants(np.ndarray[Any, Any]):
    """An array of constants that symbols may index."""

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, Symbol):
            return XP.take(self, index)
        return super().__getitem__(index)


def constants_of(value: Any) -> Any:
    """A parameter as functions that are traced take it: an array in a form that indices may enter."""
    return np.asarray(value).view(Constants) if isinstance(value, np.ndarray) else value


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


def _is_whole(value: Any) -> bool:
    if isinstance(value, Symbol):
        return value.whole
    return not isinstance(value, bool) and (
        isinstance(value, int | np.integer) or getattr(value, "dtype", np.dtype(float)).kind in "iu"
    )


def _chosen(x: Symbol, index: "Symbol | Chosen") -> Symbol:
    """The entries of an array where a mask is set."""
    if isinstance(index, Symbol):
        if index.tail and (index.per, index.tail) == (x.per, x.tail):
            x, index = (one.like(one.memory, per=one.width, tail=()) for one in (x, index))
        index = XP.nonzero(index)[0]
    if index.mask.per != x.per or index.outer != x.chosen:
        raise UntraceableError("a choice of other rows")
    return x.like(x.at, chosen=index.mask.at)


def _part(x: Symbol, index: tuple[Any, ...]) -> Any:
    """The array of an index of slices, numbers and new axes."""
    if any(one is Ellipsis for one in index):
        at = next(k for k, one in enumerate(index) if one is Ellipsis)
        free = x.ndim - sum(one is not None for one in index) + 1
        index = (*index[:at], *[slice(None)] * free, *index[at + 1 :])
    first, *others = index
    if first == slice(None, 1) and not others:
        return _Head((1, *x.tail))
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
        if axis == len(tail) or not isinstance(one, slice | int):
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


class _Head:
    """The first row of an array, of which only the shape is used."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


def _spread(
    recording: Recording, at: int, per: int, tail: Sequence[int], wanted: Sequence[int]
) -> int:
    """The operand with axes of length 1 repeated."""
    if at < 0 or tuple(tail) == tuple(wanted):
        return at
    have = list(tail)
    for axis, size in enumerate(wanted):
        if have[axis] != size:
            part = math.prod(have[axis:])
            width = per * math.prod(have)
            at = recording.add_of_parts("REPEAT", at, width=width, part=part, numbers=(size,))
            have[axis] = size
    return at


def _operand(like: Symbol, value: Any, tail: tuple[int, ...]) -> int:
    """The operand of a symbol, a number or an array of constants in the shape of a result."""
    if isinstance(value, Symbol):
        if value.recording is not like.recording:
            raise UntraceableError("arrays of two calls")
        return _spread(value.recording, value.at, value.per, value.tail, tail)
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


def _result(operation: str, *values: Any, mask: bool = False) -> Symbol:
    like = _first(*values)
    tail = _tail(like, values)
    operands = [_operand(like, value, tail) for value in values]
    found = like.like(0, tail=tail)
    at = like.recording.add(operation, *operands, width=found.width)
    numbers = values[1:] if operation == "WHERE" else values
    whole = not mask and operation in _WHOLE and all(map(_is_whole, numbers))
    return found.like(at, mask=mask, whole=whole)


def _mask(x: Any) -> Symbol:
    """A symbol as truth values."""
    if not isinstance(x, Symbol):
        raise UntraceableError("a constant as a mask")
    return x if x.mask else _result("NE", x, 0.0, mask=True)


def _reduced(
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


# The functions of one operation, by their names in the namespace.
_FUNCTIONS = {
    "add": "ADD", "subtract": "SUB", "multiply": "MUL", "divide": "DIV", "minimum": "MIN",
    "maximum": "MAX", "negative": "NEG", "abs": "ABS", "absolute": "ABS", "fabs": "ABS",
    "sign": "SIGN", "sqrt": "SQRT", "floor": "FLOOR", "exp": "EXP", "expm1": "EXPM1", "log": "LOG",
    "log1p": "LOG1P", "tanh": "TANH", "atan2": "ATAN2", "arctan2": "ATAN2",
}  # fmt: skip
_PREDICATES = {
    "less": "LT", "less_equal": "LE", "equal": "EQ", "not_equal": "NE", "isfinite": "ISFINITE",
    "isnan": "ISNAN",
}  # fmt: skip


class SymbolNamespace:
    """The array functions of symbols: the `xp` of a loss, and what NumPy's functions become."""

    inf, nan, pi, e = math.inf, math.nan, math.pi, math.e
    bool, float64, int64 = np.bool_, np.float64, np.int64
    finfo = staticmethod(np.finfo)

    def __getattr__(self, name: str) -> Any:
        operation = _FUNCTIONS.get(name) or _PREDICATES.get(name)
        if operation is None:
            raise UntraceableError(f"the function {name}")
        return partial(_result, operation, mask=name in _PREDICATES)

    def greater(self, a: Any, b: Any) -> Symbol:
        return _result("LT", b, a, mask=True)

    def greater_equal(self, a: Any, b: Any) -> Symbol:
        return _result("LE", b, a, mask=True)

    def isinf(self, x: Symbol) -> Symbol:
        return _result("EQ", _result("ABS", x), math.inf, mask=True)

    def square(self, x: Symbol) -> Symbol:
        return _result("MUL", x, x)

    def atanh(self, x: Symbol) -> Symbol:
        size = self.abs(x)
        return self.sign(x) * (0.5 * self.log1p((size + size) / (1.0 - size)))

    arctanh = atanh

    def logical_not(self, x: Any) -> Symbol:
        return _result("SUB", 1.0, _mask(x), mask=True)

    def logical_and(self, a: Any, b: Any) -> Symbol:
        return _result("MIN", _mask(a), _mask(b), mask=True)

    def logical_or(self, a: Any, b: Any) -> Symbol:
        return _result("MAX", _mask(a), _mask(b), mask=True)

    def clip(self, x: Symbol, low: Any = None, high: Any = None) -> Symbol:
        for operation, bound, none in (("MAX", low, -math.inf), ("MIN", high, math.inf)):
            if bound is not None and (isinstance(bound, Symbol) or bound != none):
                x = _result(operation, x, bound)
        return x.copy()

    def where(self, mask: Any, a: Any, b: Any) -> Symbol:
        if not isinstance(mask, Symbol) and np.asarray(mask).dtype != np.bool_:
            raise UntraceableError("a constant as a mask")
        both = all(isinstance(value, Symbol) and value.mask for value in (a, b))
        mask = _mask(mask) if isinstance(mask, Symbol) else mask
        return _result("WHERE", mask, a, b, mask=both)

    def pow(self, x: Any, power: Any) -> Symbol:
        """A power; NumPy computes some by other functions, and so do programs."""
        if isinstance(power, Symbol) or np.ndim(power) or not math.isfinite(power):
            raise UntraceableError("a power that is not a finite number")
        if power == 2:
            return _result("MUL", x, x)
        if power == 1:
            return _result("MUL", x, 1.0)
        if power == 0:
            return self.ones_like(x)
        if power == 0.5:
            return _result("SQRT", x)
        if power == -1:
            return _result("DIV", 1.0, x)
        return _result("POW", x, power)

    power = pow

    def any(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Any:
        if axis is None:
            return not self._none(_mask(x))
        return _reduced("LARGEST", _mask(x), axis, keepdims=keepdims, mask=True)

    def all(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Any:
        if axis is None:
            return self._none(self.logical_not(x))
        return _reduced("SMALLEST", _mask(x), axis, keepdims=keepdims, mask=True)

    def _none(self, x: Symbol) -> builtins.bool:
        at = x.at
        if x.chosen is not None:
            chosen = _spread(x.recording, x.chosen, x.per, (1,) * len(x.tail), x.tail)
            at = x.recording.add("MIN", at, chosen, width=x.width)
        return x.recording.ask(at)

    def sum(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Symbol:
        return _reduced("TOTAL", x, axis, keepdims=keepdims)

    def mean(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Symbol:
        return _reduced("TOTAL", x, axis, keepdims=keepdims) / float(x.tail[-1])

    def max(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Symbol:
        return _reduced("LARGEST", x, axis, keepdims=keepdims)

    def min(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Symbol:
        return _reduced("SMALLEST", x, axis, keepdims=keepdims)

    amax, amin = max, min

    def argmax(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Symbol:
        return _reduced("PLACE", x, axis, keepdims=keepdims)

    def arange(self, *given: Any, **options: Any) -> Any:
        """The numbers of all rows for the length of an axis of rows; constants otherwise."""
        only = given[0]
        if isinstance(only, _Rows):
            return AllRows(only.per, None)
        if isinstance(only, _Count):
            return AllRows(only.mask.per, only.mask.at)
        return np.arange(*given, dtype=options.get("dtype")).view(Constants)

    def take(self, table: Any, places: Symbol, axis: int = 0) -> Symbol:
        """The constants at some places; of arrays by rows use indices."""
        if isinstance(table, Symbol) or np.ndim(table) != 1 or axis or not places.whole:
            raise UntraceableError("a choice other than of constants")
        values = tuple(np.asarray(table, np.float64).tolist())
        at = places.recording.look_up(values, places.at, places.width)
        return places.like(at, whole=_is_whole(np.asarray(table)))

    def take_along_axis(self, x: Symbol, places: Symbol, axis: int = -1) -> Symbol:
        if axis not in (-1, 1) or not isinstance(places, Symbol) or places.tail != (1,):
            raise UntraceableError("a choice other than of one number a row")
        label = places.like(places.memory, tail=())
        return x[AllRows(x.per, x.chosen), label][:, None]

    def nonzero(self, x: Any) -> tuple[Chosen]:
        mask = _mask(x)
        if mask.tail:
            raise UntraceableError("places of several axes")
        at, outer = mask.at, mask.chosen
        if outer is not None:
            at = mask.recording.add("MIN", at, outer, width=mask.per)
        return (Chosen(mask.like(at, chosen=None), outer),)

    def zeros_like(self, x: Any, **options: Any) -> Any:
        return self.full_like(x, 0.0, **options)

    def ones_like(self, x: Any, **options: Any) -> Any:
        return self.full_like(x, 1.0, **options)

    def full_like(self, x: Any, value: Any, dtype: Any = None, **_: Any) -> Any:
        if isinstance(x, _Head):
            return np.full(x.shape, float(value)).view(Constants)
        kind = np.dtype(dtype or x.dtype).kind
        return x.like(x.recording.constant(float(value)), mask=kind == "b", whole=kind in "iu")

    def asarray(self, x: Any, **options: Any) -> Any:
        if isinstance(x, Symbol):
            return self.astype(x, options.get("dtype") or x.dtype)
        return np.asarray(x, options.get("dtype")).view(Constants)

    def astype(self, x: Any, dtype: Any, *, copy: builtins.bool = True, **_: Any) -> Any:
        kind = np.dtype(dtype)
        if not isinstance(x, Symbol):
            return np.asarray(x).astype(kind).view(Constants)
        if kind == x.dtype:
            return x.copy() if copy else x
        if kind == np.float64:
            return x.like(x.at, mask=False, whole=False)
        if kind == np.bool_:
            return _mask(x).copy()
        if kind == np.int64:  # the whole numbers are below 2^53
            whole = x if x.mask else self.sign(x) * self.floor(self.abs(x))
            return whole.like(whole.at, mask=False, whole=True)
        raise UntraceableError(f"a conversion to {kind}")

    def reshape(self, x: Symbol, shape: Any, **_: Any) -> Symbol:
        """The same numbers in another shape, in the same memory."""
        sizes = [shape] if isinstance(shape, int) else list(shape)
        if x.chosen is not None or any(isinstance(size, _Count) for size in sizes):
            if len(sizes) == 1 and not x.tail:
                return x
            raise UntraceableError("another shape of some rows")
        total = len(x) * math.prod(x.tail)
        known = math.prod(size for size in sizes if size != -1)
        sizes = [total // known if size == -1 else int(size) for size in sizes]
        per = sizes[0] // x.recording.rows
        if math.prod(sizes) != total or per * x.recording.rows != sizes[0]:
            raise UntraceableError("another shape")
        return x.like(x.memory, per=per, tail=tuple(sizes[1:]))

    def ravel(self, x: Symbol) -> Symbol:
        return self.reshape(x, -1)


XP = SymbolNamespace()


def trace(
    function: Callable[..., Any],
    inputs: int,
    others: frozenset[int] = frozenset(),
    shapes: Sequence[tuple[int, ...]] = (),
    whole: Sequence[bool] = (),
    valid: Callable[..., Any] | None = None,
) -> Traced:
    """The graph of function(xp, *arrays); raises UntraceableError with the reason.

    others: the questions about all rows that are answered in the unusual way. shapes: those of a
    row of each array; one number by default. whole: True for arrays of integers. valid: a function
    of the same arguments that returns masks which must be true in all rows.
    """
    shapes = [tuple(shape) for shape in shapes] or [()] * inputs
    given = (function, shapes, tuple(whole) or (False,) * inputs, others, valid)
    first, second = (_traced(rows, *given) for rows in (10007, 10009))
    if first != second:
        raise UntraceableError("the number of rows is part of the loss")
    return first


def _traced(
    rows: int,
    function: Callable[..., Any],
    shapes: Sequence[tuple[int, ...]],
    whole: Sequence[bool],
    others: frozenset[int],
    valid: Callable[..., Any] | None,
) -> Traced:
    recording = Recording([math.prod(shape) for shape in shapes], rows, others)
    symbols = [
        Symbol(recording, Memory(k, fixed=True), tail=shape, whole=of_integers)
        for k, (shape, of_integers) in enumerate(zip(shapes, whole, strict=True))
    ]
    try:
        if valid is not None:
            for mask in valid(XP, *symbols):
                recording.checks.append(Check(XP.logical_not(mask).at, None))
        result = function(XP, *symbols)
    except UntraceableError:
        raise
    except Exception as error:
        cause = error.__cause__
        if isinstance(cause, UntraceableError):
            raise cause from None
        raise UntraceableError(f"{type(error).__name__}: {error}") from error
    if not isinstance(result, Symbol) or result.at < 0 or result.chosen is not None:
        raise UntraceableError("the result does not depend on the rows")
    if result.width != 1:
        raise UntraceableError("the result is not one number a row")
    at = result.at
    if at < len(shapes):  # a result has a register of its own
        at = recording.add("MUL", at, recording.constant(1.0))
    nodes, constants = tuple(recording.nodes), tuple(recording.constants)
    checks, tables = tuple(recording.checks), tuple(recording.tables)
    return Traced(len(shapes), nodes, constants, checks, at, tables)
