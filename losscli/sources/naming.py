"""Names of columns and files: natural order, and the values of partitions in folders' names."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

_NUMBER = re.compile(r"([0-9]+)")
_PARTITION = re.compile(r"([^=/]+)=([^/]*)")
_LONGEST = 60  # characters of a name in a list
_MISSING = "__HIVE_DEFAULT_PARTITION__"  # what Hive and Spark call a folder of rows without a key


def natural_order(name: str) -> tuple[object, ...]:
    """A key that sorts the numbers in names by their values.

    >>> sorted(["part-10", "part-2", "part-1"], key=natural_order)
    ['part-1', 'part-2', 'part-10']
    """
    parts = _NUMBER.split(name)
    found = [(1, int(part), "") if place % 2 else (0, 0, part) for place, part in enumerate(parts)]
    return (*found, (-1, 0, name))  # part-01 and part-1 have an order too


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names as a message shows them: the first few, long ones cut, and the number of the others.

    >>> listed(["p", "t", "x" * 100], most=2)
    'p, t and 1 more'
    """
    shown = [name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..." for name in names[:most]]
    more = len(names) - most
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def partitions(path: str) -> Mapping[str, str]:
    """The keys and values of the folders `key=value` of a path; a missing value is "".

    >>> partitions("out/date=2024-01-01/region=north%20east/part-0.csv")
    {'date': '2024-01-01', 'region': 'north east'}
    """
    matches = map(_PARTITION.fullmatch, re.split(r"[/\\]", path)[:-1])
    found = {match[1]: unquote(match[2]) for match in matches if match}
    return {key: "" if value == _MISSING else value for key, value in found.items()}
