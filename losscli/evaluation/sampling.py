"""The sampling design of an evaluation: the rows that are not independent of each other."""

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.clusters import Clusters
from losscli.accumulators.design import Design
from losscli.accumulators.rows import RowAccumulator
from losscli.errors import DataError
from losscli.evaluation.validity import Violation
from losscli.losses.core.domain import Mask
from losscli.results.document import Note
from losscli.results.documents.eval import LossResult
from losscli.sources.keys import Keys, distinct
from losscli.sources.source import Block, Source
from losscli.sources.table import CLUSTERS
from losscli.sources.texts import Texts

FEW = 20  # clusters: with fewer, intervals of clusters of different sizes cover less than 93 %


def is_clustered(source: Source) -> bool:
    """True if rows lie in clusters: given ones, or the samples whose positions they are."""
    return source.positions > 1 or CLUSTERS in source.roles


def check_clusters(source: Source, accumulators: Sequence[RowAccumulator]) -> None:
    """Raise DataError where all rows that count lie in one cluster."""
    if CLUSTERS not in source.roles:
        return
    for rows in accumulators:
        if rows.design is not None and rows.design.count == 1:
            raise DataError(
                "all rows lie in one cluster: there is no standard error",
                place=source.table(CLUSTERS).path,
                hint="name a column of several clusters, or leave --cluster out",
            )


def cluster_notes(source: Source, results: Sequence[LossResult]) -> Iterator[Note]:
    """A note where the intervals rest on few clusters."""
    counts = [result.clusters for result in results if result.clusters]
    if not counts or min(counts) >= FEW:
        return
    if min(counts) == 1:
        words = "all rows are positions of one sample: there is no standard error"
        yield Note("few_clusters", words)
        return
    kind = "clusters" if CLUSTERS in source.roles else "samples"
    words = f"the intervals rest on {min(counts)} {kind}: they may be too narrow"
    yield Note("few_clusters", words, f"from {FEW} on their coverage is close to nominal")


def design_of(
    block: Block, positions: int, violations: MutableMapping[tuple[str, str], Violation]
) -> Design:
    """The design of the rows of a block, which lie in the clusters given, or else in samples.

    positions: the rows of a sample. violations: takes rows without a cluster.
    """
    if block.clusters is None:
        return Design(_samples(block, positions))
    loaded = block.clusters
    clusters, missing = _named(loaded) if isinstance(loaded, Keys) else _numbered(loaded)
    if missing is not None:
        first, count = block.first + int(missing.argmax()), int(np.count_nonzero(missing))
        message = "the cluster of this row is missing"
        hint = "leave such rows out, or give each a cluster of its own"
        violation = Violation(message, CLUSTERS, first, None, count, hint)
        violations[CLUSTERS, message] = violation
    return Design(clusters)


def _samples(block: Block, positions: int) -> Clusters:
    """The samples of positions, by their numbers."""
    samples = np.arange(block.first, block.first + block.rows) // positions
    first = int(samples[0])
    keys = np.arange(first, int(samples[-1]) + 1, dtype=np.uint64)
    return Clusters(samples - first, keys)


def _numbered(values: NDArray[Any]) -> tuple[Clusters, Mask | None]:
    """The clusters of rows by numbers, and the rows without one, None for no such row."""
    values = values.reshape(len(values))
    missing = None
    if values.dtype.kind == "f":
        nan = np.isnan(values)
        missing = nan if nan.any() else None
        numbers = values.astype(np.float64) + 0.0  # of -0.0 and 0.0 one number
        values = np.where(nan, 0.0, numbers).view(np.int64)
    found, codes = distinct(values)
    return Clusters(codes, found.astype(np.int64).view(np.uint64)), missing


def _named(keys: Keys) -> tuple[Clusters, Mask | None]:
    """The same by texts.

    A cluster is known by a hash: of a million, two share one with a probability of 3e-8.
    """
    texts = [text for (text,) in keys.texts]
    missing = keys.codes == texts.index("") if "" in texts else None
    return Clusters(keys.codes, Texts.of(texts).hashes()), missing
