"""Cells of delimited text as numbers, ids or keys: what each role takes of a piece of lines."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError
from losscli.sources.header import SAMPLE, Header, bare_return
from losscli.sources.keys import Keys
from losscli.sources.lines import NEWLINE, Run, Text
from losscli.sources.table import Field, Kind, Loaded
from losscli.sources.texts import Texts

_RETURN = 13
_SHOWN = 40  # characters of a cell that an error shows


def read_cells(run: Run, header: Header, fields: Sequence[Field]) -> dict[str, Loaded]:
    """The rows of each field by role, of a run whose text is held.

    Raises DataError for cells that are not what a field takes, and for lines that are not rows.
    """
    import pyarrow as pa

    assert run.text is not None
    _check_lines(run.text, run, header)
    try:
        rows, loaded = _read(run.text, header, fields)
    except pa.ArrowException as error:
        raise _parse_error(run.text, run, str(error), header) from None
    _check_rows(run.text, run, rows, header)
    return loaded


def _read(text: Text, header: Header, fields: Sequence[Field]) -> tuple[int, dict[str, Loaded]]:
    """The number of rows that the text parses to, and those of each field by role."""
    rows = 0
    found: dict[str, Loaded] = {}
    # A column may be read as numbers for one role and as keys for another: target and --by.
    for kind in dict.fromkeys(field.kind for field in fields):
        same = [field for field in fields if field.kind == kind]
        table = _parsed(text, header, kind, same)
        rows = table.num_rows
        found |= {field.role: _LOADERS[kind](table, field) for field in same}
    return rows, found


def _parsed(text: Text, header: Header, kind: Kind, fields: Sequence[Field]) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    cell = {
        "numbers": pa.float64(),
        "texts": pa.string(),
        "ids": pa.string(),
        "keys": pa.dictionary(pa.int32(), pa.string()),
    }[kind]
    wanted = list(dict.fromkeys(name for field in fields for name in field.columns))
    return csv.read_csv(
        pa.py_buffer(text),
        read_options=csv.ReadOptions(
            use_threads=False,
            column_names=list(header.names),
            block_size=max(1, text.size),
        ),
        parse_options=csv.ParseOptions(
            delimiter=header.delimiter, newlines_in_values=False, ignore_empty_lines=False
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(wanted, cell),
            include_columns=wanted,
            null_values=[],
            strings_can_be_null=False,
        ),
    ).combine_chunks()


def _texts(table: Any, field: Field) -> NDArray[Any]:
    columns = [table.column(name).to_pylist() for name in field.columns]
    # Objects: fixed-width text would make every id as long as the longest.
    return np.array(["\x1f".join(key) for key in zip(*columns, strict=True)], object)


def _ids(table: Any, field: Field) -> Texts:
    return Texts.of_columns([table.column(name).chunk(0) for name in field.columns])


def _keys(table: Any, field: Field) -> Keys:
    columns = (table.column(name).chunk(0) for name in field.columns)
    return Keys.product(
        [Keys.named(_buffer(c.indices, np.int32), c.dictionary.to_pylist()) for c in columns]
    )


def _numbers(table: Any, field: Field) -> NDArray[np.float64]:
    # Not to_numpy(): it imports pandas wherever that is installed.
    arrays = [_buffer(table.column(name).chunk(0), np.float64) for name in field.columns]
    return arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)


def _buffer(array: Any, dtype: Any) -> NDArray[Any]:
    """The values of an Arrow array, as a view."""
    values = np.frombuffer(array.buffers()[1], dtype)
    return values[array.offset : array.offset + len(array)]


_LOADERS: dict[Kind, Callable[[Any, Field], Loaded]] = {
    "numbers": _numbers,
    "texts": _texts,
    "ids": _ids,
    "keys": _keys,
}


def _parse_error(text: Text, run: Run, message: str, header: Header) -> DataError:
    """Pyarrow's message as an error with the line of the file and the name of the column."""
    match = re.search(r"Row #(\d+)", message)
    row = run.first + int(match[1]) - 1 if match else None
    if match := re.search(r"CSV column #(\d+)", message):
        column = header.names[int(match[1])]
        if "UTF8" in message:
            return DataError(
                "a cell that is not UTF-8 text",
                place=header.place(row, column),
                hint="convert the file to UTF-8",
            )
        value = match[1] if (match := re.search(r"invalid value '(.*)'$", message, re.S)) else ""
        return _cell_error(text, run, row, column, value, header)
    if match := re.search(r"Expected (\d+) columns, got (\d+)", message):
        return DataError(
            f"a line of {match[2]} cells in a table of {match[1]} columns",
            place=header.place(row),
            hint="quote cells that hold the separator",
        )
    summary = message.splitlines()[0][:120]
    return DataError(f"cannot parse {header.path}: {summary}", place=header.place(run.first))


def _check_lines(text: Text, run: Run, header: Header) -> None:
    """Raise DataError for a carriage return that stands alone: pyarrow starts a row there."""
    returns = np.flatnonzero(text == _RETURN)
    after = text[np.minimum(returns + 1, text.size - 1)]
    bare = returns[after != NEWLINE]
    if bare.size:
        before = int(np.count_nonzero(text[: bare[0]] == NEWLINE))
        raise bare_return(header.path, run.first + before + header.first_line)


def _check_rows(text: Text, run: Run, parsed: int, header: Header) -> None:
    """Raise DataError where the lines of the piece are not as many rows."""
    if parsed == run.rows and not _ends_in_a_quote(text, header.delimiter):
        return
    lines = bytes(text).split(b"\n")
    odd = next((k for k, line in enumerate(lines) if line.count(b'"') % 2), None)
    if odd is None:
        raise DataError(
            f"{header.path} has {run.rows:,} lines that read as {parsed:,} rows",
            place=header.place(run.first),
            hint="a carriage return inside a line? write \\n or \\r\\n at the end of each",
        )
    raise DataError(
        'a quote that is not closed on its line; the rows up to the next " would be lost',
        place=header.place(run.first + odd),
        hint="close the quote, or double it inside a quoted cell; no newlines inside quotes",
    )


def _cell_error(
    text: Text, run: Run, row: int | None, column: str, value: str, header: Header
) -> DataError:
    if row is not None and not _line(text, row - run.first).strip():
        return DataError(
            f"{header.path} has a blank line between its rows",
            place=header.place(row),
            hint="remove it",
        )
    words = f"{value[:_SHOWN]!r} is not a number" if value else "an empty cell; expected a number"
    hint = "write nan for a missing number, and say --nan skip"
    if header.delimiter == ";" and re.fullmatch(r"[-+]?\d+,\d+", value):
        hint = "write decimal points, not commas"
    return DataError(words, place=header.place(row, column), hint=hint)


def _ends_in_a_quote(text: Text, delimiter: str) -> bool:
    """True if the last line opens a quote that would go on in the next piece."""
    tail = bytes(text[-SAMPLE:]).rstrip(b"\r\n")
    last = tail[tail.rfind(b"\n") + 1 :].decode(errors="replace")
    return last.count('"') % 2 == 1 and any(
        cell.startswith('"') and cell.count('"') % 2 for cell in last.split(delimiter)
    )


def _line(text: Text, number: int) -> bytes:
    lines = bytes(text).split(b"\n", number + 1)
    return lines[number] if number < len(lines) else b""
