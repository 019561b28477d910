"""An evaluation that is left before its end leaves nobody behind, also while its error is kept."""

import os
import sys
import threading

import numpy as np
import pytest

from losscli.backends.backend import choose
from losscli.comparison.measure import compare
from losscli.engines.local import LocalEngine
from losscli.evaluation.measure import measure
from losscli.evaluation.state import EvaluationState
from losscli.losses.spec.binding import bind
from losscli.sources.opening import Reference, open_source, read_array


def helpers():
    """The threads and the processes of this process."""
    with open(f"/proc/{os.getpid()}/task/{os.getpid()}/children") as file:
        return threading.active_count(), file.read()


@pytest.mark.skipif(sys.platform != "linux", reason="tells processes on Linux only")
@pytest.mark.parametrize("task", [measure, compare])
def test_ctrl_c_between_two_blocks_ends_the_helpers(task, monkeypatch):
    """As in a notebook, which keeps the last error and by it all that its frames hold."""
    rows = np.zeros(100_000)
    source = open_source(rows, rows, reference=Reference(rows) if task is compare else None)
    losses, backend = bind("mse", read_array), choose("numpy", "cpu", "float64")
    before = helpers()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(EvaluationState, "add", interrupted)
    with pytest.raises(KeyboardInterrupt) as kept:
        task(source, losses, backend, LocalEngine(3), block_rows=10)
    assert helpers() == before
    del kept
