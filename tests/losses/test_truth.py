"""Values and gradients are within 4 ULP of the truth, on both backends, extremes included."""

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given
from hypothesis import strategies as st

from losscli import losses
from tests.losses.truth import true_gradient, true_value, ulps

BAR = 4.0
BACKENDS = pytest.mark.parametrize("kind", ["numpy", "torch"])

REALS = st.floats(-1e300, 1e300)
LOGITS = st.one_of(st.floats(-40, 40), st.floats(-1e4, 1e4))
PROBABILITIES = st.one_of(
    st.floats(0, 1), st.sampled_from([0.0, 1.0, 1e-300, 5e-324, 1e-17, 1 - 2**-53, 0.5])
)
HARD = st.sampled_from([0.0, 1.0])
SOFT = st.one_of(HARD, st.floats(0, 1))
SMOOTHING = st.sampled_from([0.0, 0.1, 0.3])


def arrays(kind, *values):
    """The inputs as arrays of a backend."""
    made = [np.asarray(v) for v in values]
    return made if kind == "numpy" else [torch.from_numpy(v.copy()) for v in made]


def value(kind, name, pred, target, **params):
    """The loss of one row."""
    p, t = arrays(kind, [pred], [target])
    return float(getattr(losses, name)(p, t, **params)[0])


def gradient(kind, name, pred, target, **params):
    """The gradient of one row."""
    p, t = arrays(kind, [pred], [target])
    found = np.asarray(getattr(losses, name).gradient(p, t, **params)[0])
    return float(found) if found.ndim == 0 else found.tolist()


def check_value(kind, name, pred, target, **params):
    truth = true_value(name, pred, target, params)
    assert ulps(value(kind, name, pred, target, **params), truth) <= BAR


@BACKENDS
@pytest.mark.parametrize("name", ["mae", "mse"])
@given(pred=REALS, target=REALS)
@example(pred=1e-300, target=0.0)
@example(pred=1e300, target=-1e300)
@example(pred=1e154, target=0.0)
@example(pred=1e-160, target=0.0)
@example(pred=0.1 + 0.2, target=0.3)
def test_mae_and_mse_are_true(kind, name, pred, target):
    """Also where the square underflows, or overflows to inf as the truth does."""
    check_value(kind, name, pred, target)


@BACKENDS
@given(pred=REALS, target=REALS, beta=st.floats(1e-200, 1e200))
@example(pred=1e-200, target=0.0, beta=2e-200)
@example(pred=1e300, target=0.0, beta=1.0)
@example(pred=1.0, target=0.0, beta=1.0)
@example(pred=1e-300, target=0.0, beta=1.0)
def test_smooth_l1_is_true(kind, pred, target, beta):
    """Beta and error of any size: no product overflows or underflows on the way."""
    check_value(kind, "smooth_l1", pred, target, beta=beta)


@BACKENDS
@given(pred=REALS, target=REALS)
def test_smooth_l1_at_beta_0_is_mae(kind, pred, target):
    """The same bits, value and gradient."""
    assert value(kind, "smooth_l1", pred, target, beta=0) == value(kind, "mae", pred, target)
    slope = gradient(kind, "smooth_l1", pred, target, beta=0)
    assert slope == gradient(kind, "mae", pred, target)


@BACKENDS
@given(
    pred=PROBABILITIES, target=SOFT, floor=st.sampled_from([-100.0, -5.0, -math.inf]), s=SMOOTHING
)
@example(pred=0.0, target=1.0, floor=-100.0, s=0.0)
@example(pred=1.0, target=0.0, floor=-math.inf, s=0.0)
@example(pred=0.0, target=0.5, floor=-100.0, s=0.0)
@example(pred=1.0, target=1.0, floor=-math.inf, s=0.0)
def test_bce_is_true(kind, pred, target, floor, s):
    """Probabilities of exactly 0 and 1, and so near to them that 1 - p has no digits."""
    check_value(kind, "bce", pred, target, floor=floor, label_smoothing=s)


