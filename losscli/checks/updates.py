"""What changes in the inputs between two calls, and what is kept of an answer to judge it later."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.exact import ExactSum
from losscli.checks.inputs import Arrays
from losscli.checks.precision import Floats


class Update(NamedTuple):
    """New contents of some rows, and what is true once they are in place.

    where: the rows, scattered, so that no look at a few of them tells what changed. mean, allowed:
    the mean of all rows and its tolerance. share: what all rows count together. rows, slopes,
    slopes_allowed: some rows, changed or not, their gradients of the mean and the tolerance of
    these. room: for what a call gives there, so that nothing need be allocated between calls, which
    would break up their memory.
    """

    where: NDArray[np.int64]
    parts: Arrays
    mean: float
    allowed: float
    share: ExactSum
    rows: NDArray[np.int64]
    slopes: Floats
    slopes_allowed: Floats
    room: Floats


class AnswerSummary(NamedTuple):
    """What is kept of a timed answer: its mean, and the rows of a gradient that an update names.

    slopes: None where there is no gradient. wrong_shape: the wrong shapes of the value and of the
    gradient.
    """

    mean: float
    slopes: Floats | None = None
    wrong_shape: tuple[tuple[int, ...] | None, tuple[int, ...] | None] = (None, None)
