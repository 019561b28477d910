"""scikit-learn's metrics, in its own conventions: NumPy arrays, no backward."""

from typing import Any

from losscli.errors import MissingError
from losscli.implementations.implementation import (
    Answer,
    Runner,
    Setting,
    UnsupportedError,
    Workload,
)

_METRICS = {"mae": "mean_absolute_error", "mse": "mean_squared_error", "bce": "log_loss"}


def prepare(workload: Workload, setting: Setting) -> Runner:
    """The metric of the loss; of binary cross-entropy log_loss, which takes labels of 0 and 1."""
    try:
        from sklearn import metrics  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise MissingError(
            "scikit-learn is not installed", hint="pip install scikit-learn"
        ) from error
    if setting.device != "cpu":
        raise UnsupportedError(f"scikit-learn has no {setting.device}")
    if setting.dtype == "bfloat16":
        raise UnsupportedError("NumPy has no bfloat16")
    if workload.name not in _METRICS or any(workload.set_params):
        raise UnsupportedError(f"scikit-learn has no {workload.label}")
    metric: Any = getattr(metrics, _METRICS[workload.name])

    def forward(pred: Any, target: Any) -> Answer:
        return Answer(metric(target, pred))

    return Runner("numpy", forward, None)