@BACKENDS
@given(pred=LOGITS, target=SOFT, weight=st.sampled_from([1.0, 0.3, 7.0]), s=SMOOTHING)
@example(pred=-50.0, target=0.0, weight=1.0, s=0.0)
@example(pred=50.0, target=1.0, weight=1.0, s=0.0)
@example(pred=1e4, target=0.0, weight=3.0, s=0.0)
@example(pred=-745.0, target=0.0, weight=1.0, s=0.0)
@example(pred=0.0, target=0.5, weight=1.0, s=0.0)
def test_bce_with_logits_is_true(kind, pred, target, weight, s):
    """Confident rows keep all their digits, right or wrong."""
    check_value(kind, "bce_with_logits", pred, target, pos_weight=weight, label_smoothing=s)


@st.composite
def rows(draw, most=6):
    """Logits of one row and its label."""
    logits = draw(st.lists(LOGITS, min_size=1, max_size=most))
    return logits, draw(st.integers(0, len(logits) - 1))


@BACKENDS
@given(row=rows())
@example(row=([50.0, 0.0], 0))
@example(row=([0.0, 50.0], 0))
@example(row=([1e4, -1e4, 0.0], 0))
@example(row=([1e4, -1e4, 0.0], 1))
@example(row=([700.0, 699.0, -700.0], 1))
@example(row=([310.0, 309.5], 0))
@example(row=([-650.0, -651.0, -652.0], 2))
@example(row=([1000.1, 963.3, 950.7], 0))
@example(row=([3.0], 0))
@example(row=([0.1] * 6, 3))
def test_cross_entropy_is_true(kind, row):
    """Logits of 1e4 either way, and confident right rows, whose loss is e**-50."""
    check_value(kind, "cross_entropy", *row)


@BACKENDS
@given(row=rows(), s=st.sampled_from([0.0, 0.1, 1.0]), data=st.data())
def test_cross_entropy_with_weights_and_smoothing_is_true(kind, row, s, data):
    """Every term is positive, so nothing cancels."""
    size = len(row[0])
    weight = data.draw(
        st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=size, max_size=size)
    )
    check_value(kind, "cross_entropy", *row, weight=np.array(weight), label_smoothing=s)


@BACKENDS
@given(row=rows(), s=st.sampled_from([0.0, 0.1]), data=st.data())
def test_cross_entropy_of_soft_targets_is_true(kind, row, s, data):
    """Weights of the classes in the place of a label; they need not sum to 1."""
    size = len(row[0])
    target = data.draw(st.lists(SOFT, min_size=size, max_size=size))
    check_value(kind, "cross_entropy", row[0], target, label_smoothing=s)


@BACKENDS
@pytest.mark.parametrize("scale", [0.1, 5.0, 100.0])
def test_cross_entropy_of_a_thousand_classes_is_true(kind, scale):
    """A long sum keeps the bar."""
    logits = (scale * np.random.default_rng(7).standard_normal(1000)).tolist()
    for label in (int(np.argmax(logits)), 0, 999):
        check_value(kind, "cross_entropy", logits, label)


@BACKENDS
def test_infinite_logits_have_their_limits(kind):
    """0 on the right side, inf on the wrong one; a class of no weight does not count."""
    inf = math.inf
    assert value(kind, "bce_with_logits", inf, 1.0) == 0.0
    assert value(kind, "bce_with_logits", -inf, 0.0) == 0.0
    assert value(kind, "bce_with_logits", inf, 0.0) == inf
    assert value(kind, "bce_with_logits", -inf, 1.0) == inf
    assert value(kind, "cross_entropy", [0.0, -inf], 1) == inf
    assert value(kind, "cross_entropy", [0.0, -inf], 0) == 0.0
    assert value(kind, "cross_entropy", [0.0, -inf], [1.0, 0.0]) == 0.0
    assert math.isnan(value(kind, "cross_entropy", [-inf, -inf], 0))
    assert value(kind, "cross_entropy", [0.0, -inf], 0, label_smoothing=0.1) == inf


@BACKENDS
def test_an_ignored_row_costs_nothing(kind):
    """Whatever its logits, and its gradient is 0."""
    logits, label = [[1e4, -math.inf], [1.0, 2.0]], [-100, 1]
    p, t = arrays(kind, logits, label)
    assert np.asarray(losses.cross_entropy(p, t)).tolist()[0] == 0.0
    assert np.asarray(losses.cross_entropy.gradient(p, t)).tolist()[0] == [0.0, 0.0]


