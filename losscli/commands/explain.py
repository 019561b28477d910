"""`explain`: the facts of one loss."""

from typing import Any

from losscli.errors import UsageError
from losscli.explanation.facts import Explanation, explained
from losscli.losses.spec.binding import bind, without_penalty
from losscli.sources.tables import read_array


def explain(loss: Any) -> Explanation:
    """What a loss is and how it behaves: its declaration, and what is computed of it.

    loss: a spec such as "smooth_l1:beta=0.5", a loss of `losscli.losses`, or a function.

    >>> [corner.at for corner in explain("mae").form.corners]
    [0.0]
    """
    first, *more = map(without_penalty, bind(loss, read_array))
    if more:
        raise UsageError("one loss is explained at a time", hint=f"losscli explain {first.label}")
    return explained(first)
