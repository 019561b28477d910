"""What a benchmark can be asked for."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from losscli.errors import UsageError
from losscli.plans.flags import check_kinds
from losscli.plans.fractions import fraction

DEFAULT_LOSSES = ("smooth_l1", "cross_entropy", "bce", "mae", "mse")
Passes: TypeAlias = Literal["forward", "forward+backward", "both"]


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """A benchmark; each field is a long flag, of the same meaning and default.

    loss: specs; by default `DEFAULT_LOSSES`. impl: names of libraries, "all", or
    references to functions; by default numpy and torch, on CUDA torch and torch.compile.
    size: elements, "ROWSxCLASSES" or "ROWSxHIDDENxCLASSES"; by default what the device is worth.
    passes: forward, forward+backward or both. dtype: of the inputs.
    time: seconds for all of it, after start-up. resolve: the width of the ratio's interval at which
    a block ends, a fraction or a percentage; None is never. threads: 0 is all cores.
    cache: warm, cold, or None: warm on the CPU, cold on CUDA.
    memory: whether peak memory is measured, on the CPU in child processes.
    folder: where files that loss and impl name lie, as those of a config do; no flag.
    """

    loss: Any = ()
    impl: Sequence[str] = ()
    size: Sequence[str] = ()
    passes: Passes = "both"
    dtype: Sequence[str] = ("float32",)
    device: Sequence[str] = ("cpu",)
    cache: Literal["warm", "cold"] | None = None
    time: float = 40.0
    resolve: float | str | None = 0.01
    threads: int = 0
    seed: int = 0
    memory: bool = True
    plot: str | os.PathLike[str] | None = None
    output: Sequence[str | os.PathLike[str]] = ()
    folder: str = field(default="", metadata={"flag": False})

    def at(self, path: str) -> str:
        """The path of a file that a loss or an implementation names."""
        return os.path.normpath(os.path.join(self.folder, path))  # noqa: PTH118

    def __post_init__(self) -> None:
        """Raise UsageError for what no run could do."""
        for name in ("loss", "impl", "size", "dtype", "device"):
            value = getattr(self, name)
            single = value is not None and not isinstance(value, list | tuple)
            several = (value,) if single else tuple(value or ())
            if all(isinstance(item, str) for item in several):
                several = tuple(dict.fromkeys(several))  # what is asked for twice is done once
            object.__setattr__(self, name, several)
        check_kinds(self)
        if self.passes not in get_args(Passes):
            words = ", ".join(get_args(Passes))
            raise UsageError(f"pass is one of {words}; {self.passes!r} is not")
        if self.cache not in (None, "warm", "cold"):
            raise UsageError(f"cache is warm or cold; {self.cache!r} is neither")
        if not 0 < self.time < float("inf"):
            raise UsageError(f"time is a number of seconds above 0; {self.time!r} is not")
        if self.resolve is not None:
            object.__setattr__(self, "resolve", fraction(self.resolve, "resolve"))
