"""The compiled machine, if this installation has one: `compute` and `fold` run programs.

The environment variable LOSSCLI_KERNEL chooses: `numpy` for none, or the name of an instruction
set. All of them give the same bits.
"""

import math
import os
import struct
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from losscli.kernels.program import Program, assemble
from losscli.kernels.trace import trace

try:
    from losscli.kernels import _machine
except ImportError:  # installed without a compiler
    _machine = None  # type: ignore[assignment]

PIECE = 512  # the rows whose moments are added up pairwise; the first of a unit give its pivot
MOST_PROGRAMS = 8  # of `fold_pairs`
NOT_FINITE = -2
NOT_AN_INDEX = -4
_DONE = -1


class Folded(Struct, frozen=True):
    """The state of the results of some rows.

    total: their exact sum in units of 2**-1074. low, high: the smallest and the largest. high_row:
    the first row of the largest. units: the moments of each unit of rows, in order: a pivot, the
    sum of squares about it, the sum about it, and the number of rows. seen: the keys of the masks
    of the program that were set in some row. largest: for `largest_of`.
    """

    total: int
    low: float
    high: float
    high_row: int
    units: list[tuple[float, float, float, float]]
    seen: tuple[Any, ...] = ()
    largest: bytes = b""


@cache
def machine() -> int | None:
    """The machine that runs programs; None where there is none."""
    wanted = os.environ.get("LOSSCLI_KERNEL", "")
    if _machine is None or wanted == "numpy":
        return None
    names = _machine.MACHINES
    return names.index(wanted) if wanted in names else len(names) - 1


def available() -> bool:
    """True if programs can be run."""
    return machine() is not None


def scanner() -> Any:
    """The module whose functions read delimited text; None without a machine."""
    return _machine if available() else None


def name() -> str | None:
    """The instruction set of the machine: baseline, avx2 or avx512; None without a machine."""
    at = machine()
    return None if at is None else _machine.MACHINES[at]


@cache
def operations() -> tuple[str, ...]:
    """The names of the machine's operations, in the order of their codes."""
    return tuple(_machine.OPERATIONS.split())


def readable(*arrays: NDArray[Any]) -> bool:
    """True if the machine reads arrays of numbers as they are."""
    for array in arrays:
        dtype = array.dtype
        if not (dtype.char in "fd" and dtype.isnative and array.flags.c_contiguous):
            return False
    return True


def compute(
    program: Program, inputs: Sequence[NDArray[Any]], out: NDArray[np.float64]
) -> int | None:
    """Write the results of all rows; the number of the check that failed, or None.

    NOT_AN_INDEX for an index out of range.
    """
    status = _machine.compute(
        machine(), program.code, program.constants, program.registers, program.result,
        tuple(inputs), out,
    )  # fmt: skip
    return None if status == _DONE else status


def fold(
    program: Program,
    inputs: Sequence[NDArray[Any]],
    unit: int,
    phase: int = 0,
    out: NDArray[np.float64] | None = None,
    most: int = 0,
    least: float = -math.inf,
) -> Folded | int:
    """The state of the results, one a row.

    Or a number: that of the check that failed, NOT_FINITE, or NOT_AN_INDEX for an index out of
    range. Moments are taken of `unit` rows at a time, the first of which is `phase` rows before
    these. out: takes the results, if they are wanted too. most, least: the number of the largest
    results to find, of those that are at least `least`.
    """
    found = _machine.fold(
        machine(), program.code, program.constants, program.registers, program.result,
        tuple(inputs), unit, phase, out, most, least,
    )  # fmt: skip
    return found if isinstance(found, int) else _folded(program, found)


class FoldedPair(NamedTuple):
    """The state of the results of one program minus those of another.

    wins, ties: the rows on which the first has the smaller result, and on which both are equal.
    """

    difference: Folded
    wins: int
    ties: int


class FoldedModels(NamedTuple):
    """The states of several programs on the same rows, and of pairs of them."""

    models: list[Folded]
    pairs: list[FoldedPair]


class Failed(NamedTuple):
    """The program of several that failed; status: a number as `fold` returns."""

    program: int
    status: int


def fold_pairs(
    programs: Sequence[Program],
    inputs: Sequence[Sequence[NDArray[Any]]],
    pairs: Sequence[tuple[int, int]],
    unit: int,
    phase: int,
) -> FoldedModels | Failed:
    """The states of at most `MOST_PROGRAMS` programs on the same rows, and of pairs of them.

    Or the check that failed; a difference that is not finite is NOT_FINITE.
    """
    calls = tuple(
        (program.code, program.constants, program.registers, program.result, tuple(arrays))
        for program, arrays in zip(programs, inputs, strict=True)
    )
    states, counts = _machine.fold_pairs(machine(), calls, tuple(pairs), unit, phase)
    if isinstance(states, int):
        return Failed(states, counts)
    count = len(programs)
    models = [_folded(*each) for each in zip(programs, states[:count], strict=True)]
    found = []
    for (ours, theirs), state, both in zip(pairs, states[count:], counts, strict=True):
        # Sums of models are exact, so their difference is too.
        total = models[ours].total - models[theirs].total
        found.append(FoldedPair(replace(_folded(programs[ours], state), total=total), *both))
    return FoldedModels(models, found)


def _folded(program: Program, found: tuple[Any, ...]) -> Folded:
    digits, low, high, row, units, seen, largest = found
    total = int.from_bytes(digits, "little", signed=True)
    moments = list(struct.iter_unpack("4d", units))
    keys = program.keys(seen) if seen else ()
    return Folded(total, low, high, row, moments, keys, largest)


def largest_of(folded: Folded) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows in order and their results: the largest that were asked for, and perhaps more."""
    largest = np.frombuffer(folded.largest, [("row", np.int64), ("value", np.float64)])
    return largest["row"], largest["value"]


def fold_values(values: NDArray[np.float64], unit: int, phase: int) -> Folded | None:
    """The state of numbers as they are; None without a machine, or if one is not finite."""
    if not available():
        return None
    found = fold(_identity(), [np.ascontiguousarray(values)], unit, phase)
    return found if isinstance(found, Folded) else None


@cache
def _identity() -> Program:
    return assemble(trace(lambda _, x: x, 1), operations())
