"""The leaves of the digests of a block."""

from collections.abc import Iterator

import numpy as np

from losscli.accumulators.digest import Leaves
from losscli.sources.keys import as_keys
from losscli.sources.source import Block
from losscli.sources.table import CLUSTERS
from losscli.sources.texts import Texts


def leaves_of(block: Block) -> Iterator[tuple[str, Leaves]]:
    """The leaves of each role: float64 in little-endian C order, texts by rows, keys by hashes.

    Of a group's key, the first eight bytes of its SHA-256: the same in any format, and every row
    has its place.
    """
    from hashlib import sha256

    for role, values in block.arrays.items():
        if isinstance(values, Texts):
            # Texts have no fixed length, so their parts cannot be placed: one leaf a block.
            text = "".join(f"{len(cell)}:{cell}" for row in values.rows() for cell in row)
            yield role, Leaves(text.encode(errors="surrogatepass"), (), b"")
        else:
            flat = np.ascontiguousarray(values, "<f8").reshape(-1)
            start = 8 * block.first * (flat.size // block.rows)
            yield role, Leaves.of(flat.data.cast("B"), start)
    groupings = dict(block.keys)
    if block.clusters is not None:
        groupings[CLUSTERS] = as_keys(block.clusters)
    for role, keys in groupings.items():
        texts = ("".join(f"{len(part)}:{part}" for part in key) for key in keys.texts)
        marks = b"".join(sha256(t.encode(errors="surrogatepass")).digest()[:8] for t in texts)
        flat = np.frombuffer(marks, np.uint64)[keys.codes]
        yield role, Leaves.of(flat.data.cast("B"), 8 * block.first)
