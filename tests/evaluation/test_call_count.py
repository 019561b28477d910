"""The Python calls of an evaluation of arrays: most of its time for few rows.

The count does not depend on the machine, so it shows what a clock in a test could not: the price of
features that a call does not use. benchmarks/calls.py has the time.
"""

import sys
from types import FrameType
from typing import Any

import numpy as np
import pytest

import losscli
from losscli.kernels import machine

MOST = 79


@pytest.mark.skipif(not machine.available(), reason="the compiled kernel takes fewer calls")
@pytest.mark.parametrize("loss", ["mse", "smooth_l1", "bce"])
def test_an_evaluation_of_arrays_takes_few_python_calls(loss: str) -> None:
    rng = np.random.default_rng(0)
    preds, targets = rng.uniform(0.1, 0.9, (2, 1000)).astype(np.float32)
    losscli.evaluate(preds, targets, loss=loss)  # fills caches
    calls: list[str] = []

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            calls.append(frame.f_code.co_qualname)

    sys.setprofile(count)
    try:
        losscli.evaluate(preds, targets, loss=loss)
    finally:
        sys.setprofile(None)
    assert len(calls) <= MOST, calls
