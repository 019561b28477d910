"""The flags of benchmarks."""

import os
from collections.abc import Sequence
from typing import Any, Literal

from losscli.plans.flags import FlagError, Path, Share, flag, listed, plan, set_share, validate
from losscli.plans.shared import COMPUTE, DATA, LOSS, MEASURE, OUT, OUTPUT, SEED, THREADS

AGAINST = "Another version"
DEFAULT_LOSSES = ("smooth_l1", "cross_entropy", "bce", "mae", "mse")


@plan
class BenchPlan:
    """A benchmark of implementations of losses.

    loss: specs; by default `DEFAULT_LOSSES`. impl: names of libraries, "all", or references to
    functions; by default numpy and torch, on CUDA torch and torch.compile.
    size: elements, "ROWSxCLASSES" or "ROWSxHIDDENxCLASSES"; by default it depends on the device.
    resolve: the width of the ratio's interval at which a benchmark stops; None is never.
    against, setup: another version, and the command that prepares it. fail_on: verdicts about it.
    cache: warm, cold, or None: warm on the CPU, cold on CUDA.

    Raises UsageError for a value that a flag does not take.
    """

    loss: Any = flag(
        f"As in eval, or linear_cross_entropy; default: {', '.join(DEFAULT_LOSSES)}.",
        default=(), panel=LOSS, metavar="SPEC", short="-l", key="losses", complete="loss",
    )  # fmt: skip
    impl: Sequence[str] = flag(
        "numpy, torch, torch.compile, sklearn, liger, all, FILE.py:FUNCTION or MODULE:FUNCTION;"
        " repeatable, or by commas. The first is the baseline.",
        default=(), panel=LOSS, metavar="NAME", combine="commas", complete="implementation",
        config="run defaults",
    )  # fmt: skip
    size: Sequence[str] = flag(
        "Elements, or rows and classes; repeatable, or by commas.",
        default=(), panel=DATA, metavar="N|ROWSxCLASSES", combine="commas", config="run defaults",
    )  # fmt: skip
    passes: Literal["forward", "forward+backward", "both"] = flag(
        "The passes that are timed.",
        default="both", panel=MEASURE, long="--pass", key="pass", config="run defaults",
    )  # fmt: skip
    cache: Literal["warm", "cold"] | None = flag(
        "Empty the caches before each call (cold) or not (warm); default: cold on CUDA only.",
        default=None, panel=MEASURE, config="run defaults",
    )  # fmt: skip
    time: float = flag(
        "Seconds for the whole command after its start.",
        default=40.0, panel=MEASURE, metavar="S", config="run defaults",
    )  # fmt: skip
    resolve: Share | None = flag(
        "Stop when the interval of the speed-up is that narrow.",
        default="1%", panel=MEASURE, metavar="SHARE|none", config="run defaults",
    )  # fmt: skip
    seed: int = flag(SEED, default=0)
    in_process: bool = flag(
        "Call all implementations in one process instead of one each; rows are marked.",
        default=False, panel=MEASURE, config="run defaults",
    )  # fmt: skip
    against: str | None = flag(
        "Also the same implementations of a git commit, or of the virtual environment in a folder;"
        " each is the baseline of its own.",
        default=None, panel=AGAINST, metavar="REF|PATH",
    )  # fmt: skip
    setup: str | None = flag(
        "A shell command that prepares the worktree of --against, such as an installation.",
        default=None, panel=AGAINST, metavar="CMD",
    )  # fmt: skip
    margin: Share = flag(
        "The relative increase of time over --against that is tolerated.",
        default="5%", panel=AGAINST, metavar="SHARE",
    )  # fmt: skip
    fail_on: Sequence[str] = flag(
        "Exit with 1 for an implementation that is slower than --against, with 6 for one that is"
        " undecided, and where the machine is too noisy; repeatable, or by commas.",
        default=(), panel=AGAINST, metavar="slower|undecided", combine="commas",
        choices=("slower", "undecided"),
    )  # fmt: skip
    memory: bool = flag(
        "Measure peak memory, in separate processes.",
        default=True, panel=MEASURE, config="run defaults",
    )  # fmt: skip
    device: Sequence[str] = flag(
        "The devices; repeatable, or by commas.",
        default=("cpu",), panel=COMPUTE, metavar="cpu|cuda|cuda:N", combine="commas",
        complete="device", config="run",
    )  # fmt: skip
    dtype: Sequence[str] = flag(
        "Of the inputs: float32, float64, float16, bfloat16; repeatable, or by commas.",
        default=("float32",), panel=DATA, metavar="TYPE", combine="commas", complete="dtype",
        config="run",
    )  # fmt: skip
    threads: int = flag(THREADS, default=0)
    plot: Path | None = flag(
        "Draw time and bandwidth against size: .png, .svg or .pdf.",
        default=None, panel=OUT, metavar="FILE", config="own",
    )  # fmt: skip
    output: Sequence[Path] = flag(OUTPUT, default=())
    folder: str = flag("The folder of files that losses and implementations name.", default="",
                       hidden=True)  # fmt: skip

    def at(self, path: str) -> str:
        """The path of a file that a loss or an implementation names."""
        return os.path.normpath(os.path.join(self.folder, path))  # noqa: PTH118

    def __post_init__(self) -> None:
        """Validate the flags."""
        for name in ("loss", "impl", "size", "dtype", "device"):
            several = listed(getattr(self, name))
            if all(isinstance(item, str) for item in several):
                several = tuple(dict.fromkeys(several))  # a value that is given twice counts once
            setattr(self, name, several)
        validate(self)
        if not 0 < self.time < float("inf"):
            words = f"takes a positive number of seconds, not {self.time!r}"
            raise FlagError.of_field(self, "time", words)
        if self.resolve == "none":
            self.resolve = None
        set_share(self, "resolve")
        set_share(self, "margin", zero=True)
        for name in ("setup", "fail_on"):
            if getattr(self, name) and not self.against:
                raise FlagError.of_field(self, name, "needs --against REF")
        if self.against and self.in_process:
            raise FlagError.of_field(self, "in_process", "cannot hold two versions of --against")
