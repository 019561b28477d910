"""Older versions of documents: functions that give the JSON of a later version.

They leave what they do not understand as it is: the types say what is wrong with it.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any


def _with_means(document: dict[str, Any]) -> dict[str, Any]:
    """An evaluation whose losses have `mean`, which the first version did not write."""
    found = {**document, "losses": _losses(document.get("losses"))}
    if isinstance(document.get("groups"), list):
        found["groups"] = [
            {**group, "losses": _losses(group.get("losses"))} if isinstance(group, dict) else group
            for group in document["groups"]
        ]
    return found


def _losses(losses: Any) -> Any:
    if not isinstance(losses, list):
        return losses
    return [
        {**loss, "mean": _mean(loss)} if isinstance(loss, dict) and "mean" not in loss else loss
        for loss in losses
    ]


def _mean(loss: dict[str, Any]) -> Any:
    """The mean of a loss: its value where that is the mean, else of the rounded sums."""
    plain = loss.get("statistic") is None and loss.get("penalty") is None
    if plain and loss.get("reduction", "mean") == "mean" and loss.get("value") is not None:
        return loss["value"]
    try:
        return float(loss["sum"]) / float(loss["weight_sum"])
    except (KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError):
        return math.nan


Upgrade = Callable[[dict[str, Any]], dict[str, Any]]
UPGRADES: dict[str, Sequence[Upgrade]] = {"eval": (_with_means,)}  # in the order of versions
