"""Losses on a backend, with all that does not depend on the numbers of a block."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from losscli.backends.backend import Backend
from losscli.evaluation.folding import Folding, folding_of
from losscli.evaluation.layout import Row
from losscli.losses.core.loss import Clamp
from losscli.losses.spec.binding import BoundLoss


class Prepared(NamedTuple):
    """Losses on a backend, with all that does not depend on the numbers of a block.

    logits: True if any of them takes logits. clamps: of those that declare any, by label.
    foldings: of all of them for the compiled machine; none if it cannot compute all in one pass.
    """

    losses: tuple[BoundLoss, ...]
    logits: bool
    clamps: Mapping[str, Clamp]
    foldings: tuple[Folding, ...]


@lru_cache(256)  # by the identity of the losses: those of the catalogue are bound once
def prepare(
    losses: tuple[BoundLoss, ...],
    backend: Backend,
    pred: Row,
    target: Row | None,
    dtypes: tuple[str, ...],
) -> Prepared:
    """The losses for rows of these shapes; dtypes: of predictions and targets."""
    ready = tuple(loss.on(backend, _spacing(dtypes[0])) for loss in losses)
    foldings: list[Folding | None] = []
    if backend.name == "numpy" and backend.dtype == "float64":
        foldings = [folding_of(loss, pred, target, dtypes) for loss in ready]
    return Prepared(
        ready,
        any(loss.takes_logits for loss in losses),
        {loss.label: clamp for loss in losses if (clamp := clamp_of(loss, pred))},
        tuple(each for each in foldings if each) if all(foldings) else (),
    )


def clamp_of(loss: BoundLoss, pred: Sequence[int]) -> Clamp | None:
    """The rows of one number that may dominate the mean of a loss, if it declares any."""
    declared = loss.loss.clamp
    own = loss.convention is not None and loss.convention.values is not None
    if declared is None or own or (loss.loss.elementwise and len(pred)):
        return None
    return declared(**loss.params)


@cache
def _spacing(dtype: str) -> float:
    """The distance of 1 from the next number of a type; of integers that of float64."""
    kind = np.dtype(dtype)
    return float(np.finfo(kind if kind.kind == "f" else np.float64).eps)
