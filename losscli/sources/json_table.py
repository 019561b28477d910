"""JSON as a table: items of a text as rows, or arrays of an object as columns."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Place
from losscli.sources import json_values
from losscli.sources.conversion import other_name, python_line
from losscli.sources.files import NoRowsError, OpenFile
from losscli.sources.json_text import Form, Path, State, read_items, skip_items
from losscli.sources.json_values import JsonValues, TruthsError, column_of
from losscli.sources.rows import Column, Rows, RowsTable
from losscli.sources.table import Cut, Field, Kind, Loaded, Workspace, rows_per_block

_PIECE = 4 << 20  # bytes of text that are held at a time, approximately
_LONGEST = 64 << 20  # bytes of an item at most
_SAMPLE = 1 << 18  # bytes in which the columns are looked up
_ITEMS = 1000  # items of them at most
_DEEPEST = 60  # names that lead to a value; what is nested deeper is one value
_NAMES = ("id", "key")  # the column of the names of items: the first that items do not have
_VALUE = "value"  # the column of items that are not objects
_TEXT_LIST = re.compile(rb"\[[\[\s]*[-+.\d]")
Names: TypeAlias = tuple[str, ...]


class Span(NamedTuple):
    """A part of a file: JSON items from one byte to another, of some form.

    prefix: the names that lead to it in an object.
    """

    form: Form
    begin: int
    end: int
    prefix: Names = ()


class _Piece(NamedTuple):
    """Consecutive items: where their text is, their number, and the row of the first."""

    offset: int
    size: int
    rows: int
    first: int


class _ValuesTable(RowsTable):
    """A table of JSON values."""

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The columns given, or all of numbers."""
        found = super().field(role, columns, excluded)
        if found.kind != "numbers":
            # Now and not in a worker: Ctrl-C inside an import would lock the other threads out.
            from pyarrow import compute  # noqa: F401
        for column in self.columns_of(found) if found.kind == "numbers" else ():
            if not (column.numeric or column.lists):
                self._check_text(column)
        return found

    def _check_text(self, column: Column) -> None:
        """Raise DataError for a column of texts the first of which is a list of numbers."""
        for rows in self.first_rows([column]):
            text = rows.arrays[column.leaf].raw(0)
            if _TEXT_LIST.match(text):
                shown = text[:40].decode(errors="replace")
                raise DataError(
                    f"the values of {column.name} are lists in text: {shown!r}",
                    place=Place(self.path, row=0, column=column.name),
                    hint=self._rewritten(column.name, "json.loads({})"),
                )
            break

    def _rewritten(self, name: str, value: str) -> str:  # noqa: ARG002
        """The line that writes the file again, with another value of one column; empty for none.

        value: code, `{}` in place of the value as it is.
        """
        return ""

    def values(self, kind: Kind, arrays: Sequence[Any], row: tuple[int, ...]) -> Loaded:
        """Columns of JSON values as one role takes them."""
        return json_values.load(kind, arrays, row)

    def rounds(self, array: Any, rows: NDArray[np.intp]) -> bool:
        """True if an integer in some of the values is not equal to a float64."""
        return json_values.rounds(array, rows)

    def row_of(self, array: Any) -> tuple[int, ...]:
        """The shape of the first array in a column."""
        return json_values.row_of(array)

    def _list_row(self, column: Column) -> tuple[int, ...]:
        try:
            return super()._list_row(column)
        except TruthsError as error:
            place = Place(self.path, error.index, column=column.name)
            hint = self._first_numbers(column, error.depth)
            raise DataError(error.words, place=place, hint=hint) from None

    def _first_numbers(self, column: Column, depth: int) -> str:  # noqa: ARG002
        """The hint for a column whose arrays, of some depth, end in truth values."""
        return "write the numbers alone, without the truth values"

    def missing_column(self, name: str) -> DataError:
        """The error for a name that no column has; of tables as pandas has them, how to convert."""
        error, names = super().missing_column(name), self.names()
        split = {"columns", "data"} <= {*names}
        if split or {"0", "1"} <= {*names}:
            how = ", orient='split'" if split else ""
            read = f"import pandas; pandas.read_json({self.path!r}{how})"
            output = other_name("table.jsonl", self.path)
            code = f"{read}.to_json({output!r}, orient='records', lines=True)"
            error.hint = f"write records: {python_line(code)}"
        return error


