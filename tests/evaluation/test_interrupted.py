"""An evaluation that is left before its end stops its workers, also while its error is kept."""

import time

import numpy as np
import pytest

from losscli.backends.backend import choose
from losscli.comparison.measure import compare
from losscli.engines.local import LocalEngine
from losscli.evaluation.measure import measure
from losscli.evaluation.state import EvaluationState
from losscli.losses.spec.binding import bind
from losscli.sources.opener import read_array
from losscli.sources.opening import open_source
from losscli.sources.roles import Reference
from losscli.sources.source import BlockCut


@pytest.mark.parametrize("task", [measure, compare])
def test_ctrl_c_between_two_blocks_stops_the_workers(task, monkeypatch):
    """As in a notebook, which keeps the last error and by it all that its frames hold."""
    rows = np.zeros(100_000)
    source = open_source(rows, rows, references=[Reference(rows)] if task is compare else ())
    losses, backend = bind("mse", read_array), choose("numpy", "cpu", "float64")
    loaded = []
    load = BlockCut.load

    def counted(cut, workspace):
        loaded.append(cut.first)
        return load(cut, workspace)

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(EvaluationState, "add", interrupted)
    monkeypatch.setattr(BlockCut, "load", counted)
    with pytest.raises(KeyboardInterrupt) as kept:
        task(source, losses, backend, LocalEngine(3), block_rows=10)
    before = len(loaded)
    time.sleep(0.05)
    assert len(loaded) == before < 10_000
    del kept
