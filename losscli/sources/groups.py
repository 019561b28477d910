"""The keys of `--by`: columns of open tables, files, arrays; each a role of the source."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from losscli.backends.arrays import holds_numbers
from losscli.errors import DataError, UsageError
from losscli.sources.memory import key_table
from losscli.sources.table import Role, Table

Find = Callable[[Any, str], Table | None]
Open = Callable[[Any, str], Table]


class Groups(NamedTuple):
    """Roles of keys, one a table, and the names of all their columns in the same order."""

    roles: dict[str, Role]
    names: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """Columns of the tables that are keys, so not predictions."""
        return [name for _, field in self.roles.values() for name in field.columns]


def find_groups(by: Sequence[Any] | Mapping[str, Any], find: Find, opened: Open) -> Groups:
    """The groups of columns, files and arrays; a mapping gives their names.

    find: the table that has a column of that name, None for a file. opened: a file as a table.

    Raises UsageError if two keys have one name, DataError for an array that is not a key a row.
    """
    things = by.items() if isinstance(by, Mapping) else ((None, thing) for thing in by)
    taken: dict[int, tuple[Table, list[str], list[str]]] = {}
    for place, (given, thing) in enumerate(things, start=1):
        table = find(thing, "--by")
        if table is not None:
            _, columns, called = taken.setdefault(id(table), (table, [], []))
            if thing not in columns:
                columns.append(thing)
                called.append(given or thing)
            continue
        name = given or _name_of(thing, place if len(by) > 1 else None)
        numbers = isinstance(thing, str | os.PathLike) or holds_numbers(thing)
        table = opened(thing, name) if numbers else key_table(thing, name)
        taken[id(table)] = (table, [], list(_names(table, name, given)))
    roles = {}
    for place, (table, columns, _) in enumerate(taken.values(), start=1):
        role = "groups" if place == 1 else f"groups_{place}"
        roles[role] = (table, table.field(role, columns or None, ()))
    names = tuple(name for _, _, several in taken.values() for name in several)
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"two keys of --by are called {name}", hint="rename a file, or a column"
            )
    return Groups(roles, names)


def _name_of(thing: Any, place: int | None) -> str:
    """A file's stem, a column's own name, or `by`."""
    if isinstance(thing, str | os.PathLike):
        return Path(thing).stem
    name = getattr(thing, "name", None)
    return name if isinstance(name, str) and name else "by" if place is None else f"by_{place}"


def _names(table: Table, name: str, given: str | None) -> Iterator[str]:
    """The names of a table's columns of keys."""
    found = table.names()
    if found:
        yield from [given] if given and len(found) == 1 else found
        return
    row = table.field("groups", None, ()).row
    if len(row) > 1:
        raise DataError(
            f"{table.path} has rows of {row}; --by takes one key a row, or a few",
            hint="name an array of shape (N,) or (N, K)",
        )
    yield from [name] if row in ((), (1,)) else [f"{name}_{k + 1}" for k in range(row[0])]
