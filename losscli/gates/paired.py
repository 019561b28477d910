"""Gates on pairs: predictions that must not be worse than others of the same rows.

gate   = LABEL not_worse_than PREDS by MARGIN
MARGIN = NUMBER, in the loss's unit | NUMBER%, of the mean of the others

The margin of a percentage is taken as known: the interval is that of the difference alone.
"""

import math
import re
from typing import Any, NamedTuple

from losscli.errors import UsageError
from losscli.gates.grammar import Gate, Level, parse

_PAIRED = re.compile(r"(.*?) not_worse_than (.+) by (\S+)", re.DOTALL)


class Margin(NamedTuple):
    """How much worse is still no worse: a number from 0, or with `relative` a share of a mean."""

    size: float = 0.0
    relative: bool = True

    @classmethod
    def of(cls, value: float | str) -> "Margin":
        """From 0.5, "0.5" or "1%"; raises UsageError for what is no finite number from 0."""
        text = str(value).strip()
        relative = text.endswith("%")
        try:
            size = float(text[:-1]) / 100 if relative else float(text)
        except ValueError:
            size = math.nan
        if not 0.0 <= size < math.inf:
            raise UsageError(
                f"margin {text!r} is no number from 0",
                hint="1% of the mean that is held against, or 0.5 in the loss's unit",
            )
        return cls(size, relative)

    def __str__(self) -> str:
        return f"{100 * self.size:.15g}%" if self.relative else f"{self.size:.15g}"

    def beside(self, mean: float) -> float:
        """In the loss's unit, beside the mean that is held against."""
        return self.size * abs(mean) if self.relative else self.size


class NotWorse(NamedTuple):
    """A gate on a difference: the loss of a run's predictions, less that of others, is no more.

    name: the others as they were asked for. others: where they are, for whoever reads them.
    """

    label: str
    name: str
    margin: Margin
    level: Level = "fail"
    run: str | None = None
    others: Any = None
    stat: str = "difference"

    @property
    def expr(self) -> str:
        """The gate, normalised."""
        return f"{self.label} not_worse_than {self.name} by {self.margin}"


def parse_saved(text: str, level: Level, run: str | None) -> Gate | NotWorse:
    """A gate of either kind from the text that it was saved with.

    Raises UsageError for what is no gate.
    """
    found = _PAIRED.fullmatch(text)
    if found is None:
        return parse(text, level, run)
    label, name, margin = found.groups()
    return NotWorse(label, name, Margin.of(margin), level, run)
