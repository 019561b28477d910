"""Lines that fit a width, in the characters of an encoding.

Text wraps between words, never within a word or a number; in a pipe, of infinite width, nothing
is cut or folded.
"""

import math
from collections.abc import Iterator, Sequence

from losscli.render.page import Drawing, Table, TextLine

MARGIN = "  "
_LEAST = 16  # columns of a text that wraps
# ASCII for the signs of our own texts, where an encoding lacks them.
_SIGNS = {
    "·": "-", "…": "...", "±": "+/-", "−": "-", "–": "-", "×": "x", "≤": "<=", "≥": ">=",
    "≠": "!=", "→": "->", "✓": "+", "✗": "x", "²": "^2", "³": "^3", "½": "1/2", "√": "sqrt",
    "Σ": "sum ", "∞": "inf", "∈": "in", "‖": "|", "π": "pi", "ε": "eps", "σ": "sigma", "Δ": "D",
    "µ": "u", "μ": "mu", "ᵢ": "_i", "₊": "+", "█": "#", "▏": "|",
}  # fmt: skip


def fit(lines: Sequence[TextLine | Drawing], columns: float) -> Iterator[TextLine]:
    """The lines of texts and drawings in so many columns."""
    for line in lines:
        if isinstance(line, TextLine):
            for part in wrap(line.text, columns, line.indent):
                yield line._replace(text=part)
        elif columns >= line.least:
            usual = line.most if line.usual is None else line.usual
            yield from line.draw(usual if math.isinf(columns) else int(min(columns, line.most)))


def wrap(text: str, columns: float, indent: int = 0) -> list[str]:
    """The lines of a text; a word longer than a line stays whole."""
    if len(text) <= columns:
        return [text]
    import textwrap

    return textwrap.wrap(
        text,
        max(int(columns), indent + _LEAST),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def table_lines(table: Table, kept: Sequence[int], width: float) -> Iterator[tuple[str, str]]:
    """The lines of a table's kept columns, each with its style.

    Where they do not fit, the last column wraps if it is one of text.
    """
    widths = {at: table.width_of(at) for at in kept}
    last = kept[-1]
    others = sum(len(MARGIN) + widths[at] for at in kept[:-1])
    if last not in table.right_aligned:
        widths[last] = int(min(widths[last], max(width - others - len(MARGIN), _LEAST)))

    def laid_out(cells: Sequence[str]) -> Iterator[str]:
        first, *more = wrap(cells[last], widths[last]) or [""]
        row = [cells[at] for at in kept[:-1]] + [first]
        padded = (
            cell.rjust(widths[at]) if at in table.right_aligned else cell.ljust(widths[at])
            for at, cell in zip(kept, row, strict=True)
        )
        yield "".join(f"{MARGIN}{cell}" for cell in padded).rstrip()
        yield from (f"{' ' * others}{MARGIN}{part}" for part in more)

    if any(table.headers):
        yield from ((line, "dim") for line in laid_out(table.headers))
    for row in table.rows:
        if row.is_caption:
            yield from ((f"{MARGIN}{part}", row.style) for part in wrap(row.cells[0], width, 2))
        else:
            yield from ((line, row.style) for line in laid_out(row.cells))


def encodable(text: str, encoding: str) -> str:
    """The text with ASCII in the place of the signs that an encoding lacks."""
    if _encodes(encoding, text):
        return text
    return "".join(s if _encodes(encoding, s) else _SIGNS.get(s, s) for s in text)


def _encodes(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def text_in(line: TextLine, encoding: str) -> str:
    """The text of a line; in an encoding that lacks its signs its ASCII, without accents."""
    if _encodes(encoding, line.text):
        return line.text
    if line.ascii:
        return line.ascii
    import unicodedata

    plain = unicodedata.normalize("NFD", encodable(line.text, encoding))
    return "".join(c for c in plain if not unicodedata.combining(c))
