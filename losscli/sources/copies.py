"""Copies of a source's rows in memory, which may be changed and read as the source itself is."""

from collections.abc import Mapping

from losscli.errors import DataError
from losscli.sources.keys import Keys
from losscli.sources.memory import MemoryTable
from losscli.sources.source import Source
from losscli.sources.table import Loaded, Role, Workspace, concatenate


def copy_rows(source: Source, most: int) -> dict[str, Loaded]:
    """All rows of every role; raises DataError where they are more than `most` numbers."""
    parts: dict[str, list[Loaded]] = {}
    size = 0
    for cut in source.blocks():
        block = cut.load(Workspace())
        columns: dict[str, Loaded] = {**block.arrays, **block.keys}
        for role, loaded in columns.items():
            parts.setdefault(role, []).append(loaded)
            size += loaded.codes.size if isinstance(loaded, Keys) else loaded.size
        if size > most:
            raise DataError(
                f"the data has more than {most:,} numbers: too many for copies",
                hint="name a smaller sample of the data",
            )
    return {role: concatenate(each) for role, each in parts.items()}


def with_rows(source: Source, loaded: Mapping[str, Loaded]) -> Source:
    """A source of the rows that are given, under the names that its roles have.

    Raises DataError without rows.
    """
    roles: dict[str, Role] = {}
    for role, rows in loaded.items():
        table, field = source.roles[role]
        if not isinstance(rows, Keys):
            field = field._replace(row=rows.shape[1:], dtype=str(rows.dtype))
        roles[role] = (MemoryTable(table.path, rows), field)
    return Source(roles, source.by)
