"""The flags of `report`."""

from typing import Any

from losscli.errors import UsageError
from losscli.plans.flags import Path, argument, flag, listed, plan, validate
from losscli.plans.plot import HISTORY
from losscli.plans.shared import LOOK, OUT, RESULTS


@plan
class ReportPlan:
    """A page made of saved results.

    result: paths of saved results, a config's name for its latest one, or results of `evaluate`,
    `bench`, `run` or `diff`; one or several.

    Raises UsageError without a result, or for a value that a flag does not take.
    """

    result: Any = argument(
        "Saved results of any kind: files, or a config's name for its latest.",
        kw_only=False, metavar="RESULT...", several=True, complete="result",
    )  # fmt: skip
    output: Path = flag("The page, .html.", default="report.html", panel=OUT, metavar="FILE",
                        short="-o")  # fmt: skip
    title: str | None = flag(
        "The title of the page; default: the names of the results.",
        default=None, panel=LOOK, metavar="TEXT",
    )  # fmt: skip
    history: int = flag(
        "The number of earlier results of the same config whose losses are drawn; 0 for none.",
        default=HISTORY, panel=LOOK, metavar="N",
    )  # fmt: skip
    results: Path = flag(RESULTS, default="results")

    def __post_init__(self) -> None:
        """Validate the flags."""
        validate(self)
        self.result = listed(self.result)
        if not self.result:
            raise UsageError("no result given", hint="losscli results list shows those saved")
