from typing import Any

MACHINES: tuple[str, ...]
OPERATIONS: str
CHUNK: int

def compute(
    machine: int | None,
    code: Any,
    constants: Any,
    registers: int,
    result: int,
    inputs: tuple[Any, ...],
    out: Any,
) -> int: ...
def fold(
    machine: int | None,
    code: Any,
    constants: Any,
    registers: int,
    result: int,
    inputs: tuple[Any, ...],
    unit: int,
    phase: int,
) -> int | tuple[bytes, float, float, int, bytes, int]: ...
