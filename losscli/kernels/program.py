"""Programs: the graph of a loss as instructions with registers."""

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.kernels.nodes import Node
from losscli.kernels.recording import Traced

_MOST = sys.float_info.max


class Limit(NamedTuple):
    """The closed interval that the numbers of an input must lie in."""

    input: int
    low: float
    high: float


class IndexLimit(NamedTuple):
    """The number of classes of which an input has indices, 0, 1, …, and another valid number."""

    input: int
    classes: int
    ignored: float = math.nan


class Program(NamedTuple):
    """Instructions (operation, destination, a, b, c, width, part) over registers.

    The first registers are the inputs. An operand is a register, or ~index of a constant. A check
    has its number as its destination: that of a limit is its place among the limits; those of the
    masks that are required follow, those of questions, and those of masks to look for. constants,
    code: as the machine takes them. limits: the number of the limits and of the masks that are
    required. questions: those of the recording, in order. seen: the keys of the masks to look for.
    """

    code: NDArray[np.int32]
    constants: NDArray[np.float64]
    registers: int
    result: int
    limits: int
    questions: tuple[int, ...]
    seen: tuple[Any, ...] = ()

    def question(self, status: int) -> int | None:
        """The question that was answered by the check of a number; None for any other check."""
        return self.questions[status - self.limits] if status >= self.limits else None

    def keys(self, bits: int) -> tuple[Any, ...]:
        """The keys of masks that were seen, by the bits of their numbers."""
        first = self.limits + len(self.questions)
        return tuple(key for k, key in enumerate(self.seen, first) if bits >> k & 1)


def assemble(
    traced: Traced,
    operations: Sequence[str],
    limits: Sequence[Limit | IndexLimit] = (),
    narrow: Sequence[bool] = (),
    whole: Sequence[bool] = (),
) -> Program:
    """The program of a graph; operations: the names of the machine's operations, in its order.

    narrow, whole: True for each input of float32, and for each of int64; none is by default.
    """
    codes = {name: code for code, name in enumerate(operations)}
    questions = [check.question for check in traced.checks]
    constants = list(traced.constants)
    steps = [
        _limited(~number, limit, constants, traced.nodes[limit.input].width)
        for number, limit in enumerate(limits)
    ]
    steps += _checked(_needed(traced), _checks_of(traced, len(limits)))
    steps = _paired(list(_widened(steps, narrow, whole)), codes, {traced.result})
    tables = [_added(constants, *table)[0] for table in traced.tables]
    code: list[tuple[int, ...]] = []
    registers = _Registers(traced.inputs, steps, traced.result)
    for place, step in enumerate(steps):
        operands = [registers.of(one) for one in step.operands]
        if step.operation in ("COLUMNS", "LOOKUP"):
            operands.append(tables[step.numbers[0]])
        else:
            operands += step.numbers
        to = ~step.node if step.node < 0 else registers.take(step.node, place)
        code.append((codes[step.operation], to, *(*operands, 0, 0)[:3], step.width, step.part))
    return Program(
        np.array(code, np.int32).reshape(-1),
        np.array(constants, np.float64),
        registers.count,
        registers.of(traced.result),
        len(limits) + len(traced.required),
        tuple(questions),
        tuple(key for key, _ in traced.seen),
    )


def _checks_of(traced: Traced, first: int) -> Mapping[int, list[tuple[str, int]]]:
    """The checks of nodes, which are masks: operations and their numbers."""
    checks = [("EVERY", node) for node in traced.required]
    checks += [_none_of(traced, check.node) for check in traced.checks]
    checks += [("SEEN", node) for _, node in traced.seen]
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for number, (operation, node) in enumerate(checks, first):
        found[node].append((operation, number))
    return found


class Step(NamedTuple):
    """An operation on nodes and ~constants; its result is a node, or ~number for a limit."""

    operation: str
    node: int
    operands: tuple[int, ...]
    width: int
    part: int = 0
    numbers: tuple[int, ...] = ()

    @property
    def result_width(self) -> int:
        """The numbers a row of the result."""
        return Node(self.operation, (), *self[3:]).result_width


def _limited(node: int, limit: Limit | IndexLimit, constants: list[float], width: int) -> Step:
    """The check of a limit."""
    if isinstance(limit, Limit) and (limit.low, limit.high) == (-_MOST, _MOST):
        return Step("ISFINITE_EVERY", node, (limit.input,), width)  # in half the time
    operation = "WITHIN" if isinstance(limit, Limit) else "INDEX"
    return Step(operation, node, (limit.input, *_added(constants, *map(float, limit[1:]))), width)


