"""Simpler operations with the same bits as those that a loss was written with."""

import math
from collections.abc import Callable, Sequence

from losscli.kernels.nodes import Node


class Graph:
    """The nodes and the constants of a recording.

    Operands are indices of nodes, or ~index of a constant.
    """

    def __init__(self, nodes: Sequence[Node], constants: Sequence[float]) -> None:
        self._nodes = nodes
        self._constants = constants

    def simplest(self, node: Node) -> Node | int:
        """A node that has the bits of this one and is faster, or the operand whose bits it has.

        Only those of nan may differ: a program refuses results that are not finite.
        """
        rule = _RULES.get(node.operation)
        return node if rule is None else rule(self, node)

    def constant(self, operand: int) -> float:
        """The value of a constant; nan for a node."""
        return self._constants[~operand] if operand < 0 else math.nan

    def operands_of(self, operation: str, operand: int) -> tuple[int, ...]:
        """The operands of a node of an operation; empty for other nodes and for constants."""
        node = self._nodes[operand] if operand >= 0 else None
        return node.operands if node is not None and node.operation == operation else ()

    def is_size(self, operand: int) -> bool:
        """True for a node that is at least 0, and never -0, or nan."""
        node = self._nodes[operand] if operand >= 0 else None
        return node is not None and (
            node.operation in ("ABS", "EXP")
            or (node.operation == "MUL" and node.operands[0] == node.operands[1])
        )


def _added(graph: Graph, node: Node) -> Node | int:
    """Drop an addition of 0 to a number that is not -0."""
    for one, other in (node.operands, node.operands[::-1]):
        if graph.constant(other) == 0.0 and graph.is_size(one):
            return one
    return node


def _multiplied(graph: Graph, node: Node) -> Node | int:
    """Drop a factor of 1; join the operations of KNEE, and comparisons with both infinities."""
    for one, other in (node.operands, node.operands[::-1]):
        if graph.constant(other) == 1.0:
            return one
        if knee := _knee(graph, one, other):
            return node._replace(operation="KNEE", operands=knee)
        low, high = (graph.operands_of("LT", operand) for operand in (one, other))
        if low and high and low[1] == high[0]:
            ends = graph.constant(low[0]), graph.constant(high[1])
            if ends == (-math.inf, math.inf):
                return node._replace(operation="ISFINITE", operands=high[:1])
    return node


def _knee(graph: Graph, short: int, rest: int) -> tuple[int, ...]:
    """(x, bound, part) of short (x - part short), where short is min(x, bound); or empty."""
    bounded = graph.operands_of("ATMOST", short)
    difference = graph.operands_of("SUB", rest)
    if not bounded or not difference or difference[0] != bounded[0]:
        return ()
    product = graph.operands_of("MUL", difference[1])
    for part, other in (product, product[::-1]) if product else ():
        if other == short and part < 0:
            return (*bounded, part)
    return ()


def _divided(graph: Graph, node: Node) -> Node | int:
    """Drop a division by 1."""
    return node.operands[0] if graph.constant(node.operands[1]) == 1.0 else node


def _size(graph: Graph, node: Node) -> Node | int:
    """Drop a second size, and a sign before the size."""
    (x,) = node.operands
    if graph.is_size(x):
        return x
    return node._replace(operands=graph.operands_of("NEG", x) or (x,))


def _negative(graph: Graph, node: Node) -> Node | int:
    """Drop two signs."""
    inner = graph.operands_of("NEG", node.operands[0])
    return inner[0] if inner else node


def _at_least(graph: Graph, node: Node) -> Node | int:
    """Drop a bound that no size is below; of 0 and -0 the bound is the result."""
    x, bound = node.operands
    low = graph.constant(bound)
    below = low < 0.0 or (low == 0.0 and math.copysign(1.0, low) > 0.0)
    return x if below and graph.is_size(x) else node


_RULES: dict[str, Callable[[Graph, Node], Node | int]] = {
    "ADD": _added,
    "MUL": _multiplied,
    "DIV": _divided,
    "ABS": _size,
    "NEG": _negative,
    "ATLEAST": _at_least,
}
