"""Conventions of libraries that differ from a declaration, so that `--like` gives their numbers."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from losscli.losses.core.domain import Domain

# The libraries of `--like`, each with the version whose numbers it gives.
LIBRARIES = {
    "torch": "2.13",
    "keras": "3.15",
    "sklearn": "1.9",
    "optax": "0.2.8",
    "trl": "1.9",
    "liger": "0.8.2",
}


class Convention(NamedTuple):
    """The differences of one library from the declared loss.

    params: defaults that differ. values: its loss of a row, where no parameter says it, called as
    the declared one. by_type: True if `values` takes `spacing` too, the distance of 1 from the next
    number in the type that the predictions were read in.
    by_rows: True if a weighted mean divides by the number of rows, not by the sum of weights.
    by_elements: True if a sum counts the numbers of a row one by one.
    by_columns: True if a root is the mean of the roots of columns, which is not followed.
    alone: how it treats rows of several numbers, where it gives no number for these.
    fewest: the fewest numbers of a row that it takes.
    denominator: the weight of a row in the mean, where that differs.
    pred, target: the domains of its predictions and targets, where they differ.
    names: names that mean this loss there, and another one here.
    note: what a user should know of the difference.
    """

    params: Mapping[str, Any] = MappingProxyType({})
    values: Callable[..., Any] | None = None
    by_type: bool = False
    by_rows: bool = False
    by_elements: bool = False
    by_columns: bool = False
    alone: str = ""
    fewest: int = 1
    denominator: Callable[..., Any] | None = None
    pred: Domain | None = None
    target: Domain | None = None
    names: tuple[str, ...] = ()
    note: str = ""

    def domains(self, pred: Domain, target: Domain | None) -> tuple[Domain, Domain | None]:
        """The domains that it takes, where the declared loss takes these."""
        return self.pred or pred, self.target or target

    def refusal(self, pred: Sequence[int]) -> str:
        """The reason that rows of predictions of this shape are refused; empty if they are not."""
        width = math.prod(pred)
        if self.alone and width != 1:
            return self.alone
        return f"it takes rows of {self.fewest} and more" if width < self.fewest else ""

    def values_of(self, spacing: float) -> Callable[..., Any] | None:
        """The library's loss of a row, for predictions of a type; None for the declared one."""
        if self.values is None or not self.by_type:
            return self.values
        return partial(self.values, spacing=spacing)
