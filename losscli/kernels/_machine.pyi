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
    out: Any,
    most: int,
    least: float,
) -> int | tuple[bytes, float, float, int, bytes, int, bytes]: ...
def fold_pairs(
    machine: int | None,
    programs: tuple[tuple[Any, ...], ...],
    pairs: tuple[tuple[int, int], ...],
    unit: int,
    phase: int,
) -> tuple[Any, Any]: ...
def skip_json(
    text: Any, form: int, count: int, started: bool, final: bool
) -> tuple[int, int, int, int, str | None]: ...
def read_json(
    text: Any, form: int, paths: tuple[tuple[bytes, ...], ...], numeric: int, powers: Any
) -> tuple[int, tuple[tuple[bytes, bytes, bytes, bytes], ...], int, str | None]: ...
def split_rows(
    text: Any, delimiter: int, most: int, last: bool
) -> tuple[int, int, int, int, int, int]: ...
def scan_rows(
    text: Any,
    delimiter: int,
    decimal: int,
    trailing: bool,
    width: int,
    rows: int,
    columns: Any,
    powers: Any,
    words: Any,
    numbers: Any,
    spans: Any,
) -> tuple[int, int, bytes]: ...
def texts(text: Any, spans: Any) -> list[str]: ...
def joined(text: Any, spans: Any, columns: int) -> tuple[bytearray, bytearray]: ...
def distinct(text: Any, spans: Any) -> tuple[bytearray, bytearray]: ...
def number(values: Any, codes: Any) -> bytearray: ...
def digit_places(values: Any) -> tuple[int, int]: ...
def add_digits(values: Any, codes: Any, first: int, sums: Any, count: int) -> None: ...
def add_rows(rows: Any, places: Any, offset: int, sums: Any, width: int) -> None: ...
def extremes_by_code(values: Any, codes: Any, low: Any, high: Any, rows: Any) -> None: ...
def moments_by_code(a: Any, b: Any, codes: Any, moments: Any) -> None: ...
def merge_moments(moments: Any, unit: Any) -> None: ...
def run_starts(keys: Any) -> bytearray | None: ...
def run_sums(values: Any, starts: Any) -> tuple[int, bytearray] | None: ...
def to_buckets(
    keys: Any, values: Any, most: int, out: Any
) -> tuple[int, bytearray, int, int, int] | None: ...
def bucket_sums(
    parts: tuple[tuple[int, Any, Any], ...],
    low: int,
    high: int,
    first: int,
    exponent: int,
    bits: int,
    keys: Any,
    rows: Any,
    digits: Any,
) -> int: ...
def merge_keys(a: Any, b: Any, ours: Any, theirs: Any) -> bytearray: ...
def totals(first: int, digits: Any, high: Any, low: Any) -> None: ...
def totals_less(first: int, digits: Any, factor: float, high: Any, low: Any, out: Any) -> None: ...
def two_product(a: Any, b: Any, product: Any, rest: Any) -> None: ...
def fold_by_code(
    values: Any,
    codes: Any,
    unit: int,
    phase: int,
    counts: Any,
    low: Any,
    high: Any,
    rows: Any,
    moments: Any,
) -> tuple[int, bytes] | None: ...
