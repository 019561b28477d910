"""The protocol of what was bound to parameters and a label: a loss or a metric."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, Self

from losscli.losses.core.declaration import Declaration
from losscli.losses.core.domain import Domain
from losscli.losses.core.params import ColumnName


class Bound(Protocol):
    """A declaration with its parameters and its label; words: the spec without the label."""

    @property
    def declared(self) -> Declaration:
        """The declaration."""

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters by name."""

    @property
    def label(self) -> str:
        """The label, unique in an evaluation."""

    @property
    def words(self) -> str:
        """The spec without the label."""

    @property
    def roles(self) -> tuple[tuple[str, Domain], ...]:
        """The domains of the roles that it takes, under these parameters."""

    def variant_for(self, pred: Sequence[int], target: Sequence[int] | None) -> Self:
        """The declaration that the name means for rows of these shapes, under the same label."""

    def __hash__(self) -> int: ...

    def check_shapes(self, pred: Sequence[int], target: Sequence[int] | None) -> None:
        """Raise DataError or UsageError for rows of shapes that it does not take."""


@lru_cache(256)  # by the identity of the losses: those of the catalogue are bound once
def columns_of(bounds: tuple[Bound, ...]) -> Mapping[str, ColumnName]:
    """The columns that parameters name, by their roles."""
    return {
        value.role: value
        for bound in bounds
        for value in bound.params.values()
        if isinstance(value, ColumnName)
    }
