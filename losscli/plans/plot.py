"""What a plot can be asked for."""

import math
import os
from dataclasses import dataclass
from typing import Any

from losscli.errors import UsageError


@dataclass(frozen=True, slots=True)
class PlotPlan:
    """Curves of losses in one picture; each field is a long flag.

    loss: specs, as on the command line, or losses. output: a file for a picture.
    range: what is drawn, a text LOW:HIGH or a pair; None is what suits the losses.
    target: beside the predictions, of losses of one number; None is 0 of errors and 1 of labels.
    """

    loss: Any
    output: str | os.PathLike[str] | None = None
    range: str | tuple[float, float] | None = None
    target: float | None = None
    gradient: bool = True
    title: str | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for what no picture could be."""
        if self.range is not None:
            object.__setattr__(self, "range", _ends(self.range))
        if self.target is not None and not math.isfinite(self.target):
            raise UsageError(f"a target is a finite number; {self.target} is not")


def _ends(text: Any) -> tuple[float, float]:
    """The two ends of a range, of which the first is the lower one."""
    parts = text.split(":") if isinstance(text, str) else text
    try:
        low, high = map(float, parts)
    except (TypeError, ValueError):
        low = high = math.nan
    if not (math.isfinite(high - low) and low < high):
        raise UsageError(f"range is LOW:HIGH, two numbers; {text!r} is not", hint="--range=-3:3")
    return low, high
