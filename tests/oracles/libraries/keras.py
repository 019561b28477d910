"""The losses of Keras: a class each, called with its reductions and sample weights."""

import os

import numpy as np

from tests.oracles.libraries import rows
from tests.oracles.libraries.case import case, ordinary

CLASSES = {
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "msle": "MeanSquaredLogarithmicError",
    "huber": "Huber",
    "log_cosh": "LogCosh",
    "poisson_nll": "Poisson",
    "bce": "BinaryCrossentropy",
    "bce_with_logits": "BinaryCrossentropy",
    "binary_focal": "BinaryFocalCrossentropy",
    "cross_entropy": "CategoricalCrossentropy",
    "categorical_cross_entropy": "CategoricalCrossentropy",
    "focal_cross_entropy": "CategoricalFocalCrossentropy",
    "generalized_cross_entropy": "CategoricalGeneralizedCrossEntropy",
    "hinge": "Hinge",
    "squared_hinge": "SquaredHinge",
    "multiclass_hinge": "CategoricalHinge",
    "kl_div": "KLDivergence",
    "cosine_distance": "CosineSimilarity",
    "dice": "Dice",
    "tversky": "Tversky",
}
# What says to a class which loss is meant, whatever its parameters.
ALWAYS = {
    "bce_with_logits": {"from_logits": True},
    "binary_focal": {"from_logits": True},
    "cross_entropy": {"from_logits": True},
    "focal_cross_entropy": {"from_logits": True},
    "dice": {"axis": -1},  # its default takes the whole batch for one mask
    "tversky": {"axis": -1},
}
ONE_HOT = ("focal_cross_entropy", "multiclass_hinge")  # losses that take no class indices there
ROW = ([[2.0, 0.0, -1.0]], [0])
LABELLED = ([[2.0, 0.0, -1.0], [0.0, 1.0, 2.0], [0.5, 0.5, 0.0]], [0, 2, 1])
HOLES = ([[0.0, -np.inf, 1.0], [1.0, 0.0, 2.0]], [[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]])
SINGLE = ([[0.2, 0.2, 0.1]], [0])
CORNERS = ([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], [0, 0])
MASK = ([[0.8, 0.4, 0.1, 0.3], [0.0] * 4], [[1, 0, 0, 1], [0] * 4])

