"""A symbolic array namespace: the expression of a loss, recorded as a graph of vector operations.

A loss is called once with symbols for its arrays. Every operation on a symbol adds a node to the
recording, equal nodes are one, and the symbol that is returned is the result. Symbols stand for one
row each: an operation between rows cannot be recorded and raises `UntraceableError`.

A question about all rows, `if xp.any(mask)`, is answered as it usually is, and the program checks
the answer in every block. Where it is wrong, the loss is recorded again with the other answer.
"""

import builtins
import math
import operator
import struct
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np


class UntraceableError(Exception):
    """An expression has no program; the message says why."""


class Node(NamedTuple):
    """An operation; its operands are indices of nodes, or ~index of a constant."""

    operation: str
    operands: tuple[int, ...]


class Check(NamedTuple):
    """A condition on all rows that a program verifies: the mask `node` is 0 in each."""

    node: int
    question: int


_OF_MASKS = {"ADD": "MAX", "MUL": "MIN", "SUB": ""}  # as NumPy adds and multiplies truth values
_BOUNDS = {"MIN": "ATMOST", "MAX": "ATLEAST"}  # faster where the second operand is a number
# Folded when all operands are constants: the same bits from NumPy and from the machine.
_FOLDED: Mapping[str, Callable[..., Any]] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "DIV": np.divide,
    "NEG": np.negative,
    "ABS": np.abs,
    "SIGN": np.sign,
    "SQRT": np.sqrt,
    "LT": np.less,
    "LE": np.less_equal,
    "EQ": np.equal,
    "NE": np.not_equal,
    "WHERE": np.where,
}


class Recording:
    """The graph of one call; nodes 0, 1, … are its inputs.

    rows: the number of rows that arrays pretend to have. others: the questions, in the order in
    which they are asked, that are answered in the unusual way.
    """

    def __init__(self, inputs: int, rows: int, others: frozenset[int] = frozenset()) -> None:
        self.rows = rows
        self.nodes = [Node(f"INPUT{k}", ()) for k in range(inputs)]
        self.constants: list[float] = []
        self.checks: list[Check] = []
        self._others = others
        self._asked = 0
        self._known: dict[Any, int] = {}

    def symbols(self) -> list["Symbol"]:
        """The inputs."""
        return [Symbol(self, k, fixed=True) for k in range(len(self.nodes))]

    def constant(self, value: float) -> int:
        """The operand of a number."""
        key = struct.pack("d", value)  # tells -0 from 0, and one nan is another
        if key not in self._known:
            self._known[key] = ~len(self.constants)
            self.constants.append(value)
        return self._known[key]

    def add(self, operation: str, *operands: int) -> int:
        """The operand of a node, which is a constant if all of its operands are."""
        if all(one < 0 for one in operands):
            return self._fold(operation, operands)
        if (
            operation in _BOUNDS
            and operands[1] < 0
            and not math.isnan(self.constants[~operands[1]])
        ):
            operation = _BOUNDS[operation]
        node = Node(operation, operands)
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def _fold(self, operation: str, operands: Sequence[int]) -> int:
        if operation not in _FOLDED:
            raise UntraceableError(f"{operation.lower()} of constants")
        with np.errstate(all="ignore"):
            values = [np.float64(self.constants[~one]) for one in operands]
            return self.constant(float(_FOLDED[operation](*values)))

    def ask(self, mask: int, *, usual: bool) -> bool:
        """An answer to `is it set in no row`, which the program checks if it is the usual one."""
        if mask < 0:
            return self.constants[~mask] == 0.0
        question = self._asked
        self._asked += 1
        if question in self._others:
            return not usual
        self.checks.append(Check(mask, question))
        return usual


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


