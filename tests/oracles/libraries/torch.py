"""The losses of torch: functions of torch.nn.functional, with its reductions."""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it

from tests.oracles.libraries import rows
from tests.oracles.libraries.case import case, ordinary

INF = np.inf
CLASS_WEIGHTS = [1.0, 2.0, 4.0]
LABELLED = ([[2.0, 0.0, -1.0], [0.0, 1.0, 2.0], [0.5, 0.5, 0.0]], [0, 2, 1])
HOLES = ([[0.0, -INF, 1.0], [1.0, 0.0, 2.0]], [[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]])
KNOWN = (np.log([[0.1, 0.9], [0.5, 0.5]]), [[0.3, 0.7], [0.6, 0.4]])
STIRLING = ([0.5, 0.5, 0.5, 0.5, 0.5], [0.0, 1.0, 2.0, 3.0, 1.5])

CASES = [
    *ordinary("mse", *rows.NUMBERS),
    *ordinary("mae", *rows.NUMBERS),
    case("sum of squares", "mse", ([[1.0, 2.0], [3.0, 4.0]], np.zeros((2, 2)))),
    case("weights of sum 4", "mae", ([1.0, 3.0], [0.0, 0.0]))._replace(weights=np.array([1.0, 3])),
    case("weights of sum 4", "mse", ([1.0, 3.0], [0.0, 0.0]))._replace(weights=np.array([1.0, 3])),
    case("weights of sum 4", "huber", ([1.0, 3.0], [0.0] * 2))._replace(weights=np.array([1.0, 3])),
    *ordinary("smooth_l1", *rows.NUMBERS),
    *ordinary("smooth_l1:beta=0.5", *rows.NUMBERS, beta=0.5),
    case("corners at 2", "smooth_l1:beta=2", ([-0.5, 3.0], [0.0, 0.0]), beta=2.0),
    case("no corner", "smooth_l1:beta=0", ([-0.5, 3.0], [0.0, 0.0]), beta=0.0),
    *ordinary("huber", *rows.NUMBERS),
    *ordinary("huber:delta=0.5", *rows.NUMBERS, delta=0.5),
    *ordinary("poisson_nll", *rows.LOG_RATES),
    *ordinary("poisson_nll:log_input=false", *rows.COUNTS, log_input=False),
    case("rate 0", "poisson_nll:log_input=false", ([0.0, 2.0], [3.0, 3.0]), log_input=False),
    case("stirling", "poisson_nll:full=true", STIRLING, full=True),
    *ordinary("gaussian_nll", rows.MEAN_AND_VARIANCE),
    *ordinary("gaussian_nll:full=true", rows.MEAN_AND_VARIANCE, full=True),
    case("no variance", "gaussian_nll", ([[0.0, 0.0], [0.0, 4.0]], [1.0, 1.0])),
    *ordinary("bce", *rows.CHANCES_AND_BITS, *rows.CHANCES_AND_SHARES),
    case("clip", "bce", ([0.0, 1e-50, 1.0, 1.0, 0.0, 0.0], [1, 1, 0, 1, 0.5, 0])),
    *ordinary("bce_with_logits", *rows.LOGITS_AND_BITS, *rows.LOGITS_AND_SHARES),
    case("confident", "bce_with_logits", ([-50.0, 50.0, 800.0, -800.0], [0, 1, 0, 1])),
    case("infinite", "bce_with_logits", ([INF, -INF, -INF, INF], [1, 0, 1, 0])),
    case("pos_weight", "bce_with_logits:pos_weight=3", ([0.5, 0.5], [1, 0]), pos_weight=3.0),
    *ordinary("soft_margin", *rows.LOGITS_AND_SIGNS),
    case("overflow", "soft_margin", ([-1000.0, -700.0, 1000.0], [1, 1, 1])),
    *ordinary("cross_entropy", rows.SCORES, rows.SCORES_AND_SHARES),
    case("smoothing", "cross_entropy:label_smoothing=0.3", LABELLED, label_smoothing=0.3),
    case("class weights", "cross_entropy:weight=@weights.npy", LABELLED, weight=CLASS_WEIGHTS),
    case("class weights, smoothing", "cross_entropy:weight=@weights.npy,label_smoothing=0.3",
         LABELLED, weight=CLASS_WEIGHTS, label_smoothing=0.3),
    case("class weights of shares", "cross_entropy:weight=@weights.npy",
         (LABELLED[0], np.eye(3)[LABELLED[1]]), weight=CLASS_WEIGHTS),
    case("ignored", "cross_entropy", (LABELLED[0], [0, -100, 1])),
    case("ignored 2", "cross_entropy:ignore_index=2", LABELLED, ignore_index=2),
    case("all ignored", "cross_entropy:ignore_index=2", (LABELLED[0], [2] * 3), ignore_index=2),
    case("holes under no weight", "cross_entropy", HOLES),
    *ordinary("nll", rows.LOG_CLASSES),
    case("class weights", "nll:weight=@weights.npy",
         (np.log([[0.2, 0.3, 0.5], [0.5, 0.4, 0.1]]), [2, 0]), weight=CLASS_WEIGHTS),
    *ordinary("multi_margin", rows.SCORES),
    case("squared, class weights", "multi_margin:p=2,margin=0.5,weight=@weights.npy", LABELLED,
         p=2, margin=0.5, weight=CLASS_WEIGHTS),
    *ordinary("multilabel_margin", rows.SCORES_AND_SETS),
    case("none and all", "multilabel_margin", ([[1.0, 2.0, 0.5]] * 2, [[0, 0, 0], [1, 1, 1]])),
    *ordinary("multilabel_soft_margin", rows.SCORES_AND_SETS),
    case("label weights", "multilabel_soft_margin:weight=@weights.npy",
         (LABELLED[0], np.eye(3)[LABELLED[1]]), weight=CLASS_WEIGHTS),
    *ordinary("kl_div:log_pred=true", (rows.LOG_CLASSES[0], rows.CLASSES_AND_SHARES[1])),
    *ordinary("kl_div:log_pred=true,log_target=true",
              (rows.LOG_CLASSES[0], np.log(rows.CLASSES_AND_SHARES[1])), log_target=True),
    case("known", "kl_div:log_pred=true", KNOWN),
    case("not normalised", "kl_div", ([[1.0, 3.0]], [[2.0, 2.0]]), logarithms=False),
    case("corners", "kl_div:log_pred=true",
         ([[-INF, 0.0], [-INF, 0.0], [-1.0, -0.5]], [[0.0, 1.0], [0.5, 0.5], [0.0, 1.0]])),
    *ordinary("cosine_distance", rows.VECTORS),
    case("short", "cosine_distance",
         ([[1.0, 2.0], [0.0, 0.0], [1e-9, 0.0]], [[2.0, 1.0], [1.0, 0.0], [1.0, 0.0]])),
    *ordinary("cosine_embedding", rows.VECTOR_PAIRS),
    *ordinary("cosine_embedding:margin=0.2", rows.VECTOR_PAIRS, margin=0.2),
    case("short", "cosine_embedding", ([[[1e-9, 0.0], [1.0, 0.0]]], [1])),
    *ordinary("hinge_embedding", rows.DISTANCES),
    *ordinary("hinge_embedding:margin=0.7", rows.DISTANCES, margin=0.7),
    *ordinary("margin_ranking", rows.SCORE_PAIRS),
    *ordinary("margin_ranking:margin=0.3", rows.SCORE_PAIRS, margin=0.3),
    *ordinary("triplet_margin", rows.TRIPLETS),
    *ordinary("triplet_margin:p=1,swap=true", rows.TRIPLETS, p=1.0, swap=True),
    *ordinary("triplet_margin:p=3", rows.TRIPLETS, p=3.0),
    case("by hand", "triplet_margin", ([[[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]],)),
]  # fmt: skip


def _label_lists(sets):
    """The indices of each row's labels, ended by -1."""
    found = torch.full(sets.shape, -1)
    for row, labels in enumerate(sets):
        (at,) = torch.nonzero(labels, as_tuple=True)
        found[row, : len(at)] = at
    return found


def _pair(function):
    return lambda p, t, **kw: function(p[:, 0], p[:, 1], t, **kw)


def _cosine_distance(p, t, reduction):
    rows = 1 - F.cosine_similarity(p, t)
    return {"none": rows, "mean": rows.mean(), "sum": rows.sum()}[reduction]


def _kl_div(p, t, reduction, logarithms=True, **keywords):
    """Its mean is that of elements, and batchmean that of rows."""
    p = p if logarithms else p.log()
    reduction = "batchmean" if reduction == "mean" else reduction
    found = F.kl_div(p, t, reduction=reduction, **keywords)
    return found.sum(dim=1) if reduction == "none" else found


CALLS = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "smooth_l1": F.smooth_l1_loss,
    "huber": F.huber_loss,
    "poisson_nll": F.poisson_nll_loss,
    "gaussian_nll": lambda p, t, **kw: F.gaussian_nll_loss(p[:, 0], t, p[:, 1], **kw),
    "bce": F.binary_cross_entropy,
    "bce_with_logits": F.binary_cross_entropy_with_logits,
    "soft_margin": F.soft_margin_loss,
    "cross_entropy": F.cross_entropy,
    "nll": F.nll_loss,
    "multi_margin": F.multi_margin_loss,
    "multilabel_margin": lambda p, t, **kw: F.multilabel_margin_loss(p, _label_lists(t), **kw),
    "multilabel_soft_margin": F.multilabel_soft_margin_loss,
    "kl_div": _kl_div,
    "cosine_distance": _cosine_distance,
    "cosine_embedding": _pair(F.cosine_embedding_loss),
    "hinge_embedding": F.hinge_embedding_loss,
    "margin_ranking": _pair(F.margin_ranking_loss),
    "triplet_margin": lambda x, _, **kw: F.triplet_margin_loss(x[:, 0], x[:, 1], x[:, 2], **kw),
}
# Functions whose argument `weight` is one number an element of the batch.
WEIGHTED = ("mse", "mae", "huber", "bce", "bce_with_logits")


def measure(one):
    """Rows, and their mean and sum; with weights where the function takes them."""
    pred = torch.from_numpy(one.pred)
    target = None
    if one.target is not None:
        target = torch.from_numpy(one.target)
        if target.shape == pred.shape or one.loss not in ("cross_entropy", "nll", "multi_margin"):
            target = target.double()
    call = CALLS[one.loss]
    keywords = {
        key: torch.tensor(value, dtype=torch.float64) if key in ("weight", "pos_weight") else value
        for key, value in one.theirs.items()
    }
    values = call(pred, target, reduction="none", **keywords)
    found = {
        "rows": values.reshape(len(values), -1).mean(dim=1),
        "mean": call(pred, target, reduction="mean", **keywords),
        "sum": call(pred, target, reduction="sum", **keywords),
    }
    if one.weights is not None and one.loss in WEIGHTED:
        weight = torch.from_numpy(one.weights).reshape(-1, *(1,) * (pred.ndim - 1))
        keywords["weight"] = weight.expand(pred.shape)
        found["weighted_mean"] = call(pred, target, reduction="mean", **keywords)
        found["weighted_sum"] = call(pred, target, reduction="sum", **keywords)
    return {reduction: value.numpy() for reduction, value in found.items()}
