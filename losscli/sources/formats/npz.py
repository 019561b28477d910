"""NPZ archives: arrays by their names, as `np.savez` and `np.savez_compressed` write them."""

import re

from losscli.errors import DataError
from losscli.sources.array_table import ArrayTable
from losscli.sources.arrays import StoredArray
from losscli.sources.files import OpenFile
from losscli.sources.formats import Format
from losscli.sources.named_arrays import ArraysTable, missing_array
from losscli.sources.options import ReadOptions
from losscli.sources.table import Table

_SUFFIX = ".npy"


class _Npz:
    """The arrays of an archive: its members whose names end in `.npy`."""

    def __init__(self, file: OpenFile) -> None:
        from losscli.sources.zip_members import Archive

        self._file = file
        self._archive = Archive(file)
        members = self._archive.names()
        self.names = [name[: -len(_SUFFIX)] for name in members if name.endswith(_SUFFIX)]
        if not self.names:
            raise DataError(
                f"{file.path} holds no arrays",
                hint="np.savez(path, pred=pred, target=target) writes them",
            )

    def open(self, name: str) -> StoredArray:
        """An array by its name; raises DataError where there is none, or where it is damaged."""
        from losscli.sources import zip_members
        from losscli.sources.inflated import InflatedArray, MemberArray
        from losscli.sources.npy_header import LONGEST, check_size, read_header

        if name not in self.names:
            raise missing_array(self._file.path, name, self.names)
        path = f"{self._file.path}:{name}"
        member = self._archive.member(f"{name}{_SUFFIX}", path)
        stored = member.method == zip_members.STORED
        if stored:
            head = self._file.read(min(LONGEST, member.size), member.offset)
        else:
            head = zip_members.beginning(self._file, member, LONGEST)
        header = read_header(head, path, texts=True)
        check_size(header, member.size - header.length, path)
        if stored:
            return MemberArray(self._file, member, header, head[: header.length])
        array = InflatedArray(self._file, member, header)
        in_columns = header.type.fortran and len(array.shape) > 1
        return array.positioned() if in_columns else array


def _open(file: OpenFile, options: ReadOptions) -> Table:
    arrays = _Npz(file)
    if options.part:
        return ArrayTable(file, arrays.open(options.part), "npz")
    return ArraysTable(file, "npz", arrays.names, arrays.open)


# A zip archive whose first member is an array: other formats are zip archives too.
FORMAT = Format(
    _open,
    suffixes=(".npz",),
    magic=re.compile(rb"PK\x03\x04.{26}[^\0]{1,1024}?\.npy", re.DOTALL),
    parts=True,
)
