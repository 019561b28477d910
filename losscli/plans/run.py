"""The flags of `run`."""

from collections.abc import Sequence
from typing import Any

from losscli.errors import UsageError
from losscli.plans.flags import Path, argument, flag, plan, validate
from losscli.plans.shared import OUT, OUTPUT, RESULTS, RUN


@plan
class RunRequest:
    """A run of a config.

    config: the path of a YAML file; several with `--dry-run`. results: the folder that the result
    is saved in; None saves nothing.

    Raises UsageError for a value that a flag does not take.
    """

    config: Any = argument(
        "The config to run; several with --dry-run.", kw_only=False, metavar="CONFIG.yaml",
        several=True, complete="config",
    )  # fmt: skip
    set: Sequence[str] = flag(
        "Set a value of the config, such as evals.val.nan=skip; repeatable.",
        default=(), panel=RUN, metavar="KEY=VALUE",
    )  # fmt: skip
    only: Sequence[str] = flag(
        "Run these, and judge their gates; repeatable, or by commas.",
        default=(), panel=RUN, metavar="NAME", combine="columns",
    )  # fmt: skip
    fail_fast: bool = flag("Stop at the first failure.", default=False, panel=RUN)
    results: Path | None = flag(RESULTS, default="results")
    output: Sequence[Path] = flag(OUTPUT, default=())

    def __post_init__(self) -> None:
        """Validate the flags."""
        single = not isinstance(self.config, list | tuple)
        self.config = (self.config,) if single else tuple(self.config)
        validate(self)


@plan
class RunCommand(RunRequest):
    """`losscli run`: a run, or one of the modes that only describe or test it."""

    dry_run: bool = flag(
        "Only report what would be done: headers are read, sizes and times estimated.",
        default=False, panel=RUN,
    )  # fmt: skip
    data: bool = flag(
        "Read the headers of the data in --dry-run; without, only the configs are checked.",
        default=True, panel=RUN,
    )  # fmt: skip
    print_config: bool = flag("Only print each value and its origin.", default=False, panel=RUN)
    self_test: bool = flag(
        "Inject faults into copies of the data and report whether the gates trip.",
        default=False, panel=RUN,
    )  # fmt: skip
    save: bool = flag("Save the result.", default=True, panel=OUT)

    def __post_init__(self) -> None:
        """Validate the flags and their combinations."""
        RunRequest.__post_init__(self)
        modes = {
            "--dry-run": self.dry_run,
            "--print-config": self.print_config,
            "--self-test": self.self_test,
        }
        given = [name for name, wanted in modes.items() if wanted]
        if len(given) > 1:
            raise UsageError(f"{' and '.join(given)} exclude each other", hint="give one of them")
        if not (self.data or self.dry_run):
            raise UsageError("--no-data needs --dry-run", hint="a run reads its data")
        if len(self.config) > 1 and not self.dry_run:
            raise UsageError("one config is run at a time", hint="--dry-run takes several")
