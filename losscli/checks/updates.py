"""Changes of the inputs of timed calls, and what is kept of the answers to check them later."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.exact import ExactSum
from losscli.checks.generators import Arrays
from losscli.checks.precision import Floats
from losscli.checks.rule import NO_ERRORS, ErrorStats


class Update(NamedTuple):
    """New contents of some rows, and the truth once they are written.

    where: the indices of the rows, scattered, so that no few of them tell what changed; contents:
    the arrays written there. mean, allowed: the mean of all rows and its tolerance. denominator:
    what all rows count together. some: indices of some rows, updated or not, with their losses and
    the slopes of the mean there, and the tolerances of both. row_buffer, buffer: receive those of
    an answer, since an allocation between calls would fragment their memory.
    """

    where: NDArray[np.int64]
    contents: Arrays
    mean: float
    allowed: float
    denominator: ExactSum
    some: NDArray[np.int64]
    losses: Floats
    losses_allowed: Floats
    slopes: Floats
    slopes_allowed: Floats
    row_buffer: Floats
    buffer: Floats


class AnswerSummary(NamedTuple):
    """The part of a timed answer that is kept: its mean, some of its rows and of its gradient's.

    rows: None if it is a mean. slopes: None without a gradient. wrong_shape: the incorrect shapes
    of the value and of the gradient, None where they are correct.
    """

    mean: float
    rows: Floats | None = None
    slopes: Floats | None = None
    wrong_shape: tuple[tuple[int, ...] | None, tuple[int, ...] | None] = (None, None)


class SummaryErrors(NamedTuple):
    """The errors of a summary: of the mean, of some rows, and of some rows of the gradient."""

    mean: ErrorStats
    rows: ErrorStats = NO_ERRORS
    slopes: ErrorStats = NO_ERRORS
