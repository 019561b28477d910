"""The catalogue of losses: `losses.smooth_l1(pred, target, beta=0.5)` and `.gradient(…)`.

Every loss is an attribute of this package, found by the name of its file or an alias; so are the
penalties, `losses.l2_penalty(weights)`. `losses.declare` has the parts of your own declaration.
"""

from typing import TYPE_CHECKING

from losscli.errors import UsageError
from losscli.losses.core.loss import Loss
from losscli.losses.registry import find, modules, penalties

if TYPE_CHECKING:
    from losscli.losses.penalty._penalty import Penalty


def __getattr__(name: str) -> "Loss | Penalty":
    if name.startswith("_"):
        raise AttributeError(name)
    for penalty in penalties().values() if name.endswith("_penalty") else ():
        if penalty.name == name:
            return penalty
    try:
        loss, statistic = find(name)
    except UsageError as error:
        raise AttributeError(str(error)) from None
    if statistic:
        raise AttributeError(f"{name} is a statistic of {loss.name}, not a loss of a row")
    return loss


def __dir__() -> list[str]:
    return sorted([*modules(), *(penalty.name for penalty in penalties().values())])
