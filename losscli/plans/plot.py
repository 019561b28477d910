"""The flags of `plot`."""

import math
from collections.abc import Sequence
from typing import Any

from losscli.plans.flags import FlagError, Path, argument, flag, plan, validate
from losscli.plans.shared import LOOK, OUT, RESULTS

KINDS = ("comparison", "groups", "distribution", "history")
HISTORY = 50  # results that are drawn by default


@plan
class PlotPlan:
    """Curves of losses in one picture, or the drawings of a saved result.

    loss: specs as on the command line, or losses; or one result: its file, a config's name for its
    latest, or what `evaluate`, `compare` or `run` returned. range: a text LOW:HIGH or a pair; None
    is a range that suits the losses. target: of losses of one number; None is 0 for errors and 1
    for labels. show: the drawings of a result; all that it has without any.

    Raises UsageError for a value that a flag does not take.
    """

    loss: Any = argument(
        "Losses, with or without parameters; or one saved result: a file, or a config's name.",
        kw_only=False, metavar="LOSS...|RESULT", several=True, complete="drawn",
    )  # fmt: skip
    output: Path | None = flag(
        "Write a picture, .png, .svg or .pdf, instead of drawing in the terminal.",
        default=None, panel=OUT, metavar="FILE", short="-o",
    )  # fmt: skip
    range: str | tuple[float, float] | None = flag(
        "The range of predictions, such as -3:3; default: one that suits the losses.",
        default=None, panel=LOOK, metavar="LOW:HIGH",
    )  # fmt: skip
    target: float | None = flag(
        "The target, for losses of one number; default: 0, of labels 1.",
        default=None, panel=LOOK, metavar="NUMBER",
    )  # fmt: skip
    gradient: bool = flag("Draw the gradients as well.", default=True, panel=LOOK)
    show: Sequence[str] = flag(
        "The drawings of a result; repeatable, or by commas. Default: all that it has.",
        default=(), panel=LOOK, metavar="KIND", combine="commas", choices=KINDS,
    )  # fmt: skip
    history: int = flag(
        "The number of earlier results of the same config that are drawn.",
        default=HISTORY, panel=LOOK, metavar="N",
    )  # fmt: skip
    results: Path = flag(RESULTS, default="results")
    title: str | None = flag("The title of the picture.", default=None, panel=LOOK, metavar="TEXT")

    def __post_init__(self) -> None:
        """Validate the flags."""
        validate(self)
        if self.range is not None:
            self.range = self._ends()
        if self.target is not None and not math.isfinite(self.target):
            words = f"takes a finite number, not {self.target}"
            raise FlagError.of_field(self, "target", words)

    def _ends(self) -> tuple[float, float]:
        """The two ends of the range, the lower one first."""
        parts: Any = self.range.split(":") if isinstance(self.range, str) else self.range
        try:
            low, high = map(float, parts)
        except (TypeError, ValueError):
            low = high = math.nan
        if not (math.isfinite(high - low) and low < high):
            words = f"takes two numbers LOW:HIGH, not {self.range!r}"
            raise FlagError.of_field(self, "range", words, hint="--range=-3:3")
        return low, high
