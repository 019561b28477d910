"""Parquet: row groups are decoded by worker threads, a few columns of them, in batches.

Checksums of pages are verified where the writer made them. Columns are taken by their place: a
name with a dot, or one that stands twice, would take others along.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from losscli.errors import DataError
from losscli.sources.arrow import ArrowTable, batch_rows
from losscli.sources.arrow_file import as_arrow
from losscli.sources.files import OpenFile
from losscli.sources.formats import Format
from losscli.sources.rows import Column, Rows
from losscli.sources.table import Cut, Field, Loaded, Workspace, row_ranges

_BATCH = 1 << 17  # rows that are decoded at a time
_READ = 1 << 20  # bytes of a column that are read at a time


class ParquetTable(ArrowTable):
    """A Parquet file.

    Raises DataError for one that is damaged or has no rows.
    """

    format = "parquet"
    by_position = True

    def __init__(self, file: OpenFile) -> None:
        self.file: OpenFile = file
        self.size = file.size
        self.path = file.path
        self._metadata: Any = None
        with self.reading():
            opened = self.opened()
            self._metadata = opened.metadata
            super().__init__(file.path, opened.schema_arrow)
        self.rows: int = self._metadata.num_rows
        self._check_rows()
        if not self.rows:
            raise self.no_rows()

    def opened(self) -> Any:
        """A reader of its own position, of the metadata that was read when the table was opened."""
        options = {
            "metadata": self._metadata,
            "buffer_size": _READ,
            "pre_buffer": False,
            "page_checksum_verification": True,
        }
        try:
            # The reader inside of pyarrow.parquet, whose file systems take 20 ms to import.
            from pyarrow._parquet import ParquetReader

            reader = ParquetReader()
            reader.open(as_arrow(self.file), **options)
        except (ImportError, TypeError):  # another version of pyarrow may have it elsewhere
            from pyarrow.parquet import ParquetFile

            return ParquetFile(as_arrow(self.file), **options).reader
        return reader

    def group_rows(self, group: int) -> int:
        """The number of rows that the metadata gives a row group."""
        return int(self._metadata.row_group(group).num_rows)

    def stream(self, columns: Sequence[Column]) -> Iterator[Rows]:
        """All rows, one row group after the other."""
        for group in range(self._metadata.num_row_groups):
            yield from self.decode(group, columns)

    def decode(self, group: int, columns: Sequence[Column]) -> Iterator[Rows]:
        """The rows of a row group."""
        leaves = [leaf for c in columns for leaf in range(c.leaf, c.leaf + c.leaves)]
        batches = self.opened().iter_batches(
            _BATCH, [group], column_indices=leaves, use_threads=False
        )
        for batch in batches:
            yield batch_rows(batch, columns)

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows, located in their row groups; workers decode them."""
        groups = self._groups()
        group, begin = next(groups)
        for start, count in row_ranges(self.rows, rows, first):
            parts = []
            at, end = start, start + count
            while at < end:
                if at == begin + group.rows:
                    group, begin = next(groups)
                    continue
                stop = min(end, begin + group.rows)
                parts.append((group, at - begin, stop - at))
                at = stop
            yield Cut(count, self.size * count // self.rows, partial(self._decoded, start, parts))

    def _groups(self) -> Iterator[tuple["_RowGroup", int]]:
        """The row groups, each with the number of rows before it."""
        begin = 0
        for group in range(self._metadata.num_row_groups):
            yield _RowGroup(self, group), begin
            begin += self.group_rows(group)

    def _check_rows(self) -> None:
        """Raise DataError where the row groups do not have the rows that the file promises."""
        counts = [self.group_rows(group) for group in range(self._metadata.num_row_groups)]
        if sum(counts) != self.rows or min(counts, default=0) < 0:
            raise DataError(
                f"{self.path} promises {self.rows:,} rows; its row groups have {sum(counts):,}",
                hint="make the file again",
            )

    def _decoded(
        self,
        start: int,
        parts: Sequence[tuple["_RowGroup", int, int]],
        fields: Sequence[Field],
        workspace: Workspace,
    ) -> dict[str, Loaded]:
        columns = self.taken(fields)
        with self.reading():
            rows = [r for group, at, count in parts for r in group.take(at, count, columns)]
        return self.convert(start, rows, fields, workspace)


class _RowGroup:
    """A row group that is decoded once, batch by batch, for the cuts that share it.

    Cuts may come in any order: batches that others need are held for them.
    """

    def __init__(self, table: ParquetTable, group: int) -> None:
        self._table = table
        self._group = group
        self.rows = table.group_rows(group)
        self._lock = threading.Lock()
        self._columns: Sequence[Column] = ()
        self._decoded = self._gone = 0
        self._restart(())

    def take(self, start: int, count: int, columns: Sequence[Column]) -> list[Rows]:
        """Consecutive rows of the group, in parts."""
        with self._lock:
            if columns != self._columns or start < self._gone:
                self._restart(columns)
            while self._decoded < start + count:
                self._decode()
            found = []
            for held in self._held:
                begin = max(start, held.begin)
                size = min(start + count, held.begin + held.rows.size) - begin
                if size > 0:
                    found.append(held.rows.part(begin - held.begin, size))
                    held.left -= size
            while self._held and self._held[0].left <= 0:
                gone = self._held.pop(0)
                self._gone = gone.begin + gone.rows.size
            return found

    def _restart(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._batches = self._table.decode(self._group, columns)
        self._held: list[_Held] = []
        self._decoded = self._gone = 0

    def _decode(self) -> None:
        rows = next(self._batches, None)
        if rows is None:
            raise DataError(
                f"row group {self._group + 1} of {self._table.path} has {self._decoded:,} rows; "
                f"{self.rows:,} are promised",
                hint="make the file again",
            )
        self._held.append(_Held(self._decoded, rows, rows.size))
        self._decoded += rows.size


class _Held:
    """A batch, the number of rows before it, and how many of its rows nobody has taken."""

    def __init__(self, begin: int, rows: Rows, left: int) -> None:
        self.begin, self.rows, self.left = begin, rows, left


def _opened(file: OpenFile) -> ParquetTable:
    # Now and not in a worker: Ctrl-C inside an import would lock the other threads out.
    with suppress(ImportError):
        from pyarrow import _parquet  # noqa: F401

    return ParquetTable(file)


FORMAT = Format(lambda file, _: _opened(file), suffixes=(".parquet", ".pq"), magic=b"PAR1")
