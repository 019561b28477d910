"""Programs: the graph of a loss as instructions with registers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.kernels.trace import Traced


class Limit(NamedTuple):
    """The closed interval that the numbers of an input must lie in."""

    input: int
    low: float
    high: float


class Program(NamedTuple):
    """Instructions (operation, destination, a, b, c) over registers, the first of them the inputs.

    An operand is a register, or ~index of a constant. A check has its number as its destination:
    that of a limit is its place among the limits, that of a question follows those. constants,
    code: as the machine takes them. questions: those of the recording, in the order of the checks.
    """

    code: NDArray[np.int32]
    constants: NDArray[np.float64]
    registers: int
    result: int
    limits: int
    questions: tuple[int, ...]


def assemble(traced: Traced, operations: Sequence[str], limits: Sequence[Limit] = ()) -> Program:
    """The program of a graph; operations: the names of the machine's operations, in its order."""
    codes = {name: code for code, name in enumerate(operations)}
    constants = [*traced.constants]
    code: list[tuple[int, ...]] = []
    for number, limit in enumerate(limits):
        bounds = (~len(constants), ~(len(constants) + 1))
        constants += limit[1:]
        code.append((codes["WITHIN"], number, limit.input, *bounds))
    registers = _Registers(traced)
    checks = {check.node: len(limits) + k for k, check in enumerate(traced.checks)}
    for at in registers.used:
        node = traced.nodes[at]
        if node.operation != "INPUT":
            operands = [registers.of(one) for one in node.operands]
            destination = registers.take(at)
            padded = (*operands, 0, 0)[:3]
            code.append((codes[node.operation], destination, *padded))
        if at in checks:
            code.append((codes["NONE"], checks[at], registers.of(at), 0, 0))
            registers.release(at, at)
    return Program(
        np.array(code or np.empty((0, 5)), np.int32).reshape(-1),
        np.array(constants or [0.0]),
        registers.count,
        registers.of(traced.result),
        len(limits),
        tuple(check.question for check in traced.checks),
    )


class _Registers:
    """A linear scan: a register is free again after the last use of its node.

    used: the nodes that the result or a check depends on, in order.
    """

    def __init__(self, traced: Traced) -> None:
        self._nodes = traced.nodes
        last = {traced.result: len(traced.nodes)}
        for check in traced.checks:
            last.setdefault(check.node, check.node)
        for at in reversed(range(len(traced.nodes))):
            if at in last:
                for one in traced.nodes[at].operands:
                    if one >= 0:
                        last.setdefault(one, at)
        self._last = last
        self.used = sorted(last)
        inputs = sum(node.operation == "INPUT" for node in traced.nodes)
        self.count = inputs
        self._free: list[int] = []
        self._at = {k: k for k in range(inputs)}

    def of(self, operand: int) -> int:
        """The register of a node; a constant is itself."""
        return operand if operand < 0 else self._at[operand]

    def take(self, node: int) -> int:
        """A register for a node, which may be that of an operand which it is the last to use."""
        for one in set(self._nodes[node].operands):
            self.release(one, node)
        if not self._free:
            self._free.append(self.count)
            self.count += 1
        self._at[node] = self._free.pop()
        return self._at[node]

    def release(self, operand: int, node: int) -> None:
        """Free the register of an operand if this node is its last use; inputs keep theirs."""
        if (
            operand >= 0
            and self._last[operand] == node
            and self._nodes[operand].operation != "INPUT"
        ):
            self._free.append(self._at[operand])
