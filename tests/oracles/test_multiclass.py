"""Losses of several classes beside those of torch and scikit-learn, and what they do otherwise.

Tolerances are a few roundings of float64: the libraries add and take logarithms in another order.
"""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it
from sklearn import metrics

from losscli import evaluate, losses

CLOSE = {"rel": 1e-13, "abs": 1e-15}
RNG = np.random.default_rng(24)
LOGITS = 3 * RNG.standard_normal((300, 5))
LABEL = RNG.integers(0, 5, 300)
CHANCE = RNG.dirichlet(np.ones(5), 300)
MIXED = RNG.dirichlet(np.ones(5), 300)
WEIGHT = RNG.uniform(0.1, 3, 5)
ROW = ([[1.0, 2.0, 0.5]], [0])


def t(array):
    return torch.from_numpy(np.ascontiguousarray(array))


def log_softmax(z):
    return F.log_softmax(t(z), dim=1).numpy()


def categorical(p, y):
    """Of probabilities, by torch's nll."""
    return F.nll_loss(p.log(), y, reduction="none")


def focal(z, y, *, gamma=2.0):
    """As in the paper."""
    nll = F.cross_entropy(z, y, reduction="none")
    return (1 - torch.exp(-nll)) ** gamma * nll


def poly1(z, y, *, epsilon=2.0):
    """As in the paper."""
    nll = F.cross_entropy(z, y, reduction="none")
    return nll + epsilon * (1 - torch.exp(-nll))


def generalized(p, y, *, q=0.7):
    """As in the paper."""
    return (1 - p[torch.arange(len(y)), y] ** q) / q


