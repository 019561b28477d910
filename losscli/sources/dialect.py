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
_NOT_FINITE = re.compile(r"[-+]?(nan|inf|infinity)", re.IGNORECASE)


class Dialect(NamedTuple):
    """The marks of a delimited text. delimiter: a blank stands for runs of blanks and tabs.

    thousands: empty if numbers have none. trailing: True if every row ends with a separator.
    """

    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    trailing: bool = False


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
