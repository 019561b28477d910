"""The beginning of a delimited text file: its separator, the names of the columns, the first row.

Lines above the table are detected and skipped: a byte order mark, Excel's `sep=;`, comments, text.
Each is noted, as is a separator that the suffix does not promise.
"""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from losscli.errors import DataError, Place
from losscli.sources import plain
from losscli.sources.dialect import WORDS, Dialect, number_of, separator
from losscli.sources.files import NoRowsError, OpenFile
from losscli.sources.lines import LONGEST, quote_error
from losscli.sources.options import ReadOptions
from losscli.sources.scanner import split_rows
from losscli.sources.table import TableNote

SAMPLE = 1 << 16  # bytes from which the separator and the column types are told
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
_ROWS = 50  # rows that are compared with each other
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_EXCEL = re.compile(rb'"?sep=(.)"?(?:\r*\n|\r)', re.DOTALL)
_LINE = re.compile(rb"[^\r\n]*(?:\r?\r?\n|\r|$)")
_STARTS = {*" \t+-.0123456789", *"iInNtTfF", *(word[0] for word in WORDS)}  # of numbers
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_ONE_DECIMAL_COMMA = re.compile(rb"(?:^|;)\s*[-+]?\d+,\d+\s*(?:;|$)")


class Header(NamedTuple):
    """The columns of a text file, and where its rows begin.

    first_line: the line of the first row, from 1. begin: the byte at which it begins.
    sample: bytes of the first rows. named: True if the names are in the file.
    numeric: True if they are numbers, so that the line may be a row. notes: the facts detected.
    """

    path: str
    first_line: int
    names: tuple[str, ...]
    dialect: Dialect
    begin: int
    sample: bytes
    named: bool
    numeric: bool
    notes: tuple[TableNote, ...]


def read_header(file: OpenFile, options: ReadOptions) -> Header:
    """The header of a text file in UTF-8.

    Raises DataError for a file that is not such text, or whose first line is not such a line.
    """
    return _Beginning(file, options).header()


def usual_delimiter(suffix: str) -> str:
    """The separator that the suffix promises."""
    return "\t" if suffix in (".tsv", ".tab") else ","


def is_number(cell: str, dialect: Dialect = Dialect()) -> bool:  # noqa: B008
    """True for the text of a number, nan, infinities, True and False included, and not empty."""
    # Quick for most cells and names, of which there may be a million in a line.
    if cell[:1] not in _STARTS and cell[:1] != dialect.decimal:
        return False
    if dialect.decimal == "." and _PLAIN.fullmatch(cell):
        return True
    return number_of(cell, dialect) is not None


def rows_of(text: bytes, dialect: Dialect, *, whole: bool, most: int) -> list[list[str]]:
    """The stripped cells of the rows at the beginning of a text.

    whole: True if the text ends with the last row, so that none is cut.
    """
    rows: list[list[str]] = []
    while len(rows) < most:
        found = split_rows(text, dialect, 1, last=whole)
        if not found.rows:
            break
        cells = plain.cells_of(text[: found.length], dialect.delimiter)
        rows.append([cell.decode(errors="replace").strip() for cell in cells])
        text = text[found.length :]
    return rows


