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

# The metric of a loss, our names of its parameters with theirs, and what it is told besides.
_METRICS: dict[str, tuple[str, dict[str, str], dict[str, Any]]] = {
    "mae": ("mean_absolute_error", {}, {}),
    "mse": ("mean_squared_error", {}, {}),
    "mape": ("mean_absolute_percentage_error", {}, {}),
    "msle": ("mean_squared_log_error", {}, {}),
    "pinball": ("mean_pinball_loss", {"quantile": "alpha"}, {}),
    "poisson_deviance": ("mean_poisson_deviance", {}, {}),
    "gamma_deviance": ("mean_gamma_deviance", {}, {}),
    "tweedie_deviance": ("mean_tweedie_deviance", {"power": "power"}, {}),
    "bce": ("log_loss", {}, {"labels": [0, 1]}),
    "categorical_cross_entropy": ("log_loss", {}, {"labels": ...}),
    "hinge": ("hinge_loss", {}, {}),
    "multiclass_hinge": ("hinge_loss", {}, {"labels": ...}),
    "brier": ("brier_score_loss", {}, {"pos_label": 1}),
    "zero_one": ("zero_one_loss", {}, {}),
}
_OF_SEVERAL = {"mae", "mse", "mape", "msle", "pinball"}  # whose rows may be of several numbers


def prepare(workload: Workload, setting: Setting) -> Runner:
    """The metric of the loss, which takes its arguments the other way round."""
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
    name, params, given = _METRICS.get(workload.name, ("", {}, {}))
    if not name or not set(params) >= set(workload.set_params):
        raise UnsupportedError(f"scikit-learn has no {workload.label}")
    single = not workload.loss.rows_of.pred_row(1) and workload.name not in _OF_SEVERAL
    if single and len(workload.shape) > 1:
        raise UnsupportedError(f"scikit-learn's {name} takes one number a row")
    metric: Any = getattr(metrics, name)
    told = {params[ours]: value for ours, value in workload.params.items() if ours in params}
    for word, value in given.items():
        told[word] = list(range(workload.shape[-1])) if value is ... else value

    def forward(pred: Any, target: Any) -> Answer:
        return Answer(metric(target, pred, **told))

    return Runner("numpy", forward, None)
