"""The line of every kind of rows, also of those that no loss of the catalogue takes yet."""

import numpy as np
import pytest

from losscli import explain
from losscli.explanation.curves import on_line
from losscli.losses.core import shapes
from losscli.losses.core.domain import LOGIT, SCORE
from losscli.losses.core.labels import BINARY, HARD_LABEL, INDICES, SIGN
from losscli.losses.core.loss import Loss
from losscli.losses.core.params import Param
from losscli.losses.registry import all_losses
from losscli.losses.spec.binding import BoundLoss


def declared(values, derivative, *, pred, target, rows_of, params=()):
    """A loss of rows, with as little said of it as is needed here."""
    texts = dict.fromkeys(("formula", "latex", "source", "use", "avoid"), "")
    return Loss(
        name="made", family="classification", values=values, derivative=derivative,
        reference=values, pred=pred, target=target, rows_of=rows_of, params=params, flops=1,
        **texts,
    )  # fmt: skip


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def cumulative(xp, pred, target):
    """The cross-entropy of each threshold, summed."""
    above = target[:, None] > np.arange(pred.shape[1])
    return np.sum(np.logaddexp(0.0, np.where(above, -pred, pred)), axis=1)


def cumulative_slope(xp, pred, target):
    return sigmoid(pred) - (target[:, None] > np.arange(pred.shape[1]))


def of_labels(xp, pred, target, weight=None):
    found = np.logaddexp(0.0, np.where(target > 0, -pred, pred))
    found = found if weight is None else weight * found
    return found if pred.ndim == 1 else found.mean(axis=-1)


def of_labels_slope(xp, pred, target, weight=None):
    found = sigmoid(pred) - (target > 0)
    found = found if weight is None else weight * found
    return found if pred.ndim == 1 else found / pred.shape[-1]


def test_thresholds_move_together():
    """The class between them is right: the loss is even, and least in the middle."""
    found = explain(
        declared(cumulative, cumulative_slope, pred=LOGIT, target=INDICES,
                 rows_of=shapes.THRESHOLDS)
    )  # fmt: skip
    losses = found.curve.losses
    assert losses == pytest.approx(losses[::-1])
    assert losses.argmin() == len(losses) // 2
    assert losses.min() == pytest.approx(2 * np.log1p(np.exp(-1.0)))
    assert found.form.convex


@pytest.mark.parametrize("target", [BINARY, SIGN, HARD_LABEL])
def test_the_first_of_several_labels_is_right(target):
    """The others are negative, as their convention writes it."""
    loss = declared(of_labels, of_labels_slope, pred=SCORE, target=target, rows_of=shapes.VECTORS)
    line = on_line(BoundLoss(loss, {}, "made")).line
    negative = -1.0 if target is SIGN else 0.0
    assert line.target.tolist() == [1.0, negative, negative]
    found = explain(loss).curve
    others = 2 * np.log(2.0)
    assert found.losses[-1] == pytest.approx((np.log1p(np.exp(-6.0)) + others) / 3)


def test_a_loss_of_one_label_or_several_is_one_of_numbers():
    """Of weights by columns the first is that of the number."""
    param = Param("weight", None, kind="columns")
    loss = declared(of_labels, of_labels_slope, pred=LOGIT, target=BINARY,
                    rows_of=shapes.LABEL_SETS, params=(param,))  # fmt: skip
    found = on_line(BoundLoss(loss, loss.resolve({"weight": [3.0, 1.0]}), "made"))
    assert found.values([0.0])[0] == pytest.approx(3.0 * np.log(2.0))


@pytest.mark.parametrize("loss", all_losses(), ids=lambda loss: loss.name)
def test_points_of_a_line_lie_in_the_domain(loss):
    """Of predictions and of targets, from end to end."""
    found = explain(loss)
    line = on_line(found.bound).line
    rows = line.rows(found.curve.at)
    missing, outside = found.bound.pred.violations(rows)
    assert missing is None
    assert outside is None
    if line.target is not None:
        classes = loss.classes(rows.shape[1:])
        missing, outside = found.bound.target.violations(np.asarray(line.target)[None], classes)
        assert missing is None
        assert outside is None
    loss.check_shapes(rows.shape[1:], None if line.target is None else np.shape(line.target), {})


ODD = [
    "smooth_l1:beta=1e300", "smooth_l1:beta=1e-300", "barron:alpha=-1e3", "triplet_margin:p=inf",
    "tweedie_deviance:power=0", "tweedie_deviance:power=3", "kl_div:log_pred=true",
    "kl_div:log_pred=true,log_target=true", "poisson_nll:log_input=false", "bce:floor=-inf",
    "cross_entropy:ignore_index=0", "nll:ignore_index=0", "negative_binomial_nll:log_input=true",
    "listnet:labels=raw", "1e300*mse", "mse - mae", "cross_entropy + 0.1*multi_margin",
    "0.5*dice + 0.5*jaccard", "iou + giou", "mse + poisson_nll",
]  # fmt: skip


@pytest.mark.parametrize("spec", ODD)
def test_parameters_and_sums_move_the_line_with_the_domain(spec):
    """The gradient is the chord of a short step wherever the curve is smooth."""
    found = explain(spec)
    curve, gradients = found.curve, found.curve.gradients
    x, y = curve.at, curve.losses
    with np.errstate(all="ignore"):
        chord = (y[2:] - y[:-2]) / (x[2:] - x[:-2])
        near = np.abs(chord - gradients[1:-1]) <= 1e-2 * np.abs(chord).max() + 0.02 * np.abs(chord)
    assert near.mean() > 0.95
    assert np.isfinite(y).mean() > 0.95
    if "ignore_index" in spec:
        assert y.max() > 1.0  # the row counts
