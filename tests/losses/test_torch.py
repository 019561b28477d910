"""Our losses are PyTorch's wherever PyTorch is right; where it is not, the difference is asserted.

torch cancels on confident rows and underflows in smooth L1; the truth beside each figure is from
mpmath at 700 digits.
"""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it

from losscli import evaluate, losses

CLOSE = {"rel": 1e-13, "abs": 1e-16}
RNG = np.random.default_rng(11)
PRED, TARGET = 3 * RNG.standard_normal((2, 500))
CHANCE, SOFT = RNG.uniform(0.001, 0.999, (2, 500))
LOGITS = 3 * RNG.standard_normal((400, 7))
LABEL = RNG.integers(0, 7, 400)
MIXED = RNG.dirichlet(np.ones(7), 400)
ENDS = np.r_[0.0, 1.0, 1.0, 0.0]
WEIGHT = RNG.uniform(0.1, 3, 7)


def t(array):
    return torch.from_numpy(np.ascontiguousarray(array))


ELEMENTWISE = {
    "mae": ({}, PRED, TARGET, F.l1_loss),
    "mse": ({}, PRED, TARGET, F.mse_loss),
    "smooth_l1": ({}, PRED, TARGET, F.smooth_l1_loss),
    "smooth_l1 beta": ({"beta": 0.3}, PRED, TARGET, F.smooth_l1_loss),
    "bce": ({}, CHANCE, SOFT, F.binary_cross_entropy),
    "bce at the ends": ({}, ENDS, np.r_[1.0, 1.0, 0.0, 0.5], F.binary_cross_entropy),
    "bce_with_logits": ({}, PRED, SOFT, F.binary_cross_entropy_with_logits),
}  # fmt: skip


@pytest.mark.parametrize("case", ELEMENTWISE)
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_elementwise_losses_are_torchs(case, kind):
    """Element by element, and their gradients are torch's autograd."""
    params, pred, target, function = ELEMENTWISE[case]
    loss = getattr(losses, case.split()[0])
    p = t(pred).requires_grad_()
    theirs = function(p, t(target), reduction="none", **params)
    inputs = (pred, target) if kind == "numpy" else (t(pred), t(target))
    assert np.asarray(loss(*inputs, **params)) == pytest.approx(theirs.detach().numpy(), **CLOSE)
    if case != "bce at the ends":
        theirs.sum().backward()
        found = np.asarray(loss.gradient(*inputs, **params))
        assert found == pytest.approx(p.grad.numpy(), rel=1e-10, abs=1e-15)


def test_pos_weight_is_torchs():
    """One number a column."""
    pred, target = PRED.reshape(100, 5), SOFT.reshape(100, 5)
    weight = np.array([1.0, 2.0, 0.5, 3.0, 1.5])
    theirs = F.binary_cross_entropy_with_logits(t(pred), t(target), pos_weight=t(weight))
    ours = losses.bce_with_logits(pred, target, pos_weight=weight).mean()
    assert ours == pytest.approx(theirs.item(), **CLOSE)


CLASSES = {
    "plain": {},
    "weight": {"weight": WEIGHT},
    "smoothing": {"label_smoothing": 0.1},
    "weight and smoothing": {"weight": WEIGHT, "label_smoothing": 0.3},
    "ignored": {"ignore_index": 2},
    "all": {"weight": WEIGHT, "label_smoothing": 0.2, "ignore_index": 4},
}

# torch takes ignore_index for labels only.
BOTH = pytest.mark.parametrize(
    ("case", "target"),
    [
        pytest.param(case, target, id=f"{case}-{'labels' if target is LABEL else 'soft'}")
        for case, params in CLASSES.items()
        for target in (LABEL, MIXED)
        if target is LABEL or "ignore_index" not in params
    ],
)


