"""Text from outside, made safe for terminals, tables and CI logs."""

import re
import unicodedata

LONGEST = 2000  # characters of a text that came from outside, in reports for people


def truncate(text: str, most: int = LONGEST) -> str:
    """At most so many characters of a text, and how many there are more."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} more)"


def escape_ci_commands(line: str) -> str:
    r"""A line that no CI runner takes for a command: not `::` first, nowhere `##[` or `##word[`.

    Leading blanks do not prevent it: GitHub's runner strips them.
    """
    if line.lstrip()[:2] == "::":
        line = line.replace("::", r"\x3a:", 1)
    return re.sub(r"##(\w*)\[", r"##\1\\x5b", line)


def escape(text: str) -> str:
    r"""A text that came from outside, safe for a terminal: controls become \x1b and the like."""
    if text.isprintable():
        return text
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    parts = [
        c if unicodedata.category(c) not in hidden else c.encode("unicode_escape").decode()
        for c in text
    ]
    return "".join(parts)


def escape_cell(text: str) -> str:
    """A text that came from outside, safe in a table of cells: no formula, control or command."""
    # A spreadsheet runs a cell that begins like a formula; one quote before it makes it a text.
    return escape_ci_commands(escape(f"'{text}" if text and text[0] in "=+-@\t\r" else text))
