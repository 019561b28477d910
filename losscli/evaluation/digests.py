"""The digests of a block's roles, as leaves that later blocks continue."""

from collections.abc import Iterator

import numpy as np

from losscli.accumulators.digest import Leaves
from losscli.sources.source import Block


def leaves(block: Block) -> Iterator[tuple[str, Leaves]]:
    """The leaves of each role: float64 in little-endian C order, texts by rows, keys by hashes.

    Of a group's key, the first eight bytes of its SHA-256: the same in any format, and every row
    has its place.
    """
    from hashlib import sha256

    for role, values in block.arrays.items():
        if values.dtype.kind == "O":
            # Texts have no fixed length, so their parts cannot be placed: one leaf a block.
            text = "".join(f"{len(key)}:{key}" for key in values.tolist()).encode()
            yield role, Leaves(text, (), b"")
        else:
            flat = np.ascontiguousarray(values, "<f8").reshape(-1)
            start = 8 * block.first * (flat.size // block.rows)
            yield role, Leaves.of(flat.data.cast("B"), start)
    for role, keys in block.keys.items():
        texts = ("".join(f"{len(part)}:{part}" for part in key) for key in keys.texts)
        marks = b"".join(sha256(t.encode(errors="surrogatepass")).digest()[:8] for t in texts)
        flat = np.frombuffer(marks, np.uint64)[keys.codes]
        yield role, Leaves.of(flat.data.cast("B"), 8 * block.first)