class _Beginning:
    """The beginning of a file, read from its first byte up to the first row."""

    def __init__(self, file: OpenFile, options: ReadOptions) -> None:
        self._path = file.path
        self._suffix = file.suffix
        self._options = options
        self._file = file
        self._text = _head(file)
        self._whole = len(self._text) == file.size
        self._line, self._at = 1, 0
        self._notes: list[TableNote] = []
        _check_text(file.path, self._text)

    def header(self) -> Header:
        """The header, after all that is above it."""
        options = self._options
        self._skip(len(_BYTE_ORDER_MARK) * self._text.startswith(_BYTE_ORDER_MARK))
        for count in range(options.skip_lines):
            if self._whole and not self._text:
                raise DataError(
                    f"{self._path} has {count:,} lines, and --skip-lines is {options.skip_lines:,}",
                    hint="omit --skip-lines: lines of text above a table are skipped",
                )
            self._skip(_line_length(self._text))
        delimiter = self._separator_line()
        commented = self._comments()
        delimiter = separator(options.delimiter) or delimiter or self._delimiter(commented)
        dialect = Dialect(delimiter, options.decimal, options.thousands)
        if commented is None:
            dialect = self._text_above(dialect)
            self._find_names(dialect)
        at, line, text = self._at, self._line, self._text
        names = self._names(commented, dialect)
        self._complete()
        names, dialect = self._without_trailing(names, dialect)
        if text.startswith(b'"') and self._text.startswith(b'"'):
            names = self._with_row_names(names, dialect)
        named = self._options.header
        numeric = named and all(is_number(name, dialect) for name in names)
        if numeric and self._whole and not self._text.strip():  # a row, and no other
            named = numeric = False
            self._at, self._line, self._text = at, line, text
        if not named:
            names = tuple(str(k + 1) for k in range(len(names)))
        if delimiter != usual_delimiter(self._suffix) and len(names) > 1:
            words = DELIMITERS.get(dialect.delimiter, repr(dialect.delimiter))
            self._note("separator", f"was read with {words} between its cells")
        return Header(
            self._path, self._line, names, dialect, self._at, self._text, named, numeric,
            tuple(self._notes),
        )  # fmt: skip

    def _skip(self, size: int) -> None:
        """Go on behind some bytes, a whole number of lines or a byte order mark."""
        self._line += len(re.findall(rb"\r?\r?\n|\r", self._text[:size]))
        self._at += size
        self._text = self._text[size:]

    def _complete(self) -> None:
        """Read on until the first row is whole: it may be longer than a sample."""
        while not (_ended(self._text) or self._whole) and len(self._text) < LONGEST:
            self._text = self._file.read(2 * len(self._text) + SAMPLE, self._at)
            self._whole = self._at + len(self._text) == self._file.size

    def _note(self, code: str, words: str) -> None:
        self._notes.append(TableNote(code, f"{self._path} {words}"))

    def _separator_line(self) -> str:
        """The separator that Excel's first line names; empty without such a line."""
        found = _EXCEL.match(self._text)
        if not found:
            return ""
        self._skip(found.end())
        delimiter = found[1].decode("latin-1")
        words = DELIMITERS.get(delimiter, repr(delimiter))
        self._note("separator_line", f"begins with a line that says it has {words}, as Excel has")
        return delimiter

    def _comments(self) -> bytes | None:
        """The line of names after `#`, without it; None where there is none above the rows."""
        count, last = 0, b""
        while self._text.startswith(b"#"):
            last = self._text[: _line_length(self._text)]
            self._skip(len(last))
            count += 1
        if not count:
            return None
        names = last.lstrip(b"#").strip(b" \r\n")
        named = self._options.header and bool(names) and self._names_rows(names)
        if named:
            self._note("commented_header", "has the names of its columns after a #")
        if count - named:
            lines = "line" if count - named == 1 else "lines"
            self._note("comments", f"begins with {count - named:,} {lines} of comments")
        return names if named else None

    def _names_rows(self, names: bytes) -> bool:
        """True if a commented line has as many cells as the rows, which have no other header."""
        lines = _lines(self._text)
        delimiter = separator(self._options.delimiter) or _delimiter_of(
            [names, *lines], self._suffix
        )
        dialect = Dialect(delimiter, self._options.decimal, self._options.thousands)
        cells = plain.cells_of(names, delimiter)
        rows = self._first_rows(dialect)
        if not rows or len(rows[0]) != len(cells):
            return False
        numbers = [any(is_number(cell, dialect) for cell in row) for row in rows]
        # A first row of words above rows of numbers is the header, and the line only a comment.
        return numbers[0] or not any(numbers[1:])

    def _delimiter(self, commented: bytes | None) -> str:
        lines = _lines(self._text)
        return _delimiter_of(lines if commented is None else [commented, *lines], self._suffix)

    def _text_above(self, dialect: Dialect) -> Dialect:
        """Skip lines above the table: they have another number of cells than all that follow."""
        lines = _lines(self._text)
        if not lines or len(lines[0]) > SAMPLE:  # no sentence, and slow to divide in several ways
            return dialect
        for mark in dict.fromkeys([dialect.delimiter, *DELIMITERS]):
            changed = dialect._replace(delimiter=mark)
            given = bool(self._options.delimiter) or mark == " "
            above = _lines_above(lines, changed, named=self._options.header)
            if above < 0 or (given and changed != dialect):
                break
            if above:
                for _ in range(above):
                    self._skip(_line_length(self._text))
                words = "a line" if above == 1 else f"{above:,} lines"
                self._note("text_above", f"has {words} of text above its table, which is skipped")
                return changed
        return dialect

    def _find_names(self, dialect: Dialect) -> None:
        """Take a first line of words above numbers as the header in spite of --no-header.

        The flag is for all tables, of which only one may lack a header.
        """
        rows = [] if self._options.header else self._first_rows(dialect)
        # The first name may be empty: an index has none.
        words = rows[0][not rows[0][0] :] if rows else []
        if len(rows) > 1 and words == list(map(str, range(len(words)))) and _fractions(rows[1:]):
            self._note("likely_header", "has a first line like names of pandas, read as a row")
        if len(rows) < 2 or not all(words) or any(is_number(cell, dialect) for cell in words):
            return
        columns = list(zip_longest(*rows[1:], fillvalue=""))[: len(rows[0])]
        if words and any(all(is_number(cell, dialect) for cell in cells) for cells in columns):
            self._options = self._options._replace(header=True)
            self._note("header_line", f"has a header, in spite of --no-header: {words[0]!r}")

    def _first_rows(self, dialect: Dialect) -> list[list[str]]:
        return rows_of(self._text, dialect, whole=self._whole, most=_ROWS)

    def _names(self, commented: bytes | None, dialect: Dialect) -> tuple[str, ...]:
        line = self._text
        if commented is None:
            found = split_rows(self._text, dialect, 1, last=self._whole)
            if not found.rows:
                self._check_quote(found.open, found.stray)
            line = self._text[: found.length]
        try:
            cells = [cell.decode().strip() for cell in plain.cells_of(
                line if commented is None else commented, dialect.delimiter)]  # fmt: skip
            if commented is None:
                self._check_swallowed(line, len(cells), dialect)
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self._path} is not UTF-8 text",
                place=Place(self._path, line=self._line),
                hint="say how it is encoded: --encoding latin-1, for example",
            ) from error
        if commented is None and self._options.header:
            self._skip(len(line))
        return tuple(cells)

    def _check_swallowed(self, line: bytes, width: int, dialect: Dialect) -> None:
        """Raise DataError for a name with line ends inside quotes that has whole rows in it."""
        for inner in line.splitlines()[1:]:
            cells = inner.partition(b'"')[0].split(dialect.delimiter.encode())
            if len(cells) == width > 1 and any(_is_number(cell, dialect) for cell in cells):
                raise quote_error(self._path, self._line, closed=False)

    def _check_quote(self, opened: int, stray: int) -> None:
        """Raise DataError for a header line that does not end."""
        if opened >= 0 or stray >= 0:
            before = self._text[: max(opened, stray)]
            line = self._line + len(re.findall(rb"\r?\r?\n|\r", before))
            raise quote_error(self._path, line, closed=stray >= 0)
        if self._whole and not self._text.strip():
            raise NoRowsError(
                f"{self._path} has no rows", hint="the step that wrote it may have selected no rows"
            )
        raise DataError(
            f"{self._path} has a line of more than {LONGEST >> 20} MiB",
            place=Place(self._path, line=self._line),
            hint="are its lines ended by \\n?",
        )

    def _without_trailing(
        self, names: tuple[str, ...], dialect: Dialect
    ) -> tuple[tuple[str, ...], Dialect]:
        """The columns without an empty one that a separator at the end of every row makes."""
        rows = self._first_rows(dialect)
        ends = {len(row) for row in rows if not row[-1:] or not row[-1]}
        if dialect.delimiter == " " or len(rows) != sum(
            not row[-1:] or not row[-1] for row in rows
        ):
            return names, dialect
        if ends == {len(names)} and len(names) > 1 and not (self._options.header and names[-1]):
            names = names[:-1]
        elif ends != {len(names) + 1}:
            return names, dialect
        self._note("trailing_separator", "has a separator at the end of every line")
        return names, dialect._replace(trailing=True)

    def _with_row_names(self, names: tuple[str, ...], dialect: Dialect) -> tuple[str, ...]:
        """The columns with one without a name before them, where R has written names of rows."""
        if not self._options.header or dialect.trailing:
            return names
        rows = self._first_rows(dialect)
        if {len(row) for row in rows} != {len(names) + 1} or len({r[0] for r in rows}) < len(rows):
            return names
        self._note("row_names", "has names of rows, whose column has no name, as R writes them")
        return ("", *names)


