"""NPY files: a checked header, then reads by position; nothing is mapped or unpickled."""

from losscli.sources.array_table import ArrayTable
from losscli.sources.arrays import FileArray
from losscli.sources.files import OpenFile
from losscli.sources.formats import Format
from losscli.sources.npy_header import LONGEST, MAGIC, check_size, read_header
from losscli.sources.options import ReadOptions


def read_npy(file: OpenFile) -> FileArray:
    """The array of a .npy file, format 1 to 3.

    Raises DataError for anything but numbers, and for a header that lies about the size.
    """
    header = read_header(file.read(LONGEST, 0), file.path)
    check_size(header, file.size - header.length, file.path)
    return FileArray(file, file.path, header.type, header.length)


def _open(file: OpenFile, _: ReadOptions) -> ArrayTable:
    return ArrayTable(file, read_npy(file), "npy", file.size)


FORMAT = Format(_open, suffixes=(".npy",), magic=MAGIC, columns=False)
