"""The weighted mean absolute percentage error."""

from losscli.losses.catalogue.regression.mae import mae
from losscli.losses.declare import REAL, Array, Loss, Namespace


def _values(xp: Namespace, pred: Array, target: Array) -> Array:
    """The absolute error; the mean divides their sum by the sum of the targets' absolute values.

    pred, target and the result have the same shape, (N,) or (N, D), and the same unit; the mean has
    none. It is nan if all targets are 0.

    >>> wmape([1.0, 6.0], [2.0, 4.0]).tolist()
    [1.0, 2.0]
    """
    return xp.abs(pred - target)


def _derivative(xp: Namespace, pred: Array, target: Array) -> Array:
    """The sign of the error, and 0 at the corner; not divided by any target."""
    return xp.sign(pred - target)


def _sizes(xp: Namespace, target: Array) -> Array:
    return xp.abs(target)


wmape = Loss(
    name="wmape",
    aliases=("wape", "mad_mean_ratio"),
    family="regression",
    formula="|pred - target|, each counted |target| in the mean: sum |d| / sum |target|",
    latex=r"\frac{\sum_i |\hat y_i - y_i|}{\sum_i |y_i|}",
    source="Kolassa and Schütz, Advantages of the MAD/mean ratio over the MAPE, Foresight, 2007",
    values=_values,
    derivative=_derivative,
    reference=mae.reference,
    pred=REAL,
    target=REAL,
    denominator=_sizes,
    flops=3,
    use="an error relative to the total is needed, and single targets may be 0",
    avoid="small targets must have the weight of large ones: it is dominated by the large ones",
    equivalents={
        "sklearn": "metrics.mean_absolute_error(target, pred) / abs(target).mean()",
        "torchmetrics": "functional.weighted_mean_absolute_percentage_error(pred, target)",
    },
    pitfalls=(
        "It is not a mean of ratios: the losses of rows are plain errors, in the target's unit.",
        "torchmetrics clamps the sum of the targets' sizes to at least 1.17e-6; here all 0 gives "
        "nan.",
    ),
)
