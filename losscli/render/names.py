"""The names of implementations, settings and directions in tables of benchmarks."""

from collections import Counter
from collections.abc import Iterable

from losscli.results.documents.bench import RowKey


def short_names(impls: Iterable[str]) -> dict[str, str]:
    """Each implementation's name in a table: `FILE.py:NAME` is NAME where that is unambiguous.

    >>> short_names(["torch", "kernels.py:fused_ce"])
    {'torch': 'torch', 'kernels.py:fused_ce': 'fused_ce'}
    """
    short = {impl: impl.rpartition(":")[2] if ".py:" in impl else impl for impl in impls}
    counts = Counter(short.values())
    return {impl: name if counts[name] == 1 else impl for impl, name in short.items()}


def setting_of(row: RowKey) -> str:
    """The label, shape, dtype and device of a row; the CPU is not named."""
    where = "" if row.device == "cpu" else f" {row.device}"
    return f"{row.label} {row.size} {row.dtype}{where}"


def direction_of(row: RowKey) -> str:
    """The pass of a row, and whether its caches were cold."""
    return f"{row.passes}{', cold caches' if row.cold and row.device == 'cpu' else ''}"