CASES = {
    "nll": ({}, log_softmax(LOGITS), lambda p, y, **kw: F.nll_loss(p, y, reduction="none", **kw)),
    "nll ignored": (
        {"ignore_index": 3},
        log_softmax(LOGITS),
        lambda p, y, **kw: F.nll_loss(p, y, reduction="none", **kw),
    ),
    "nll weight": (
        {"weight": WEIGHT},
        log_softmax(LOGITS),
        lambda p, y, weight: F.nll_loss(p, y, t(weight), reduction="none"),
    ),
    "categorical_cross_entropy": ({}, CHANCE, categorical),
    "focal_cross_entropy": ({}, LOGITS, focal),
    "focal_cross_entropy gamma": ({"gamma": 0.5}, LOGITS, focal),
    "generalized_cross_entropy": ({}, CHANCE, generalized),
    "generalized_cross_entropy q": ({"q": 0.3}, CHANCE, generalized),
    "poly1": ({}, LOGITS, poly1),
    "poly1 epsilon": ({"epsilon": -0.5}, LOGITS, poly1),
    "multi_margin": (
        {},
        LOGITS,
        lambda z, y, **kw: F.multi_margin_loss(z, y, reduction="none", **kw),
    ),
    "multi_margin squared": (
        {"p": 2, "margin": 0.5, "weight": WEIGHT},
        LOGITS,
        lambda z, y, weight, **kw: F.multi_margin_loss(
            z, y, weight=t(weight), reduction="none", **kw
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_rows_and_gradients_are_those_of_torch(case, kind):
    """Row by row; the gradient of their sum is torch's autograd."""
    params, pred, function = CASES[case]
    loss = getattr(losses, case.split()[0])
    p = t(pred).requires_grad_()
    theirs = function(p, t(LABEL), **params)
    inputs = (pred, LABEL) if kind == "numpy" else (t(pred), t(LABEL))
    assert np.asarray(loss(*inputs, **params)) == pytest.approx(theirs.detach().numpy(), **CLOSE)
    theirs.sum().backward()
    found = np.asarray(loss.gradient(*inputs, **params))
    assert found == pytest.approx(p.grad.numpy(), rel=1e-10, abs=1e-13)


def test_the_mean_of_nll_is_torchs():
    """It divides by the weights of the counted rows' classes."""
    from losscli import evaluate

    lp = log_softmax(LOGITS)
    bound = losses.nll.resolve({"weight": WEIGHT, "ignore_index": 2})
    rows = losses.nll(lp, LABEL, **bound)
    shares = losses.nll.denominators(np, LABEL, bound)
    theirs = F.nll_loss(t(lp), t(LABEL), t(WEIGHT), ignore_index=2).item()
    assert rows.sum() / shares.sum() == pytest.approx(theirs, **CLOSE)
    found = evaluate(lp, LABEL, loss="nll:ignore_index=2").value
    assert found == pytest.approx(F.nll_loss(t(lp), t(LABEL), ignore_index=2).item(), **CLOSE)


def test_soft_targets_are_those_of_cross_entropy():
    """Of logits and of their softmax alike."""
    soft = F.softmax(t(LOGITS), dim=1).numpy()
    found = losses.categorical_cross_entropy(soft, MIXED)
    theirs = F.cross_entropy(t(LOGITS), t(MIXED), reduction="none").numpy()
    assert found == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_like_sklearn_is_log_loss(dtype):
    """Probabilities are clipped at the eps of the type that they came in, certain ones too."""
    pred = CHANCE.astype(dtype)
    pred[:2] = [[1, 0, 0, 0, 0], [0, 0, 0, 0, 1]]
    label = LABEL.copy()
    label[:2] = 0
    like = losses.categorical_cross_entropy.like["sklearn"].values
    wide = pred.astype(np.float64)
    with np.errstate(all="ignore"):
        found = like(np, wide, label, spacing=float(np.finfo(dtype).eps), clip=0.0, normalise=False)
    assert found.max() > 15
    theirs = metrics.log_loss(label, pred, labels=range(5))
    assert found.mean() == pytest.approx(theirs, rel=1e-12 if dtype is np.float64 else 1e-6)


def test_where_keras_divides_by_the_rows_sum():
    """Row (.2, .2, .1), label 0; and a certain and wrong row at its clip."""
    params = dict(losses.categorical_cross_entropy.like["keras"].params)
    found = losses.categorical_cross_entropy([[0.2, 0.2, 0.1], [0.0, 1.0, 0.0]], [0, 0], **params)
    assert found == pytest.approx([-math.log(0.4), -math.log(1e-7)], rel=1e-15)


def test_certain_rows_cost_nothing_or_everything():
    """Without a clip."""
    assert losses.categorical_cross_entropy([[1.0, 0.0]] * 2, [0, 1]).tolist() == [0.0, math.inf]


def test_focal_is_a_quarter_in_keras():
    """Z = (2, 0, -1), y = 0."""
    params = dict(losses.focal_cross_entropy.like["keras"].params)
    row = [[2.0, 0.0, -1.0]], [0]
    assert losses.focal_cross_entropy(*row)[0] == pytest.approx(0.004144, abs=5e-7)
    assert losses.focal_cross_entropy(*row, **params)[0] == pytest.approx(0.001036, abs=5e-7)


def test_generalized_cross_entropy_has_another_default_in_keras():
    """The right class at 0.4."""
    pred = [[0.4, 0.6]], [0]
    assert losses.generalized_cross_entropy(*pred)[0] == pytest.approx(0.67635, abs=5e-6)
    params = dict(losses.generalized_cross_entropy.like["keras"].params)
    found = losses.generalized_cross_entropy(*pred, **params)[0]
    assert found == pytest.approx(2 * (1 - math.sqrt(0.4)), rel=1e-15)


def test_hinges_of_several_classes():
    """The sum over C of torch, and the closest rival of the others; sklearn's mean."""
    assert losses.multi_margin(*ROW)[0] == pytest.approx(2.5 / 3, rel=1e-15)
    assert losses.multiclass_hinge(*ROW)[0] == 2.0
    found = losses.multiclass_hinge(LOGITS, LABEL).mean()
    assert found == pytest.approx(metrics.hinge_loss(LABEL, LOGITS, labels=range(5)), **CLOSE)


def test_where_keras_puts_a_0_among_the_rivals():
    """It matters where all rivals are below 0."""
    rows, label = np.array([[-3.0, -2.0, -0.5], [-0.5, -2.0, -3.0]]), np.array([0, 0])
    assert losses.multiclass_hinge(rows, label).tolist() == [3.5, 0.0]
    like = losses.multiclass_hinge.like["keras"].values
    assert like(np, rows, label).tolist() == [4.0, 1.5]


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_like_sklearn_the_brier_score_of_two_classes_is_halved(classes, rng):
    """scale_by_half is 'auto', unless it is given."""
    pred = rng.dirichlet(np.ones(classes), 50)
    label = rng.integers(0, classes, 50)
    theirs = metrics.brier_score_loss(label, pred, labels=range(classes))
    found = evaluate(pred, label, loss="multiclass_brier", like="sklearn")
    assert found.value == pytest.approx(theirs, **CLOSE)
    assert found.losses[0].params == {"scale_by_half": "auto"}
    for halved in (False, True):
        given = f"multiclass_brier:scale_by_half={halved}".lower()
        found = evaluate(pred, label, loss=given, like="sklearn").value
        wanted = metrics.brier_score_loss(label, pred, labels=range(classes), scale_by_half=halved)
        assert found == pytest.approx(wanted, **CLOSE)
    plain = losses.multiclass_brier(pred, label).mean()
    assert plain == pytest.approx(theirs * (2 if classes == 2 else 1), **CLOSE)


def test_the_mean_brier_score_of_a_known_row():
    """Rows (.7, .2, .1) with labels 0, 1, 2."""
    found = losses.multiclass_brier([[0.7, 0.2, 0.1]] * 3, [0, 1, 2]).mean()
    assert found == pytest.approx(0.87333, abs=5e-6)


def test_like_torch_cross_entropy_multiplies_0_by_infinity():
    """A logit of -inf under no weight is nan for soft targets there, and nothing here."""
    z, soft = np.array([[0.0, -math.inf], [1.0, 0.0]]), np.array([[1.0, 0.0], [0.5, 0.5]])
    params = losses.cross_entropy.resolve({})
    theirs = F.cross_entropy(t(z), t(soft), reduction="none").numpy()
    for library in ("torch", "optax"):
        like = losses.cross_entropy.like[library].values
        with np.errstate(all="ignore"):
            found = like(np, z, soft, **params)
        assert found == pytest.approx(theirs, nan_ok=True, **CLOSE)
    assert losses.cross_entropy(z, soft)[0] == 0.0


def test_where_torch_subtracts_from_1_in_focal():
    """Z = (40, 0), y = 0: 1 - s_y is 0 there and 4e-18 here."""
    assert focal(t(np.array([[40.0, 0.0]])), t(np.array([0])), gamma=1.0).item() == 0.0
    found = losses.focal_cross_entropy([[40.0, 0.0]], [0], gamma=1.0)[0]
    assert found == pytest.approx(math.exp(-80), rel=1e-15)
