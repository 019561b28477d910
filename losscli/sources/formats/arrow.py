"""Arrow IPC files, which are also Feather files of version 2."""

from collections.abc import Iterator, Sequence

from losscli.sources.arrow import ArrowTable, batch_rows
from losscli.sources.arrow_file import as_arrow
from losscli.sources.files import OpenFile
from losscli.sources.formats import Format
from losscli.sources.rows import Column, Rows


class ArrowFileTable(ArrowTable):
    """An Arrow IPC file; of its batches, the columns are read that some role takes.

    Raises DataError for one that is damaged.
    """

    format = "arrow"

    def __init__(self, file: OpenFile) -> None:
        from pyarrow import ipc

        self.file: OpenFile = file
        self.size = file.size
        self.path = file.path
        with self.reading(), ipc.open_file(as_arrow(file)) as reader:
            super().__init__(file.path, reader.schema)

    def stream(self, columns: Sequence[Column]) -> Iterator[Rows]:
        """All rows, a batch of the file at a time."""
        from pyarrow import ipc

        read = self.siblings(columns)
        places = list(dict.fromkeys(column.top for column in read))
        options = ipc.IpcReadOptions(included_fields=places, use_threads=False)
        with ipc.open_file(as_arrow(self.file), options=options) as reader:
            for place in range(reader.num_record_batches):
                batch = reader.get_batch(place)
                batch.validate(full=True)  # a damaged offset would be read outside the buffers
                yield batch_rows(batch, read)


def _opened(file: OpenFile) -> ArrowFileTable:
    # Now and not in a worker: Ctrl-C inside an import would lock the other threads out.
    from pyarrow import ipc  # noqa: F401

    return ArrowFileTable(file)


FORMAT = Format(
    lambda file, _: _opened(file), suffixes=(".arrow", ".feather", ".ipc"), magic=b"ARROW1"
)
