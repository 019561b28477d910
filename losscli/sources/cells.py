"""Cells of delimited text as numbers, ids or keys: what each role takes of a piece of rows."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Place
from losscli.sources.dialect import Dialect, number_of
from losscli.sources.keys import Keys
from losscli.sources.lines import Run
from losscli.sources.rounding import RoundedColumns, rounds
from losscli.sources.scanner import (
    NUMBER,
    TEXT,
    Column,
    Scanned,
    Text,
    distinct,
    ids,
    scan_rows,
    texts,
)
from losscli.sources.table import Field, Kind, Loaded, Workspace

_SHOWN = 40  # characters of a cell that an error shows
# A number between other text, such as $1,250.50 or 12 kg; letters alone may be a name.
_WITH_UNIT = re.compile(
    r"([$€£¥]|[A-Za-z]+\(|\[)?[-+]?((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?)"
    r"(\s?(?:%|[$€£¥]|[A-Za-zµ°][A-Za-z²³/]*)|\)|\])?"
)
_COMMA = re.compile(r"[-+]?\d+,\d*")
_GROUPED_COMMA = re.compile(r"[-+]?\d{1,3}(\.\d{3})+(,\d*)?")
_GROUPED_POINT = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?")


class Cells(NamedTuple):
    """The columns of a text file, by which rows are read.

    columns: the position of each column that may be requested. place: that of a row, counted from
    0, and of a column. rounded: the columns whose integers float64 cannot hold.
    """

    path: str
    dialect: Dialect
    width: int
    columns: Mapping[str, int]
    place: Callable[[int | None, str | None], Place]
    rounded: RoundedColumns

    def read(
        self, run: Run, fields: Sequence[Field], workspace: Workspace | None
    ) -> dict[str, Loaded]:
        """The rows of each field by role, of a run whose text is held.

        workspace: buffers for the numbers; None for new ones.

        Raises DataError for cells that are not what a field takes, and for lines that are not rows.
        """
        assert run.text is not None
        wanted = _wanted(fields, self.columns, run.rows)
        numbers = _numbers_buffer(fields, run.rows, workspace)
        columns = [column for column, _ in wanted]
        scanned = scan_rows(run.text, self.dialect, self.width, run.rows, columns, numbers)
        if scanned.failed >= 0:
            raise self._row_error(run, scanned)
        self._read_odd(run, wanted, scanned)
        return self._by_role(run, fields, scanned)

    def _by_role(self, run: Run, fields: Sequence[Field], scanned: Scanned) -> dict[str, Loaded]:
        assert run.text is not None
        found: dict[str, Loaded] = {}
        number = text = 0
        for field in fields:
            count = len(field.columns)
            if field.kind == "numbers":
                part = scanned.numbers[number : number + count * run.rows]
                part = part.reshape(run.rows, count)
                for place, name in enumerate(field.columns):
                    self.rounded.check(name, part[:, place], partial(self._rounds, run, name))
                found[field.role] = part if field.row else part[:, 0]
                number += part.size
                continue
            spans = scanned.spans[text : text + count * run.rows].reshape(count, run.rows, 2)
            text += count * run.rows
            try:
                found[field.role] = _LOADERS[field.kind](run.text, spans)
            except UnicodeDecodeError:
                raise self._encoding_error(run, field, spans) from None
        return found

    def text(self, run: Run, name: str) -> str:
        """The cell of a column in a run of one row."""
        return self._texts(run, name, np.arange(run.rows))[0]

    def _rounds(self, run: Run, name: str, rows: NDArray[np.intp]) -> bool:
        """True if an integer in some rows of a column is not equal to a float64."""
        return any(rounds(cell.encode()) for cell in self._texts(run, name, rows))

    def _texts(self, run: Run, name: str, rows: NDArray[np.intp]) -> list[str]:
        """The cells of a column in some rows of a run."""
        assert run.text is not None
        column = [Column(self.columns[name], TEXT, 0, 1)]
        scanned = scan_rows(run.text, self.dialect, self.width, run.rows, column, np.empty(0))
        return _odd_texts(run.text, scanned.spans[rows])

    def _read_odd(self, run: Run, wanted: Sequence[tuple[Column, str]], scanned: Scanned) -> None:
        """Fill in the cells that the scanner did not read; raises DataError for other text."""
        assert run.text is not None
        for (want, row, *_), cell in zip(
            scanned.odd.tolist(), _odd_texts(run.text, scanned.odd[:, 2:]), strict=True
        ):
            value = number_of(cell, self.dialect)
            column, name = wanted[want]
            if value is None:
                raise _cell_error(cell, self.place(run.first + row, name), self.dialect)
            scanned.numbers[column.base + row * column.stride] = value

    def _row_error(self, run: Run, scanned: Scanned) -> DataError:
        place = self.place(run.first + scanned.failed, None)
        if not scanned.cells:
            return DataError(
                f"{self.path} has a blank line between its rows", place=place, hint="remove it"
            )
        more = scanned.cells > self.width
        return DataError(
            f"a line of {scanned.cells:,} cells in a table of {self.width:,} columns",
            place=place,
            hint="quote cells that hold the separator" if more else "was the line cut?",
        )

    def _encoding_error(self, run: Run, field: Field, spans: NDArray[np.int64]) -> DataError:
        """The error for the first cell of a field that is not UTF-8 text."""
        assert run.text is not None
        for row in range(run.rows):
            for column, name in enumerate(field.columns):
                try:
                    texts(run.text, spans[column, row])
                except UnicodeDecodeError:
                    return DataError(
                        "a cell that is not UTF-8 text",
                        place=self.place(run.first + row, name),
                        hint="say how it is encoded: --encoding latin-1, for example",
                    )
        raise AssertionError("every cell is UTF-8 text")


def _wanted(
    fields: Sequence[Field], index: Mapping[str, int], rows: int
) -> list[tuple[Column, str]]:
    """The columns of all fields with their names, in the order of the table.

    A field of numbers is a matrix of rows, one of texts has its columns one after the other.
    """
    found: list[tuple[Column, str]] = []
    bases = {NUMBER: 0, TEXT: 0}
    for field in fields:
        count = len(field.columns)
        kind = NUMBER if field.kind == "numbers" else TEXT
        for place, name in enumerate(field.columns):
            base, stride = (place, count) if kind == NUMBER else (place * rows, 1)
            found.append((Column(index[name], kind, bases[kind] + base, stride), name))
        bases[kind] += count * rows
    return sorted(found)


def _numbers_buffer(
    fields: Sequence[Field], rows: int, workspace: Workspace | None
) -> NDArray[np.float64]:
    roles = [field for field in fields if field.kind == "numbers"]
    shape = (sum(len(field.columns) for field in roles) * rows,)
    if workspace is None:
        return np.empty(shape)
    return workspace.empty("text " + " ".join(f.role for f in roles), shape, np.dtype(np.float64))


def _keys(text: Text, spans: NDArray[np.int64]) -> Keys:
    columns = []
    for column in spans:
        codes, firsts = distinct(text, column)
        columns.append(Keys.named(codes, texts(text, column[firsts])))
    return Keys.product(columns)


_LOADERS: dict[Kind, Callable[[Text, NDArray[np.int64]], Loaded]] = {
    "ids": ids,
    "keys": _keys,
}


def _odd_texts(text: Text, spans: NDArray[np.int64]) -> list[str]:
    """The texts of cells that may be no text at all; they are shown in errors."""
    try:
        return texts(text, np.ascontiguousarray(spans))
    except UnicodeDecodeError:
        found = [(start if start >= 0 else ~start, end) for start, end in spans.tolist()]
        return [bytes(text[start:end]).decode(errors="replace") for start, end in found]


def _unit_hint(cell: str, path: str) -> str:
    """The command that removes what stands around a number; empty for other text."""
    found = _WITH_UNIT.fullmatch(cell)
    if not found or not (found[1] or found[3]):
        return ""
    parts = [re.sub(r"[.*^$\[]", r"[\g<0>]", part) for part in (found[1], found[3]) if part]
    edits = " ".join(f"-e 's/{part}//g'" for part in parts)
    percent = ", which leaves percent" if found[3] == "%" else ""
    grouped = ", then --thousands ," if "," in found[2] else ""
    return f"remove it{percent}: sed {edits} {path} > numbers.csv{grouped}"


def _cell_error(cell: str, place: Place, dialect: Dialect) -> DataError:
    hint = _unit_hint(cell.strip(), place.path) or _hint_of(cell.strip(), dialect)
    return DataError(f"{cell[:_SHOWN]!r} is not a number", place=place, hint=hint)


def _hint_of(cell: str, dialect: Dialect) -> str:
    """The flags that would read a cell, or what would be read."""
    if dialect.decimal != "." and number_of(cell, Dialect()) is not None:
        return f"its decimal mark is a point: omit --decimal {dialect.decimal}"
    if _GROUPED_POINT.fullmatch(cell):
        other = " (or --decimal ,)" if _COMMA.fullmatch(cell) else ""
        return f"--thousands , reads commas between thousands{other}"
    if _COMMA.fullmatch(cell):
        return "--decimal , reads decimal commas"
    if _GROUPED_COMMA.fullmatch(cell):
        return "--decimal , --thousands . reads points between thousands"
    return "expected a number; an empty cell, NA or nan is a missing value, which --nan handles"
