"""Rows of two benchmarks brought together: what sets them apart, and what they are measured by."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from losscli.differences.saved import Saved
from losscli.errors import DataError, UsageError
from losscli.implementations.registry import parse
from losscli.results.documents.bench import Benchmark, BenchmarkRow
from losscli.results.documents.diff import Mismatch

_BLOCK = ("label", "device", "dtype", "shape", "passes", "cache")
# The packages that make a library's speed, where it is not the one of its name.
_PACKAGES = {
    "torch.compile": ("torch",),
    "sklearn": ("sklearn", "numpy"),
    "liger": ("liger_kernel", "torch"),
}

Side: TypeAlias = Saved[Benchmark]
Key: TypeAlias = tuple[Any, ...]


class Sides(NamedTuple):
    """The same row of both runs, and the first implementation of its block in each."""

    old: BenchmarkRow
    new: BenchmarkRow
    first_old: BenchmarkRow
    first_new: BenchmarkRow


def matched(old: Side, new: Side) -> dict[Key, Sides]:
    """The rows that both have, in the order of `new`.

    Raises DataError where a row stands twice in one of them, or none stands in both.
    """
    rows = by_key(old), by_key(new)
    firsts = [_firsts(found) for found in rows]
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
    """All rows by what they match by, the implementation last."""
    found: dict[Key, BenchmarkRow] = {}
    for row in saved.result.rows:
        key = (*(getattr(row, name) for name in _BLOCK), row.impl)
        if key in found:
            raise DataError(
                f"{saved.name} has {row.label} by {row.impl} twice in the same setting",
                hint="bench each size once",
            )
        found[key] = row
    return found


def _firsts(rows: Mapping[Key, BenchmarkRow]) -> dict[Key, BenchmarkRow]:
    found: dict[Key, BenchmarkRow] = {}
    for key, row in rows.items():
        found.setdefault(key[:-1], row)
    return found


def mismatches(old: Side, new: Side, sides: Sides) -> Iterator[Mismatch]:
    """What would make the two rows differ though the implementation were the same."""

    def device(saved: Side) -> Any:
        words = saved.result.devices.get(sides.new.device)
        return None if words is None else words.partition(" · ")[0]

    found: list[tuple[str, Any, Any]] = [
        ("device", device(old), device(new)),
        ("threads", sides.old.threads, sides.new.threads),
        ("losscli", old.result.losscli, new.result.losscli),
    ]
    packages = _packages(sides.new.impl)
    found += [(package, _version(old, package), _version(new, package)) for package in packages]
    yield from (Mismatch(*other) for other in found if other[1] != other[2])


def anchor(old: Side, new: Side, sides: Sides) -> str:
    """The first implementation of the block, where its speed tells how fast the machine was.

    It does where it is the same code on the same machine, right, and timed round by round beside
    the row; empty where it is not.
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
    """Logs of the ratios of a row's times to the first one's, round by round."""
    return [math.log(a / b) for a, b in zip(row.round_times, first.round_times, strict=True)]


def _packages(impl: str) -> tuple[str, ...]:
    """The packages whose versions make an implementation's speed, as environments name them."""
    try:
        found = parse(impl)
    except UsageError:  # of a losscli that knew more libraries
        return "numpy", "torch"
    name = found.library or found.framework
    return _PACKAGES.get(name, (name,))


def _version(saved: Side, package: str) -> Any:
    return saved.result.losscli if package == "losscli" else saved.result.environment.get(package)
