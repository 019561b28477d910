"""The flags of `merge`."""

from collections.abc import Sequence

from losscli.plans.flags import Path, argument, flag, plan
from losscli.plans.shared import (
    ALLOW_NOTE,
    BASELINE,
    GATE,
    MAX,
    MIN,
    OUTPUT,
    RESULTS,
    SAVE,
)


@plan
class MergePlan:
    """The parts of an evaluation, which become one result.

    parts: files that `losscli eval --shard` wrote, or folders of them.

    Raises UsageError for a value that a flag does not take.
    """

    parts: Sequence[Path] = argument(
        "Parts that losscli eval --shard wrote, or folders of them.", kw_only=False,
        metavar="PART...", complete="path",
    )  # fmt: skip
    gate: Sequence[str] = flag(GATE, default=())
    max: Sequence[str] = flag(MAX, default=())
    min: Sequence[str] = flag(MIN, default=())
    baseline: Path | None = flag(BASELINE, default=None)
    allow_note: Sequence[str] = flag(ALLOW_NOTE, default=())
    output: Sequence[Path] = flag(OUTPUT, default=())
    save: bool = flag(SAVE, default=False)
    results: Path = flag(RESULTS, default="results")