class Symbol:
    """An array of one number a row, which assignments change as they would an array.

    mask: True for truth values. chosen: the mask of the rows that it has; None for all rows.
    fixed: True for an input, which nothing may change.
    """

    __array_priority__ = 100.0
    __hash__ = None  # type: ignore[assignment]
    device = "cpu"
    ndim = 1

    def __init__(
        self,
        recording: Recording,
        at: int,
        *,
        mask: bool = False,
        chosen: int | None = None,
        fixed: bool = False,
    ) -> None:
        self.recording = recording
        self.at = at
        self.mask = mask
        self.chosen = chosen
        self.fixed = fixed

    @property
    def shape(self) -> tuple[Any, ...]:
        """The shape of an array of rows."""
        if self.chosen is not None:
            return (_Count(Symbol(self.recording, self.chosen, mask=True)),)
        return (self.recording.rows,)

    @property
    def size(self) -> int:
        """The number of rows."""
        return len(self)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Truth values or float64."""
        return np.dtype(np.bool_ if self.mask else np.float64)

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
        if name.startswith("__"):
            raise AttributeError(name)
        raise UntraceableError(f"the attribute {name} of an array")

    def copy(self) -> "Symbol":
        """Another symbol with the same value."""
        return Symbol(self.recording, self.at, mask=self.mask, chosen=self.chosen)

    def assign(self, other: "Symbol") -> None:
        """Take the value of another symbol, as an operation in place does."""
        if self.fixed or (self.chosen, self.mask) != (other.chosen, other.mask):
            raise UntraceableError("an assignment to an input, or of another type")
        self.at = other.at

    def astype(self, dtype: Any, copy: bool = True) -> "Symbol":
        """The same values in another type, as `xp.astype`."""
        return XP.astype(self, dtype, copy=copy)

    def reshape(self, *shape: Any) -> "Symbol":
        """The array itself, for a shape that is its own."""
        return XP.reshape(self, shape[0] if len(shape) == 1 else shape)

    def __getitem__(self, index: Any) -> "Symbol":
        return Symbol(self.recording, self.at, mask=self.mask, chosen=self._chosen(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        chosen = self._chosen(index)
        if isinstance(value, Symbol) and value.chosen != chosen:
            raise UntraceableError("an assignment of other rows")
        new = self.recording.add("WHERE", chosen, _operand(self, value), self.at)
        self.assign(Symbol(self.recording, new, mask=self.mask))

    def _chosen(self, index: Any) -> int:
        """The mask of the rows of an index."""
        if self.chosen is not None:
            raise UntraceableError("a choice of chosen rows")
        if isinstance(index, Symbol) and index.mask and index.chosen is None:
            return index.at
        if isinstance(index, Chosen):
            return index.mask.at
        raise UntraceableError("an index other than a mask")

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


class Chosen:
    """The rows where a mask is set. Their number may only be asked for whether it is 0."""

    ndim = 1

    def __init__(self, mask: Symbol) -> None:
        self.mask = mask

    @property
    def shape(self) -> tuple["_Count"]:
        """Their number, as a shape."""
        return (_Count(self.mask),)

    def __len__(self) -> int:
        raise UntraceableError("the number of some rows")


class _Count:
    def __init__(self, mask: Symbol) -> None:
        self._mask = mask

    def __bool__(self) -> bool:
        return XP.any(self._mask)

    def __index__(self) -> int:
        raise UntraceableError("the number of some rows")


def _operand(like: Symbol, value: Any) -> int:
    """The operand of a symbol or a number."""
    if isinstance(value, Symbol):
        if value.recording is not like.recording:
            raise UntraceableError("arrays of two calls")
        return value.at
    if isinstance(value, bool | int | float | np.number | np.bool_) or np.ndim(value) == 0:
        return like.recording.constant(float(value))
    raise UntraceableError("an array of constants")


def _first(*values: Any) -> Symbol:
    return next(value for value in values if isinstance(value, Symbol))


def _result(operation: str, *values: Any, mask: bool = False) -> Symbol:
    like = _first(*values)
    if any(isinstance(value, Symbol) and value.chosen != like.chosen for value in values):
        raise UntraceableError("an operation on other rows")
    operands = [_operand(like, value) for value in values]
    at = like.recording.add(operation, *operands)
    return Symbol(like.recording, at, mask=mask, chosen=like.chosen)


def _mask(x: Any) -> Symbol:
    """A symbol as truth values."""
    if not isinstance(x, Symbol):
        raise UntraceableError("a constant as a mask")
    return x if x.mask else _result("NE", x, 0.0, mask=True)


# The functions of one operation, by their names in the namespace.
_FUNCTIONS = {
    "add": "ADD", "subtract": "SUB", "multiply": "MUL", "divide": "DIV", "minimum": "MIN",
    "maximum": "MAX", "negative": "NEG", "abs": "ABS", "absolute": "ABS", "fabs": "ABS",
    "sign": "SIGN", "sqrt": "SQRT", "floor": "FLOOR", "exp": "EXP", "expm1": "EXPM1", "log": "LOG",
    "log1p": "LOG1P", "tanh": "TANH",
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
        if not isinstance(mask, Symbol):
            raise UntraceableError("a constant as a mask")
        both = all(isinstance(value, Symbol) and value.mask for value in (a, b))
        return _result("WHERE", _mask(mask), a, b, mask=both)

    def pow(self, x: Any, power: Any) -> Symbol:
        """A power; NumPy computes some by other functions, and so do programs."""
        if isinstance(power, Symbol) or not math.isfinite(power):
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

    def any(self, x: Any) -> builtins.bool:
        return not self._none(_mask(x), usual=True)

    def all(self, x: Any) -> builtins.bool:
        return self._none(self.logical_not(x), usual=True)

    def _none(self, x: Symbol, *, usual: builtins.bool) -> builtins.bool:
        at = x.at if x.chosen is None else x.recording.add("MIN", x.at, x.chosen)
        return x.recording.ask(at, usual=usual)

    def nonzero(self, x: Any) -> tuple[Chosen]:
        return (Chosen(_mask(x).copy()),)

    def zeros_like(self, x: Symbol, **_: Any) -> Symbol:
        return self.full_like(x, 0.0)

    def ones_like(self, x: Symbol, **_: Any) -> Symbol:
        return self.full_like(x, 1.0)

    def full_like(self, x: Symbol, value: float, **_: Any) -> Symbol:
        return Symbol(x.recording, x.recording.constant(float(value)), chosen=x.chosen)

    def asarray(self, x: Any, **options: Any) -> Any:
        if isinstance(x, Symbol):
            return self.astype(x, options.get("dtype") or x.dtype)
        raise UntraceableError("an array of constants")

    def astype(self, x: Symbol, dtype: Any, *, copy: builtins.bool = True, **_: Any) -> Symbol:
        kind = np.dtype(dtype)
        if kind == np.float64:
            return Symbol(x.recording, x.at, chosen=x.chosen) if copy or x.mask else x
        if kind == np.bool_:
            return _mask(x).copy()
        raise UntraceableError(f"a conversion to {kind}")

    def reshape(self, x: Symbol, shape: Any, **_: Any) -> Symbol:
        """The symbol itself, as a view of an array would be."""
        if shape in (-1, (-1,), x.shape, x.recording.rows):
            return x
        raise UntraceableError("another shape")


XP = SymbolNamespace()


class Traced(NamedTuple):
    """The graph of a function: its result, and what must hold of all rows.

    inputs: the number of its arrays, which are the first nodes.
    """

    inputs: int
    nodes: tuple[Node, ...]
    constants: tuple[float, ...]
    checks: tuple[Check, ...]
    result: int


def trace(
    function: Callable[..., Any], inputs: int, others: frozenset[int] = frozenset()
) -> Traced:
    """The graph of function(xp, *arrays); raises UntraceableError with the reason.

    others: the questions about all rows that are answered in the unusual way.
    """
    first, second = (_traced(function, inputs, rows, others) for rows in (97, 101))
    if first != second:
        raise UntraceableError("the number of rows is part of the loss")
    return first


def _traced(function: Callable[..., Any], inputs: int, rows: int, others: frozenset[int]) -> Traced:
    recording = Recording(inputs, rows, others)
    try:
        result = function(XP, *recording.symbols())
    except UntraceableError:
        raise
    except Exception as error:
        cause = error.__cause__
        if isinstance(cause, UntraceableError):
            raise cause from None
        raise UntraceableError(f"{type(error).__name__}: {error}") from error
    if not isinstance(result, Symbol) or result.at < 0 or result.chosen is not None:
        raise UntraceableError("the result does not depend on the rows")
    at = result.at
    if at < inputs:  # a result has a register of its own
        at = recording.add("MUL", at, recording.constant(1.0))
    nodes, constants = tuple(recording.nodes), tuple(recording.constants)
    return Traced(inputs, nodes, constants, tuple(recording.checks), at)
