"""Arrow IPC streams, as they are written to pipes; one without its end marker is refused."""

from collections.abc import Iterator, Sequence

from losscli.errors import DataError
from losscli.sources.arrow import ArrowTable, batch_rows
from losscli.sources.arrow_file import as_arrow
from losscli.sources.files import OpenFile
from losscli.sources.formats import Format
from losscli.sources.rows import Column, Rows

_MAGIC = b"\xff\xff\xff\xff"
_END = _MAGIC + bytes(4)


class ArrowStreamTable(ArrowTable):
    """A file of an Arrow IPC stream.

    Raises DataError for one that is damaged or lacks its end: a stream that was cut between two
    batches would read as a shorter one.
    """

    format = "arrows"

    def __init__(self, file: OpenFile) -> None:
        from pyarrow import ipc

        self.file: OpenFile = file
        self.size = file.size
        self.path = file.path
        if file.read(len(_END), max(0, file.size - len(_END))) != _END:
            raise DataError(
                f"{self.path} is an Arrow stream that is cut short: it lacks its end marker",
                hint="close the writer, or make the file again",
            )
        with self.reading(), ipc.open_stream(as_arrow(file)) as reader:
            super().__init__(file.path, reader.schema)

    def stream(self, columns: Sequence[Column]) -> Iterator[Rows]:
        """All rows, a batch of the file at a time."""
        from pyarrow import ipc

        read = self.siblings(columns)
        places = list(dict.fromkeys(column.top for column in read))
        options = ipc.IpcReadOptions(included_fields=places, use_threads=False)
        with ipc.open_stream(as_arrow(self.file), options=options) as reader:
            for batch in reader:
                batch.validate(full=True)  # a damaged offset would be read outside the buffers
                yield batch_rows(batch, read)


def _opened(file: OpenFile) -> ArrowStreamTable:
    # Now and not in a worker: Ctrl-C inside an import would lock the other threads out.
    from pyarrow import ipc  # noqa: F401

    return ArrowStreamTable(file)


FORMAT = Format(lambda file, _: _opened(file), suffixes=(".arrows",), magic=_MAGIC)
