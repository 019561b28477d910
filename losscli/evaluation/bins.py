"""Groups that are quantile bins of a numeric column: `--by age:4`."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, UsageError
from losscli.sources.opener import open_table
from losscli.sources.options import ReadOptions
from losscli.sources.source import Source
from losscli.sources.table import Table, Workspace

_BINNED = re.compile(r"(.+):([0-9]{1,4})")
MOST = 1000


def with_bins(
    by: Sequence[Any] | Mapping[str, Any], preds: Any, options: ReadOptions
) -> Sequence[Any] | Mapping[str, Any]:
    """The groups of a plan, those of `COLUMN:BINS` as the bin of each row.

    preds: the table of the predictions, which has the column; it is read once more, and 8 bytes a
    row are kept. Raises DataError for a column without numbers.
    """
    if isinstance(by, Mapping) or not any(map(_parts, by)):
        return by
    found: dict[str, Any] = {}
    with closing(open_table(preds, "preds", options)) as table:
        for place, thing in enumerate(by):
            column = _binned_column(thing, table)
            if column is None:
                found[thing if isinstance(thing, str) else f"by_{place + 1}"] = thing
            else:
                name, bins = column
                found[name] = quantile_bins(_values(table, name), bins)
    return found if len(found) == len(by) else by


def quantile_bins(values: NDArray[np.float64], bins: int) -> NDArray[Any]:
    """The bin of each number as a text, such as `1/4 20 to 35`; missing for a missing number.

    Bins hold about as many rows each; equal numbers are in one bin, so that bins may be fewer.

    >>> quantile_bins(np.array([1.0, 2.0, 3.0, 4.0]), 2).tolist()
    ['1/2 1 to 2', '1/2 1 to 2', '2/2 3 to 4', '2/2 3 to 4']
    """
    known = ~np.isnan(values)
    found = np.full(len(values), "", object)
    if not known.any():
        return found
    numbers = values[known]
    levels = np.arange(1, bins) / bins
    edges = np.unique(np.quantile(numbers, levels, method="inverted_cdf"))
    codes = np.searchsorted(edges, numbers, side="left")
    places = np.unique(codes)
    width = len(str(len(places)))
    labels = {}
    for rank, code in enumerate(places.tolist(), start=1):
        inside = numbers[codes == code]
        low, high = float(inside.min()), float(inside.max())
        labels[code] = f"{rank:0{width}}/{len(places)} {low:.6g} to {high:.6g}"
    found[known] = [labels[code] for code in codes.tolist()]
    return found


def _parts(thing: Any) -> re.Match[str] | None:
    return _BINNED.fullmatch(thing) if isinstance(thing, str) else None


def _binned_column(thing: Any, table: Table) -> tuple[str, int] | None:
    """The column and the number of bins; None for another key."""
    match = _parts(thing)
    names = table.names()
    if match is None or thing in names or match[1] not in names:
        return None
    bins = int(match[2])
    if not 2 <= bins <= MOST:
        raise UsageError(f"--by {thing} asks for {bins} bins; expected 2 to {MOST:,}")
    if table.once:
        raise UsageError(
            f"--by {thing} reads {table.path} twice, and it is read once", hint="save it as a file"
        )
    return match[1], bins


def _values(table: Table, name: str) -> NDArray[np.float64]:
    """All numbers of a column."""
    field = table.field("preds", [name], ())
    if field.kind == "keys" or field.row:
        raise DataError(f"{name} is not a column of numbers: it has no bins", place=table.path)
    workspace = Workspace()
    source = Source({"preds": (table, field)})
    load: Callable[[Any], Any] = lambda cut: cut.load(workspace).arrays["preds"]  # noqa: E731
    parts = [np.array(load(cut), np.float64).reshape(-1) for cut in source.blocks()]
    return np.concatenate(parts)
