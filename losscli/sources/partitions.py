"""Tables below folders `key=value`: the keys are columns of text, the same in every row."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from losscli.errors import DataError, Place
from losscli.sources.keys import Key, Keys
from losscli.sources.table import (
    Cut,
    Field,
    Kind,
    Loaded,
    Table,
    Workspace,
    is_key_role,
)
from losscli.sources.texts import Texts, texts_of
from losscli.sources.wrapped import WrappedTable


class PartitionedTable(WrappedTable):
    """A table with further columns; values: what each has in all rows.

    A column of the table itself hides one of `values`.
    """

    def __init__(self, table: Table, values: Mapping[str, str]) -> None:
        super().__init__(table)
        own = table.names()
        self._values = {name: value for name, value in values.items() if name not in own}

    def names(self) -> tuple[str, ...]:
        """The columns of the table, then those of the folders."""
        return (*self.inner.names(), *self._values)

    def forget(self, field: Field) -> None:
        """Read the columns of a field no longer."""
        own = self._own(field)
        if own is not None:
            self.inner.forget(own)

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """Columns of both kinds in the order given; by default those of the table."""
        own = [name for name in columns or () if name not in self._values]
        if not columns or len(own) == len(columns):
            kept = [name for name in excluded if name not in self._values]
            return self.inner.field(role, columns, kept)
        if own:
            self.inner.field(role, own, ())  # raises for a column that does not exist
        kind: Kind = "numbers"
        if is_key_role(role) or role.endswith("ids"):
            kind = "keys" if is_key_role(role) else "ids"
        row = (len(columns),) if len(columns) > 1 and kind != "ids" else ()
        return Field(
            role, row, "float64" if kind == "numbers" else "text", tuple(columns), True, kind
        )

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Cuts of the table, with the further columns."""
        for cut in self.inner.cuts(rows, first):
            yield cut._replace(load=partial(self._load, cut))

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The place in the table."""
        if any(name in self._values for name in field.columns):
            name = field.columns[column or 0]
            return self.inner.place(row, None, field._replace(columns=()))._replace(column=name)
        return self.inner.place(row, column, field)

    def _load(
        self, cut: Cut, fields: Sequence[Field], workspace: Workspace
    ) -> Mapping[str, Loaded]:
        own = {field.role: self._own(field) for field in fields}
        wanted = [field for field in own.values() if field is not None]
        loaded = dict(cut.load(wanted, workspace)) if wanted else {}
        for field in fields:
            if own[field.role] is not field:
                loaded[field.role] = self._extended(field, loaded.get(field.role), cut.rows)
        return loaded

    def _own(self, field: Field) -> Field | None:
        """The columns of a field that the table has; the field itself if it has all."""
        names = tuple(name for name in field.columns if name not in self._values)
        if len(names) == len(field.columns):
            return field
        row = (len(names),) if len(names) > 1 and field.kind != "ids" else ()
        return field._replace(columns=names, row=row) if names else None

    def _extended(self, field: Field, loaded: Loaded | None, rows: int) -> Loaded:
        """The rows of all columns of a field, from those that the table has."""
        if field.kind == "keys":
            keys = loaded if isinstance(loaded, Keys) else Keys(np.zeros(rows, np.intp), [()])
            return keys._replace(texts=[self._merged(field, text) for text in keys.texts])
        if field.kind == "ids":
            cells = [()] * rows if loaded is None else texts_of(loaded).rows()
            return Texts.of_rows(self._merged(field, key) for key in cells)
        columns = iter(() if loaded is None else np.asarray(loaded).reshape(rows, -1).T)
        arrays = [
            np.full(rows, self._number(name)) if name in self._values else next(columns)
            for name in field.columns
        ]
        return arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)

    def _merged(self, field: Field, cells: Key) -> Key:
        own = iter(cells)
        return tuple(
            self._values[name] if name in self._values else next(own) for name in field.columns
        )

    def _number(self, name: str) -> float:
        text = self._values[name]
        try:
            return float(text) if text else float("nan")
        except ValueError:
            raise DataError(
                f"{self.path} has no number in the name of its folder {name}={text}",
                hint="name a column of numbers",
            ) from None
