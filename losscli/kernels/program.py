"""Programs: the graph of a loss as instructions with registers."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, count
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


def assemble(
    traced: Traced,
    operations: Sequence[str],
    limits: Sequence[Limit] = (),
    narrow: Sequence[bool] = (),
) -> Program:
    """The program of a graph; operations: the names of the machine's operations, in its order.

    narrow: True for each input of float32; none is by default.
    """
    codes = {name: code for code, name in enumerate(operations)}
    checks = {check.node: len(limits) + k for k, check in enumerate(traced.checks)}
    constants = list(traced.constants)
    steps = [
        Step("WITHIN", ~number, (limit.input, *_added(constants, *limit[1:])))
        for number, limit in enumerate(limits)
    ]
    steps = list(_widened([*steps, *_needed(traced)], narrow))
    steps = _paired(steps, codes, {traced.result, *checks})
    code: list[tuple[int, ...]] = []
    registers = _Registers(traced.inputs, steps, traced.result)
    for place, step in enumerate(steps):
        operands = [registers.of(one) for one in step.operands]
        to = ~step.node if step.node < 0 else registers.take(step.node, place)
        code.append((codes[step.operation], to, *(*operands, 0, 0)[:3]))
        if step.node in checks:
            code.append((codes["NONE"], checks[step.node], registers.of(step.node), 0, 0))
    return Program(
        np.array(code, np.int32).reshape(-1),
        np.array(constants),
        registers.count,
        registers.of(traced.result),
        len(limits),
        tuple(check.question for check in traced.checks),
    )


class Step(NamedTuple):
    """An operation on nodes and ~constants; its result is a node, or ~number for a limit."""

    operation: str
    node: int
    operands: tuple[int, ...]


def _added(constants: list[float], *values: float) -> tuple[int, ...]:
    constants += values
    return tuple(~k for k in range(len(constants) - len(values), len(constants)))


def _needed(traced: Traced) -> list[Step]:
    """The steps that the result or a check depends on, in order."""
    needed = {traced.result, *(check.node for check in traced.checks)}
    steps = []
    for at in reversed(range(traced.inputs, len(traced.nodes))):
        if at in needed:
            steps.append(Step(traced.nodes[at].operation, at, traced.nodes[at].operands))
            needed.update(traced.nodes[at].operands)
    return steps[::-1]


def _widened(steps: Sequence[Step], narrow: Sequence[bool]) -> Iterator[Step]:
    """The same steps where some inputs are float32: all but differences read widened copies."""
    wide: dict[int, int] = {}
    nodes = count(1 + max(step.node for step in steps))
    for step in steps:
        operands = step.operands
        if step.operation == "SUB" and all(0 <= k < len(narrow) and narrow[k] for k in operands):
            yield step._replace(operation="DIFF")
            continue
        for k in operands:
            if 0 <= k < len(narrow) and narrow[k] and k not in wide:
                wide[k] = next(nodes)
                yield Step("WIDEN", wide[k], (k,))
        yield step._replace(operands=tuple(wide.get(k, k) for k in operands))


_SWAPPED = {"ADD": "ADD", "MUL": "MUL", "SUB": "RSUB"}


def _paired(steps: Sequence[Step], codes: Mapping[str, int], kept: Collection[int]) -> list[Step]:
    """The same steps with pairs of operations as one, where nothing else reads what is between."""
    uses = Counter(chain(kept, *(step.operands for step in steps)))
    pending: dict[int, Step] = {}
    for step in steps:
        pending[step.node] = _pair(step, pending, uses, codes)
    return list(pending.values())


def _pair(
    step: Step, pending: dict[int, Step], uses: Counter[int], codes: Mapping[str, int]
) -> Step:
    """A step that does the work of another one too, which is no longer pending; or the step."""
    operation, (first, *others) = step.operation, step.operands
    ways = [(first, operation, others)]
    if len(others) == 1:
        ways.append((others[0], _SWAPPED.get(operation, ""), [first]))
        if operation == "MUL" and others[0] == first:
            ways = [(first, "SQUARE", [])]
    for inner, second, rest in ways:
        earlier = pending.get(inner)
        if earlier is None or uses[inner] != len(step.operands) - len(rest):
            continue
        pair = f"{earlier.operation}_{second}"
        if pair in codes and len(earlier.operands) == 2:
            del pending[inner]
            return Step(pair, step.node, (*earlier.operands, *rest))
    return step


class _Registers:
    """A linear scan: a register is free again after the last use of its node."""

    def __init__(self, inputs: int, steps: Sequence[Step], result: int) -> None:
        self._last = {one: place for place, step in enumerate(steps) for one in step.operands}
        self._last[result] = len(steps)
        self._steps = steps
        self._inputs = inputs
        self.count = inputs
        self._free: list[int] = []
        self._at = {k: k for k in range(inputs)}

    def of(self, operand: int) -> int:
        """The register of a node; a constant is itself."""
        return operand if operand < 0 else self._at[operand]

    def take(self, node: int, place: int) -> int:
        """A register for the result of a step, perhaps that of an operand that is read here last.

        The register of a node that only a check reads is free at the next step.
        """
        for one in set(self._steps[place].operands):
            if one >= self._inputs and self._last[one] == place:
                self._free.append(self._at[one])
        if not self._free:
            self._free.append(self.count)
            self.count += 1
        self._at[node] = self._free.pop()
        if node not in self._last:
            self._free.append(self._at[node])
        return self._at[node]
