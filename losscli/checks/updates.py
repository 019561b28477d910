"""Updates of inputs between two calls, and the summary of an answer that is checked later."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.exact import ExactSum
from losscli.checks.inputs import Arrays
from losscli.checks.precision import Floats


class Update(NamedTuple):
    """New contents of some rows, and the truth once they are written.

    where: the indices of the rows, scattered, so that no few of them tell what changed; contents:
    the arrays written there. mean, allowed: the mean of all rows and its tolerance. denominator:
    what all rows count together. slope_rows: indices of some rows, updated or not, with the slopes
    of the mean there and their tolerance. buffer: receives an answer's slopes, since an allocation
    between calls would fragment their memory.
    """

    where: NDArray[np.int64]
    contents: Arrays
    mean: float
    allowed: float
    denominator: ExactSum
    slope_rows: NDArray[np.int64]
    slopes: Floats
    slopes_allowed: Floats
    buffer: Floats


class AnswerSummary(NamedTuple):
    """The part of a timed answer that is kept: its mean, and some rows of its gradient.

    slopes: None without a gradient. wrong_shape: the incorrect shapes of the value and of the
    gradient, None where they are correct.
    """

    mean: float
    slopes: Floats | None = None
    wrong_shape: tuple[tuple[int, ...] | None, tuple[int, ...] | None] = (None, None)
