"""Gates on paired predictions: a model must not be worse than another on the same rows.

gate   = LABEL not_worse_than PREDS by MARGIN
MARGIN = NUMBER, in the loss's unit | NUMBER%, of the mean loss of PREDS

The mean that a percentage refers to is taken as known: the interval is of the difference alone.
"""

import math
import re
from typing import Any, NamedTuple

from losscli.errors import UsageError
from losscli.gates.grammar import Gate, parse, shortest
from losscli.results.gate import GateLevel, GateResult

_PAIRED = re.compile(r"(.*?) not_worse_than (.+) by (\S+)", re.DOTALL)


class Margin(NamedTuple):
    """The largest increase that is still not worse: a number >= 0, or a fraction of a mean."""

    size: float = 0.0
    relative: bool = True

    @classmethod
    def of(cls, value: float | str) -> "Margin":
        """Parse 0.5, "0.5" or "1%"; raises UsageError unless it is a finite number >= 0.

        >>> Margin.of("1%")
        Margin(size=0.01, relative=True)
        """
        text = str(value).strip()
        relative = text.endswith("%")
        try:
            size = float(text[:-1]) / 100 if relative else float(text)
        except ValueError:
            size = math.nan
        if not 0.0 <= size < math.inf or "_" in text:
            raise UsageError(
                f"margin {text!r} is not a finite number >= 0",
                hint="1% of the mean of the reference, or 0.5 in the loss's unit",
            )
        return cls(size, relative)

    def __str__(self) -> str:
        return f"{100 * self.size:.15g}%" if self.relative else shortest(self.size)

    def absolute(self, mean: float) -> float:
        """Return the margin in the loss's unit; mean: the mean loss of the reference."""
        return self.size * abs(mean) if self.relative else self.size


class NotWorse(NamedTuple):
    """A gate on a difference: mean loss of the run minus that of a reference <= margin.

    name: the reference predictions as they were given. reference: where they are read from.
    """

    label: str
    name: str
    margin: Margin
    level: GateLevel = "fail"
    run: str | None = None
    reference: Any = None
    stat: str = "difference"

    @property
    def expr(self) -> str:
        """The gate, normalised; `parse_any` reads it back."""
        return f"{self.label} not_worse_than {self.name} by {self.margin}"


def parse_any(text: str, level: GateLevel = "fail", run: str | None = None) -> Gate | NotWorse:
    """Parse the text of a gate of either kind; raises UsageError if it is neither."""
    match = _PAIRED.fullmatch(text)
    if match is None:
        return parse(text, level, run)
    label, name, margin = match.groups()
    return NotWorse(label, name, Margin.of(margin), level, run)


def gate_of(result: GateResult) -> Gate | NotWorse | None:
    """Return the gate of a result; None for a form that this version does not parse."""
    try:
        return parse_any(result.expr, result.level, result.run)
    except UsageError:
        return None