# Gradients: hard labels against the value, signed sums against the sum of the absolute terms.


@BACKENDS
@pytest.mark.parametrize("name", ["mae", "mse"])
@given(pred=st.floats(-1e150, 1e150), target=st.floats(-1e150, 1e150))
def test_gradients_of_mae_and_mse_are_true(kind, name, pred, target):
    """At the corner of mae it is 0, elsewhere the derivative of the formula."""
    if pred == target:
        assert gradient(kind, name, pred, target) == 0.0
        return
    assume(abs(pred - target) > 1e-200)  # beyond the step of the difference quotient
    truth = true_gradient(name, pred, target, {})
    assert ulps(gradient(kind, name, pred, target), truth) <= BAR


@BACKENDS
@given(pred=st.floats(-1e100, 1e100), target=st.floats(-1e100, 1e100), beta=st.floats(1e-50, 1e50))
def test_the_gradient_of_smooth_l1_is_true(kind, pred, target, beta):
    """D / beta inside, the sign outside, continuous where they meet."""
    error = abs(pred - target)
    assume(error > 1e-200 or error == 0)
    truth = true_gradient("smooth_l1", pred, target, {"beta": beta})
    assert ulps(gradient(kind, "smooth_l1", pred, target, beta=beta), truth) <= BAR


@BACKENDS
@given(pred=LOGITS, target=HARD, weight=st.sampled_from([1.0, 0.3, 7.0]))
@example(pred=-50.0, target=0.0, weight=1.0)
@example(pred=745.0, target=1.0, weight=1.0)
def test_the_gradient_of_bce_with_logits_is_true_for_hard_labels(kind, pred, target, weight):
    """Both tails of the sigmoid have all their digits."""
    truth = true_gradient("bce_with_logits", pred, target, {"pos_weight": weight})
    found = gradient(kind, "bce_with_logits", pred, target, pos_weight=weight)
    assert abs(pred) > 600 or ulps(found, truth) <= BAR
    assert abs(pred) <= 600 or found == pytest.approx(float(truth), rel=1e-12, abs=1e-300)


@BACKENDS
@given(pred=st.floats(-600, 600), target=SOFT, s=SMOOTHING)
def test_the_gradient_of_bce_with_logits_is_true_for_soft_targets(kind, pred, target, s):
    """A signed sum, held against the sum of its absolute terms."""
    truth = true_gradient("bce_with_logits", pred, target, {"label_smoothing": s})
    found = gradient(kind, "bce_with_logits", pred, target, label_smoothing=s)
    mixed = target * (1 - s) + s / 2
    one = 1 / (1 + math.exp(-pred)) if pred > -600 else math.exp(pred)
    scale = (1 - mixed) * one + mixed / (1 + math.exp(pred))
    assert ulps(found, truth, scale or None) <= BAR


@BACKENDS
@given(pred=st.floats(1e-11, 1 - 1e-11), target=SOFT)
def test_the_gradient_of_bce_is_true_inside(kind, pred, target):
    """(p - t) / (p (1 - p)): hard labels lose nothing to cancellation."""
    truth = true_gradient("bce", pred, target, {})
    assert ulps(gradient(kind, "bce", pred, target), truth) <= BAR


@BACKENDS
@pytest.mark.parametrize(
    ("pred", "target", "slope"),
    [(0.0, 1.0, -1e12), (1e-50, 1.0, -1e12), (1.0, 1.0, -1.0), (0.0, 0.0, 1.0), (1.0, 0.0, 1e12)],
)
def test_the_gradient_of_bce_is_held_finite_at_the_ends(kind, pred, target, slope):
    """The denominators are at least 1e-12, as torch has them, and -1 at a right 1."""
    assert gradient(kind, "bce", pred, target) == slope


@BACKENDS
@given(row=rows())
@example(row=([50.0, 0.0], 0))
@example(row=([1000.1, 963.3, 950.7], 0))
def test_the_gradient_of_cross_entropy_is_true_for_labels(kind, row):
    """Softmax - 1 on the label keeps the digits that the subtraction would lose."""
    assume(max(row[0]) - min(row[0]) < 600)  # within reach of the difference quotient
    truth = true_gradient("cross_entropy", *row, {})
    for found, true in zip(gradient(kind, "cross_entropy", *row), truth, strict=True):
        assert ulps(found, true) <= BAR


