"""Class labels as text: a table whose column of labels is read as the numbers of classes.

The order of classes is never guessed: it is given, or that of prediction columns named
`prefix_LABEL`. Where labels are only compared with each other, any text is a label.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.errors import DataError, Place, UsageError
from losscli.sources.dialect import MISSING, Dialect, number_of
from losscli.sources.keys import Keys
from losscli.sources.memory import holds_keys
from losscli.sources.naming import listed
from losscli.sources.options import ClassLabels
from losscli.sources.table import Cut, Field, Loaded, Table, TableNote, Workspace
from losscli.sources.wrapped import WrappedTable

_SAMPLE = 256  # rows from which labels are told from numbers
_MOST = 1000  # labels that are listed
_SHOWN = 12
_SEPARATORS = "_-.:/ "
_LIST = re.compile(r"\[[\[\s\"]*[-+.\d]")  # of numbers: not a label
_NEGATIVES = ("not", "no", "non", "neg", "negative", "false", "other")

Mapper: TypeAlias = Callable[[str], float | None]  # the number of a label; None if it has none


class Numbering(NamedTuple):
    """The numbers of labels.

    number: of a label; None if it has none. expected, hint: for the error of such a label. note:
    how the numbers were found.
    """

    number: Mapper
    expected: str = ""
    hint: str = ""
    note: str = ""


class LabelTable(WrappedTable):
    """A table of which some roles are columns of labels; all others are those of the table.

    Its labels become numbers once `resolve` says how.
    """

    def __init__(self, inner: Table) -> None:
        super().__init__(inner)
        self._labels: dict[str, Field] = {}
        self._numbering: Numbering | None = None

    def field(self, role: str, columns: Sequence[str] | None, excluded: Sequence[str]) -> Field:
        """The field of the table; labels are numbers (N,)."""
        if role in self._labels:
            return self._labels[role]._replace(role=role, row=(), dtype="float64", kind="numbers")
        return self.inner.field(role, columns, excluded)

    def read_labels(self, role: str, column: str | None) -> None:
        """Read a column as labels for a role; None for a table of one column or array."""
        self._labels[role] = keys_field(self.inner, column)._replace(role=role)

    def labels_of(self, role: str) -> "LabelColumn":
        """All labels of a role."""
        return LabelColumn(self.inner, self._labels[role])

    def resolve(self, numbering: "Numbering") -> None:
        """Set the numbers of labels."""
        self._numbering = numbering

    def notes(self) -> Iterator[TableNote]:
        """The notes of the table, and the order of classes where it was found."""
        yield from self.inner.notes()
        if self._numbering is not None and self._numbering.note:
            yield TableNote("classes_from_columns", f"{self.path}: {self._numbering.note}")

    def cuts(self, rows: int, first: int | None = None) -> Iterator[Cut]:
        """The cuts of the table."""
        start = 0
        for cut in self.inner.cuts(rows, first):
            yield cut._replace(load=partial(self._load, start, cut))
            start += cut.rows

    def _load(
        self, start: int, cut: Cut, fields: Sequence[Field], workspace: Workspace
    ) -> dict[str, Loaded]:
        inner = [self._labels.get(field.role, field) for field in fields]
        found = dict(cut.load(inner, workspace))
        for field in fields:
            if field.role in self._labels:
                found[field.role] = self._numbers(start, found[field.role], field)
        return found

    def _numbers(self, start: int, loaded: Loaded, field: Field) -> NDArray[np.float64]:
        """The numbers of labels; raises DataError for the first label without one."""
        assert self._numbering is not None
        keys = _keys(loaded)
        labels = [text for (text,) in keys.texts]
        numbers = [self._numbering.number(text) for text in labels]
        unknown = [code for code, number in enumerate(numbers) if number is None]
        if unknown:
            rows = np.flatnonzero(np.isin(keys.codes, unknown))
            label = labels[keys.codes[rows[0]]]
            raise DataError(
                f"{_shown(label)} is not {self._numbering.expected}",
                place=self.place(start + int(rows[0]), None, field),
                hint=self._numbering.hint,
            )
        return np.array(numbers, np.float64)[keys.codes]


def keys_field(table: Table, column: str | None) -> Field:
    """The field of a column of labels; raises UsageError where it is one of several, unnamed."""
    names = table.names()
    if column is None and len(names) > 1:
        raise UsageError(
            f"{table.path} has {len(names)} columns: which one holds the labels?",
            place=f"its columns: {listed(names)}",
            hint="name it: --target COLUMN",
        )
    field = table.field("groups", [column] if column is not None else None, ())
    if field.width != 1:
        raise DataError(
            f"{table.path} has rows of {field.row}; labels are one a row",
            hint="one-hot rows need no --classes: their columns are in the order of the classes",
        )
    return field


class LabelReader:
    """Reads the labels of predictions and targets as numbers, where tables hold text.

    labels: those that are named, and what the losses take. keys: columns that hold none.
    """

    def __init__(self, labels: ClassLabels, keys: Collection[str] = ()) -> None:
        self._labels = labels
        self._keys = keys
        self._tables: dict[str, LabelTable] = {}

    def wrap(
        self, first: Table, second: Table, pred: Sequence[str], target: Sequence[str]
    ) -> tuple[Table, Table]:
        """The tables of predictions and targets, which read text as labels."""
        one = second is first
        if "any" in self._labels.takes:  # predictions may be labels too
            first = self._opened(first, "preds", pred)
            second = first if one else second
        second = self._opened(second, "targets", target)
        return (second if one else first), second

    def wrap_reference(self, table: Table, role: str, names: Sequence[str]) -> Table:
        """The table of a reference, which reads text as labels where predictions may be labels."""
        return self._opened(table, role, names) if "any" in self._labels.takes else table

    def resolve(self, pred: Field) -> None:
        """Find the numbers of labels; raises DataError where the order of classes is not known.

        pred: the field of the predictions.
        """
        if self._tables:
            numbering = self._numbering(pred)
            for table in self._tables.values():
                table.resolve(numbering)

    def _opened(self, table: Table, role: str, names: Sequence[str]) -> Table:
        """A table that reads the labels of a role, if it holds text or if labels were named."""
        column = names[0] if names else _only_column(table, self._keys)
        named = self._labels.given and role == "targets"
        if len(names) > 1 or not (named or _holds_text(table, column)):
            return table
        found = table if isinstance(table, LabelTable) else LabelTable(table)
        found.read_labels(role, column)
        self._tables[role] = found
        return found

    def _numbering(self, pred: Field) -> Numbering:
        classes, positive, takes = self._labels
        if classes:
            hint = f"--classes {_quoted(','.join(classes))},..."
            return Numbering(_in_order(classes, pred), "one of --classes", hint)
        worded = self._tables.get("targets") or self._tables["preds"]
        column = worded.labels_of("targets" if "targets" in self._tables else "preds")
        if positive is not None:
            return _of_two(column, positive)
        if pred.width > 1 and "classes" in takes:
            return _from_columns(column, pred)
        if "two" in takes:
            raise _needs_positive(column)
        if not {"preds", "targets"} <= self._tables.keys():
            raise DataError(
                f"labels that are text on one side only: {column.listed}",
                place=f"{column.place}; the other side holds numbers",
                hint="--classes with the words in the order of the numbers 0, 1, ...",
            )
        return Numbering(_by_text)


def _only_column(table: Table, keys: Collection[str]) -> str | None:
    """The only column of a table, keys and an index without a name aside; None for several."""
    names = [name for name in table.names() if name and name not in keys]
    return names[0] if len(names) == 1 else None


class LabelColumn:
    """The labels of a whole column, in the order of their first rows, without missing ones."""

    def __init__(self, table: Table, field: Field) -> None:
        self.place = Place(table.path, column=next(iter(field.columns), None))
        if table.once:
            raise DataError(
                f"the labels of {table.path} can be read once only, and must be named",
                hint="--classes LABEL,LABEL in the order of the classes, or save it as a file",
            )
        self.texts = [text for text in _distinct_texts(table, field) if not is_missing(text)]
        self.listed = _listed(self.texts)


def _holds_text(table: Table, column: str | None) -> bool:
    """True if the first cells of a column hold text: not numbers, missing values or lists."""
    if column is None:
        return holds_keys(table)
    if table.once or not table.names():
        return False
    try:
        field = keys_field(table, column)._replace(role="label")
    except DataError:  # several columns, or none: the error is that of the role
        return False
    texts = _distinct_texts(table, field, _SAMPLE)
    found = any(not is_plain(text) for text in texts) and not any(map(_LIST.match, texts))
    table.forget(field)
    return found


def is_plain(text: str) -> bool:
    """True for the text of a number, of a truth value, or of a missing value."""
    return number_of(text, Dialect()) is not None


def _distinct_texts(table: Table, field: Field, rows: int | None = None) -> list[str]:
    """The texts of a column in the order of their first rows; of the first rows, or of all."""
    found: dict[str, None] = {}
    for cut in table.cuts(rows or table.block_rows(1)):
        loaded = cut.load([field], Workspace())[field.role]
        keys = _keys(loaded)
        order = np.argsort(np.unique(keys.codes, return_index=True)[1])
        found |= dict.fromkeys(keys.texts[code][0] for code in order.tolist())
        if rows or len(found) > _MOST:
            break
    return list(found)


def _keys(loaded: Loaded) -> Keys:
    """The labels of rows, of numbers as Python writes them."""
    if isinstance(loaded, Keys):
        return loaded
    assert isinstance(loaded, np.ndarray)
    return Keys.of(loaded)


def _in_order(classes: Sequence[str], pred: Field) -> Mapper:
    """The place of a label among the classes; a number is found however it is written."""
    if len(set(classes)) < len(classes):
        twice = next(name for name in classes if list(classes).count(name) > 1)
        raise UsageError(f"--classes names {twice!r} twice")
    if pred.width > 1 and len(classes) != pred.width:
        raise UsageError(
            f"--classes names {len(classes)} classes for {pred.width} columns of predictions",
            hint="one label for each column, in their order",
        )
    places = {label: float(k) for k, label in enumerate(classes)}

    def number(text: str) -> float | None:
        found = places.get(text, places.get(_whole(text)))
        return np.nan if found is None and is_missing(text) else found

    return number


def is_missing(text: str) -> bool:
    """True for the text of a missing value."""
    return not text or text in MISSING


def _whole(text: str) -> str:
    """The text of a whole number without its fraction of zeros; any other text as it is."""
    return text[:-2] if text.endswith(".0") else text


def _of_two(column: LabelColumn, positive: str) -> Numbering:
    """1 for the positive label and 0 for the other one."""
    names = list(dict.fromkeys(map(_whole, column.texts)))
    if positive not in column.texts and positive not in names:
        raise DataError(
            f"--positive {positive} is not among the labels: {column.listed}",
            place=column.place,
            hint=f"--positive {_quoted(column.texts[0])}" if names else "",
        )
    if len(names) > 2:
        raise DataError(
            f"--positive is for two labels; there are {len(names)}: {column.listed}",
            place=column.place,
            hint="for several classes: a column of probabilities each, and --classes",
        )
    others = [name for name in (*column.texts, *names) if positive not in (name, _whole(name))]
    values = dict.fromkeys(others, 0.0)

    def number(text: str) -> float | None:
        if positive in (text, _whole(text)):
            return 1.0
        return np.nan if is_missing(text) else values.get(text)

    return Numbering(number, f"one of the labels {column.listed}")


def _from_columns(column: LabelColumn, pred: Field) -> Numbering:
    """The classes that columns named `prefix_LABEL` are of; raises DataError if they are not."""
    first = pred.columns[0] if pred.columns else ""
    for end in range(1, len(first)):
        ends = [name[end:] for name in pred.columns if name.startswith(first[:end])]
        if len(ends) < len(pred.columns):
            break
        if first[end - 1] in _SEPARATORS and set(column.texts) <= set(ends):
            note = f"classes are in the order of the columns: {_listed(ends)}"
            return Numbering(_in_order(ends, pred), "the end of a column's name", note=note)
    known = [name for name in pred.columns if name in column.texts]
    proposed = [*known, *sorted(set(column.texts) - set(known))]
    columns = ", ".join(pred.columns[:_SHOWN]) or "the columns of the predictions"
    raise DataError(
        f"the labels are text, and the order of the classes is not known: {column.listed}",
        place=column.place,
        hint=f"--classes {_quoted(','.join(proposed))}  (in the order of {columns})",
    )


def _needs_positive(column: LabelColumn) -> DataError:
    first = sorted(column.texts, key=lambda label: label.lower().split("_")[0] in _NEGATIVES)
    hint = f"--positive {_quoted(first[0])}" if first else ""
    if len(first) == 2:
        hint += f" or --positive {_quoted(first[1])} (the label that means 1)"
    elif len(first) > 2:
        hint = "these losses take two labels; for several, a column of probabilities each"
    return DataError(
        f"the labels are text, and which of them means 1 is not known: {column.listed}",
        place=column.place,
        hint=hint,
    )


def _by_text(text: str) -> float | None:
    """A number that equal texts share: 52 bits of a hash, so that float64 holds it exactly."""
    from hashlib import sha256

    if not text:
        return np.nan
    return float(int.from_bytes(sha256(text.encode()).digest()[:8], "big") >> 12)


def _listed(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - _SHOWN:,} more" if len(labels) > _SHOWN else ""
    return ", ".join(map(_shown, labels[:_SHOWN])) + more


def _shown(label: str) -> str:
    return repr(label if len(label) <= 40 else f"{label[:40]}...")


def _quoted(text: str) -> str:
    from shlex import quote

    return quote(text)