@BOTH
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_cross_entropy_is_torchs(case, target, kind):
    """Row by row, with its gradient, under every combination of parameters."""
    params = dict(CLASSES[case])
    theirs_params = {k: t(v) if k == "weight" else v for k, v in params.items()}
    z = t(LOGITS).requires_grad_()
    theirs = F.cross_entropy(z, t(target), reduction="none", **theirs_params)
    inputs = (LOGITS, target) if kind == "numpy" else (t(LOGITS), t(target))
    ours = np.asarray(losses.cross_entropy(*inputs, **params))
    assert ours == pytest.approx(theirs.detach().numpy(), **CLOSE)
    theirs.sum().backward()
    found = np.asarray(losses.cross_entropy.gradient(*inputs, **params))
    assert found == pytest.approx(z.grad.numpy(), rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@BOTH
def test_the_mean_of_cross_entropy_is_torchs(case, target, backend, tmp_path):
    """It divides by the weights of the rows' classes for labels, and by N for soft targets."""
    params = dict(CLASSES[case])
    theirs_params = {k: t(v) if k == "weight" else v for k, v in params.items()}
    np.save(tmp_path / "w.npy", WEIGHT)
    words = ",".join(
        f"{k}=@{tmp_path / 'w.npy'}" if k == "weight" else f"{k}={v}" for k, v in params.items()
    )
    spec = "cross_entropy" + (f":{words}" if words else "")
    ours = evaluate(LOGITS, target, loss=spec, backend=backend)
    theirs = F.cross_entropy(t(LOGITS), t(target), **theirs_params)
    assert ours.value == pytest.approx(theirs.item(), **CLOSE)


def test_every_row_ignored_is_nan_as_in_torch():
    """The mean is nan and noted, and the sum is 0."""
    labels = np.full(400, -100)
    ours = evaluate(LOGITS, labels, loss="cross_entropy")
    assert math.isnan(F.cross_entropy(t(LOGITS), t(labels)).item())
    assert math.isnan(ours.value)
    assert (ours["cross_entropy"].n, ours["cross_entropy"].ignored) == (0, 400)
    assert [note.code for note in ours.notes] == ["all_ignored"]


def one(function, pred, target, **params):
    target = torch.as_tensor(target)
    target = target.double() if target.is_floating_point() else target
    return function(torch.tensor(pred).double(), target, **params).item()


def test_where_torch_cancels_on_a_confident_right_negative():
    """Z = -50, t = 0: torch prints 0, the truth is e**-50."""
    theirs = one(F.binary_cross_entropy_with_logits, [-50.0], [0.0])
    ours = losses.bce_with_logits([-50.0], [0.0])[0]
    assert theirs == 0.0
    assert ours == math.exp(-50)
    near = one(F.binary_cross_entropy_with_logits, [-20.0], [0.0])
    truth = 2.061153620314381e-09
    assert losses.bce_with_logits([-20.0], [0.0])[0] == pytest.approx(truth, rel=1e-15)
    assert abs(near / truth - 1) > 1e-7


def test_where_torch_cancels_on_a_confident_right_class():
    """Z = (50, 0), y = 0: torch prints 0, the truth is e**-50."""
    theirs = one(F.cross_entropy, [[50.0, 0.0]], [0])
    assert theirs == 0.0
    assert losses.cross_entropy([[50.0, 0.0]], [0])[0] == math.exp(-50)


def test_where_torch_underflows_in_smooth_l1():
    """It squares before it divides; both are near 1e-200 and their quotient is not 0."""
    theirs = one(F.smooth_l1_loss, [1e-200], [0.0], beta=2e-200)
    ours = losses.smooth_l1([1e-200], [0.0], beta=2e-200)[0]
    assert theirs == 0.0
    assert ours == pytest.approx(2.5e-201, rel=1e-15)


def test_where_torch_has_no_gradient_at_a_right_certainty():
    """P = t = 1: torch holds the denominator and finds 0; the slope is -1."""
    p = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    F.binary_cross_entropy(p, torch.ones(1, dtype=torch.float64)).backward()
    assert p.grad.item() == 0.0
    assert losses.bce.gradient([1.0], [1.0])[0] == -1.0


def test_where_torch_multiplies_0_by_infinity():
    """A class of no weight and no chance is nan in torch, and nothing here."""
    logits, target = [[0.0, -math.inf]], [[1.0, 0.0]]
    assert math.isnan(one(F.cross_entropy, logits, target))
    assert losses.cross_entropy(logits, target)[0] == 0.0


@pytest.mark.parametrize("draw", range(12))
def test_a_row_alone_has_the_bits_of_a_row_among_others(draw):
    """Torch splits one long sum between its threads, and rounds it otherwise then."""
    row = np.random.default_rng(draw).standard_normal((1, 40_000))
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        alone = evaluate(row, 0 * row, loss="mse", backend="torch")
        twice = evaluate(np.r_[row, row], np.r_[0 * row, 0 * row], loss="mse", backend="torch")
    finally:
        torch.set_num_threads(before)
    assert alone.value == twice.value


@pytest.mark.parametrize(
    "row", [np.ones((1, 3))[::-1], np.ones((1, 1, 3))[:, ::-1], np.ones((4, 3))[::-1, ::-1]]
)
def test_arrays_of_negative_strides_are_taken(row):
    """Also of an axis of 1, where NumPy calls them contiguous."""
    assert evaluate(row, 0 * row, loss="mse", backend="torch").value == 1.0
