"""The losses of optax: a function each, of rows or elements; optax leaves reductions to others."""

import numpy as np

from tests.oracles.libraries import rows
from tests.oracles.libraries.case import case, ordinary

INF = np.inf
MASK = ([[0.8, 0.4, 0.1, 0.3], [0.0] * 4], [[1, 0, 0, 1], [0] * 4])
LISTS = (rows.SCORES[0], rows.SCORES_AND_SHARES[1])
HOLES = ([[0.0, -INF, 1.0], [1.0, 0.0, 2.0]], [[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]])

CASES = [
    *ordinary("mse", *rows.NUMBERS),
    case("half squared", "mse", ([3.0], [1.0])),
    *ordinary("half_squared_error", *rows.NUMBERS),
    case("named l2", "l2", ([3.0], [1.0])),
    case("named l2_loss", "l2_loss", ([3.0], [1.0])),
    *ordinary("huber", *rows.NUMBERS),
    *ordinary("huber:delta=0.5", *rows.NUMBERS, delta=0.5),
    case("corners at 1/2", "huber:delta=0.5", ([-0.5, 3.0], [0.0, 0.0]), delta=0.5),
    case("corners at 2", "huber:delta=2", ([-0.5, 3.0], [0.0, 0.0]), delta=2.0),
    *ordinary("log_cosh", *rows.NUMBERS),
    case("near and far", "log_cosh", ([1e-10, 1e-4, 800.0], [0.0] * 3)),
    *ordinary("cosine_distance", rows.VECTORS),
    case("short, and zero", "cosine_distance",
         ([[1.0, 2.0], [0.0, 0.0], [1e-9, 0.0]], [[2.0, 1.0], [1.0, 0.0], [1.0, 0.0]])),
    *ordinary("bce_with_logits", *rows.LOGITS_AND_BITS, *rows.LOGITS_AND_SHARES),
    case("confident", "bce_with_logits", ([-50.0, 50.0, 800.0, -800.0], [0, 1, 0, 1])),
    *ordinary("binary_focal", *rows.LOGITS_AND_BITS, *rows.LOGITS_AND_SHARES),
    *ordinary("binary_focal:gamma=0.5,alpha=0.25", *rows.LOGITS_AND_BITS, gamma=0.5, alpha=0.25),
    case("half", "binary_focal", ([0.5, 0.5], [1, 0])),
    case("half balanced", "binary_focal:alpha=0.25", ([0.5, 0.5], [1, 0]), alpha=0.25),
    case("far", "binary_focal", ([-800.0, 800.0, 800.0], [1, 0, 1])),
    *ordinary("hinge", *rows.LOGITS_AND_SIGNS),
    case("one label", "hinge", ([0.5, 2.0], [1, 1])),
    *ordinary("perceptron", *rows.LOGITS_AND_SIGNS),
    *ordinary("cross_entropy", rows.SCORES, rows.SCORES_AND_SHARES),
    case("smoothing", "cross_entropy:label_smoothing=0.3", ([[2.0, 0.0, -1.0]], [0]),
         smoothing=0.3),
    case("holes under no weight", "cross_entropy", HOLES),
    case("holes beside a label", "cross_entropy", (HOLES[0], [0, 1])),
    *ordinary("multiclass_hinge", rows.SCORES),
    case("rivals", "multiclass_hinge",
         ([[1.0, 2.0, 0.5], [-3.0, -2.0, -0.5], [-0.5, -2.0, -3.0]], [0, 0, 0])),
    *ordinary("kl_div", rows.CLASSES_AND_SHARES),
    *ordinary("kl_div:log_pred=true", (np.log(rows.CLASSES[0]), rows.CLASSES_AND_SHARES[1]),
              logarithms=1),
    *ordinary("kl_div:log_pred=true,log_target=true",
              (np.log(rows.CLASSES[0]), np.log(rows.CLASSES_AND_SHARES[1])), logarithms=2),
    case("known", "kl_div", ([[0.1, 0.9], [0.5, 0.5]], [[0.3, 0.7], [0.6, 0.4]])),
    case("corners", "kl_div",
         ([[0.0, 1.0], [0.0, 1.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5], [0.0, 1.0]])),
    case("a logarithm of no weight", "kl_div:log_pred=true,log_target=true",
         ([[-1.0, -0.5]], [[-INF, 0.0]]), logarithms=2),
    *ordinary("dice", rows.MASKS, rows.MASKS_OF_CLASSES),
    case("by hand, and empty", "dice", MASK),
    case("without smoothing", "dice:smooth=0", (MASK[0][:1], MASK[1][:1]), smooth=0.0),
    *ordinary("tversky", rows.MASKS, rows.MASKS_OF_CLASSES),
    case("by hand, and empty", "tversky:alpha=0.3,beta=0.7", MASK, alpha=0.3, beta=0.7),
    case("without smoothing", "tversky:alpha=0.3,beta=0.7,smooth=0", (MASK[0][:1], MASK[1][:1]),
         alpha=0.3, beta=0.7, smooth=0.0),
    *ordinary("triplet_margin", rows.TRIPLETS),
    *ordinary("triplet_margin:margin=0.3", rows.TRIPLETS, margin=0.3),
    case("by hand", "triplet_margin", ([[[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]],)),
    *ordinary("listnet", LISTS),
    case("labels as they are", "listnet", ([[1.0, 2.0, 0.5]], [[3.0, 0.0, 1.0]])),
]  # fmt: skip


def load():
    """Optax, in float64."""
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    return optax


def about():
    """The versions, and what its numbers are good for."""
    import jax

    return {
        "optax": load().__version__,
        "jax": jax.__version__,
        "setting": "jax.config.update('jax_enable_x64', True)",
    }


def _cross_entropy(losses, z, t, smoothing=0.0):
    if smoothing:
        import jax

        t = losses.smooth_labels(jax.nn.one_hot(t, z.shape[1]), smoothing)
    if t.ndim == 1:
        return losses.softmax_cross_entropy_with_integer_labels(z, t)
    return losses.softmax_cross_entropy(z, t)


def _kl_div(losses, p, t, logarithms=0):
    import jax.numpy as jnp

    if logarithms == 2:
        return losses.kl_divergence_with_log_targets(p, t)
    return losses.kl_divergence(p if logarithms else jnp.log(p), t)


def _dice(losses, p, t, **keywords):
    """One mask a row by its logits; masks of classes by probabilities, classes last."""
    import jax.numpy as jnp

    if p.ndim == 2:
        logits = jnp.log(p) - jnp.log1p(-p)
        return losses.dice_loss(logits[..., None], t[..., None], **keywords)
    return losses.dice_loss(p.swapaxes(1, 2), t.swapaxes(1, 2), apply_softmax=False, **keywords)


CALLS = {
    "mse": lambda losses, p, t: losses.squared_error(p, t),
    "half_squared_error": lambda losses, p, t: losses.l2_loss(p, t),
    "huber": lambda losses, p, t, **kw: losses.huber_loss(p, t, **kw),
    "log_cosh": lambda losses, p, t: losses.log_cosh(p, t),
    "cosine_distance": lambda losses, p, t: losses.cosine_distance(p, t),
    "bce_with_logits": lambda losses, p, t: losses.sigmoid_binary_cross_entropy(p, t),
    "binary_focal": lambda losses, p, t, **kw: losses.sigmoid_focal_loss(p, t, **kw),
    "hinge": lambda losses, p, t: losses.hinge_loss(p, t),
    "perceptron": lambda losses, p, t: losses.perceptron_loss(p, t),
    "cross_entropy": _cross_entropy,
    "multiclass_hinge": lambda losses, p, t: losses.multiclass_hinge_loss(p, t),
    "kl_div": _kl_div,
    "dice": _dice,
    "tversky": _dice,
    "triplet_margin": lambda losses, x, _, **kw: losses.triplet_margin_loss(
        x[:, 0], x[:, 1], x[:, 2], **kw
    ),
    "listnet": lambda losses, p, t: losses.ranking_softmax_loss(p, t, reduce_fn=None),
}
CALLS |= dict.fromkeys(("l2", "l2_loss"), CALLS["half_squared_error"])


def measure(one):
    """Rows: of elements the mean of each."""
    import jax.numpy as jnp

    optax = load()
    pred, target = jnp.asarray(one.pred), None
    if one.target is not None:
        whole = one.target.dtype.kind in "iu" and one.target.ndim < one.pred.ndim
        target = jnp.asarray(one.target, None if whole else float)
    found = np.asarray(CALLS[one.loss](optax.losses, pred, target, **one.theirs))
    return {"rows": found.reshape(len(found), -1).mean(axis=1)}
