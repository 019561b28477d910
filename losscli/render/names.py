"""The names of implementations in tables."""

from collections import Counter
from collections.abc import Iterable


def short_names(impls: Iterable[str]) -> dict[str, str]:
    """Each implementation's name in a table: `FILE.py:NAME` is NAME where that is unambiguous.

    >>> short_names(["torch", "kernels.py:fused_ce"])
    {'torch': 'torch', 'kernels.py:fused_ce': 'fused_ce'}
    """
    short = {impl: impl.rpartition(":")[2] if ".py:" in impl else impl for impl in impls}
    counts = Counter(short.values())
    return {impl: name if counts[name] == 1 else impl for impl, name in short.items()}
