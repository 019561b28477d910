"""The flags of `doctor`."""

from collections.abc import Sequence

from losscli.plans.flags import Path, flag, plan
from losscli.plans.shared import MEASURE, OUTPUT


@plan
class DoctorPlan:
    """A report of what this machine can do."""

    quick: bool = flag("Measure nothing.", default=False, panel=MEASURE)
    output: Sequence[Path] = flag(OUTPUT, default=())
