"""The flags of `diff`."""

from collections.abc import Sequence
from typing import Any

from losscli.plans.flags import Path, Share, argument, flag, plan, set_share, validate
from losscli.plans.shared import OUTPUT, STATS

FAIL_ON = ("worse", "slower", "undecided")
MARGINS = {"evals": 0.0, "benches": 0.05}  # the default margins of diff


@plan
class DiffPlan:
    """A comparison of two saved results.

    old, new: paths of JSON files, documents, or results of `evaluate`, `bench` or `run`, both of
    one kind.

    Raises UsageError for a value that a flag does not take.
    """

    old: Any = argument("A saved result of eval, bench or run.", kw_only=False,
                        metavar="OLD.json", complete="result")  # fmt: skip
    new: Any = argument("Another one, of the same kind.", kw_only=False,
                        metavar="NEW.json", complete="result")  # fmt: skip
    margin: Share | None = flag(
        "The relative increase up to which a result is not worse. Default: 0 for losses, so that"
        " any significant increase is worse; 5% for times.",
        default=None, panel=STATS, metavar="SHARE",
    )  # fmt: skip
    fail_on: Sequence[str] = flag(
        "Exit with 1 for a loss that is worse or a slower row of a benchmark, with 6 for one that"
        " is undecided; repeatable, or by commas. Default: report, exit with 0.",
        default=(), panel=STATS, metavar="worse|slower|undecided", combine="commas",
        choices=FAIL_ON,
    )  # fmt: skip
    per_sample: bool = flag(
        "Read the losses of the rows that both evaluations kept, and pair them.",
        default=False, panel=STATS,
    )  # fmt: skip
    allow_different_data: bool = flag(
        "Also compare evaluations of different targets, weights, ids or groups.",
        default=False, panel=STATS,
    )  # fmt: skip
    between_runs: Share = flag(
        "For times: the relative standard deviation of a whole run on a shared machine, for raw"
        " ratios; 0 to ignore it.",
        default="3%", panel=STATS, metavar="SHARE",
    )  # fmt: skip
    across: bool = flag(
        "For times: also decide rows from different machines, versions or thread counts.",
        default=False, panel=STATS,
    )  # fmt: skip
    output: Sequence[Path] = flag(OUTPUT, default=())

    def __post_init__(self) -> None:
        """Validate the flags."""
        validate(self)
        for name in ("margin", "between_runs"):
            set_share(self, name, zero=True)
