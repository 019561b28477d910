"""The array functions of symbols: the `xp` of a loss, and what NumPy's functions become."""

import builtins
import math
from functools import partial
from typing import Any

import numpy as np

from losscli.kernels.indices import (
    AllRows,
    Chosen,
    ChosenCount,
    Constants,
    Head,
    RowCount,
)
from losscli.kernels.recording import UntraceableError
from losscli.kernels.symbols import Symbol, is_whole, mask_of, reduced, result_of

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
            if name.startswith("__"):  # Python asks any object for some
                raise AttributeError(name)
            raise UntraceableError(f"the function {name}")
        return partial(result_of, operation, mask=name in _PREDICATES)

    def greater(self, a: Any, b: Any) -> Symbol:
        return result_of("LT", b, a, mask=True)

    def greater_equal(self, a: Any, b: Any) -> Symbol:
        return result_of("LE", b, a, mask=True)

    def isinf(self, x: Symbol) -> Symbol:
        return result_of("EQ", result_of("ABS", x), math.inf, mask=True)

    def square(self, x: Symbol) -> Symbol:
        return result_of("MUL", x, x)

    def atanh(self, x: Symbol) -> Any:
        size = self.abs(x)
        return self.sign(x) * (0.5 * self.log1p((size + size) / (1.0 - size)))

    arctanh = atanh

    def logical_not(self, x: Any) -> Symbol:
        return result_of("SUB", 1.0, mask_of(x), mask=True)

    def logical_and(self, a: Any, b: Any) -> Symbol:
        return result_of("MUL", mask_of(a), mask_of(b), mask=True)

    def logical_or(self, a: Any, b: Any) -> Symbol:
        return result_of("MAX", mask_of(a), mask_of(b), mask=True)

    def clip(self, x: Symbol, low: Any = None, high: Any = None) -> Symbol:
        for operation, bound, none in (("MAX", low, -math.inf), ("MIN", high, math.inf)):
            if bound is not None and (isinstance(bound, Symbol) or bound != none):
                x = result_of(operation, x, bound)
        return x.copy()

    def where(self, mask: Any, a: Any, b: Any) -> Symbol:
        if not isinstance(mask, Symbol) and np.asarray(mask).dtype != np.bool_:
            raise UntraceableError("a constant as a mask")
        both = all(isinstance(value, Symbol) and value.mask for value in (a, b))
        mask = mask_of(mask) if isinstance(mask, Symbol) else mask
        return result_of("WHERE", mask, a, b, mask=both)

    def pow(self, x: Any, power: Any) -> Any:
        """A power; NumPy computes some by other functions, and so do programs."""
        if isinstance(power, Symbol) or np.ndim(power) or not math.isfinite(power):
            raise UntraceableError("a power that is not a finite number")
        if power == 2:
            return result_of("MUL", x, x)
        if power == 1:
            return result_of("MUL", x, 1.0)
        if power == 0:
            return self.ones_like(x)
        if power == 0.5:
            return result_of("SQRT", x)
        if power == -1:
            return result_of("DIV", 1.0, x)
        return result_of("POW", x, power)

    power = pow

    def any(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Any:
        if axis is None:
            return not self._none(mask_of(x))
        return reduced("LARGEST", mask_of(x), axis, keepdims=keepdims, mask=True)

    def all(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Any:
        if axis is None:
            return self._none(self.logical_not(x))
        return reduced("SMALLEST", mask_of(x), axis, keepdims=keepdims, mask=True)

    def _none(self, x: Symbol) -> builtins.bool:
        at = x.at
        if x.chosen is not None:
            at = x.recording.add("MUL", at, x.where(), width=x.width)
        return x.recording.ask(at)

    def sum(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Symbol:
        return reduced("TOTAL", x, axis, keepdims=keepdims)

    def mean(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Symbol:
        return reduced("TOTAL", x, axis, keepdims=keepdims) / float(x.tail[-1])

    def max(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Symbol:
        return reduced("LARGEST", x, axis, keepdims=keepdims)

    def min(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Symbol:
        return reduced("SMALLEST", x, axis, keepdims=keepdims)

    amax, amin = max, min

    def argmax(self, x: Any, axis: Any = None, *, keepdims: builtins.bool = False) -> Symbol:
        return reduced("PLACE", x, axis, keepdims=keepdims)

    def arange(self, *given: Any, **options: Any) -> Any:
        """The numbers of all rows for the length of an axis of rows; constants otherwise."""
        only = given[0]
        if isinstance(only, RowCount):
            return AllRows(only.per, None)
        if isinstance(only, ChosenCount):
            return AllRows(only.mask.per, only.mask.at)
        return np.arange(*given, dtype=options.get("dtype")).view(Constants)

    def take(self, table: Any, places: Symbol, axis: int = 0) -> Symbol:
        """The constants at some places; of arrays by rows use indices."""
        if isinstance(table, Symbol) or np.ndim(table) != 1 or axis or not places.whole:
            raise UntraceableError("a choice other than of constants")
        values = tuple(np.asarray(table, np.float64).tolist())
        at = places.recording.look_up(values, places.at, places.width)
        return places.like(at, whole=is_whole(np.asarray(table)))

    def take_along_axis(self, x: Symbol, places: Symbol, axis: int = -1) -> Any:
        if axis not in (-1, 1) or not isinstance(places, Symbol) or places.tail != (1,):
            raise UntraceableError("a choice other than of one number a row")
        label = places.like(places.memory, tail=())
        return x[AllRows(x.per, x.chosen), label][:, None]

    def nonzero(self, x: Any) -> tuple[Chosen]:
        mask = mask_of(x)
        if mask.tail:
            raise UntraceableError("places of several axes")
        at, outer = mask.at, mask.chosen
        if outer is not None:
            at = mask.recording.add("MUL", at, outer, width=mask.per)
        return (Chosen(mask.like(at, chosen=None), outer),)

    def zeros_like(self, x: Any, **options: Any) -> Any:
        return self.full_like(x, 0.0, **options)

    def ones_like(self, x: Any, **options: Any) -> Any:
        return self.full_like(x, 1.0, **options)

    def full_like(self, x: Any, value: Any, dtype: Any = None, **_: Any) -> Any:
        if isinstance(x, Head):
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
            return mask_of(x).copy()
        if kind == np.int64:  # the whole numbers are below 2^53
            whole = x if x.mask else self.sign(x) * self.floor(self.abs(x))
            return whole.like(whole.at, mask=False, whole=True)
        raise UntraceableError(f"a conversion to {kind}")

    def reshape(self, x: Symbol, shape: Any, **_: Any) -> Symbol:
        """The same numbers in another shape, in the same memory."""
        sizes = [shape] if isinstance(shape, int) else list(shape)
        if x.chosen is not None or any(isinstance(size, ChosenCount) for size in sizes):
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

    def stack(self, arrays: Any, axis: int = 0) -> Any:
        """Arrays along a new axis after that of rows: each is repeated, and chosen in its place."""
        arrays = list(arrays)
        if axis not in (1, -1) or (axis == -1 and any(x.tail for x in arrays)):
            raise UntraceableError("a stack along another axis than the one after that of rows")
        places = np.arange(len(arrays)).reshape(-1, *[1] * len(arrays[0].tail))
        found = arrays[-1][:, None]
        for k, x in reversed(list(enumerate(arrays[:-1]))):
            found = self.where(places == k, x[:, None], found)
        return found

    def ravel(self, x: Symbol) -> Symbol:
        return self.reshape(x, -1)


XP = SymbolNamespace()
