"""The graph of a loss while it is recorded: operations on registers, and checks of them."""

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from losscli.kernels.nodes import Node
from losscli.kernels.simpler import Graph


class UntraceableError(Exception):
    """An expression has no program; the message says why."""


class Check(NamedTuple):
    """A condition on all rows that a program verifies: the mask `node` is 0 in each.

    question: the number of the question that it answers.
    """

    node: int
    question: int


class Traced(NamedTuple):
    """The graph of a function: its result, and what must hold of all rows.

    inputs: the number of its arrays, which are the first nodes. required: the masks that must be
    set in all rows, whatever the answers to questions. seen: keys, and masks of which a program
    tells if they are set in any row.
    """

    inputs: int
    nodes: tuple[Node, ...]
    constants: tuple[float, ...]
    checks: tuple[Check, ...]
    result: int
    tables: tuple[tuple[float, ...], ...] = ()
    required: tuple[int, ...] = ()
    seen: tuple[tuple[Any, int], ...] = ()

    @property
    def width(self) -> int:
        """The numbers a row of the result."""
        return self.nodes[self.result].result_width


_MOST = 1000  # nodes, so that the machine has a register for each
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
    "MIN": np.minimum,
    "MAX": np.maximum,
    "LT": np.less,
    "LE": np.less_equal,
    "EQ": np.equal,
    "NE": np.not_equal,
    "ISFINITE": np.isfinite,
    "WHERE": np.where,
}


class Recording:
    """The graph of one call; nodes 0, 1, … are its inputs.

    rows: the number of rows that arrays pretend to have. others: the questions, in the order in
    which they are asked, that are answered in the unusual way. xp: the functions of its symbols.
    """

    def __init__(self, widths: Sequence[int], rows: int, others: frozenset[int], xp: Any) -> None:
        self.rows = rows
        self.xp = xp
        self.nodes = [Node(f"INPUT{k}", (), width) for k, width in enumerate(widths)]
        self.constants: list[float] = []
        self.tables: list[tuple[float, ...]] = []
        self.checks: list[Check] = []
        self._others = others
        self._asked = 0
        self._known: dict[Any, int] = {}
        self._graph = Graph(self.nodes, self.constants)

    def constant(self, value: float) -> int:
        """The operand of a number."""
        key = struct.pack("d", value)  # tells -0 from 0, and one nan is another
        if key not in self._known:
            self._known[key] = ~len(self.constants)
            self.constants.append(value)
        return self._known[key]

    def add(self, operation: str, *operands: int, width: int = 1) -> int:
        """The operand of an elementwise node, which is a constant if all of its operands are."""
        if all(one < 0 for one in operands):
            return self._fold(operation, operands)
        if (
            operation in _BOUNDS
            and operands[1] < 0
            and not math.isnan(self.constants[~operands[1]])
        ):
            operation = _BOUNDS[operation]
        simplest = self._graph.simplest(Node(operation, operands, width))
        return simplest if isinstance(simplest, int) else self._added(simplest)

    def copied(self, operand: int, width: int) -> int:
        """A node that has the bits of another one."""
        return self._added(Node("MUL", (operand, self.constant(1.0)), width))

    def add_of_parts(
        self, operation: str, *operands: int, width: int, part: int, numbers: tuple[int, ...] = ()
    ) -> int:
        """The operand of a node that works on parts of rows."""
        if operands[0] < 0:
            operands = (self.columns((self.constants[~operands[0]],) * part, width), *operands[1:])
        if operation == "TAKE" and operands[1] < 0:
            column = int(self.constants[~operands[1]])
            return self.add_of_parts(
                "SLICE", operands[0], width=width, part=part, numbers=(column, 1)
            )
        if operation == "PUT" and operands[1] < 0:
            raise UntraceableError("an assignment to one column")
        return self._added(Node(operation, operands, width, part, numbers))

    def columns(self, values: tuple[float, ...], width: int) -> int:
        """The operand of an array of constants that is the same in all rows."""
        return self._added(Node("COLUMNS", (), width, len(values), (self._table(values),)))

    def look_up(self, values: tuple[float, ...], places: int, width: int) -> int:
        """The operand of the constants at some places."""
        if places < 0:
            return self.constant(values[int(self.constants[~places])])
        return self._added(Node("LOOKUP", (places,), width, len(values), (self._table(values),)))

    def _table(self, values: tuple[float, ...]) -> int:
        key = "table", struct.pack(f"{len(values)}d", *values)
        if key not in self._known:
            self._known[key] = len(self.tables)
            self.tables.append(values)
        return self._known[key]

    def _added(self, node: Node) -> int:
        if node not in self._known:
            if len(self.nodes) == _MOST:
                raise UntraceableError(f"more than {_MOST:,} operations")
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def _fold(self, operation: str, operands: Sequence[int]) -> int:
        if operation not in _FOLDED:
            raise UntraceableError(f"{operation.lower()} of constants")
        with np.errstate(all="ignore"):
            values = [np.float64(self.constants[~one]) for one in operands]
            return self.constant(float(_FOLDED[operation](*values)))

    def ask(self, mask: int) -> bool:
        """True if a mask is set in no row, which the program checks; False in the unusual case."""
        if mask < 0:
            return self.constants[~mask] == 0.0
        question = self._asked
        self._asked += 1
        if question in self._others:
            return False
        self.checks.append(Check(mask, question))
        return True
