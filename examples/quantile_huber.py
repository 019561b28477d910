"""A loss of one's own, declared whole: Huber's, of a quantile.

    losscli eval preds.npy targets.npy -l examples/quantile_huber.py:quantile_huber:q=0.9
    losscli check examples/quantile_huber.py:quantile_huber

The second holds its values and its gradient to the reference, on ordinary inputs and at corners.
"""

from losscli.losses.declare import REAL, Interval, Loss, Param


def _values(xp, pred, target, *, q, delta):
    """Huber's loss, with the weight q above the prediction and 1 - q below it.

    pred and target are (N,) or (N, D) and share one unit with delta.

    >>> quantile_huber([0.0, 0.0], [0.5, -3.0], q=0.9, delta=1.0).tolist()
    [0.1125, 0.24999999999999994]
    """
    error = target - pred
    distance = xp.abs(error)
    near = xp.clip(distance, 0.0, delta)
    huber = near * (distance - 0.5 * near)
    return xp.where(error < 0, (1.0 - q) * huber, q * huber)


def _derivative(xp, pred, target, *, q, delta):
    """The negative error, held within delta, times the weight of its side."""
    slope = -xp.clip(target - pred, -delta, delta)
    return xp.where(slope > 0, (1.0 - q) * slope, q * slope)


def _reference(_mp, pred, target, *, q, delta):
    error = target - pred
    weight = q if error >= 0 else 1 - q
    distance = abs(error)
    huber = distance**2 / 2 if distance <= delta else delta * (distance - delta / 2)
    return weight * huber


quantile_huber = Loss(
    name="quantile_huber",
    family="regression",
    formula="w h(e), e = target - pred, w = q if e >= 0 else 1 - q, h Huber's loss",
    latex=r"|q - \mathbb{1}[e < 0]| \cdot h_\delta(e)",
    source="Dabney et al., Distributional reinforcement learning with quantile regression, 2018",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    use="a quantile is wanted, and its loss must be smooth at 0",
    avoid="the quantile must be exact: within delta of it the loss is an expectile's",
    flops=8,
    params=(
        Param("q", 0.5, Interval(0.0, 1.0, "()"), "the share of targets that lie below"),
        Param("delta", 1.0, Interval(0.0, ends="()"), "where parabola and line meet"),
    ),
)
