"""Arrays stay on the device of their inputs, seen without an accelerator."""

import numpy as np
import pytest
import torch
from array_api_compat import torch as xp

from losscli import losses
from losscli.benchmark.workloads import losses_of, workload_of
from losscli.checks.generators import InputGenerator
from losscli.losses.registry import modules


def found_in(tensor, *, everywhere):
    """Where a tensor is not 0: everywhere or nowhere."""
    count = tensor.numel() if everywhere else 0
    return tuple(tensor.new_zeros(count, dtype=torch.int64) for _ in tensor.shape)


@pytest.mark.parametrize("answer", [False, True])
@pytest.mark.parametrize("what", ["values", "derivative", "denominator"])
@pytest.mark.parametrize("name", modules())
def test_nothing_is_made_beside_the_device_of_the_inputs(name, what, answer, monkeypatch):
    """Tensors of the device "meta" hold no values, so that whatever is asked is answered alike."""
    loss = getattr(losses, name)
    function = getattr(loss, what)
    if function is None or (what == "derivative" and not loss.differentiable):
        return
    monkeypatch.setattr(torch.Tensor, "__bool__", lambda tensor: answer)
    monkeypatch.setattr(xp, "nonzero", lambda tensor: found_in(tensor, everywhere=answer))
    (bound,) = losses_of([name], None)
    pred, *others = InputGenerator(workload_of(bound, "200", 0), np.float64, 0).all()
    target = None
    if others:
        kind = np.int64 if loss.indexed(others[0].shape[1:]) else np.float64
        target = torch.from_numpy(others[0].astype(kind)).to("meta")
    given = (target,) if what == "denominator" else (torch.from_numpy(pred).to("meta"), target)
    found = function(xp, *given, **bound.params)
    assert found is None or found.device.type == "meta"
