"""Metrics: statistics of all rows that are not the mean of a loss of each row.

Every metric is an attribute of this package, found by the name of its file or an alias:
`metrics.f1(pred, target, average="macro")`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from losscli.metrics.core.metric import Metric


def __getattr__(name: str) -> "Metric":
    if name.startswith("_"):
        raise AttributeError(name)
    from losscli.errors import UsageError
    from losscli.metrics.registry import find

    try:
        return find(name)
    except UsageError as error:
        raise AttributeError(str(error)) from None


def __dir__() -> list[str]:
    from losscli.metrics.registry import names

    return sorted(names())
