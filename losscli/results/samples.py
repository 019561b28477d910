"""Per-sample losses, written row by row."""

import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from losscli.errors import UsageError
from losscli.results.documents.eval import SampleRecord
from losscli.results.files import OutputFile
from losscli.results.text import escape_cell

if TYPE_CHECKING:
    from losscli.sources.keys import Keys


class SampleDigest:
    """The SHA-256 of per-sample losses, row by row as float64: the same of .npy and of .csv."""

    def __init__(self) -> None:
        from hashlib import sha256  # here: only a result that is kept has a digest

        self._sha256 = sha256()

    def append(self, table: NDArray[np.float64]) -> None:
        """Take the rows that follow, one column a loss."""
        plain = np.where(np.isnan(table), np.nan, table)  # text keeps no sign of a nan
        self._sha256.update(np.ascontiguousarray(plain, "<f8").tobytes())

    def hexdigest(self) -> str:
        """`sha256:` and 64 hexadecimal digits."""
        return f"sha256:{self._sha256.hexdigest()}"


class SampleFile:
    """Per-sample losses in input order: .npy of (N,), or (N, L) for L losses, or .csv with names.

    A .csv has the keys of groups too, in columns before the losses. digest: True for a record with
    the digest of the losses.

    Raises UsageError for another suffix, or where the file cannot be opened.
    """

    def __init__(
        self, path: str | os.PathLike[str], labels: Sequence[str], *, digest: bool = False
    ) -> None:
        suffix = Path(path).suffix.lower()
        if suffix not in (".npy", ".csv"):
            raise UsageError(f"--per-sample writes .npy or .csv, not {suffix or 'no suffix'!r}")
        self._csv = suffix == ".csv"
        self._labels = list(labels)
        self._rows = 0
        self._digest = SampleDigest() if digest else None
        self._by: tuple[str, ...] = ()
        self._begun = not self._csv
        self.output = OutputFile(path)
        if not self._csv:
            try:
                self.output.write(self._header())
            except BaseException:
                self.discard()
                raise

    def append(
        self,
        losses: Sequence[NDArray[np.float64]],
        by: Sequence[str] = (),
        keys: "Keys | None" = None,
    ) -> None:
        """Write the rows that follow; one array a loss. by: the names of the keys of groups."""
        table = np.stack(losses, axis=1)
        self._begin(by)
        texts: list[Sequence[str]] = []
        if keys is not None and self._by:
            written = [tuple(map(escape_cell, text)) for text in keys.texts]
            texts = [written[code] for code in keys.codes.tolist()]
        if self._digest is not None:
            self._digest.append(table)
        if self._csv:
            self.output.write("".join(self._lines(table, texts)).encode(errors="backslashreplace"))
        else:
            self.output.write(np.ascontiguousarray(table).tobytes())
        self._rows += len(table)

    def _begin(self, by: Sequence[str] = ()) -> None:
        """Write the header of a table; keys whose name a loss has are left out."""
        if self._begun:
            return
        self._begun = True
        self._by = () if {*by} & {"row", *self._labels} else tuple(by)
        cells = ["row", *map(_cell, (*self._by, *self._labels))]
        self.output.write(f"{','.join(cells)}\n".encode(errors="backslashreplace"))

    def _lines(self, table: NDArray[np.float64], texts: Sequence[Sequence[str]]) -> Iterator[str]:
        for k, row in enumerate(table.tolist()):
            cells = [str(self._rows + k), *map(_quoted, texts[k] if texts else ())]
            yield f"{','.join([*cells, *map(repr, row)])}\n"

    @property
    def record(self) -> SampleRecord:
        """The path of the file, the labels of its columns, and the digest, for the result."""
        digest = None if self._digest is None else self._digest.hexdigest()
        return SampleRecord(self.output.path, tuple(self._labels), digest, self._by)

    def commit(self) -> None:
        """Put the file in its place, the number of rows in its header."""
        self._begin()
        if not self._csv:
            self.output.write(self._header(), at=0)
        self.output.commit()

    def discard(self) -> None:
        """Leave no trace."""
        self.output.discard()

    def _header(self) -> bytes:
        """An NPY header of 128 bytes, whatever the number of rows."""
        columns = len(self._labels)
        shape = (self._rows,) if columns == 1 else (self._rows, columns)
        text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + text.ljust(117).encode() + b"\n"


def _cell(text: str) -> str:
    return _quoted(escape_cell(text))


def _quoted(text: str) -> str:
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if "," in text or quoted != text else text
