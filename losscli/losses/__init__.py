"""The catalogue of losses: `losses.smooth_l1(pred, target, beta=0.5)` and `.gradient(…)`.

Every loss is an attribute of this package, found by the name of its file or an alias.
"""

from losscli.errors import UsageError
from losscli.losses.loss import Loss
from losscli.losses.registry import find, modules


def __getattr__(name: str) -> Loss:
    if name.startswith("_"):
        raise AttributeError(name)
    try:
        loss, statistic = find(name)
    except UsageError as error:
        raise AttributeError(str(error)) from None
    if statistic:
        raise AttributeError(f"{name} is a statistic of {loss.name}, not a loss of a row")
    return loss


def __dir__() -> list[str]:
    return sorted(modules())
