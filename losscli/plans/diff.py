"""What a comparison of two results can be asked for."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from losscli.errors import UsageError
from losscli.plans.fractions import fraction

FAIL_ON = ("worse", "slower", "undecided")
MARGINS = {"evals": 0.0, "benches": 0.05}  # of diff, where none is asked for


@dataclass(frozen=True, slots=True)
class DiffPlan:
    """A comparison of two saved results; each field is a long flag, of the same meaning.

    old, new: paths of JSON files, documents, or results of `evaluate`, `bench` or `run`, two of a
    kind.
    margin: the largest relative increase that is none, a fraction or a percentage; by default 0 for
    losses and 5 % for times.
    fail_on: "worse" (losses) and "slower" (times) for exit code 1, "undecided" for 6.
    Of losses: per_sample, whether the losses of the rows that both kept are read and paired;
    allow_different_data, whether results of other targets are compared all the same.
    Of times: between_runs, the standard deviation of a whole run on a shared machine, relative, 0
    is none; across, whether rows from other machines or versions are decided too.
    """

    old: Any
    new: Any
    margin: float | str | None = None
    fail_on: Sequence[str] = ()
    per_sample: bool = False
    allow_different_data: bool = False
    between_runs: float | str = 0.03
    across: bool = False
    output: Sequence[str | os.PathLike[str]] = ()

    def __post_init__(self) -> None:
        """Raise UsageError for what no comparison could mean."""
        for name in ("fail_on", "output"):
            value = getattr(self, name)
            single = isinstance(value, str | os.PathLike)
            object.__setattr__(self, name, (value,) if single else tuple(value or ()))
        for word in self.fail_on:
            if word not in FAIL_ON:
                raise UsageError(f"fail_on is {', '.join(FAIL_ON)}; {word!r} is none of them")
        for name in ("margin", "between_runs"):
            value = getattr(self, name)
            if value is not None:
                none = str(value).strip() in ("0", "0.0", "0%")
                object.__setattr__(self, name, 0.0 if none else fraction(value, name))
