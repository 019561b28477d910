"""Log-probabilities of responses, and the logistic loss of a margin between two of them."""

from losscli.losses.core.domain import Numbers
from losscli.losses.declare import Array, Interval, Namespace
from losscli.losses.math.stable import sigmoid, softplus

LOG_PROBABILITIES = Numbers(
    "log-probabilities <= 0", "are they probabilities? take their logarithms",
    Interval(high=0.0, ends="(]"),
)  # fmt: skip
AVERAGES = Numbers(
    "log-probabilities < 0", "sums over tokens: divide them by the number of tokens",
    Interval(high=0.0, ends="()"),
)  # fmt: skip


def logistic(xp: Namespace, margin: Array) -> Array:
    """-log sigmoid(margin)."""
    return softplus(xp, -margin)


def logistic_slope(xp: Namespace, margin: Array) -> Array:
    """Its derivative, -sigmoid(-margin)."""
    return 0.0 - sigmoid(xp, -margin)


def of_pair(xp: Namespace, slope: Array) -> Array:
    """The slopes of the chosen response and of the rejected one, from that of their difference."""
    return xp.stack((slope, 0.0 - slope), axis=1)
