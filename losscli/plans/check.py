"""The flags of checks, of implementations and of the machine."""

from collections.abc import Sequence

from losscli.plans.engines import LOCAL, check_engine
from losscli.plans.flags import Path, argument, flag, plan, validate
from losscli.plans.shared import COMPUTE, DATA, LOSS, MEASURE, OUTPUT, SEED


@plan
class CheckPlan:
    """A check of an implementation against the true values.

    impl: a loss (losscli's own), the name of a library, or a reference to a function.
    loss: the spec of the loss that it implements; None where impl is a loss.
    examples: adversarial inputs a pass; None is 100 where hypothesis is installed.

    Raises UsageError for a value that a flag does not take.
    """

    impl: str = argument(
        "A loss, FILE.py:FUNCTION, MODULE:FUNCTION, or a library with --as.", kw_only=False,
        complete="loss",
    )  # fmt: skip
    loss: str | None = flag(
        "The loss that it implements.", default=None, kw_only=False, panel=LOSS, long="--as",
        metavar="LOSS[:key=value]", complete="loss",
    )  # fmt: skip
    dtype: str = flag(
        "Of the inputs: float32, float64, float16, bfloat16.",
        default="float32", panel=DATA, metavar="TYPE", complete="dtype",
    )  # fmt: skip
    device: str = flag(
        "The device.", default="cpu", panel=COMPUTE, metavar="cpu|cuda|cuda:N", complete="device"
    )
    seed: int = flag(SEED, default=0)
    output: Sequence[Path] = flag(OUTPUT, default=())
    examples: int | None = flag(
        "Adversarial inputs for each pass; default: 100.",
        default=None,
        panel=DATA,
        metavar="N",
    )
    allow_skipped: bool = flag(
        "Exit with 0 although cases were skipped.", default=False, panel=DATA
    )


@plan
class DoctorPlan:
    """A report of what this machine can do."""

    quick: bool = flag("Measure nothing.", default=False, panel=MEASURE)
    engine: str = flag(
        "Also report the workers of a Dask cluster; dask starts one on this machine.",
        default=LOCAL, panel=COMPUTE, metavar="dask[:ADDRESS]",
    )  # fmt: skip
    output: Sequence[Path] = flag(OUTPUT, default=())

    def __post_init__(self) -> None:
        """Validate the flags."""
        validate(self)
        check_engine(self)
