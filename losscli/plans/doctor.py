"""What `doctor` can be asked for."""

import os
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DoctorPlan:
    """A look at this machine; each field is a long flag. quick: measure nothing."""

    quick: bool = False
    output: Sequence[str | os.PathLike[str]] = ()

    def __post_init__(self) -> None:
        """Raise UsageError for an output of no known format."""
        single = isinstance(self.output, str | os.PathLike)
        object.__setattr__(self, "output", (self.output,) if single else tuple(self.output))
