"""The losses of Liger, by its formulas, written again: its kernels need a GPU.

They are those of version 0.8.2: `LigerCrossEntropyLoss` (src/liger_kernel/ops/cross_entropy.py),
`LigerJSD` (ops/jsd.py), `LigerKLDIVLoss` with reduction='batchmean' (ops/kl_div.py) and the
`preference_loss_fn` of SimPO (chunked_loss/simpo_loss.py).
"""

import numpy as np

from tests.oracles.libraries import rows
from tests.oracles.libraries.case import case, ordinary
from tests.oracles.libraries.trl import generalized_jsd

VERSION = "0.8.2"
WEIGHT = [1.0, 2.0, 4.0, 0.5]

CASES = [
    *ordinary("token_cross_entropy", rows.SCORES),
    *ordinary("token_cross_entropy:z_loss=0.1,softcap=2", rows.SCORES,
              lse_square_scale=0.1, softcap=2.0),
    *ordinary("token_cross_entropy:label_smoothing=0.2,z_loss=0.1", rows.SCORES,
              label_smoothing=0.2, lse_square_scale=0.1),
    *ordinary("token_cross_entropy:ignore_index=2,z_loss=0.1", rows.SCORES,
              ignore_index=2, lse_square_scale=0.1),
    case("weights of tokens", "token_cross_entropy:weight=@weights.npy,label_smoothing=0.2",
         rows.SCORES, weight=WEIGHT, label_smoothing=0.2),
    *ordinary("generalized_jsd", rows.TWO_SCORES),
    *ordinary("generalized_jsd:beta=0.1", rows.TWO_SCORES, beta=0.1),
    *ordinary("distillation_kl", rows.TWO_SCORES, beta=0.0),
    *ordinary("distillation_kl:direction=reverse", rows.TWO_SCORES, beta=1.0),
    *ordinary("kl_div", rows.CLASSES_AND_SHARES),
    *ordinary("kl_div:log_pred=true,log_target=true",
              tuple(np.log(side) for side in rows.CLASSES_AND_SHARES), logarithms=True),
    case("rare", "kl_div", ([[0.5, 0.5], [1e-3, 1.0]], [[1.0, 1e-12], [0.0, 1.0]])),
    *ordinary("simpo", rows.LOG_PAIRS),
    *ordinary("simpo:beta=2,gamma=1.5", rows.LOG_PAIRS, beta=2.0, gamma=1.5),
]  # fmt: skip


def _cross_entropy(
    x, y, weight=None, ignore_index=-100, lse_square_scale=0.0, label_smoothing=0.0, softcap=None
):
    """Rows of reduction='none', and what reduction='mean' divides their sum by."""
    if softcap:
        x = softcap * np.tanh(x / softcap)
    weights = np.ones(x.shape[1]) if weight is None else np.array(weight)
    eps = label_smoothing / x.shape[1]
    found, counted = np.zeros(len(x)), 0.0
    for row in range(len(x)):
        if y[row] == ignore_index:
            continue
        lse = np.logaddexp.reduce(x[row])
        loss = weights[y[row]] * (lse - x[row, y[row]])
        smooth_loss = np.sum(-eps * x[row] * weights) + eps * lse * weights.sum()
        found[row] = loss * (1 - label_smoothing) + smooth_loss + lse_square_scale * lse * lse
        counted += weights[y[row]]
    return found, counted


def _kl_div(p, t, logarithms=False):
    if logarithms:
        return (np.exp(t) * (t - p)).sum(axis=-1)
    return (t * (np.log(np.maximum(t, 1e-10)) - np.log(p))).sum(axis=-1)


def _simpo(logps, _, beta=0.1, gamma=0.5):
    return np.logaddexp(0.0, -(beta * (logps[:, 0] - logps[:, 1]) - gamma))


CALLS = {
    "token_cross_entropy": _cross_entropy,
    "generalized_jsd": generalized_jsd,  # the same mixture, of log_softmax
    "distillation_kl": generalized_jsd,
    "kl_div": _kl_div,
    "simpo": _simpo,
}


def measure(one):
    """Rows, and their mean and sum."""
    found = CALLS[one.loss](one.pred, one.target, **one.theirs)
    found, counted = found if isinstance(found, tuple) else (found, len(found))
    return {"rows": found, "mean": found.sum() / counted, "sum": found.sum()}
