"""Small arrays: what a call costs beside its arithmetic."""

import sys

import numpy as np

import losscli


def test_a_call_on_a_thousand_numbers_runs_few_functions():
    """Each costs a few tenths of a microsecond, so 1,300 of them took longer than the numbers."""
    pred, target = np.zeros(1000, np.float32), np.ones(1000, np.float32)
    losscli.evaluate(pred, target, loss="mse")  # imports and what is found once
    calls = []
    sys.setprofile(lambda _frame, event, _argument: calls.append(event))
    try:
        losscli.evaluate(pred, target, loss="mse")
    finally:
        sys.setprofile(None)
    assert calls.count("call") < 350
