"""The marks of a delimited text, and the numbers that its cells mean."""

import re
from functools import cache
from typing import NamedTuple

# The spellings that pandas reads as missing; an empty cell is missing too.
MISSING = (
    *("NA", "NaN", "nan", "null", "NULL", "None", "N/A", "n/a", "<NA>", "-nan", "-NaN", "#N/A"),
    *("#NA", "#N/A N/A", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
_TRUTH = {"True": 1.0, "False": 0.0, "true": 1.0, "false": 0.0, "TRUE": 1.0, "FALSE": 0.0}
WORDS = {**dict.fromkeys(MISSING, float("nan")), **_TRUTH}
_SPELLED = {"tab": "\t", "\\t": "\t", "blank": " ", "space": " "}
_NOT_FINITE = re.compile(r"[-+]?(nan|inf|infinity)", re.IGNORECASE)


class Dialect(NamedTuple):
    """The marks of a delimited text. delimiter: a blank stands for runs of blanks and tabs.

    thousands: empty if numbers have none. trailing: True if every row ends with a separator.
    """

    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    trailing: bool = False


def separator(text: str) -> str:
    """The separator that a text names: the character itself, or tab or blank in words."""
    return _SPELLED.get(text, text)


def invalid_mark(delimiter: str, decimal: str, thousands: str) -> tuple[str, str] | None:
    """The first of the marks that cannot be one, and what is expected; None where all can.

    delimiter, thousands: "" where none is given.

    >>> invalid_mark("", ".", ".")
    ('thousands', 'another mark than that of decimals')
    """
    if delimiter and not _is_mark(separator(delimiter), "\t ", "."):
        return "delimiter", "one character that stands in no number, tab or blank"
    if not _is_mark(decimal):
        return "decimal", "one character, . or ,"
    if thousands and not _is_mark(thousands, " \xa0\u2009\u202f\u2019\u066c"):
        return "thousands", "one character, such as , or ."
    if thousands == decimal:
        return "thousands", "another mark than that of decimals"
    return None


def _is_mark(text: str, more: str = "", never: str = "") -> bool:
    """True for an ASCII character that is not of a number, a quote or the end of a line.

    more: others that are marks, too. never: those that are not.
    """
    if len(text) != 1 or text in never:
        return False
    return text in more or (text.isascii() and not text.isalnum() and text not in '"+-\r\n\t \0')


def number_of(cell: str, dialect: Dialect) -> float | None:
    """The number that a cell means, NaN for a missing value; None for any other text."""
    text = cell.strip(" \t")
    if text in WORDS or not text:
        return WORDS.get(text, float("nan"))
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    if _NOT_FINITE.fullmatch(text):
        return float(text)
    if dialect.thousands and _grouped(dialect).fullmatch(text):
        text = text.replace(dialect.thousands, "")
    if not _decimal(dialect.decimal).fullmatch(text):
        return None
    return float(text.replace(dialect.decimal, "."))


@cache
def _decimal(point: str) -> re.Pattern[str]:
    point = re.escape(point)
    return re.compile(rf"[-+]?(?:[0-9]+(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][-+]?[0-9]+)?")


@cache
def _grouped(dialect: Dialect) -> re.Pattern[str]:
    """The pattern of a number whose digits are grouped by threes."""
    mark, point = re.escape(dialect.thousands), re.escape(dialect.decimal)
    return re.compile(rf"[-+]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?:{point}[0-9]*)?")
