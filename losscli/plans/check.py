"""What a check can be asked for."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from losscli.errors import UsageError
from losscli.plans.flags import check_kinds


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """A check; each field is a long flag, of the same meaning and default.

    impl: a loss (losscli's own), the name of a library, or a reference to a function.
    loss: the loss that it should be, a spec; None where impl is a loss. seed: of inputs that are
    drawn. examples: adversarial inputs a pass; None is 100, where hypothesis is installed.
    """

    impl: str
    loss: str | None = None
    dtype: str = "float32"
    device: str = "cpu"
    seed: int = 0
    output: Sequence[str | os.PathLike[str]] = ()
    examples: int | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for what no check could be."""
        check_kinds(self)
        if not isinstance(self.impl, str):
            raise UsageError(f"an implementation is named by a text; {self.impl!r} is none")
