"""scikit-learn's metrics, in its own conventions: NumPy arrays, no backward."""

import ast
from typing import Any

from losscli.errors import MissingError
from losscli.implementations.implementation import (
    Answer,
    Expression,
    Runner,
    Setting,
    UnsupportedError,
    Workload,
)


def prepare(workload: Workload, setting: Setting) -> Runner:
    """The metric that the loss declares as its equivalent."""
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
    expression = Expression.of(workload.loss, "sklearn")
    name = "" if expression is None or workload.linear else _metric(expression)
    if expression is None or not name or not expression.names >= set(workload.set_params):
        raise UnsupportedError(f"scikit-learn has no {workload.label}")
    if len(workload.shape) > 1 and not _takes_rows(workload):
        raise UnsupportedError(f"scikit-learn's {name} takes one number a row")
    function = expression.function(workload.params, {"metrics": metrics})

    def forward(pred: Any, target: Any) -> Answer:
        return Answer(function(pred, target))

    return Runner("numpy", forward, None)


def _metric(expression: Expression) -> str:
    """The name of the metric that it calls with the target and the prediction; else empty."""
    match expression.tree:
        case ast.Call(
            func=ast.Attribute(value=ast.Name("metrics"), attr=name),
            args=[ast.Name("target"), ast.Name("pred")],
        ):
            return name
    return ""


def _takes_rows(workload: Workload) -> bool:
    """True if rows of several numbers are taken as this loss takes them."""
    loss = workload.loss
    if loss.rows_of.pred_row(1):
        return True
    convention = loss.like.get("sklearn")
    return loss.elementwise and convention is not None and not convention.alone
