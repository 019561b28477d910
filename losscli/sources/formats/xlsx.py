"""Excel workbooks: a sheet, whose first row names the columns, read by python-calamine."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from losscli.errors import DataError, MissingError, Place, UsageError
from losscli.sources.arrow import ArrowTable
from losscli.sources.files import NoRowsError, OpenFile
from losscli.sources.formats import Format
from losscli.sources.options import ReadOptions
from losscli.sources.rows import Column, Rows
from losscli.sources.table import Field

_ABOVE = 50  # rows in which the header may be
_MOST_BYTES = 2 << 30  # of a workbook's parts, unpacked
# The first part of the archive; others are archives of NumPy arrays, or just archives.
_MAGIC = re.compile(rb"PK\x03\x04.{26}(\[Content_Types\]\.xml|_rels/|docProps/|xl/)", re.S)


class SheetTable(ArrowTable):
    """A sheet of a workbook, all of which is held.

    Raises DataError for a damaged workbook and for a sheet without rows, UsageError where several
    sheets have cells and none is named.
    """

    format = "xlsx"

    def __init__(self, file: OpenFile, options: ReadOptions) -> None:
        self.file: OpenFile = file
        self.path = file.path
        self.size = file.size
        sheet = _sheet(file, options.part)
        self._part = sheet.name
        cells = sheet.to_python(skip_empty_area=True)[options.skip_lines :]
        while cells and _is_blank(cells[-1]):
            cells.pop()
        names = _names(cells, header=options.header)
        begin = 1 if options.header else 0
        self._first_line = (sheet.start or (0, 0))[0] + options.skip_lines + begin + 1
        self._skipped = options.skip_lines
        self._above = [list(map(_text, row)) for row in cells[1:_ABOVE]]
        if len(cells) <= begin:
            raise self.no_rows()
        columns = [_column(values) for values in zip(*cells[begin:], strict=True)]
        # Columns without a name and without cells are left out.
        kept = [k for k, name in enumerate(names) if name or columns[k].null_count < len(cells)]
        self._arrays = [columns[k] for k in kept]
        super().__init__(file.path, _schema([(names[k], columns[k].type) for k in kept]))
        self.rows: int = len(cells) - begin

    def stream(self, columns: Sequence[Column]) -> Iterator[Rows]:
        """All rows at once."""
        yield Rows(self.rows, {column.leaf: self._arrays[column.leaf] for column in columns})

    def missing_column(self, name: str) -> DataError:
        """The error for a name that no column has; for one below the first row the flag."""
        error = super().missing_column(name)
        rows = (k for k, row in enumerate(self._above, 1) if name in map(str.strip, row))
        if (row := next(rows, None)) is not None:
            error.hint = f"--skip-lines {self._skipped + row}: the table begins below other rows"
        return error

    def place(self, row: int, column: int | None, field: Field) -> Place:
        """The row of the sheet, as Excel counts, and the name of the column."""
        return super().place(row, column, field)._replace(line=row + self._first_line)


def _sheet(file: OpenFile, part: str) -> Any:
    """The named sheet of a workbook, or the only one that has cells."""
    from io import BytesIO

    try:
        from python_calamine import CalamineError, load_workbook
    except ImportError as error:
        raise MissingError(
            f"reading {file.path} needs python-calamine",
            hint="pip install 'losscli[excel]', or save the sheet as .csv",
        ) from error
    _check_size(file)
    try:
        workbook = load_workbook(BytesIO(file.read(file.size, 0)))
        sheets = {name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        words = str(error).splitlines()[0][:160] or type(error).__name__
        raise DataError(
            f"cannot read {file.path}: {words}", hint="save it again, or export the sheet as .csv"
        ) from error
    return _chosen(file, sheets, part)


def _chosen(file: OpenFile, sheets: Mapping[str, Any], part: str) -> Any:
    if part and part not in sheets:
        raise DataError(
            f"{file.path} has no sheet {part!r}", place=f"its sheets: {', '.join(sheets)}"
        )
    full = [sheets[part]] if part else [sheet for sheet in sheets.values() if sheet.height]
    if len(full) > 1:
        raise UsageError(
            f"{file.path} has several sheets: {', '.join(sheet.name for sheet in full[:12])}",
            hint=f"name one: {file.path}:{full[0].name}",
        )
    if not full:
        raise NoRowsError(f"{file.path} has no rows: its sheets have no cells")
    return full[0]


def _check_size(file: OpenFile) -> None:
    """Raise DataError for a workbook that would unpack to more than a workbook can be."""
    from io import BytesIO
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(BytesIO(file.read(file.size, 0))) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (BadZipFile, ValueError, OSError) as error:
        raise DataError(f"cannot read {file.path}: {error}", hint="make the file again") from error
    if size > _MOST_BYTES:
        raise DataError(
            f"{file.path} would unpack to {size:,} bytes", hint="export the sheet as .csv"
        )


def _is_blank(cells: Sequence[Any]) -> bool:
    return all(cell == "" for cell in cells)


def _names(cells: Sequence[Sequence[Any]], *, header: bool) -> list[str]:
    if not cells:
        return []
    if header:
        return [_text(cell).strip() for cell in cells[0]]
    return [str(k + 1) for k in range(len(cells[0]))]


def _column(cells: Sequence[Any]) -> Any:
    """The cells below each other as an Arrow array: numbers, truth values, or else texts."""
    import pyarrow as pa

    found = [None if cell == "" else cell for cell in cells]
    kinds = {type(cell) for cell in found if cell is not None}
    if kinds == {bool}:
        return pa.array(found, pa.bool_())
    if kinds <= {int, float, bool} and kinds:
        whole = all(cell is None or float(cell).is_integer() for cell in found)
        if whole and all(cell is None or abs(cell) < 1 << 53 for cell in found):
            found = [None if cell is None else int(cell) for cell in found]
            return pa.array(found, pa.int64())
        return pa.array([None if cell is None else float(cell) for cell in found], pa.float64())
    return pa.array([None if cell is None else _text(cell) for cell in found], pa.string())


def _text(cell: Any) -> str:
    """A cell as Excel shows it: whole numbers without a point."""
    whole = isinstance(cell, float) and cell.is_integer() and abs(cell) < 1 << 53
    return str(int(cell)) if whole else str(cell)


def _schema(fields: Sequence[tuple[str, Any]]) -> Any:
    import pyarrow as pa

    return pa.schema(list(fields))


FORMAT = Format(SheetTable, suffixes=(".xlsx", ".xlsm"), magic=_MAGIC, parts=True)
