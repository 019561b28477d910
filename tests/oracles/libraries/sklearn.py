"""The losses of scikit-learn: its metrics, which give means, with sample weights."""

import numpy as np
from sklearn import metrics

from tests.oracles.libraries import rows
from tests.oracles.libraries.case import case, ordinary

SINGLE = np.float32
CHANCES = [np.array([0.0, 1e-50, 1.0, 1.0, 0.25], kind) for kind in (float, SINGLE)]
CORNERS = [np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], kind) for kind in (float, SINGLE)]
LABELS = np.random.default_rng(5).integers(0, 3, (2, 12))

CASES = [
    *ordinary("mse", *rows.NUMBERS),
    *ordinary("rmse", rows.NUMBERS[0]),
    *ordinary("mae", *rows.NUMBERS),
    *ordinary("mape", *rows.NUMBERS),
    case("a target of 0", "mape", ([1.0, 1.0], [2.0, 0.0])),
    *ordinary("msle", *rows.POSITIVE),
    *ordinary("rmsle", rows.POSITIVE[0]),
    case("below 0", "msle", ([1.0, 3.0], [-0.5, 0.25])),
    *ordinary("pinball", *rows.NUMBERS),
    *ordinary("pinball:quantile=0.9", *rows.NUMBERS, alpha=0.9),
    *ordinary("tweedie_deviance", rows.NUMBERS[0]),
    *ordinary("tweedie_deviance:power=1.5", rows.COUNTS[0], power=1.5),
    *ordinary("poisson_deviance", rows.COUNTS[0]),
    *ordinary("gamma_deviance", rows.POSITIVE[0]),
    *ordinary("bce", rows.CHANCES_AND_BITS[0]),
    *(case(f"clip {p.dtype}", "bce", (p, [1, 1, 0, 1, 0])) for p in CHANCES),
    case("weights of half", "bce", ([0.5, 0.5], [1, 0]))._replace(weights=np.array([1.0, 3.0])),
    case("one class", "bce", ([0.25, 0.5], [0, 0])),
    *ordinary("categorical_cross_entropy", rows.CLASSES),
    *(case(f"clip {p.dtype}", "categorical_cross_entropy", (p, [0, 0])) for p in CORNERS),
    *ordinary("hinge", rows.LOGITS_AND_BITS[0], rows.LOGITS_AND_SIGNS[0]),
    case("labels of 0 and 1", "hinge", ([0.5, 0.5], [0, 1])),
    *ordinary("multiclass_hinge", rows.SCORES),
    case("rivals", "multiclass_hinge",
         ([[1.0, 2.0, 0.5], [-3.0, -2.0, -0.5], [-0.5, -2.0, -3.0]], [0, 0, 0])),
    *ordinary("brier", rows.CHANCES_AND_BITS[0]),
    *ordinary("multiclass_brier", rows.CLASSES),
    case("two classes", "multiclass_brier", ([[0.3, 0.7], [0.8, 0.2]], [1, 0])),
    case("three classes", "multiclass_brier", ([[0.7, 0.2, 0.1]] * 3, [0, 1, 2])),
    *ordinary("zero_one", LABELS, rows.HARD_MASKS),
    case("rows of labels", "zero_one", ([[1, 0], [1, 1]], [[1, 1], [1, 1]])),
    *ordinary("jaccard", rows.HARD_MASKS),
]  # fmt: skip


def _of_classes(function):
    """Of a metric that must be told the classes."""

    def call(t, p, **keywords):
        classes = range(p.shape[1] if p.ndim > 1 else 2)
        return function(t, p, labels=classes, **keywords)

    return call


def _hinge(t, z, **keywords):
    return metrics.hinge_loss(t, z, labels=[0, 1] if 0 in t else [-1, 1], **keywords)


def _brier(t, p, **keywords):
    classes = p.shape[1]
    return metrics.brier_score_loss(t, p[:, 1] if classes == 2 else p, labels=range(classes),
                                    **keywords)  # fmt: skip


CALLS = {
    "mse": metrics.mean_squared_error,
    "rmse": metrics.root_mean_squared_error,
    "mae": metrics.mean_absolute_error,
    "mape": metrics.mean_absolute_percentage_error,
    "msle": metrics.mean_squared_log_error,
    "rmsle": metrics.root_mean_squared_log_error,
    "pinball": metrics.mean_pinball_loss,
    "tweedie_deviance": metrics.mean_tweedie_deviance,
    "poisson_deviance": metrics.mean_poisson_deviance,
    "gamma_deviance": metrics.mean_gamma_deviance,
    "bce": _of_classes(metrics.log_loss),
    "categorical_cross_entropy": _of_classes(metrics.log_loss),
    "hinge": _hinge,
    "multiclass_hinge": _of_classes(metrics.hinge_loss),
    "brier": metrics.brier_score_loss,
    "multiclass_brier": _brier,
    "zero_one": metrics.zero_one_loss,
    "jaccard": lambda t, p, **kw: 1 - metrics.jaccard_score(t, p, average="samples", **kw),
}
SUMMED = ("bce", "categorical_cross_entropy", "zero_one")  # metrics that sum, if so asked
COUNTED = ("zero_one", "jaccard")  # metrics that take labels as predictions


def measure(one):
    """The mean, and a sum from metrics that have one; with weights too."""
    pred = one.pred.astype(int) if one.loss in COUNTED else one.pred

    def call(**keywords):
        return np.float64(CALLS[one.loss](one.target, pred, **one.theirs, **keywords))

    found = {"mean": call()}
    if one.loss in SUMMED:
        found["sum"] = call(normalize=False)
    if one.weights is not None:
        found["weighted_mean"] = call(sample_weight=one.weights)
    return found
