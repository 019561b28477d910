"""The nodes of graphs of vector operations."""

from typing import NamedTuple

_BY_PARTS = frozenset({"TOTAL", "LARGEST", "SMALLEST", "PLACE", "TAKE"})


class Node(NamedTuple):
    """An operation; its operands are indices of nodes, or ~index of a constant.

    width: the numbers a row of its first operand, or of its result if it has none. part: for an
    operation on parts of a row, the numbers of each. numbers: other numbers of the operation; of
    COLUMNS and LOOKUP the index of a table.
    """

    operation: str
    operands: tuple[int, ...]
    width: int = 1
    part: int = 0
    numbers: tuple[int, ...] = ()

    @property
    def result_width(self) -> int:
        """The numbers a row of the result."""
        if self.operation in _BY_PARTS:
            return self.width // self.part
        if self.operation == "REPEAT":
            return self.width * self.numbers[0]
        if self.operation == "SLICE":
            return self.width // self.part * self.numbers[1]
        return self.width
