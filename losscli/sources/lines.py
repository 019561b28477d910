"""The rows of a text file in runs of a given length, found by counting their ends."""

from bisect import bisect_right
from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple
from weakref import finalize

import numpy as np

from losscli.errors import DataError, Place
from losscli.sources.dialect import Dialect
from losscli.sources.files import OpenFile
from losscli.sources.scanner import Split, Text, split_rows

PIECE = 4 << 20  # bytes of text that are held at a time, approximately
LONGEST = 64 << 20  # bytes of a line at most
_SPOT = 1 << 13  # bytes that are read in one place to estimate the length of lines
_SPOTS = 8


class Run(NamedTuple):
    """Consecutive rows: the offset and number of their bytes, of the rows, and of the first row.

    breaks: newlines inside quotes. text: the bytes, whose memory is used again once nobody has this
    array, whoever has parts of it; None if they are too many to be held, and are read again.
    """

    offset: int
    size: int
    rows: int
    first: int
    breaks: int
    text: Text | None


class Lines:
    """The rows of a file from byte `begin` on, without blank lines at its end.

    first_line: the line of the first row, from 1. returns: rows ended by a carriage return alone.
    """

    def __init__(self, file: OpenFile, begin: int, dialect: Dialect, first_line: int = 1) -> None:
        self._file = file
        self._dialect = dialect
        self._first_line = first_line
        self._broken: dict[int, Run] = {}  # runs with newlines inside quotes, by their offsets
        self._begun: list[tuple[int, int]] = []  # the first row of each run, and its offset
        self._memory: list[Text] = []  # of texts that nobody has: new memory is slow to get
        self.begin = begin
        self.end = self._trimmed_end()
        self.returns = 0

    @property
    def breaks(self) -> int:
        """Newlines inside quotes, so far."""
        return sum(run.breaks for run in self._broken.values())

    def rows_a_piece(self, sample: bytes) -> int:
        """Rows that fill a piece, by the longest in a sample and in a few places of the file."""
        length = _row_length(sample)
        span = self.end - self.begin
        if span > len(sample):
            for spot in range(1, _SPOTS + 1):
                text = self._file.read(_SPOT, self.begin + span * spot // (_SPOTS + 1))
                length = max(length, _row_length(text))
        return int(PIECE / length)

    def runs(self, rows: int, first: int | None = None) -> Iterator[Run]:
        """All rows in runs of `rows`, the last one shorter; `first` rows in the first run.

        Raises DataError for a row that is longer than LONGEST, and for a quote that is not closed.
        """
        offset, done = self.begin, 0
        guess = PIECE // 4
        self._broken.clear()
        self._begun.clear()
        self.returns = 0
        while offset < self.end:
            wanted = first if first is not None and not done else rows
            run, returns = self._run(offset, wanted, done, guess)
            guess = min(2 * PIECE, run.size + run.size // 16 + 4096)
            self.returns += returns
            self._begun.append((done, offset))
            if run.breaks:
                self._broken[run.offset] = run._replace(text=None)
            yield run
            offset += run.size
            done += run.rows

    def pieces(self, run: Run) -> Iterator[Run]:
        """A run in parts that can be held: the run, or whole rows of it that are read again."""
        if run.text is not None:
            yield run
            return
        offset, first, left = run.offset, run.first, run.rows
        while left:
            part, _ = self._run(offset, left, first, PIECE, most=PIECE)
            yield part
            offset += part.size
            first += part.rows
            left -= part.rows

    def run_at(self, row: int) -> Run:
        """A run of one row, which was read before."""
        at = bisect_right(self._begun, row, key=itemgetter(0)) - 1
        first, offset = self._begun[at] if at >= 0 else (0, self.begin)
        while first < row:
            run, _ = self._run(offset, row - first, first, PIECE, most=PIECE)
            first, offset = first + run.rows, offset + run.size
        return self._run(offset, 1, row, 1 << 16)[0]

    def line_of(self, row: int) -> int:
        """The line at which a row begins, both counted from the first of the file, rows from 0."""
        breaks = 0
        for run in list(self._broken.values()):
            if run.first + run.rows <= row:
                breaks += run.breaks
                continue
            for part in self.pieces(run) if run.first < row else ():
                assert part.text is not None
                if part.first < row:
                    wanted = row - part.first
                    breaks += split_rows(part.text, self._dialect, wanted, last=True).breaks
        return row + breaks + self._first_line

    def _run(
        self, offset: int, rows: int, first: int, guess: int, most: int | None = None
    ) -> tuple[Run, int]:
        """At most `rows` rows from an offset, and how many end with a carriage return alone.

        most: the bytes that are held at most, if fewer rows fill them.
        """
        while True:
            size = min(guess, self.end - offset)
            memory = self._memory.pop() if self._memory else None
            if memory is None or memory.size < size:
                memory = np.empty(size + size // 8, np.uint8)  # the next may be a little longer
            text = memory[:size]
            self._file.read_into(text, offset)
            last = offset + size == self.end
            found = split_rows(text, self._dialect, rows, last=last)
            full = most is not None and found.rows and size >= most
            if found.rows == rows or last or full:
                if found.rows < rows and not full:
                    self._check_quotes(text, found, first)
                text = memory[: found.length]
                finalize(text, self._memory.append, memory).atexit = False
                run = Run(offset, found.length, found.rows, first, found.breaks, text)
                return run, found.returns
            if found.stray >= 0 or (not found.rows and guess >= LONGEST):
                self._check_quotes(text, found, first)
                raise self._too_long(offset)
            if most is None and guess >= 2 * PIECE:
                return self._measured(offset, rows, first)
            guess *= 2

    def _measured(self, offset: int, rows: int, first: int) -> tuple[Run, int]:
        """The same for rows that are too long to be held all at once: they are only counted."""
        at, count, breaks, returns = offset, 0, 0, 0
        while at < self.end and count < rows:
            part, odd = self._run(at, rows - count, first + count, PIECE, most=PIECE)
            at += part.size
            count += part.rows
            breaks += part.breaks
            returns += odd
        return Run(offset, at - offset, count, first, breaks, None), returns

    def _check_quotes(self, text: Text, found: Split, first: int) -> None:
        """Raise DataError where a quote ended the rows."""
        if found.open < 0 and found.stray < 0:
            return
        before = text[: max(found.open, found.stray)]
        whole = split_rows(before, self._dialect, before.size + 1, last=False)
        line = self.line_of(first) + whole.rows + whole.breaks
        raise quote_error(self._file.path, line, closed=found.stray >= 0)

    def _trimmed_end(self) -> int:
        """The end of the last line that is not blank."""
        end = self._file.size
        while end > self.begin:
            size = min(4096, end - self.begin)
            tail = self._file.read(size, end - size)
            kept = len(tail.rstrip(b"\r\n"))
            if kept:
                last = end - size + kept
                newline = self._file.read(2, last)
                return last + (2 if newline == b"\r\n" else len(newline[:1]))
            end -= size
        return end

    def _too_long(self, offset: int) -> DataError:
        return DataError(
            f"{self._file.path} has a line of more than {LONGEST >> 20} MiB",
            place=f"byte {offset:,}",
            hint="are its lines ended by \\n?",
        )


def quote_error(path: str, line: int, *, closed: bool) -> DataError:
    """The error for a quote that does not end with its cell; closed: another one follows later."""
    words = 'a quote that is not closed; the rows up to the next " would be lost'
    if closed:
        words = "a quoted cell of several lines with text after its closing quote"
    return DataError(
        words,
        place=Place(path, line=line),
        hint="close the quote, or double it inside a quoted cell",
    )


def _row_length(text: bytes) -> float:
    """The length of a row, on average."""
    return len(text) / max(1, text.count(b"\n"), text.count(b"\r"))
