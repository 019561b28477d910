"""A file of several arrays as a table: its arrays are columns."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Place
from losscli.sources.array_table import ArrayHolder
from losscli.sources.arrays import ArrayCut, StoredArray
from losscli.sources.columns import ColumnTable
from losscli.sources.files import OpenFile
from losscli.sources.keys import Keys
from losscli.sources.table import Cut, Field, Loaded, Workspace, is_key_role
from losscli.sources.texts import Texts

_SHOWN = 12  # arrays that an error names
_TEXT = "US"  # kinds of NumPy types


class ArraysTable(ColumnTable, ArrayHolder):
    """A file of several arrays: each is a column, of numbers or of rows of numbers.

    open_array: gives an array by its name; it raises DataError for one that cannot be read. Texts
    are read as ids and as keys. The rows of the table are those of the arrays that its fields take.
    """

    def __init__(
        self,
        file: OpenFile,
        form: str,
        names: Sequence[str],
        open_array: Callable[[str], StoredArray],
    ) -> None:
        self.path = file.path
        self.format = form
        self.file = file
        self.rows: int | None = None
        self.size = 0
        self._names = tuple(names)
        self._open = open_array
        self._taken: dict[str, StoredArray] = {}

    def names(self) -> tuple[str, ...]:
        """The names of the arrays."""
        return self._names

    def numeric_names(self) -> list[str]:
        """The names of the arrays, which are not read before they are taken."""
        return list(self._names)

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The named arrays, or the only one that is not excluded; several are columns of a matrix.

        Raises DataError where there are several to choose from, or their numbers of rows differ.
        """
        names = tuple(self.select(columns) if columns else self._only(role, excluded))
        arrays = [self._take(name) for name in names]
        if role.endswith("ids") or arrays[0].dtype.kind in _TEXT:
            return self._text_field(role, names, arrays)
        if len(arrays) == 1:
            return Field(role, arrays[0].row, arrays[0].dtype.name, names, bool(columns))
        for array in arrays:
            if array.row:
                raise DataError(
                    f"{array.path} has rows of {array.row}: it cannot be one of several columns",
                    hint="name it alone, or arrays of one number a row",
                )
        dtype = np.result_type(*(array.dtype for array in arrays))
        return Field(role, (len(arrays),), dtype.name, names, bool(columns))

    def forget(self, field: Field) -> None:
        """Read the arrays of a field no longer."""
        for name in field.columns:
            array = self._taken.pop(name, None)
            if array is not None:
                self.size -= array.size
                array.close()

    def array(self, field: Field) -> StoredArray:
        """The array of a field that is one of them; raises DataError for a matrix of several."""
        if len(field.columns) > 1:
            raise DataError(f"{self.path}: {', '.join(field.columns)} are several arrays")
        return self._taken[field.columns[0]]

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows of the arrays that fields have taken."""
        names = tuple(self._taken)
        runs = [array.cuts(rows, first) for array in self._taken.values()]
        for cuts in zip(*runs, strict=True):
            found = dict(zip(names, cuts, strict=True))
            yield Cut(cuts[0].rows, sum(cut.size for cut in cuts), partial(_load, found))

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The row of an array, and the column of a matrix."""
        several = len(field.columns) > 1
        name = field.columns[column or 0] if several else field.columns[0]
        return Place(f"{self.path}:{name}", row, column=None if several else column)

    def verify(self) -> None:
        """Raise DataError where the file changed, or where an array is damaged."""
        super().verify()
        for array in self._taken.values():
            array.verify()

    def close(self) -> None:
        """Close the arrays and the file."""
        for array in self._taken.values():
            array.close()
        super().close()

    def _take(self, name: str) -> StoredArray:
        if name not in self._taken:
            array = self._open(name)
            if self.rows is not None and array.shape[0] != self.rows:
                known = next(iter(self._taken.values()))
                array.close()
                raise DataError(
                    f"the numbers of rows differ: {known.path} has {self.rows:,} rows, "
                    f"{array.path} has {array.shape[0]:,} rows",
                    hint="rows are paired by position: one target a prediction",
                )
            self.rows = array.shape[0]
            self.size += array.size
            self._taken[name] = array
        return self._taken[name]

    def _only(self, role: str, excluded: Sequence[str]) -> list[str]:
        names = [name for name in self._names if name not in excluded]
        if len(names) == 1:
            return names
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        flag = {"targets": "--target", "preds": "--pred"}.get(role, "--pred")
        raise DataError(
            f"{self.path} has {len(names):,} arrays for the {role}",
            place=f"its arrays: {', '.join(names[:_SHOWN])}{more}" if names else None,
            hint=f"name one: {flag} {names[0]}, or {self.path}:{names[0]}" if names else "",
        )

    def _text_field(
        self, role: str, names: tuple[str, ...], arrays: Sequence[StoredArray]
    ) -> Field:
        """A field of ids or of keys, of texts or whole numbers."""
        keys = is_key_role(role)
        if not keys and not role.endswith("ids"):
            raise DataError(
                f"{arrays[0].path} holds text ({arrays[0].dtype}); {role} are numbers",
                hint="save class indices instead of names",
            )
        for array in arrays:
            if array.row or array.dtype.kind not in f"{_TEXT}iub":
                raise DataError(
                    f"{array.path} has rows of {array.dtype.name}, {array.row or 'one each'}",
                    hint="ids are texts or integers, one a row",
                )
        return Field(role, (), "text", names, kind="keys" if keys else "ids")


def missing_array(path: str, name: str, names: Sequence[str]) -> DataError:
    """The error for an array that a file does not have."""
    from difflib import get_close_matches

    near = get_close_matches(name, names, 1)
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return DataError(
        f"{path} has no array {name!r}",
        place=f"its arrays: {', '.join(names[:_SHOWN])}{more}",
        hint=f"did you mean {near[0]!r}?" if near else "",
    )


def _load(
    cuts: Mapping[str, ArrayCut], fields: Sequence[Field], workspace: Workspace
) -> dict[str, Loaded]:
    wanted = dict.fromkeys(name for field in fields for name in field.columns)
    arrays = {name: cuts[name].load(workspace, name) for name in wanted}
    return {
        field.role: _columns([arrays[name] for name in field.columns], field) for field in fields
    }


def _columns(arrays: Sequence[NDArray[Any]], field: Field) -> Loaded:
    """The values of a field, of its arrays."""
    if field.kind == "keys":
        return Keys.product([Keys.of_objects(array.tolist()) for array in map(_decoded, arrays)])
    if field.kind == "ids":
        columns = [map(str, _decoded(array).tolist()) for array in arrays]
        return Texts.of_rows(zip(*columns, strict=True))
    return arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)


def _decoded(array: NDArray[Any]) -> NDArray[Any]:
    return np.char.decode(array, "utf-8") if array.dtype.kind == "S" else array
