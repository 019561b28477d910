"""What can be asked for: frozen plans with defaults, the same at every door."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from losscli.errors import UsageError
from losscli.flags import check_kinds, groupers

Reduction: TypeAlias = Literal["mean", "sum", "none"]
NanPolicy: TypeAlias = Literal["error", "skip", "propagate"]
BackendName: TypeAlias = Literal["auto", "numpy", "torch"]
Precision: TypeAlias = Literal["float64", "float32"]
Passes: TypeAlias = Literal["forward", "forward+backward", "both"]
FAIL_ON = ("worse", "slower", "undecided")
MARGINS = {"evals": 0.0, "benches": 0.05}  # of diff, where none is asked for
PLOT_SUFFIXES = (".png", ".svg", ".pdf")
FORMATS = ("table", "json", "csv", "markdown", "junit", "github")
SUFFIXES = {".json": "json", ".csv": "csv", ".md": "markdown", ".xml": "junit"}


@dataclass(frozen=True, slots=True)
class EvalPlan:
    """An evaluation; each field is a long flag, of the same meaning and default.

    preds, targets, weights: paths, arrays, DataFrame columns or tensors; preds may also be an open
    source of all roles, beside which no other data is named.
    loss: specs, as on the command line, losses of `losscli.losses`, or functions of pred and target
    that give one loss a row or an element.
    pred, target, id: columns, where the data is a table.
    by: what groups rows: columns, paths, arrays or DataFrame columns, one or several of them, or a
    mapping from the names of the keys to these. A list of texts is a list of columns.
    ci: the level of the interval of the mean, a fraction or a percentage with its sign.
    gate: what the result must hold, such as "mse.ci_high <= 0.3"; max, min: the same as LABEL=N.
    baseline: the JSON of a saved evaluation, which gates may be relative to.
    allow_note: codes of notes that spoil no gate.
    like: the library (torch, keras, sklearn, optax) whose clipping, defaults and divisors are used.
    threads: 0 is all cores. output: files, in the format of their suffix.
    save: whether the result is kept in eval/<UTC time>-<hash>.json, and in latest.json, of the
    folder `results`.
    digest: whether the result holds a digest of each input's values, wherever it is kept or not.
    """

    preds: Any
    targets: Any = None
    loss: Any = ()
    pred: Sequence[str] = ()
    target: Sequence[str] = ()
    id: Sequence[str] = ()
    weights: Any = None
    by: Any = ()
    header: bool = True
    reduction: Reduction = "mean"
    gate: Sequence[str] = ()
    max: Sequence[str] = ()
    min: Sequence[str] = ()
    baseline: str | os.PathLike[str] | None = None
    allow_note: Sequence[str] = ()
    per_sample: str | os.PathLike[str] | None = None
    ci: float | str = 0.95
    nan: NanPolicy = "error"
    like: str | None = None
    backend: BackendName = "auto"
    device: str = "cpu"
    dtype: Precision = "float64"
    threads: int = 0
    engine: str = "local"
    output: Sequence[str | os.PathLike[str]] = ()
    save: bool = False
    results: str | os.PathLike[str] = "results"
    digest: bool = False

    def __post_init__(self) -> None:
        """Raise UsageError for what no run could do."""
        for name, kind in _CHOICES.items():
            if getattr(self, name) not in get_args(kind):
                words = ", ".join(get_args(kind))
                raise UsageError(f"{name} is one of {words}; {getattr(self, name)!r} is not")
        check_kinds(self)
        if self.like is not None:
            from losscli.losses.conventions import LIBRARIES

            if self.like not in LIBRARIES:
                words = ", ".join(LIBRARIES)
                raise UsageError(f"like is one of {words}; {self.like!r} is not")
        if self.engine != "local" and self.engine.split(":")[0] != "dask":
            raise UsageError(f"there is no engine {self.engine!r}", hint="--engine local")
        if self.reduction == "none" and self.per_sample is None:
            raise UsageError(
                "with reduction none there is nothing to print",
                hint="--per-sample FILE.npy keeps the losses of the rows",
            )
        object.__setattr__(self, "ci", fraction(self.ci, "ci"))
        object.__setattr__(self, "by", groupers(self.by))
        for path in self.output:
            output_format(path)


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """A benchmark; each field is a long flag, of the same meaning and default.

    loss: specs; by default the five founding losses. impl: names of libraries, "all", or
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
        for path in self.output:
            output_format(path)
        if self.plot is not None:
            picture_format(self.plot)


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
        for path in self.output:
            output_format(path)