CASES = [
    *ordinary("mse", *rows.NUMBERS),
    case("half squared", "mse", ([3.0], [1.0])),
    case("sum of squares", "mse", ([[1.0, 2.0], [3.0, 4.0]], np.zeros((2, 2)))),
    *ordinary("mae", *rows.NUMBERS),
    case("weights of sum 4", "mae", ([1.0, 3.0], [0.0, 0.0]))._replace(weights=np.array([1.0, 3])),
    case("weights of 0", "mae", ([1.0, 3.0], [0.0, 0.0]))._replace(weights=np.zeros(2)),
    *ordinary("mape", *rows.NUMBERS),
    case("percent", "mape", ([1.0, 1.0], [2.0, 0.0])),
    *ordinary("msle", *rows.POSITIVE),
    case("lifted", "msle", ([1.0, 1.0, -3.0], [-0.5, -5.0, 1.0])),
    *ordinary("huber", *rows.NUMBERS),
    *ordinary("huber:delta=0.5", *rows.NUMBERS, delta=0.5),
    case("corners at 1/2", "huber:delta=0.5", ([-0.5, 3.0], [0.0, 0.0]), delta=0.5),
    case("corners at 2", "huber:delta=2", ([-0.5, 3.0], [0.0, 0.0]), delta=2.0),
    *ordinary("log_cosh", *rows.NUMBERS),
    case("near and far", "log_cosh", ([1e-10, 1e-4, 800.0], [0.0] * 3)),
    *ordinary("poisson_nll", *rows.COUNTS),
    case("rate 0, and 2", "poisson_nll", ([0.0, 2.0], [3.0, 3.0])),
    *ordinary("bce", *rows.CHANCES_AND_BITS, *rows.CHANCES_AND_SHARES),
    case("clip", "bce", ([0.0, 1e-50, 1.0, 1.0, 0.0, 0.0], [1, 1, 0, 1, 0.5, 0])),
    case(
        "smoothing", "bce:label_smoothing=0.2", ([0.9, 0.9, 0.3], [1, 0, 0.25]), label_smoothing=0.2
    ),
    case("weights of half", "bce", ([0.5, 0.5], [1, 0]))._replace(weights=np.array([1.0, 3.0])),
    *ordinary("bce_with_logits", *rows.LOGITS_AND_BITS, *rows.LOGITS_AND_SHARES),
    case("confident", "bce_with_logits", ([-50.0, 50.0, 800.0, -800.0], [0, 1, 0, 1])),
    case(
        "smoothing",
        "bce_with_logits:label_smoothing=0.2",
        ([2.0, -1.0], [1, 1]),
        label_smoothing=0.2,
    ),
    *ordinary("binary_focal", *rows.LOGITS_AND_BITS, *rows.LOGITS_AND_SHARES),
    *ordinary("binary_focal:gamma=0.5", *rows.LOGITS_AND_BITS, gamma=0.5),
    case("half", "binary_focal", ([0.5, 0.5], [1, 0])),
    case(
        "half balanced",
        "binary_focal:alpha=0.25",
        ([0.5, 0.5], [1, 0]),
        alpha=0.25,
        apply_class_balancing=True,
    ),
    case("clip", "binary_focal", ([-800.0, 800.0, 800.0], [1, 0, 1])),
    *ordinary("cross_entropy", rows.SCORES, rows.SCORES_AND_SHARES),
    case(
        "smoothing of weights",
        "cross_entropy:label_smoothing=0.3",
        ([[2.0, 0.0, -1.0]], [[1.0, 0.0, 0.0]]),
        label_smoothing=0.3,
    ),
    case(
        "ignored",
        "cross_entropy:ignore_index=2",
        LABELLED,
        ignore_class=2,
    ),
    case("class weights", "cross_entropy:weight=@weights.npy", LABELLED,
         class_weights=[1.0, 2.0, 4.0]),
    case("holes under no weight", "cross_entropy", HOLES),
    case("holes beside a label", "cross_entropy", (HOLES[0], [0, 1])),
    case("confident", "cross_entropy", ([[-50.0, 50.0, 0.0], [800.0, -800.0, 0.0]], [1, 1])),
    *ordinary("categorical_cross_entropy", rows.CLASSES, rows.CLASSES_AND_SHARES),
    case("divided by its sum", "categorical_cross_entropy", SINGLE),
    case("clip", "categorical_cross_entropy", CORNERS),
    *ordinary("focal_cross_entropy", rows.SCORES),
    *ordinary("focal_cross_entropy:gamma=0.5,alpha=1", rows.SCORES, gamma=0.5, alpha=1.0),
    case("alpha", "focal_cross_entropy", ROW),
    case("clip", "focal_cross_entropy",
         ([[-800.0, 0.0, 1.0], [800.0, 0.0, 1.0], [20.0, 0, 0]], [0] * 3)),
    *ordinary("generalized_cross_entropy", rows.CLASSES),
    case("corners", "generalized_cross_entropy", CORNERS),
    case("q of 0.7", "generalized_cross_entropy:q=0.7", ([[0.4, 0.6]], [0]), q=0.7),
    *ordinary("hinge", *rows.LOGITS_AND_BITS, *rows.LOGITS_AND_SIGNS),
    case("labels of 0 and 1", "hinge", ([0.5, 0.5], [0, 1])),
    case("one label", "hinge", ([0.5, 2.0], [1, 1])),
    case("hinge of logits", "hinge", ([2.0, -0.5], [0, 1])),
    *ordinary("squared_hinge", *rows.LOGITS_AND_BITS, *rows.LOGITS_AND_SIGNS),
    case("labels of 0 and 1", "squared_hinge", ([0.5, 0.5], [0, 1])),
    *ordinary("multiclass_hinge", rows.SCORES),
    case("rivals", "multiclass_hinge",
         ([[1.0, 2.0, 0.5], [-3.0, -2.0, -0.5], [-0.5, -2.0, -3.0]], [0, 0, 0])),
    *ordinary("kl_div", rows.CLASSES_AND_SHARES),
    case("known", "kl_div", ([[0.1, 0.9], [0.5, 0.5]], [[0.3, 0.7], [0.6, 0.4]])),
    case("clip", "kl_div",
         ([[1.0, 3.0], [0.0, 1.0], [1.0, 0.0]], [[2.0, 2.0], [0.5, 0.5], [1.0, 0.0]])),
    *ordinary("cosine_distance", rows.VECTORS),
    case("short", "cosine_distance",
         ([[1.0, 2.0], [0.0, 0.0], [1e-9, 0.0]], [[2.0, 1.0], [1.0, 0.0], [1.0, 0.0]])),
    *ordinary("dice", rows.MASKS),
    case("by hand, and empty", "dice", MASK),
    *ordinary("tversky", rows.MASKS),
    *ordinary("tversky:alpha=0.3,beta=0.7", rows.MASKS, alpha=0.3, beta=0.7),
    case("by hand, and empty", "tversky:alpha=0.3,beta=0.7", MASK, alpha=0.3, beta=0.7),
]  # fmt: skip


def load():
    """Keras, over torch, taking float64 as it is."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    keras.config.set_floatx("float64")
    return keras


def about():
    """The versions, and what its numbers are good for."""
    import torch

    keras = load()
    return {
        "keras": keras.__version__,
        "torch": torch.__version__.split("+")[0],
        "setting": "keras.config.set_floatx('float64')",
    }


def measure(one):
    """Rows, and their mean and sum without and with weights, as Keras' class gives them."""
    losses = load().losses
    pred, target = one.pred, one.target
    name = CLASSES[one.loss]
    if one.loss in ONE_HOT or (name.startswith("CategoricalH") and target.ndim == 1):
        target = np.eye(pred.shape[1])[target]
    elif name == "CategoricalCrossentropy" and target.ndim == 1:
        name = "Sparse" + name
    if pred.ndim == 1:  # of which Keras would take all for one row
        pred, target = pred[:, None], target[:, None]
    keywords = ALWAYS.get(one.loss, {}) | dict(one.theirs)
    classes = keywords.pop("class_weights", None)  # which Keras takes as weights of samples
    always = {} if classes is None else {"sample_weight": np.array(classes)[one.target]}

    def by(reduction, **weights):
        made = getattr(losses, name)(reduction=reduction, **keywords)
        return np.asarray(made(target, pred, **always, **weights)).astype(np.float64)

    found = {"rows": by(None), "mean": by("sum_over_batch_size"), "sum": by("sum")}
    if one.weights is not None:
        weights = {"sample_weight": one.weights}
        found |= {
            "weighted_mean": by("sum_over_batch_size", **weights),
            "weighted_sum": by("sum", **weights),
        }
    return found
