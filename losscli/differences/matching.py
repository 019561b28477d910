"""Matching the rows of two benchmarks, their mismatches, and the anchor of a row."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from losscli.differences.saved import Saved
from losscli.errors import DataError, UsageError
from losscli.implementations.registry import parse
from losscli.results.documents.bench import Benchmark, BenchmarkRow
from losscli.results.documents.diff import Mismatch

_BLOCK = ("label", "device", "dtype", "shape", "passes", "cache")
# The packages that determine the speed of an implementation, if not the one of its name.
_PACKAGES = {
    "torch.compile": ("torch",),
    "sklearn": ("sklearn", "numpy"),
    "liger": ("liger_kernel", "torch"),
}

Side: TypeAlias = Saved[Benchmark]
Key: TypeAlias = tuple[Any, ...]


class Sides(NamedTuple):
    """A row of both benchmarks, and the first implementation of its block in each."""

    old: BenchmarkRow
    new: BenchmarkRow
    first_old: BenchmarkRow
    first_new: BenchmarkRow


def matched(old: Side, new: Side) -> dict[Key, Sides]:
    """Return the rows of both benchmarks by key, in the order of `new`.

    Raises DataError if a row occurs twice on one side, or no row is on both.
    """
    rows = by_key(old), by_key(new)
    firsts = [_firsts(side) for side in rows]
    both = {
        key: Sides(rows[0][key], row, firsts[0][key[:-1]], firsts[1][key[:-1]])
        for key, row in rows[1].items()
        if key in rows[0]
    }
    if not both:
        raise DataError(
            f"no row of {new.name} is in {old.name}",
            place=f"{len(rows[0])} rows in OLD, {len(rows[1])} in NEW",
            hint="rows match by loss, impl, device, dtype, shape, pass and cache: bench the same",
        )
    return both


def by_key(saved: Side) -> dict[Key, BenchmarkRow]:
    """Return all rows by the key that matches them, the implementation last."""
    rows: dict[Key, BenchmarkRow] = {}
    for row in saved.result.rows:
        key = (*(getattr(row, name) for name in _BLOCK), row.impl)
        if key in rows:
            raise DataError(
                f"{saved.name} has {row.label} by {row.impl} twice in the same setting",
                hint="bench each size once",
            )
        rows[key] = row
    return rows


def _firsts(rows: dict[Key, BenchmarkRow]) -> dict[Key, BenchmarkRow]:
    return {key[:-1]: row for key, row in reversed(rows.items())}


def mismatches(old: Side, new: Side, sides: Sides) -> Iterator[Mismatch]:
    """Yield the differences that change the times of even the same implementation."""

    def device(saved: Side) -> Any:
        words = saved.result.devices.get(sides.new.device)
        return None if words is None else words.partition(" · ")[0]

    pairs: list[tuple[str, Any, Any]] = [
        ("device", device(old), device(new)),
        ("threads", sides.old.threads, sides.new.threads),
        ("losscli", old.result.losscli, new.result.losscli),
    ]
    packages = _packages(sides.new.impl)
    pairs += [(package, _version(old, package), _version(new, package)) for package in packages]
    yield from (Mismatch(*other) for other in pairs if other[1] != other[2])


def anchor(old: Side, new: Side, sides: Sides) -> str:
    """Return the first implementation of the block if its speed measures the machine's.

    It does if it is the same code on the same machine, correct, and timed in the same rounds as
    the row; otherwise empty.
    """
    name = sides.first_new.impl
    if name != sides.first_old.impl or name == sides.new.impl:
        return ""
    try:
        library = parse(name).library
    except UsageError:
        return ""
    if library is None:  # a user's function may have changed
        return ""
    packages = (*_packages(name), *(["losscli"] if library == "numpy" else []))
    for package in packages:
        if _version(old, package) is None or _version(old, package) != _version(new, package):
            return ""
    if any(other.what in ("device", "threads") for other in mismatches(old, new, sides)):
        return ""
    for first, row in ((sides.first_old, sides.old), (sides.first_new, sides.new)):
        if not first.correct or len(first.round_times) != len(row.round_times):
            return ""
    return name


def log_ratios(row: BenchmarkRow, first: BenchmarkRow) -> list[float]:
    """Return the logs of the ratios of a row's times to those of the first, by round."""
    return [math.log(a / b) for a, b in zip(row.round_times, first.round_times, strict=True)]


def _packages(impl: str) -> tuple[str, ...]:
    """Return the packages whose versions determine an implementation's speed."""
    try:
        implementation = parse(impl)
    except UsageError:  # saved by a version with other libraries
        return "numpy", "torch"
    name = implementation.library or implementation.framework
    return _PACKAGES.get(name, (name,))


def _version(saved: Side, package: str) -> Any:
    return saved.result.losscli if package == "losscli" else saved.result.environment.get(package)
