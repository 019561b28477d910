"""What is said of a loss along its line, against known numbers and the true values."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest

from losscli import UsageError, explain, losses
from losscli.explanation.curves import on_line
from losscli.losses.registry import all_losses
from losscli.losses.spec.binding import bind
from tests.losses.truth import true_value

NAMES = [loss.name for loss in all_losses()]


def form(spec):
    return explain(spec).form


def gradient(spec, at):
    """The gradient that the explanation gives at a point."""
    return next(point.gradient for point in form(spec).points if point.at == at)


def corners(spec):
    return [(corner.at, corner.left, corner.right) for corner in form(spec).corners]


@pytest.mark.parametrize("name", NAMES)
def test_the_curve_is_the_true_loss(name):
    """At points of the line, against the plain formula at 700 digits."""
    found = explain(name)
    line, curve = on_line(found.bound).line, found.curve
    for at in (37, 150, 201, 340):
        at = min(at, len(curve.at) - 1)
        row = line.rows(curve.at[at : at + 1])[0]
        truth = true_value(name, row.tolist(), line.target, {})
        assert curve.losses[at] == pytest.approx(float(truth), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", [loss.name for loss in all_losses() if loss.differentiable])
def test_the_gradient_is_the_slope_of_the_curve(name):
    """Between corners the chord of a short step, by the plain formula."""
    found = explain(name)
    line = on_line(found.bound).line
    low, high = line.low, line.high
    for share in (0.171, 0.402, 0.643, 0.877):
        x = low + share * (high - low)
        step = 1e-6 * (high - low)
        rows = line.rows(np.array([x - step, x, x + step]))
        before, middle, after = (
            float(true_value(name, row.tolist(), line.target, {})) for row in rows
        )
        if abs((after - middle) - (middle - before)) > 1e-4 * abs(after - before):
            continue  # a corner lies within the step
        slope = float(on_line(found.bound).gradients(np.array([x]))[0])
        assert slope == pytest.approx((after - before) / (2 * step), rel=1e-4, abs=1e-7)


def test_the_absolute_error_has_a_corner_at_zero():
    """From -1 to 1, and its gradient is never larger."""
    assert corners("mae") == [(0.0, -1.0, 1.0)]
    assert form("mae").largest == 1.0
    assert gradient("mae", 1e6) == 1.0


def test_the_squared_error_grows_linearly():
    """Twice the error, however large."""
    assert corners("mse") == []
    assert [gradient("mse", x) for x in (-10.0, 0.0, 1.0, 10.0, 1e6)] == [-20, 0, 2, 20, 2e6]
    assert form("mse").largest is None
    assert (form("mse").left.growth, form("mse").right.power) == ("grows", 1.0)


def test_smooth_l1_is_smooth_and_bounded():
    """Both founding questions; at beta = 0 it is mae, corner and all."""
    assert corners("smooth_l1") == []
    assert form("smooth_l1").jumps == ()
    assert form("smooth_l1").largest == 1.0
    assert gradient("smooth_l1:beta=2", 1.0) == 0.5
    assert corners("smooth_l1:beta=0") == [(0.0, -1.0, 1.0)]
    assert corners("smooth_l1:beta=1e-20") == []  # steep, and still no corner


def test_log_cosh_tends_to_a_slope_of_one():
    """Its gradient is tanh."""
    assert gradient("log_cosh", 1.0) == pytest.approx(float(mpmath.tanh(1)), rel=1e-15)
    assert form("log_cosh").right.limit == 1.0
    assert form("log_cosh").convex


def test_corners_lie_where_parameters_put_them():
    """Found to nine digits, with the slopes of both sides."""
    assert corners("epsilon_insensitive:epsilon=0.3") == [(-0.3, -1, 0), (0.3, 0, 1)]
    assert corners("pinball:quantile=0.9") == [(0.0, -0.9, 0.1)]
    assert corners("multiclass_hinge") == [(1.0, -1.0, 0.0)]
    assert [at for at, *_ in corners("iou")] == [-2.0, 0.0, 2.0]


def test_logits_have_the_slopes_of_the_logistic_function():
    """The gradient at the label 1 is sigma(z) - 1: it never explodes."""
    for at in (-10.0, 0.0, 10.0):
        truth = float(mpmath.sigmoid(at) if hasattr(mpmath, "sigmoid") else 1 / (1 + mpmath.e**-at))
        assert gradient("bce_with_logits", at) == pytest.approx(truth - 1.0, rel=1e-9)
    assert form("bce_with_logits").largest == 1.0
    tails = form("bce_with_logits").left, form("bce_with_logits").right
    assert [tail.growth for tail in tails] == ["bounded", "vanishes"]


@pytest.mark.parametrize(
    ("name", "convex"),
    [("mae", True), ("log_cosh", True), ("cauchy", False), ("tukey", False), ("welsch", False),
     ("geman_mcclure", False), ("cross_entropy", True), ("focal_cross_entropy", False),
     ("kl_div", True), ("jaccard", False), ("triplet_margin", True), ("msle", False)],
)  # fmt: skip
def test_convexity_is_found(name, convex):
    """As the literature has it."""
    assert form(name).convex is convex


def test_what_explodes_is_said_to():
    """At the end of a domain, and far out beyond every power."""
    assert form("kl_div").left.growth == "explodes"
    assert form("poisson_nll").right.growth == "explodes"
    assert form("categorical_cross_entropy").left.growth == "explodes"
    assert form("tukey").right.growth == "vanishes"


def test_a_jump_of_the_value_is_no_corner():
    """A step is a jump at its place."""
    found = explain(lambda pred, target: np.where(pred - target > 0.5, 1.0, 0.0))
    assert [(jump.at, jump.left, jump.right) for jump in found.form.jumps] == [(0.5, 0.0, 1.0)]
    assert found.form.convex is None  # of its gradient nothing is known


def test_errors_are_the_axis_where_nothing_else_counts():
    """Found by trying: mape divides by the target."""
    assert explain("huber").line.axis == "pred - target"
    assert explain("mape").line.axis == "prediction, target 1"
    assert explain("mse + 0.1*mae").line.axis == "pred - target"
    assert explain("mse + 0.1*mape").line.axis != "pred - target"


def test_a_sum_is_looked_at_like_any_loss():
    """Its corner is that of its part, by the weight."""
    assert corners("mse + 0.5*mae") == [(0.0, -0.5, 0.5)]


def test_parameters_by_column_set_the_columns():
    """Of class weights the first is that of the right class."""
    loss = losses.cross_entropy
    bound = replace(
        bind("cross_entropy", None)[0], params=loss.resolve({"weight": [2.0, 1.0, 1.0, 1.0]})
    )
    found = on_line(bound).values([0.0])
    assert found[0] == pytest.approx(2.0 * float(mpmath.log(4)))


def test_one_loss_at_a_time():
    """Two are a plot."""
    with pytest.raises(UsageError, match="one loss is explained"):
        explain("mse,mae")
