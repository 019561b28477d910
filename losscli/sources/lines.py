"""The lines of a text file in runs of a given length, found by counting newlines."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError
from losscli.sources.files import OpenFile

PIECE = 4 << 20  # bytes of text that are held at a time, approximately
LONGEST = 64 << 20  # bytes of a line at most
_SPOT = 1 << 13  # bytes that are read in one place to estimate the length of lines
_SPOTS = 8
NEWLINE = 10

Text = NDArray[np.uint8]


class Run(NamedTuple):
    """Consecutive lines: the offset and number of their bytes, of the rows, and of the first row.

    text: the bytes; None if they are too many to be held, and are read again.
    """

    offset: int
    size: int
    rows: int
    first: int
    text: Text | None


class Lines:
    """The lines of a file from byte `begin` on, without blank lines at its end."""

    def __init__(self, file: OpenFile, begin: int) -> None:
        self._file = file
        self.begin = begin
        self.end = self._trimmed_end()

    def rows_a_piece(self, sample: bytes) -> int:
        """Lines that fill a piece, by the longest in a sample and in a few places of the file."""
        length = len(sample) / max(1, sample.count(b"\n"))
        span = self.end - self.begin
        if span > len(sample):
            for spot in range(1, _SPOTS + 1):
                text = self._file.read(_SPOT, self.begin + span * spot // (_SPOTS + 1))
                length = max(length, len(text) / max(1, text.count(b"\n")))
        return int(PIECE / length)

    def runs(self, rows: int, first: int | None = None) -> Iterator[Run]:
        """All lines in runs of `rows`, the last one shorter; `first` lines in the first run.

        Raises DataError for a line that is longer than LONGEST.
        """
        offset, done = self.begin, 0
        guess = PIECE // 4
        while offset < self.end:
            wanted = first if first is not None and not done else rows
            run = self._run(offset, wanted, done, guess)
            guess = min(2 * PIECE, run.size + run.size // 16 + 4096)
            yield run
            offset += run.size
            done += run.rows

    def pieces(self, run: Run) -> Iterator[Run]:
        """A run in parts that can be held: the run, or whole lines of it that are read again."""
        if run.text is not None:
            yield run
            return
        offset, first, left = run.offset, run.first, run.rows
        while left:
            part = self._run(offset, left, first, PIECE, most=PIECE)
            yield part
            offset += part.size
            first += part.rows
            left -= part.rows

    def _run(self, offset: int, rows: int, first: int, guess: int, most: int | None = None) -> Run:
        """At most `rows` lines from an offset; fewer where they fill `most` bytes."""
        while True:
            size = min(guess, self.end - offset)
            text = np.empty(size, np.uint8)
            self._file.read_into(text, offset)
            count, length = whole_lines(text, rows)
            if offset + size == self.end and count < rows and length < size:
                return Run(offset, size, count + 1, first, text)  # it may lack its newline
            full = most is not None and count and size >= most
            if count == rows or offset + size == self.end or full:
                return Run(offset, length, count, first, text[:length])
            if not count and guess >= LONGEST:
                raise self._too_long(offset)
            if most is None and guess >= 2 * PIECE:
                return self._measured(offset, rows, first)
            guess *= 2

    def _measured(self, offset: int, rows: int, first: int) -> Run:
        """The same for lines that are too long to be held all at once: they are only counted."""
        position, count, ended = offset, 0, offset
        buffer = np.empty(PIECE, np.uint8)
        while position < self.end:
            text = buffer[: min(PIECE, self.end - position)]
            self._file.read_into(text, position)
            found, length = whole_lines(text, rows - count)
            count += found
            if found:
                ended = position + length
            elif position + text.size - ended > LONGEST:
                raise self._too_long(ended)
            if count == rows:
                return Run(offset, ended - offset, rows, first, None)
            position += text.size
        return Run(offset, self.end - offset, count + (ended < self.end), first, None)

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


def whole_lines(text: Text, rows: int) -> tuple[int, int]:
    """The number of whole lines, at most `rows`, and the position of their end."""
    strip, count, length = 1 << 18, 0, 0
    for start in range(0, text.size, strip):
        newlines = text[start : start + strip] == NEWLINE
        found = int(np.count_nonzero(newlines))
        if not found:
            continue
        if count + found >= rows:
            at = np.flatnonzero(newlines)[rows - count - 1]
            return rows, start + int(at) + 1
        count += found
        length = start + int(newlines.size - newlines[::-1].argmax())
    return count, length
