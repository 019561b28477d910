"""Curves in characters."""

import numpy as np

from losscli.render.canvas import Trace, drawn, frame_of


def test_the_rounding_of_a_constant_is_a_flat_line():
    """Not a curve of its own: the gradient of tversky is -1 but for the last digits."""
    at = np.linspace(0.0, 1.0, 50)
    trace = Trace(at, -1.0 + 1e-16 * np.where(np.arange(50) % 3, 0.0, 4.0))
    frame = frame_of([trace], 20, 5)
    assert (frame.bottom, frame.top) == (-2.0, 0.0)
    lines = [ascii_line for _, ascii_line in drawn([trace], frame)]
    assert sum("*" in line for line in lines) == 1