@dataclass(frozen=True, slots=True)
class DiffPlan:
    """A comparison of two saved results; each field is a long flag, of the same meaning.

    old, new: paths of JSON files, documents, or results of `evaluate`, `bench` or `run`, two of a
    kind.
    margin: the largest relative increase that is none, a fraction or a percentage; by default 0 for
    losses and 5 % for times.
    fail_on: "worse" (losses) and "slower" (times) for exit code 1, "undecided" for 6.
    Of losses: per_sample, whether the losses of the rows that both kept are read and paired;
    allow_different_data, whether results of other targets are compared all the same.
    Of times: between_runs, the standard deviation of a whole run on a shared machine, relative, 0
    is none; across, whether rows from other machines or versions are decided too.
    """

    old: Any
    new: Any
    margin: float | str | None = None
    fail_on: Sequence[str] = ()
    per_sample: bool = False
    allow_different_data: bool = False
    between_runs: float | str = 0.03
    across: bool = False
    output: Sequence[str | os.PathLike[str]] = ()

    def __post_init__(self) -> None:
        """Raise UsageError for what no comparison could mean."""
        for name in ("fail_on", "output"):
            value = getattr(self, name)
            single = isinstance(value, str | os.PathLike)
            object.__setattr__(self, name, (value,) if single else tuple(value or ()))
        for word in self.fail_on:
            if word not in FAIL_ON:
                raise UsageError(f"fail_on is {', '.join(FAIL_ON)}; {word!r} is none of them")
        for name in ("margin", "between_runs"):
            value = getattr(self, name)
            if value is not None:
                none = str(value).strip() in ("0", "0.0", "0%")
                object.__setattr__(self, name, 0.0 if none else fraction(value, name))
        for path in self.output:
            output_format(path)


@dataclass(frozen=True, slots=True)
class DoctorPlan:
    """A look at this machine; each field is a long flag. quick: measure nothing."""

    quick: bool = False
    output: Sequence[str | os.PathLike[str]] = ()

    def __post_init__(self) -> None:
        """Raise UsageError for an output of no known format."""
        single = isinstance(self.output, str | os.PathLike)
        object.__setattr__(self, "output", (self.output,) if single else tuple(self.output))
        for path in self.output:
            output_format(path)


@dataclass(frozen=True, slots=True)
class PlotPlan:
    """Curves of losses in one picture; each field is a long flag.

    loss: specs, as on the command line, or losses. output: a file, .png, .svg or .pdf.
    range: what is drawn, a text LOW:HIGH or a pair; None is what suits the losses.
    target: beside the predictions, of losses of one number; None is 0 of errors and 1 of labels.
    """

    loss: Any
    output: str | os.PathLike[str] | None = None
    range: str | tuple[float, float] | None = None
    target: float | None = None
    gradient: bool = True
    title: str | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for what no picture could be."""
        if self.output is not None:
            picture_format(self.output)
        if self.range is not None:
            object.__setattr__(self, "range", _ends(self.range))
        if self.target is not None and not math.isfinite(self.target):
            raise UsageError(f"a target is a finite number; {self.target} is not")


def _ends(text: Any) -> tuple[float, float]:
    """The two ends of a range, of which the first is the lower one."""
    parts = text.split(":") if isinstance(text, str) else text
    try:
        low, high = map(float, parts)
    except (TypeError, ValueError):
        low = high = math.nan
    if not (math.isfinite(high - low) and low < high):
        raise UsageError(f"range is LOW:HIGH, two numbers; {text!r} is not", hint="--range=-3:3")
    return low, high


def picture_format(path: str | os.PathLike[str]) -> str:
    """The format that a picture's suffix asks for; raises UsageError for one that is none."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122
    if suffix not in PLOT_SUFFIXES:
        raise UsageError(
            f"no plot can be written to {os.fspath(path)}",
            hint=f"its suffix is one of {', '.join(PLOT_SUFFIXES)}",
        )
    return suffix[1:]


_CHOICES: dict[str, Any] = {
    "reduction": Reduction,
    "nan": NanPolicy,
    "backend": BackendName,
    "dtype": Precision,
}


def fraction(value: float | str, name: str) -> float:
    """A share between 0 and 1, both excluded, from 0.95 or "95%"."""
    text = str(value).strip()
    try:
        number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        number = -1.0
    if not 0 < number < 1:
        raise UsageError(f"{name} lies between 0 and 1, or 0% and 100%; {value!r} does not")
    return number


def check_format(name: str) -> None:
    """Raise UsageError for a format that nothing can be printed in."""
    if name not in FORMATS:
        raise UsageError(f"no format {name!r}", hint=f"--format {', '.join(FORMATS)}")


def output_format(path: str | os.PathLike[str]) -> str:
    """The format that a file's suffix asks for; raises UsageError for a suffix without one."""
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122 - pathlib would cost its import
    if suffix not in SUFFIXES:
        raise UsageError(
            f"no format for {os.fspath(path)}", hint=f"its suffix is one of {', '.join(SUFFIXES)}"
        )
    return SUFFIXES[suffix]