class JsonTable(_ValuesTable):
    """Items of JSON text, a row each.

    Raises DataError for text that is not valid, as far as it is read.
    """

    def __init__(self, file: OpenFile, span: Span) -> None:
        self.file: OpenFile = file
        self.path = file.path
        self.format = "json"
        self.size = max(1, span.end - span.begin)
        self._span = span
        items, size = self._sample()
        if not items:
            raise NoRowsError(
                f"{file.path} has no rows", hint="the step that wrote it may have selected no rows"
            )
        self._length = size / max(1, len(items))
        columns = _columns_of(items, span)
        self._paths = list(columns.values())
        super().__init__(file.path, list(columns))

    def stream(self, columns: Sequence[Column]) -> Iterator[Rows]:
        """All rows, a piece of text at a time."""
        for pieces in self._runs(self.block_rows(1), None):
            yield from (self._read(piece, columns, (), Workspace()) for piece in pieces)

    def block_rows(self, width: int) -> int:
        """Rows that fit the cache as numbers and a piece as text."""
        return max(1, min(rows_per_block(width), int(_PIECE / self._length)))

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """Runs of rows; items are counted here, and read by workers."""
        for pieces in self._runs(rows, first):
            count = sum(piece.rows for piece in pieces)
            yield Cut(count, sum(piece.size for piece in pieces), partial(self._load_items, pieces))

    def _load_items(
        self,
        pieces: Sequence[_Piece],
        fields: Sequence[Field],
        workspace: Workspace,
    ) -> dict[str, Loaded]:
        columns = self.taken(fields)
        rows = (self._read(piece, columns, fields, workspace) for piece in pieces)
        return self.convert(pieces[0].first, rows, fields, workspace)

    def _read(
        self,
        piece: _Piece,
        columns: Sequence[Column],
        fields: Sequence[Field],
        workspace: Workspace,
    ) -> Rows:
        """The values of a piece; those that are taken as numbers only have no texts."""
        text = workspace.empty(f"text {self.path}", (piece.size,), np.dtype(np.uint8))
        self.file.read_into(text, piece.offset)
        wanted = self._wanted(columns, fields)
        paths = [path for path, _, _ in wanted if path is not None]
        numeric = [numeric for path, _, numeric in wanted if path is not None]
        found = read_items(text, self._span.form, paths, numeric)
        if found.error or found.rows != piece.rows:
            raise self._invalid(found.error or "not whole items", piece.first + found.rows)
        arrays: dict[int, JsonValues] = {}
        values = iter(found.columns)
        for path, leaf, _ in wanted:
            # The names of the items are the last column that was read.
            each = JsonValues.of(found.columns[-1] if path is None else next(values))
            held = arrays.get(leaf)
            arrays[leaf] = each if held is None else held._replace(numbers=each.numbers)
        return Rows(found.rows, arrays)

    def _wanted(
        self, columns: Sequence[Column], fields: Sequence[Field]
    ) -> list[tuple[Path | None, int, bool]]:
        """The path and leaf of each column to read, and True to read it as numbers.

        Columns that some fields take as numbers and others in other ways are read in both.
        """
        single = [field for field in fields if field.kind == "numbers" and not self._lists(field)]
        numbers = {column.leaf for column in self.columns_of(*single)}
        others = {
            column.leaf for column in self.columns_of(*(f for f in fields if f not in single))
        }
        wanted: list[tuple[Path | None, int, bool]] = []
        for column in columns:
            leaf, path = column.leaf, self._paths[column.leaf]
            number = leaf in numbers and path is not None
            if leaf in others or not number:
                wanted.append((path, leaf, False))
            if number:
                wanted.append((path, leaf, True))
        return wanted

    def _lists(self, field: Field) -> bool:
        return any(column.lists for column in self.columns_of(field))

    def _first_numbers(self, column: Column, depth: int) -> str:
        """The line that writes the first number of each innermost array of a column."""
        value = "float({}[0])"
        if depth > 1:
            value = f"[float(x{'[0]' * (depth - 1)}) for x in {{}}]"
        return self._rewritten(column.name, value) or super()._first_numbers(column, depth)

    def _rewritten(self, name: str, value: str) -> str:
        """The line that writes all records; empty for a column inside of objects."""
        form, opened = self._span.form, f"open({self.path!r})"
        path = self._paths[self.index[name]] if name in self.index else None
        if form == Form.KEYED or self._span.prefix or path is None or len(path) > 1:
            return ""
        rows = f"map(json.loads, {opened})" if form == Form.PLAIN else f"json.load({opened})"
        output = other_name("table.jsonl", self.path)
        changed = value.format(f"row[{name!r}]")
        code = (
            f"import json; f = open({output!r}, 'w'); "
            f"[print(json.dumps({{**row, {name!r}: {changed}}}), file=f) for row in {rows}]"
        )
        return f"write numbers: {python_line(code)}"

    def _sample(self) -> tuple[list[Any], int]:
        """The first items as Python has them, and the number of bytes that they take."""
        size, form = _SAMPLE, self._span.form
        while True:
            text = self.file.read(min(size, self._span.end - self._span.begin), self._span.begin)
            final = len(text) == self._span.end - self._span.begin
            found = skip_items(text, form, _ITEMS, final=final)
            if found.items or found.error or final or size >= _LONGEST:
                break
            size *= 4
        items = read_items(text[found.begin : found.end], form, [()])
        if not items.rows and (items.error or found.error):
            raise self._invalid(items.error or found.error or "", 0)
        if not items.rows and found.state != State.OVER and (text.strip() or form != Form.PLAIN):
            raise self._cut_short(text, self._span.begin, 0)
        return json_values.objects(items.columns[0]) if items.rows else [], found.end

    def _runs(self, rows: int, first: int | None) -> Iterator[list[_Piece]]:
        """All items in runs of `rows`, the last one shorter; `first` in the first run."""
        form, offset, end, _ = self._span
        wanted, done, guess = rows if first is None else first, 0, _SAMPLE
        pieces: list[_Piece] = []
        workspace = Workspace()
        while True:
            text = workspace.empty("text", (min(guess, end - offset),), np.dtype(np.uint8))
            self.file.read_into(text, offset)
            final = offset + text.size == end
            found = skip_items(text, form, wanted, started=done > 0, final=final)
            if found.error:
                raise self._invalid(found.error, done + found.items)
            if found.items:
                size = found.end - found.begin
                pieces.append(_Piece(offset + found.begin, size, found.items, done))
                done, wanted = done + found.items, wanted - found.items
            offset += found.end
            if not wanted:
                yield pieces
                guess = min(_PIECE, sum(p.size for p in pieces) * 17 // 16 + 4096)
                pieces, wanted = [], rows
            elif self._is_over(found.state, text[found.end :].tobytes, final=final):
                break
            elif final or (not found.items and guess >= _LONGEST):
                raise self._cut_short(text[found.end :].tobytes(), offset, done)
            else:
                guess = min(_LONGEST, 2 * guess) if not found.items else max(guess, _SAMPLE)
        if pieces:
            yield pieces
        if not done:
            raise self.no_rows()

    def _is_over(self, state: int, rest: Callable[[], bytes], *, final: bool) -> bool:
        """True if no items follow; raises DataError for other text after the closing bracket."""
        if state == State.OVER:
            after = rest().strip()[1:].strip()
            if after:
                words = f"{after[:40].decode(errors='replace')!r} follows its end"
                raise DataError(f"{self.path} is not valid JSON: {words}")
            return True
        return final and self._span.form == Form.PLAIN and not rest().strip()

    def _cut_short(self, rest: bytes, offset: int, done: int) -> DataError:
        """The error for text whose first item does not end."""
        if len(rest) < _LONGEST:
            items = read_items(rest.strip().removeprefix(b","), self._span.form, [])
            words = items.error or "the text ends before its last bracket"
            return self._invalid(words, done + items.rows)
        return DataError(
            f"{self.path} has an item of more than {_LONGEST >> 20} MiB", place=f"byte {offset:,}"
        )

    def _invalid(self, words: str, row: int) -> DataError:
        place = Place(self.path, row=row)
        return DataError(
            f"{self.path} is not valid JSON: {words}",
            place=place,
            hint="is it whole? make the file again",
        )


class JsonColumns(_ValuesTable):
    """An object of arrays, each of which is a column; those that are taken are read whole.

    arrays: the text of each, by the names that lead to it.
    """

    def __init__(self, file: OpenFile, arrays: Mapping[Names, Span]) -> None:
        self.file: OpenFile = file
        self.path = file.path
        self.format = "json"
        self.size = max(1, sum(span.end - span.begin for span in arrays.values()))
        self._arrays = list(arrays.values())
        columns = [
            column_of(_sampled(file, span), ".".join(names), place)
            for place, (names, span) in enumerate(arrays.items())
        ]
        super().__init__(file.path, columns)

    def stream(self, columns: Sequence[Column]) -> Iterator[Rows]:
        """All rows at once."""
        found = {column: self._read(column) for column in columns}
        rows = {column.name: len(values.kinds) for column, values in found.items()}
        if len(set(rows.values())) > 1:
            words = ", ".join(f"{name} has {count:,}" for name, count in rows.items())
            raise DataError(
                f"the columns of {self.path} have different lengths: {words}",
                hint="every column needs one value a row",
            )
        arrays = {column.leaf: values for column, values in found.items()}
        yield Rows(next(iter(rows.values())), arrays)

    def _read(self, column: Column) -> JsonValues:
        span = self._arrays[column.leaf]
        text = self.file.read(span.end - span.begin, span.begin)
        both = not column.lists
        items = read_items(text, span.form, [(), ()] if both else [()], [False, both])
        if items.error:
            raise DataError(
                f"{self.path} is not valid JSON: {items.error}",
                place=Place(self.path, row=items.rows, column=column.name),
            )
        found = JsonValues.of(items.columns[0])
        return found._replace(numbers=JsonValues.of(items.columns[1]).numbers) if both else found


def _columns_of(items: Sequence[Any], span: Span) -> dict[Column, Path | None]:
    """The columns of a sample of the items, and the path of each; that of their names has none."""
    found: dict[Names, list[Any]] = {}
    for item in items:
        for names, value in _leaves(item):
            found.setdefault(names, []).append(value)
    named: dict[str, tuple[Path | None, list[Any]]] = {}
    for names, values in found.items():
        name = _shown((*span.prefix, *names)) or _VALUE
        path = tuple(each.encode(errors="surrogatepass") for each in names)
        named.setdefault(name, (path, values))
    if span.form == Form.KEYED:
        name = next((name for name in _NAMES if name not in named), "(key)")
        named = {name: (None, [""]), **named}
    return {
        column_of(values, name, place): path
        for place, (name, (path, values)) in enumerate(named.items())
    }


def _leaves(item: Any, names: Names = ()) -> Iterator[tuple[Names, Any]]:
    """The values in an object that are not objects, by the names that lead to them."""
    if isinstance(item, dict) and len(names) < _DEEPEST:
        for name, value in item.items():
            yield from _leaves(value, (*names, name))
    else:
        yield names, item


def _sampled(file: OpenFile, span: Span) -> list[Any]:
    text = file.read(min(_SAMPLE, span.end - span.begin), span.begin)
    found = skip_items(text, span.form, _ITEMS, final=len(text) == span.end - span.begin)
    items = read_items(text[found.begin : found.end], span.form, [()])
    return json_values.objects(items.columns[0]) if items.rows else []


def _shown(names: Names) -> str:
    """A nested name as one; half a surrogate pair, which no Arrow name can hold, is escaped."""
    return ".".join(names).encode(errors="backslashreplace").decode()
