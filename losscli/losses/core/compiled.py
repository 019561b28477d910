"""The functions of a loss as programs of the compiled machine, which is faster than NumPy.

A row has the same bits in any block: whether a loss has a program depends on the loss, its
parameters and the shape of a row alone, and the machine then computes all of its rows.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.kernels import machine
from losscli.kernels.program import IndexLimit, Limit, Program, assemble
from losscli.kernels.recording import Traced, UntraceableError
from losscli.kernels.trace import Conditions, constants_of, trace

Row: TypeAlias = tuple[int, ...]
Limits: TypeAlias = tuple[Limit | IndexLimit, ...]

_type = attrgetter("dtype.char")
_MOST_QUESTIONS = 4  # about all rows, that a loss may ask
_MOST_CONSTANTS = 1 << 16  # of an array among the parameters


class Compiled:
    """A function of arrays, one number a row, or several of them.

    shapes: those of a row of each array. indexed: True if the last array has indices of classes.
    known: True if tests trace all branches of the function, so that each can wait until a block
    takes it. conditions: of the rows, for `fold`. why: the reason why it has no program; empty if
    it has one.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        shapes: Sequence[Row],
        *,
        indexed: bool,
        known: bool,
        several: bool = False,
        conditions: Conditions | None = None,
    ) -> None:
        self._function = function
        self._shapes = shapes
        self._several = several
        self._conditions = conditions
        self._whole = (*(False for _ in shapes[1:]), indexed)
        self._traced: dict[frozenset[int], Traced] = {}
        self._programs: dict[Any, Program] = {}
        self.why = ""
        try:
            self.trace_all() if not known else self._trace(frozenset())
        except UntraceableError as error:
            self.why = str(error)

    def compute(self, *arrays: NDArray[Any] | None) -> NDArray[np.float64] | None:
        """The results; None for an index of no class."""
        read = [
            np.ascontiguousarray(array, np.int64 if whole else np.float64)
            for array, whole in zip(arrays, self._whole, strict=False)
            if array is not None
        ]
        width = self._trace(frozenset()).width
        out = np.empty((len(read[0]), width) if width > 1 else len(read[0]))
        status = self.run(machine.compute, read, (), out)
        return out if status is None else None

    def run(
        self,
        work: Callable[..., Any],
        arrays: Sequence[NDArray[Any]],
        limits: Limits,
        *rest: Any,
    ) -> Any:
        """The result of `work`, a function of the machine, on the program for these arrays.

        That is the one whose answers to questions about rows are true. arrays: each readable by the
        machine. rest: further arguments of `work`.
        """
        others: frozenset[int] = frozenset()
        program = self.program_for(arrays, limits, others)
        while True:
            found = work(program, arrays, *rest)
            question = program.question(found) if isinstance(found, int) else None
            if question is None:
                return found
            others |= {question}
            try:
                program = self.program_for(arrays, limits, others)
            except UntraceableError:  # this branch is too long: the rows fail its check
                return found

    def program_for(
        self, arrays: Sequence[NDArray[Any]], limits: Limits, others: frozenset[int]
    ) -> Program:
        """The program for arrays of these types; others: the questions with another answer.

        Raises UntraceableError for a branch that is too long.
        """
        types = tuple(map(_type, arrays))
        program = self._programs.get((limits, types, others))
        return self._assemble(limits, types, others) if program is None else program

    def trace_all(self, others: frozenset[int] = frozenset()) -> None:
        """Trace the function with the answers of `others`, and with all that may follow from them.

        Raises UntraceableError where one of these branches cannot be recorded.
        """
        for check in self._trace(others).checks:
            if len(others) == _MOST_QUESTIONS:
                raise UntraceableError("too many branches")
            if (more := others | {check.question}) not in self._traced:
                self.trace_all(more)

    def _trace(self, others: frozenset[int]) -> Traced:
        if others not in self._traced:
            self._traced[others] = trace(
                self._function,
                len(self._shapes),
                others,
                self._shapes,
                self._whole,
                several=self._several,
                conditions=self._conditions,
            )
        return self._traced[others]

    def _assemble(self, limits: Limits, types: tuple[str, ...], others: frozenset[int]) -> Program:
        traced, operations = self._trace(others), machine.operations()
        program = assemble(traced, operations, limits, [t == "f" for t in types], self._whole)
        self._programs[limits, types, others] = program
        return program


def compiled_rows(
    loss: Any,
    params: Mapping[str, Any],
    pred: Row,
    target: Row | None,
    conditions: Conditions | None = None,
) -> Compiled | None:
    """The losses of rows of these shapes as a program; None if there is none.

    conditions: of the rows, that `fold` takes; equal ones have one program.
    """
    return _found(_rows, loss, params, pred, target, conditions)


def compiled_slopes(
    loss: Any, params: Mapping[str, Any], pred: Row, target: Row | None
) -> Compiled | None:
    """The derivatives of rows of these shapes as a program; None if there is none."""
    return _found(_slopes, loss, params, pred, target)


def _found(
    make: Callable[..., Compiled], loss: Any, params: Mapping[str, Any], *others: Any
) -> Compiled | None:
    if not machine.available():
        return None
    arrays = [value for value in params.values() if isinstance(value, np.ndarray)]
    if any(array.dtype.kind not in "fiub" or array.size > _MOST_CONSTANTS for array in arrays):
        return None
    items = tuple((name, _fixed(value)) for name, value in params.items())
    # Equal parameters may differ: 0.0 and -0.0 do by their text.
    text = repr(params) if not arrays else repr([x for x in params.values() if np.ndim(x) == 0])
    try:
        found = make(loss, text, items, *others)
    except TypeError:  # a parameter that is not hashable
        return None
    return None if found.why else found


class _Fixed(NamedTuple):
    """An array among the parameters, by its numbers."""

    shape: Row
    dtype: str
    data: bytes

    @property
    def constants(self) -> Any:
        """The array, for a function that is traced."""
        return constants_of(np.frombuffer(self.data, self.dtype).reshape(self.shape))


def _fixed(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _Fixed(value.shape, value.dtype.str, value.tobytes())
    return value


def _params(items: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """The parameters of a function that is traced."""
    return {k: v.constants if isinstance(v, _Fixed) else v for k, v in items}


@lru_cache(1024)
def _rows(
    loss: Any,
    _: str,
    items: tuple[tuple[str, Any], ...],
    pred: Row,
    target: Row | None,
    conditions: Conditions | None,
) -> Compiled:
    def rows(xp: Any, p: Any, t: Any = None) -> Any:
        return loss.rows(xp, p, t, _params(items))

    return _compiled(loss, rows, pred, target, conditions=conditions)


@lru_cache(1024)
def _slopes(
    loss: Any, _: str, items: tuple[tuple[str, Any], ...], pred: Row, target: Row | None
) -> Compiled:
    def slopes(xp: Any, p: Any, t: Any = None) -> Any:
        return loss.derivative(xp, p, t, **_params(items))

    return _compiled(loss, slopes, pred, target, several=True)


def _compiled(
    loss: Any, function: Callable[..., Any], pred: Row, target: Row | None, **options: Any
) -> Compiled:
    shapes = [pred] if target is None or not loss.rows_of.targeted else [pred, target]
    # A loss of the catalogue: tests trace all of its branches.
    known = str(loss.values.__module__).startswith("losscli.losses.catalogue.")
    indexed = len(shapes) > 1 and loss.indexed(target)
    return Compiled(function, shapes, indexed=indexed, known=known, **options)
