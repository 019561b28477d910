"""The choice of an engine for an evaluation."""

from losscli.backends.backend import Backend
from losscli.backends.heap import reuses_memory
from losscli.backends.machine import cores
from losscli.engines.engine import Engine
from losscli.engines.local import LocalEngine
from losscli.sources.source import Source
from losscli.sources.table import BLOCK

_TEXT_BYTES = 1 << 15  # the least text that is worth another thread


def choose_engine(backend: Backend, source: Source, threads: int, *, large_results: bool) -> Engine:
    """Worker processes where they are faster and safe, otherwise threads; both give the same bits.

    threads: 0 is all cores. large_results: True where results are as large as the blocks, which
    processes would have to copy.
    """
    from losscli.engines.forked import ForkedEngine, can_fork

    threads = _threads(threads or cores(), backend.device, source)
    known = all(table.rows is not None for table in source.tables)  # blocks are cut without reading
    small = not large_results and backend.name == "numpy"  # results are few bytes a block
    if threads > 1 and known and small and reuses_memory() and can_fork():
        return ForkedEngine(threads)
    return LocalEngine(threads)


def _threads(wanted: int, device: str, source: Source) -> int:
    """As many threads as are wanted, but no more than there are blocks."""
    if device != "cpu":
        return 1
    if source.rows is None:  # a block is some megabytes of text, or less
        return min(wanted, 1 + source.size // _TEXT_BYTES)
    return min(wanted, -(-source.rows * source.width // BLOCK))
