"""The validity of the rows of one block: values outside a loss's domain, and missing ones."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from msgspec import Struct, field
from msgspec.structs import replace
from numpy.typing import NDArray

from losscli.errors import DataError
from losscli.losses.core.bound import Bound
from losscli.losses.core.domain import WEIGHT, Domain, Mask, rows_with
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import NanPolicy
from losscli.sources.source import Source

Mark: TypeAlias = tuple[str, str]
_INFINITE_HINT = "an infinity is not a missing value; --nan propagate computes with it"
_MASK_HINT = "--nan mask leaves out these outputs only"
_NAN_HINT = "--nan skip leaves such rows out, --nan propagate computes with them"


class Violation(Struct, frozen=True):
    """Rows that a loss cannot take: the first of them, and how many; `+` merges later ones.

    missing: True for rows that lack a number.
    """

    message: str
    role: str
    row: int
    column: int | None
    count: int
    hint: str = ""
    missing: bool = False

    def __add__(self, later: "Violation") -> "Violation":
        return replace(self, count=self.count + later.count)

    def error(self, source: Source, total: int) -> DataError:
        """The error that names the first row, and the number of rows like it of all."""
        table, of = source.roles[self.role]
        place = table.place(self.row, self.column, of)
        message = self.message
        if self.missing:
            message += f"; {place.found() if place.found else 'nan'} is a missing value"
        return DataError(message, place=place, count=self.count, total=total, hint=self.hint)


class BlockValidity(Struct):
    """The invalid rows of one block, searched once for each domain of its losses.

    first: the number of its first row. raw: the arrays by role, as they were read. nan: the policy
    for missing values. violations: takes the violations that are recorded.
    """

    _first: int
    _raw: Mapping[str, NDArray[Any]]
    _nan: NanPolicy
    _violations: dict[tuple[str, str], Violation]
    _valid: dict[tuple[str, Domain], bool] = field(default_factory=dict)
    _known: dict[tuple[str, Domain, int | None, int], tuple[Mask | None, Mask | None]] = field(
        default_factory=dict
    )

    def record_outside(self, loss: Bound) -> bool:
        """Record values outside the domains of a loss; return True if there are any."""
        any_outside = False
        for role, domain in self._domains(loss):
            if domain.bounded:
                _, outside = self._masks(loss, role, domain)
                if outside is not None:
                    self._record(loss, role, domain, outside)
                    any_outside = True
        return any_outside

    def record_infinite(self, loss: Bound, excluded: Mask) -> None:
        """Record infinities where the loss takes finite numbers, unless --nan is propagate."""
        if self._nan == "propagate":
            return
        for role, domain in self._domains(loss):
            _, outside = (None, None) if domain.bounded else self._masks(loss, role, domain)
            if outside is not None:
                outside = outside & ~excluded.reshape(-1, *(1,) * (outside.ndim - 1))
                if outside.any():
                    self._record(loss, role, domain, outside, _INFINITE_HINT)

    def missing(self, loss: Bound, *, everywhere: bool) -> Mask | None:
        """The rows that lack a number that the loss needs; None if no row does.

        everywhere: search also the inputs that may be any number.
        """
        rows: Mask | None = None
        for role, domain in self._domains(loss):
            if domain.bounded or everywhere:
                mask, _ = self._masks(loss, role, domain)
                if mask is not None:
                    rows = rows_with(mask) if rows is None else rows | rows_with(mask)
        return rows

    def excluded(self, loss: Bound) -> Mask:
        """The rows that do not count, whatever they hold: an ignored label, or a weight of 0."""
        rows = np.zeros(len(self._raw["preds"]), np.bool_)
        if "weights" in self._raw:
            rows |= self._raw["weights"] == 0
        ignore_index = loss.params.get("ignore_index")
        if ignore_index is not None and loss.declared.indexed(self._raw["targets"].shape[1:]):
            rows |= self._raw["targets"] == ignore_index
        return rows

    def holes(self, loss: BoundLoss) -> Mask:
        """The outputs (n, D) that lack a prediction or a target."""
        holes = np.zeros(self._raw["preds"].shape, np.bool_)
        for role, domain in loss.roles:
            mask, _ = self._masks(loss, role, domain)
            if mask is not None:
                holes |= mask
        return holes

    def nans(self) -> Mask:
        """The rows with a nan: comparisons and indices lose it, but the row's loss must be nan."""
        rows = np.zeros(len(self._raw["preds"]), np.bool_)
        for role in self._raw.keys() & {"preds", "targets"}:
            if self._raw[role].dtype.kind == "f":
                rows |= rows_with(np.isnan(self._raw[role]))
        return rows

    def record_missing(self, loss: Bound, rows: Mask) -> None:
        """Under --nan error, record the missing numbers in these rows."""
        if self._nan != "error":
            return
        for role, domain in self._domains(loss):
            mask, _ = self._masks(loss, role, domain)
            if mask is not None:
                mask = mask & rows.reshape(-1, *(1,) * (mask.ndim - 1))
                if mask.any():
                    self._record_missing(loss, role, domain, mask)

    def record_nan(self, loss: Bound, rows: Mask) -> None:
        """Record rows whose loss is nan although their inputs are valid."""
        if not self._violations:
            message = f"{loss.label} of this row is nan"
            first, count = self._first + int(rows.argmax()), int(rows.sum())
            violation = Violation(message, "preds", first, None, count, _NAN_HINT)
            self._violations["preds", message] = violation

    def marks(self, loss: Bound) -> Iterator[tuple[Mark, frozenset[str]]]:
        """Marks of the block, from which a domain draws a conclusion once it has all of them."""
        for role, domain in self._domains(loss):
            if domain.leaves_marks and not self._surely_valid(role, domain):
                marks = domain.marks(self._raw[role])
                if marks:
                    yield (loss.label, role), marks

    def _domains(self, loss: Bound) -> tuple[tuple[str, Domain], ...]:
        return (*loss.roles, ("weights", WEIGHT)) if "weights" in self._raw else loss.roles

    def _surely_valid(self, role: str, domain: Domain) -> bool:
        """True if a quick test, made once, shows that all values are valid."""
        if (role, domain) not in self._valid:
            self._valid[role, domain] = domain.surely_valid(self._raw[role])
        return self._valid[role, domain]

    def _masks(self, loss: Bound, role: str, domain: Domain) -> tuple[Mask | None, Mask | None]:
        """The missing values and those outside the domain; None for no such value."""
        if self._surely_valid(role, domain):
            return None, None
        ignore_index = loss.params.get("ignore_index") if role == "targets" else None
        key = (role, domain, ignore_index, loss.declared.rows_of.extra_classes)
        if key not in self._known:
            classes = loss.declared.classes(self._raw["preds"].shape[1:])
            self._known[key] = domain.violations(self._raw[role], classes, ignore_index)
        return self._known[key]

    def _record(
        self, loss: Bound, role: str, domain: Domain, mask: Mask, hint: str | None = None
    ) -> None:
        value = float(self._raw[role].reshape(-1)[int(mask.argmax())])
        classes = loss.declared.classes(self._raw["preds"].shape[1:])
        reason = domain.reason(value, classes)
        if hint is None:
            hint = domain.advice(self._raw[role], value, classes, _ignoring(loss))
        message = f"{_subject(loss, role)} takes {domain.words}; {value:.10g} {reason}"
        self._add(role, f"{domain.words}, outside", self._violation(message, role, mask, hint))

    def _record_missing(self, loss: Bound, role: str, domain: Domain, mask: Mask) -> None:
        hint = _NAN_HINT
        outputs = isinstance(loss, BoundLoss) and loss.loss.elementwise and mask.ndim > 1
        if outputs and role != "weights":
            hint = f"{_MASK_HINT}; {_NAN_HINT}"
        message = f"{_subject(loss, role)} takes {domain.words}"
        violation = replace(self._violation(message, role, mask, hint), missing=True)
        self._add(role, f"{domain.words}, missing", violation)

    def _violation(self, message: str, role: str, mask: Mask, hint: str) -> Violation:
        """The violation of the rows of a mask."""
        at = np.unravel_index(int(mask.argmax()), mask.shape)
        column = int(at[1]) if len(at) > 1 else None
        count = int(rows_with(mask).sum())
        return Violation(message, role, self._first + int(at[0]), column, count, hint)

    def _add(self, role: str, kind: str, violation: Violation) -> None:
        self._violations.setdefault((role, kind), violation)


def _subject(loss: Bound, role: str) -> str:
    return "--weights" if role == "weights" else loss.declared.name


def _ignoring(loss: Bound) -> str:
    """The spec of a loss that ignores a label, without the label; empty if it ignores none."""
    if "ignore_index" not in loss.params:
        return ""
    words = loss.words or loss.label
    return f"{words}{',' if ':' in words else ':'}ignore_index="