@BACKENDS
@given(row=rows(), s=st.sampled_from([0.0, 0.2]), data=st.data())
def test_the_gradient_of_cross_entropy_is_true_for_soft_targets(kind, row, s, data):
    """Signed sums, held against the sum of their absolute terms."""
    logits, _ = row
    assume(max(logits) - min(logits) < 600)
    size = len(logits)
    target = data.draw(st.lists(SOFT, min_size=size, max_size=size))
    truth = true_gradient("cross_entropy", logits, target, {"label_smoothing": s})
    found = gradient(kind, "cross_entropy", logits, target, label_smoothing=s)
    mixed = (1 - s) * np.array(target) + s / size
    softmax = np.exp(np.array(logits) - max(logits))
    scale = softmax / softmax.sum() * mixed.sum() + mixed
    for one, true, size_of in zip(found, truth, scale.tolist(), strict=True):
        assert ulps(one, true, size_of or None) <= BAR


@BACKENDS
@given(row=rows(), s=st.sampled_from([0.1, 1.0]), data=st.data())
def test_the_gradient_of_weighted_smoothed_cross_entropy_is_true(kind, row, s, data):
    """Class weights with smoothing, held against the sum of the absolute terms."""
    logits, label = row
    assume(max(logits) - min(logits) < 600)
    size = len(logits)
    weight = data.draw(st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=size, max_size=size))
    params = {"label_smoothing": s, "weight": np.array(weight)}
    truth = true_gradient("cross_entropy", logits, label, params)
    found = gradient(kind, "cross_entropy", logits, label, **params)
    mixed = s / size * params["weight"]
    mixed[label] += (1 - s) * weight[label]
    softmax = np.exp(np.array(logits) - max(logits))
    scale = softmax / softmax.sum() * mixed.sum() + mixed
    for one, true, size_of in zip(found, truth, scale.tolist(), strict=True):
        assert ulps(one, true, size_of or None) <= BAR


@BACKENDS
def test_a_row_of_several_outputs_is_their_mean(kind):
    """(N, D): the loss is the mean over D, and the gradient a D-th of each element's."""
    rng = np.random.default_rng(0)
    pred, target = rng.standard_normal((5, 3)), rng.standard_normal((5, 3))
    p, t = arrays(kind, pred, target)
    assert np.asarray(losses.mse(p, t)) == pytest.approx(((pred - target) ** 2).mean(axis=1))
    assert np.asarray(losses.mse.gradient(p, t)) == pytest.approx(2 * (pred - target) / 3)


def test_a_weight_a_column_multiplies_its_column():
    """pos_weight of (D,) numbers."""
    pred, target = np.zeros((1, 2)), np.ones((1, 2))
    found = losses.bce_with_logits(pred, target, pos_weight=[1.0, 3.0])
    assert found.tolist() == pytest.approx([2 * math.log(2)])


@pytest.mark.parametrize("name", ["mae", "mse", "smooth_l1", "bce", "bce_with_logits"])
def test_gradients_are_torchs_autograd_of_our_own_values(name):
    """The declared derivative is that of the declared values, away from kinks."""
    rng = np.random.default_rng(3)
    pred, target = rng.uniform(0.05, 0.95, 50), rng.choice([0.0, 1.0], 50)
    p = torch.tensor(pred, requires_grad=True)
    getattr(losses, name)(p, torch.tensor(target)).sum().backward()
    assert getattr(losses, name).gradient(pred, target) == pytest.approx(p.grad.numpy(), rel=1e-12)


def test_the_gradient_of_cross_entropy_is_torchs_autograd_of_our_own_values():
    """On ordinary logits; where a factor overflows, autograd has nan and the gradient is right."""
    rng = np.random.default_rng(4)
    pred = 10 * rng.standard_normal((20, 5))
    label = rng.integers(0, 5, 20)
    p = torch.tensor(pred, requires_grad=True)
    losses.cross_entropy(p, torch.tensor(label)).sum().backward()
    found = losses.cross_entropy.gradient(pred, label)
    assert found == pytest.approx(p.grad.numpy(), rel=1e-9, abs=1e-15)
