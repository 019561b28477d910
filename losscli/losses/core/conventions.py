"""What libraries do otherwise than a declaration says, so that their numbers can be given."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from losscli.losses.core.domain import Domain

LIBRARIES = ("torch", "keras", "sklearn", "optax")


class Convention(NamedTuple):
    """What one library does otherwise.

    params: its defaults, where they differ. values: its loss of a row, where no parameter says it,
    called as the declared one. by_type: whether `values` takes `spacing` too, the distance of 1
    from the next number in the type that the predictions were read in.
    by_rows: whether a weighted mean divides by the number of rows, not by the sum of weights.
    by_elements: whether a sum counts the numbers of a row one by one.
    by_columns: whether a root is the mean of the roots of columns, which is not followed.
    alone: what it does with rows of several numbers, where it gives none for these.
    fewest: the fewest numbers of a row that it takes.
    denominator: what it counts a row in the mean, where that differs.
    pred, target: what its predictions and targets may be, where that differs.
    names: names that mean this loss there, and another one here.
    note: what a person should know of the difference.
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
        """What it takes, where the declared loss takes these."""
        return self.pred or pred, self.target or target

    def refusal(self, pred: Sequence[int]) -> str:
        """Why it has no number for rows of predictions of this shape; empty where it has one."""
        width = math.prod(pred)
        if self.alone and width != 1:
            return self.alone
        return f"it takes rows of {self.fewest} and more" if width < self.fewest else ""

    def values_of(self, spacing: float) -> Callable[..., Any] | None:
        """The library's loss of a row, of predictions of a type; None where it is the declared."""
        if self.values is None or not self.by_type:
            return self.values
        return partial(self.values, spacing=spacing)