def _fractions(rows: Sequence[Sequence[str]]) -> bool:
    """True if no cell is a whole number in digits only."""
    return not any(cell.isdigit() for row in rows for cell in row)


def _lines(text: bytes) -> list[bytes]:
    """The first lines of a text, without their ends; the last may be cut, unless it is the only."""
    lines = text[: 1 << 22].split(b"\n", 4 * _ROWS)
    lines = b"\n".join(lines[: 4 * _ROWS]).splitlines()
    return lines[:-1] if len(lines) > 1 and not text.endswith((b"\n", b"\r")) else lines


def _line_length(text: bytes) -> int:
    """The bytes of the first line, its end included."""
    found = _LINE.match(text)
    return found.end() if found else 0


def _delimiter_of(lines: Sequence[bytes], suffix: str) -> str:
    """The most frequent separator outside quotes in the first line, or the usual one.

    Blanks are one where no other is, and all lines have as many cells between them.
    """
    usual = usual_delimiter(suffix)
    if not lines:
        return usual
    # A quote counts where a cell begins: elsewhere it is a character of the cell.
    line = re.sub(rb'(^|[,;\t|])"[^"]*"', rb"\1", lines[0])
    counts = {mark: line.count(mark.encode()) for mark in [usual, *DELIMITERS] if mark != " "}
    best = max(counts, key=lambda mark: counts[mark])
    if best == "," and counts[";"] and _ONE_DECIMAL_COMMA.search(line):
        return ";"
    if counts[best]:
        return best
    return " " if _in_blanks([each.split() for each in lines[:_ROWS]]) else usual


