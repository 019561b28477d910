"""Specs bound to losses, where the name of a metric is recognised."""

from typing import Any

from losscli.errors import UsageError
from losscli.losses.registry import UnknownLossError
from losscli.losses.spec.binding import BindContext, BoundLoss, Reader, bind


def bind_losses(
    spec: Any, context: Reader | BindContext, like: str | None = None
) -> list[BoundLoss]:
    """The losses of a spec, as `bind`; the error for an unknown one proposes metrics too."""
    try:
        return bind(spec, context, like)
    except UnknownLossError as error:
        raise _with_metrics(error) from None


def _with_metrics(error: UnknownLossError) -> UsageError:
    from difflib import get_close_matches

    from losscli.metrics.registry import find, is_metric, names

    if is_metric(error.name):
        metric = find(error.name)
        words = f"{error.name} is a metric, not a loss: {metric.formula}"
        return UsageError(words, hint=f"-m {metric.name}")
    near = get_close_matches(error.name, names(), 1, 0.8)
    if not near:
        return error
    return UsageError(error.message, hint=f"did you mean the metric -m {near[0]}? {error.hint}")
