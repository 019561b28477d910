"""A case: rows, how losscli is asked for their loss, and how a library is."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Case(NamedTuple):
    """Rows of one loss, and what is asked of a library and of losscli.

    spec: the loss and its parameters, in losscli's words. theirs: the same in the library's.
    weights: one a row, where weighted means and sums are compared too.
    """

    name: str
    spec: str
    pred: NDArray[Any]
    target: NDArray[Any] | None = None
    theirs: Mapping[str, Any] = MappingProxyType({})
    weights: NDArray[Any] | None = None

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.spec.split(":")[0]


def case(
    name: str, spec: str, inputs: Sequence[Any], weighted: bool = False, **theirs: Any
) -> Case:
    """A case of `inputs`, of predictions and targets; weighted from ½ to 2."""
    pred, *target = (np.asarray(array) for array in inputs)
    if pred.dtype.kind in "iu":
        pred = pred.astype(np.float64)
    weights = np.linspace(0.5, 2.0, len(pred)) if weighted else None
    return Case(name, spec, pred, target[0] if target else None, theirs, weights)


def ordinary(spec: str, *several: Sequence[Any], **theirs: Any) -> list[Case]:
    """Cases of ordinary rows of one loss, with weights."""
    return [
        case(f"ordinary {k}", spec, inputs, weighted=True, **theirs)
        for k, inputs in enumerate(several, 1)
    ]
