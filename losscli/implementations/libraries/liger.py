"""Liger's Triton kernels, for CUDA."""

from typing import Any

from losscli.errors import MissingError
from losscli.implementations.implementation import (
    LINEAR,
    Runner,
    Setting,
    UnsupportedError,
    Workload,
)
from losscli.implementations.libraries.torch import of_function, to_tensor

_NAMES = {
    "ignore_index": "ignore_index",
    "label_smoothing": "label_smoothing",
    "softcap": "softcap",
    "z_loss": "lse_square_scale",
    "weight": "weight",
    "class_weight": "ce_weight",
}


def prepare(workload: Workload, setting: Setting) -> Runner:
    """LigerCrossEntropyLoss, or LigerFusedLinearCrossEntropyLoss, of class indices."""
    try:
        from liger_kernel import transformers as liger  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise MissingError("Liger is not installed", hint="pip install liger-kernel") from error
    if not setting.device.startswith("cuda"):
        raise UnsupportedError("Liger's kernels need a CUDA device")
    options = _options(workload, setting)
    if not workload.linear:
        loss: Any = liger.LigerCrossEntropyLoss(**options)
        # Its backward pass may write into the logits: it gets a copy, as an activation would be.
        return of_function(lambda pred, target: loss(pred.clone(), target), wrt=1)
    fused: Any = liger.LigerFusedLinearCrossEntropyLoss(**options)
    return of_function(lambda hidden, weight, target: fused(weight, hidden, target), wrt=2)


def _options(workload: Workload, setting: Setting) -> dict[str, Any]:
    """The parameters of the loss by Liger's names; raises UnsupportedError for what it lacks."""
    if workload.name not in ("cross_entropy", "token_cross_entropy", LINEAR):
        raise UnsupportedError(f"Liger has no {workload.label}")
    given = dict(workload.params)
    weight = given.get("class_weight", given.get("weight"))
    if weight is not None and given.get("z_loss"):
        raise UnsupportedError("Liger does not weight the z-loss of a row by its class")
    options = {_NAMES[name]: value for name, value in given.items()}
    for name in ("weight", "ce_weight"):
        if name in options:
            options[name] = to_tensor(options[name], setting)
    if "softcap" in options:
        options["softcap"] = options["softcap"] or None
    return options
