"""Liger's Triton kernels, for CUDA."""

from typing import Any

from losscli.errors import MissingError
from losscli.implementations.implementation import Runner, Setting, UnsupportedError, Workload
from losscli.implementations.libraries.torch import of_function


def prepare(workload: Workload, setting: Setting) -> Runner:
    """LigerCrossEntropyLoss, or LigerFusedLinearCrossEntropyLoss, of class indices."""
    try:
        from liger_kernel import transformers as liger  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise MissingError("Liger is not installed", hint="pip install liger-kernel") from error
    if not setting.device.startswith("cuda"):
        raise UnsupportedError("Liger's kernels need a CUDA device")
    known = {"ignore_index", "label_smoothing"}
    if workload.name not in ("cross_entropy", "linear_cross_entropy") or not known >= set(
        workload.set_params
    ):
        raise UnsupportedError(f"Liger has no {workload.label}")
    if not workload.linear:
        loss: Any = liger.LigerCrossEntropyLoss(**workload.set_params)
        # Its backward pass may write into the logits: it gets a copy, as an activation would be.
        return of_function(lambda pred, target: loss(pred.clone(), target), wrt=1)
    fused: Any = liger.LigerFusedLinearCrossEntropyLoss(**workload.set_params)
    return of_function(lambda hidden, weight, target: fused(weight, hidden, target), wrt=2)