def _added(constants: list[float], *values: float) -> tuple[int, ...]:
    constants += values
    return tuple(~k for k in range(len(constants) - len(values), len(constants)))


def _checked(steps: Sequence[Step], checks: Mapping[int, list[tuple[str, int]]]) -> Iterator[Step]:
    """The same steps, and after each the checks of its result."""
    for step in steps:
        yield step
        for operation, number in checks.get(step.node, ()):
            yield Step(operation, ~number, (step.node,), step.result_width)


def _none_of(traced: Traced, node: int) -> tuple[str, int]:
    """The check that a mask is set nowhere: of 1 - mask, that the mask is set everywhere."""
    operation, operands = traced.nodes[node][:2]
    if operation == "SUB" and operands[0] < 0 <= operands[1]:
        return "EVERY", operands[1]
    return "NONE", node


def _needed(traced: Traced) -> list[Step]:
    """The steps that the result or a check depends on, in order."""
    needed = {traced.result, *_checks_of(traced, 0)}
    steps = []
    for at in reversed(range(traced.inputs, len(traced.nodes))):
        if at in needed:
            node = traced.nodes[at]
            steps.append(Step(node.operation, at, *node[1:]))
            needed.update(node.operands)
    return steps[::-1]


def _widened(
    steps: Sequence[Step], narrow: Sequence[bool], whole: Sequence[bool]
) -> Iterator[Step]:
    """The same steps where inputs are of other types: all but differences read them as float64."""
    types = {k: "CONVERT" for k, one in enumerate(whole) if one}
    types |= {k: "WIDEN" for k, one in enumerate(narrow) if one}
    wide: dict[int, int] = {}
    nodes = count(1 + max(step.node for step in steps))
    for step in steps:
        operands = step.operands
        if step.operation == "SUB" and all(types.get(k) == "WIDEN" for k in operands):
            yield step._replace(operation="DIFF")
            continue
        for place, k in enumerate(operands):
            if k in types and k not in wide:
                wide[k] = next(nodes)
                width = step.width // step.part if step.part and place else step.width
                yield Step(types[k], wide[k], (k,), width)
        yield step._replace(operands=tuple(wide.get(k, k) for k in operands))


_SWAPPED = {"ADD": "ADD", "MUL": "MUL", "MAX": "MAX", "SUB": "RSUB"}


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
    """A step that does the work of another one too; or the step.

    The other one is no longer pending if nothing else reads it.
    """
    if step.part:
        return step
    operation, (first, *others) = step.operation, step.operands
    ways = [(first, operation, others)]
    if len(others) == 1:
        ways.append((others[0], _SWAPPED.get(operation, ""), [first]))
        if operation == "MUL" and others[0] == first:
            ways = [(first, "SQUARE", [])]
    for inner, second, rest in ways:
        earlier = pending.get(inner)
        if earlier is None:
            continue
        left = uses[inner] - (len(step.operands) - len(rest))
        pair = f"{earlier.operation}_{second}"
        # A check compares as fast as it reads a mask.
        if pair in codes and (left == 0 or step.node < 0):
            uses[inner] = left
            if left == 0:
                del pending[inner]
            return Step(pair, step.node, (*earlier.operands, *rest), step.width)
    return step


class _Registers:
    """A linear scan: a register is free again after the last use of its node.

    free: by the numbers a row of registers, those that are free.
    """

    def __init__(self, inputs: int, steps: Sequence[Step], result: int) -> None:
        self._last = {one: place for place, step in enumerate(steps) for one in step.operands}
        self._last[result] = len(steps)
        self._steps = steps
        self._inputs = inputs
        self.count = inputs
        self._free: dict[int, list[int]] = defaultdict(list)
        self._widths: dict[int, int] = {}
        self._at = {k: k for k in range(inputs)}

    def of(self, operand: int) -> int:
        """The register of a node; a constant is itself."""
        return operand if operand < 0 else self._at[operand]

    def take(self, node: int, place: int) -> int:
        """A register for the result of a step, perhaps that of an operand that is read here last.

        The register of a node that only a check reads is free at the next step.
        """
        step = self._steps[place]
        for one in dict.fromkeys(reversed(step.operands)):  # an operation in place on the first
            if one >= self._inputs and self._last[one] == place:
                self._free[self._widths[one]].append(self._at[one])
        width = self._widths[node] = step.result_width
        if not self._free[width]:
            self._free[width].append(self.count)
            self.count += 1
        self._at[node] = self._free[width].pop()
        if node not in self._last:
            self._free[width].append(self._at[node])
        return self._at[node]
