"""A symbolic array namespace: the expression of a loss, recorded as a graph of vector operations.

A loss is called once with symbols for its arrays. Every operation on a symbol adds a node to the
recording, equal nodes are one, and the symbol that is returned is the result. A symbol stands for
one or several numbers of each row: an operation between rows cannot be recorded and raises
`UntraceableError`.

A question about all rows, `if xp.any(mask)`, is answered as it usually is, and the program checks
the answer in every block. Where it is wrong, the loss is recorded again with the other answer.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from losscli.kernels.functions import XP
from losscli.kernels.indices import constants_of
from losscli.kernels.recording import Recording, Traced, UntraceableError
from losscli.kernels.symbols import Memory, Symbol

Conditions: TypeAlias = Callable[..., tuple[Sequence[Any], Mapping[Any, Any]]]

__all__ = ["Conditions", "Traced", "UntraceableError", "constants_of", "trace"]


def trace(
    function: Callable[..., Any],
    inputs: int,
    others: frozenset[int] = frozenset(),
    shapes: Sequence[tuple[int, ...]] = (),
    whole: Sequence[bool] = (),
    *,
    several: bool = False,
    conditions: Conditions | None = None,
) -> Traced:
    """The graph of function(xp, *arrays); raises UntraceableError with the reason.

    others: the questions about all rows that are answered in the unusual way. shapes: those of a
    row of each array; one number by default. whole: True for arrays of integers. several:
    True if the result may be several numbers a row, as a gradient is. conditions: a function as the
    first one, that gives the masks that must be set in all rows, and by keys those to look for.
    """
    shapes = [tuple(shape) for shape in shapes] or [()] * inputs
    given = (function, shapes, tuple(whole) or (False,) * inputs, others, conditions)
    first, second = (_traced(rows, *given) for rows in (10007, 10009))
    if first != second:
        raise UntraceableError("the number of rows is part of the loss")
    if first.width != 1 and not several:
        raise UntraceableError("the result is not one number a row")
    return first


def _traced(
    rows: int,
    function: Callable[..., Any],
    shapes: Sequence[tuple[int, ...]],
    whole: Sequence[bool],
    others: frozenset[int],
    conditions: Conditions | None,
) -> Traced:
    recording = Recording([math.prod(shape) for shape in shapes], rows, others, XP)
    symbols = [
        Symbol(recording, Memory(k, fixed=True), tail=shape, whole=of_integers)
        for k, (shape, of_integers) in enumerate(zip(shapes, whole, strict=True))
    ]
    required: Sequence[Any] = ()
    seen: Mapping[Any, Any] = {}
    try:
        if conditions is not None:
            required, seen = conditions(XP, *symbols)
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
    at = result.at
    if at < len(shapes):  # a result has a register of its own
        at = recording.copied(at, result.width)
    nodes, constants = tuple(recording.nodes), tuple(recording.constants)
    checks, tables = tuple(recording.checks), tuple(recording.tables)
    return Traced(
        len(shapes), nodes, constants, checks, at, tables,
        tuple(_node_of(mask) for mask in required),
        tuple((key, _node_of(mask)) for key, mask in seen.items()),
    )  # fmt: skip


def _node_of(mask: Any) -> int:
    """The node of a mask that depends on the rows."""
    if not isinstance(mask, Symbol) or not mask.mask or mask.at < 0 or mask.chosen is not None:
        raise UntraceableError("a condition that is not a mask of the rows")
    return mask.at
