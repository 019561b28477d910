"""The functions of a loss as programs of the compiled machine, which is faster than NumPy."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.kernels import machine
from losscli.kernels.program import Limit, Program, assemble
from losscli.kernels.trace import Traced, UntraceableError, trace

if TYPE_CHECKING:
    from losscli.losses.core.loss import Loss

Arrays: TypeAlias = Sequence[NDArray[Any]]

_MOST_QUESTIONS = 4  # about all rows, that a loss may ask


class Compiled:
    """A function of arrays of numbers, one result a number.

    why: the reason why it has no program; empty if it has one.
    """

    def __init__(self, function: Callable[..., Any], inputs: int) -> None:
        self._function = function
        self._inputs = inputs
        self._traced: dict[frozenset[int], Traced] = {}
        self._programs: dict[Any, Program] = {}
        self.why = ""
        try:
            self._trace_all(frozenset())
        except UntraceableError as error:
            self.why = str(error)

    def _trace_all(self, others: frozenset[int]) -> None:
        """Trace the function with the answers of `others`, and with those that may follow."""
        traced = self._traced[others] = trace(self._function, self._inputs, others)
        for question in (check.question for check in traced.checks):
            if len(others) == _MOST_QUESTIONS:
                raise UntraceableError("too many branches")
            if (more := others | {question}) not in self._traced:
                self._trace_all(more)

    def values(self, arrays: Arrays) -> NDArray[np.float64]:
        """The results of arrays of one shape."""
        out = np.empty(arrays[0].shape)
        flat = [np.ascontiguousarray(array, np.float64).reshape(-1) for array in arrays]
        self._run(lambda program: machine.compute(program, flat, out.reshape(-1)), flat, ())
        return out

    def fold(
        self, arrays: Arrays, limits: Sequence[Limit], unit: int, phase: int
    ) -> machine.Folded | None:
        """The state of the results; None where one is not finite, or an input outside its limit.

        arrays: of N numbers, each readable by the machine.
        """
        found = self._run(
            lambda program: machine.fold(program, arrays, unit, phase), arrays, limits
        )
        return found if isinstance(found, machine.Folded) else None

    def _run(self, work: Callable[[Program], Any], arrays: Arrays, limits: Sequence[Limit]) -> Any:
        """What `work` returns of a program whose answers to questions about the rows are true."""
        narrow = tuple(array.dtype.char == "f" for array in arrays)
        others: frozenset[int] = frozenset()
        while True:
            program = self._program(limits, narrow, others)
            found = work(program)
            if not isinstance(found, int) or found < program.limits:
                return found
            others |= {program.questions[found - program.limits]}

    def _program(
        self, limits: Sequence[Limit], narrow: tuple[bool, ...], others: frozenset[int]
    ) -> Program:
        key = limits, narrow, others
        program = self._programs.get(key)
        if program is None:
            program = assemble(self._traced[others], machine.operations(), limits, narrow)
            self._programs[key] = program
        return program


def compiled(loss: "Loss", part: str, params: Mapping[str, Any]) -> Compiled | None:
    """A function of a loss, `values` or `derivative`, as a program; None if it has none."""
    if not machine.available():
        return None
    try:
        found = _compiled(loss, part, repr(params), tuple(params.items()))
    except TypeError:  # an array among the parameters
        return None
    return None if found.why else found


@lru_cache(1024)
def _compiled(loss: "Loss", part: str, _: str, items: tuple[tuple[str, Any], ...]) -> Compiled:
    function, params = getattr(loss, part), dict(items)
    if not loss.rows_of.targeted:
        return Compiled(lambda xp, pred: function(xp, pred, None, **params), 1)
    return Compiled(lambda xp, pred, target: function(xp, pred, target, **params), 2)