def _in_blanks(rows: Sequence[Sequence[bytes]]) -> bool:
    """True if rows between blanks are of one width, and a column of them holds numbers."""
    below = rows[1:] or rows
    widths = {len(row) for row in below}
    if len(widths) != 1 or min(widths) < 2 or not rows[0]:
        return False
    # A header of one cell less is above names of rows, both in quotes.
    less = rows[0][0][:1] == below[0][0][:1] == b'"'
    if len(below[0]) - len(rows[0]) not in (0, less):
        return False
    return any(
        all(is_number(cell.decode("latin-1")) for cell in cells)
        for cells in zip(*below, strict=True)
    )


def _lines_above(lines: Sequence[bytes], dialect: Dialect, *, named: bool) -> int:
    """The number of lines above a table: until one from which all are of one other width.

    -1 for lines that are a table from the first one on.
    """
    rows = [plain.cells_of(line, dialect.delimiter) for line in lines]
    widths = [len(row) for row in rows]
    if len(widths) > 1 and widths[0] == widths[1] > 1:
        return -1
    first = len(widths)
    while first and widths[first - 1] == widths[-1]:
        first -= 1
    below = rows[first + named :]
    # A first line of one cell less is a header without a name for the names of the rows.
    if (
        widths[-1] < 2
        or widths[-1] in widths[:first]
        or not below
        or widths[0] == widths[-1] - 1 > 1
    ):
        return 0
    columns = [
        [_is_number(cell, dialect) for cell in column] for column in zip(*below, strict=True)
    ]
    header = [_is_number(cell, dialect) for cell in rows[first]]
    return first if any(map(all, columns)) and not (named and any(header)) else 0


def _is_number(cell: bytes, dialect: Dialect) -> bool:
    return is_number(cell.decode("latin-1").strip(), dialect)


def _head(file: OpenFile) -> bytes:
    """The beginning of the file: the whole header line, and a sample of the first rows."""
    size = SAMPLE
    head = file.read(size, 0)
    while not _ended(head[: -SAMPLE // 2]) and len(head) == size < LONGEST:
        size *= 2
        head = file.read(size, 0)
    return head


def _ended(text: bytes) -> bool:
    return b"\n" in text or b"\r" in text


def _check_text(path: str, head: bytes) -> None:
    if b"\0" in head:
        # Of two bytes of a Latin letter or digit, one is NUL; a stray NUL byte is in no order.
        halves = head[1:40:2], head[0:40:2]
        little, big = (2 * half.count(0) > len(half) for half in halves)
        wide, name = little != big, "utf-16-le" if little else "utf-16-be"
        words = "UTF-16 text" if wide else "not text: it holds NUL bytes"
        hint = f"say so: --encoding {name}" if wide else "a table in text is expected"
        raise DataError(f"{path} is {words}", hint=hint)
