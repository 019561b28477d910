"""The flags of `bless`, `results` and `init`."""

from collections.abc import Sequence
from typing import Literal

from losscli.errors import UsageError
from losscli.plans.flags import Path, argument, flag, plan, validate
from losscli.plans.shared import OUT, OUTPUT, RESULT, RESULTS


@plan
class BlessPlan:
    """A saved result that becomes the baseline.

    to: the file; by default the `baseline:` of the config that is recorded in the result.

    Raises UsageError without a reason.
    """

    result: Path = flag(RESULT, kw_only=False)
    reason: str = flag("The reason, which is kept in the baseline.", kw_only=False, metavar="TEXT")
    to: Path | None = flag(
        "The baseline; default: the one that the result's config names.",
        default=None, kw_only=False, metavar="FILE", complete="path",
    )  # fmt: skip
    results: Path = flag(RESULTS, default="results")

    def __post_init__(self) -> None:
        """Validate the flags."""
        validate(self)
        if not self.reason.strip():
            raise UsageError(
                "a baseline needs a reason", hint='--reason "new tokenizer, see notes"'
            )


@plan
class HistoryPlan:
    """The saved results of a folder, of one config where its name is given."""

    config: str | None = argument(
        "A config's name.", default=None, kw_only=False, metavar="[CONFIG]", complete="saved_config"
    )
    results: Path = flag(RESULTS, default="results")


@plan
class ShowPlan:
    """One saved result."""

    result: Path = flag(RESULT, kw_only=False)
    results: Path = flag(RESULTS, default="results")
    output: Sequence[Path] = flag(OUTPUT, default=())


@plan
class InitPlan:
    """The files that `init` writes into the current folder."""

    ci: Literal["github", "gitlab", "shell", "none"] = flag(
        "The CI system of the workflow.", default="github", kw_only=False, panel=OUT
    )
