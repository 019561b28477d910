"""The flags of evaluations."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from losscli.plans.engines import LOCAL, check_engine
from losscli.plans.flags import (
    FlagError,
    Path,
    Share,
    argument,
    bytes_of,
    flag,
    is_path,
    listed,
    plan,
    set_share,
    validate,
)
from losscli.plans.shared import (
    ALLOW_NOTE,
    BASELINE,
    COMPUTE,
    DATA,
    GATE,
    LOSS,
    MAX,
    MIN,
    OUT,
    OUTPUT,
    RESULTS,
    SAVE,
    STATS,
    THREADS,
)

Reduction: TypeAlias = Literal["mean", "sum", "none"]
ClassAxis: TypeAlias = Literal["first", "last"]
NanPolicy: TypeAlias = Literal["error", "skip", "mask", "propagate"]
Unmatched: TypeAlias = Literal["error", "skip"]

MOST_RESAMPLES = 100_000
_MARKS = ("delimiter", "decimal", "thousands")


def _libraries() -> Sequence[str]:
    from losscli.losses.core.conventions import LIBRARIES

    return tuple(LIBRARIES)


@plan
class EvalPlan:
    """An evaluation of predictions against targets.

    preds, targets, weights: paths, arrays, DataFrame columns or tensors, or lists of batches of
    these. preds may also be a DataFrame, an iterator of (pred, target) blocks, which is streamed,
    or an open source of all roles, which then is the only data.
    cluster: a column, a path, or an array of numbers or texts.
    loss: specs as on the command line, losses of `losscli.losses`, or functions of pred and target
    that return one loss a row or an element.
    by: columns, paths, arrays or DataFrame columns, one or several of them, or a mapping from the
    names of the keys to these. A list of texts is a list of columns.

    Raises UsageError for a value that a flag does not take.
    """

    preds: Any = argument("Predictions: a file, or a table that holds both.", kw_only=False,
                          config="data", complete="path")  # fmt: skip
    targets: Any = argument("Targets: a file.", default=None, kw_only=False, config="data",
                            complete="path")  # fmt: skip
    loss: Any = flag(
        '[LABEL=]NAME[:key=value,...], FILE.py:NAME, or a sum, "mse + 0.01*mae"; repeatable, or by'
        " commas.",
        default=(), panel=LOSS, metavar="SPEC", short="-l", key="losses", complete="loss",
    )  # fmt: skip
    metric: Any = flag(
        "[LABEL=]NAME[:key=value,...] of a metric, such as accuracy; repeatable, or by commas.",
        default=(), panel=LOSS, metavar="SPEC", short="-m", complete="metric",
    )  # fmt: skip
    pred: Sequence[str] = flag(
        "Columns of the predictions; default: the only numeric column. Repeated: several models of"
        " one target.",
        default=(), panel=DATA, metavar="COL[,COL...]", combine="models", complete="column",
        config="data",
    )  # fmt: skip
    target: Sequence[str] = flag(
        "Columns of the targets; default: the only numeric column.",
        default=(), panel=DATA, metavar="COL[,COL...]", combine="matrix", complete="column",
        config="data",
    )  # fmt: skip
    classes: Sequence[str] = flag(
        "The class labels in the order of the prediction columns, where targets hold them as text.",
        default=(), panel=DATA, metavar="LABEL,LABEL[,...]", combine="matrix", config="data",
    )  # fmt: skip
    positive: str | None = flag(
        "The label that means 1, where targets hold two labels as text.",
        default=None, panel=DATA, metavar="LABEL", config="data",
    )  # fmt: skip
    id: Sequence[str] = flag(
        "Columns of ids, by which the rows of both tables are paired; a=b where the targets call"
        " it b.",
        default=(), panel=DATA, metavar="COL[,COL...]", combine="matrix", complete="column",
        config="data",
    )  # fmt: skip
    unmatched: Unmatched = flag(
        "How rows whose id only one table has are handled; skip counts them.",
        default="error", panel=DATA, config="data",
    )  # fmt: skip
    rows: Any = flag(
        "The target's row of each prediction, from 0, as a sampler's indices: a column, or a file.",
        default=None, panel=DATA, metavar="COL|FILE", complete="column", config="data",
    )  # fmt: skip
    by: Any = flag(
        "Also evaluate each group: columns of a table, or a file of keys. Rows without a key are"
        " a group; age:4 are 4 quantile bins of a column.",
        default=(), panel=STATS, metavar="COL[,COL]|FILE", combine="columns", complete="column",
        config="data",
    )  # fmt: skip
    cluster: Any = flag(
        "The cluster of each row, such as its document or patient, for standard errors of rows that"
        " are not independent: a column where a table has it, else a file.",
        default=None, panel=STATS, metavar="COL|FILE", complete="column", config="data",
    )  # fmt: skip
    top: int = flag(
        "Also show the K rows of the largest loss, with their ids and inputs.",
        default=0, panel=STATS, metavar="K", config="run defaults",
    )  # fmt: skip
    distribution: bool = flag(
        "Also show quantiles and a histogram of the row losses, and the share of the worst rows.",
        default=False, panel=STATS, config="run defaults",
    )  # fmt: skip
    weights: Any = flag(
        "A weight for each row: a column where a table has it, else a file.",
        default=None, panel=DATA, metavar="COL|FILE", complete="column", config="data",
    )  # fmt: skip
    header: bool = flag(
        "The first line of a table names its columns; without a header they are 1, 2, ...",
        default=True, panel=DATA, config="data defaults",
    )  # fmt: skip
    delimiter: str = flag(
        "The separator between cells: a character, tab or blank; default: detected.",
        default="", panel=DATA, metavar="C", config="data defaults",
    )  # fmt: skip
    decimal: str = flag(
        "The decimal mark of numbers in text.",
        default=".", panel=DATA, metavar="C", config="data defaults",
    )  # fmt: skip
    thousands: str = flag(
        "The mark between groups of three digits in text; default: none.",
        default="", panel=DATA, metavar="C", config="data defaults",
    )  # fmt: skip
    skip_lines: int = flag(
        "The number of lines above the table in a text file, or of rows in a sheet.",
        default=0, panel=DATA, metavar="N", config="data defaults",
    )  # fmt: skip
    encoding: str = flag(
        "The encoding of text files; default: UTF-8, or as their first bytes say.",
        default="", panel=DATA, metavar="NAME", config="data defaults",
    )  # fmt: skip
    class_axis: ClassAxis | None = flag(
        "The axis of the classes where both fit: first for (N, C, d...), last for (N, d..., C).",
        default=None, panel=DATA, config="data defaults",
    )  # fmt: skip
    reduction: Reduction = flag(
        "The reduction of the value; none only writes --per-sample.",
        default="mean", panel=STATS, config="run defaults",
    )  # fmt: skip
    nan: NanPolicy = flag(
        "How missing values are handled; mask leaves missing outputs of a row out of its mean.",
        default="error",
        panel=DATA,
        config="run defaults",
    )
    ci: Share = flag(
        "Confidence level of the interval of the mean, 0.95 or 95%.",
        default=0.95, panel=STATS, metavar="LEVEL", config="run defaults",
    )  # fmt: skip
    interval: Literal["t", "hall"] = flag(
        "The interval of a mean loss: t, Student's; hall, corrected for skewed rows by Hall's"
        " transformation.",
        default="t", panel=STATS, config="run defaults",
    )  # fmt: skip
    bootstrap: int = flag(
        "Also the percentile interval of N resamples of the rows, or of the clusters.",
        default=0, panel=STATS, metavar="N", config="run defaults",
    )  # fmt: skip
    weights_are: Literal["importance", "frequency"] = flag(
        "What weights are: importance, or the frequency of equal rows.",
        default="importance", panel=STATS, config="run defaults",
    )  # fmt: skip
    hac: int | None = flag(
        "Standard errors of a time series, whose rows depend on each other up to LAG rows apart"
        " (Newey-West).",
        default=None, panel=STATS, metavar="LAG", config="run defaults",
    )  # fmt: skip
    like: str | None = flag(
        "Follow torch, keras, sklearn, optax, trl or liger, to get the number that it reports.",
        default=None, panel=STATS, metavar="LIBRARY", choices=_libraries, config="run defaults",
    )  # fmt: skip
    gate: Sequence[str] = flag(GATE, default=())
    max: Sequence[str] = flag(MAX, default=())
    min: Sequence[str] = flag(MIN, default=())
    baseline: Path | None = flag(BASELINE, default=None)
    allow_note: Sequence[str] = flag(ALLOW_NOTE, default=())
    backend: Literal["auto", "numpy", "torch"] = flag(
        "The array library; auto is numpy, or torch on an accelerator.",
        default="auto", panel=COMPUTE, config="run defaults",
    )  # fmt: skip
    device: str = flag(
        "The device.", default="cpu", panel=COMPUTE, metavar="cpu|cuda|cuda:N|mps",
        complete="device", config="run defaults",
    )  # fmt: skip
    engine: str = flag(
        "Where blocks are computed: local, in threads of this process; dask, in processes of this"
        " machine; dask:ADDRESS, by the workers of a running cluster, which read the files.",
        default=LOCAL, panel=COMPUTE, metavar="local|dask[:ADDRESS]", config="run defaults",
    )  # fmt: skip
    dtype: Literal["float64", "float32"] = flag(
        "The precision of the arithmetic; float32 is faster and less exact.",
        default="float64", panel=COMPUTE, config="run",
    )  # fmt: skip
    threads: int = flag(THREADS, default=0)
    memory: str | None = flag(
        "The memory that rows paired by --id or --rows may take, such as 2GiB; default: a quarter"
        " of the machine's. More goes through temporary files.",
        default=None, panel=COMPUTE, metavar="SIZE", config="run",
    )  # fmt: skip
    per_sample: Path | None = flag(
        "Write the loss of every row, in input order: .npy or .csv.",
        default=None, panel=OUT, metavar="FILE", config="own",
    )  # fmt: skip
    output: Sequence[Path] = flag(OUTPUT, default=())
    save: bool = flag(SAVE, default=False)
    results: Path = flag(RESULTS, default="results")
    models: Any = flag(
        "Columns of the predictions of several models, one sequence a model.",
        default=None, hidden=True, long="--pred", combine="models",
    )  # fmt: skip
    digest: bool = flag(
        "Always compute a digest of each input's values.", default=False, hidden=True
    )

    def __post_init__(self) -> None:
        """Validate the flags."""
        given = vars(self)
        models: tuple[tuple[str, ...], ...] = ()
        if "pred" in given and any(isinstance(each, list | tuple) for each in listed(self.pred)):
            models = tuple(map(listed, listed(self.pred)))
            self.pred = sum(models, ())
        validate(self)
        if models:
            self.models, self.pred = models, ()
        if self.reduction == "none" and self.per_sample is None:
            hint = "--per-sample FILE.npy keeps the losses of the rows"
            raise FlagError.of_field(self, "reduction", "none leaves nothing to print", hint)
        if self.bootstrap:
            check_bootstrap(self)
        if "interval" in given:
            check_interval(self)
        if "engine" in given:
            check_engine(self)
        if "ci" in given:
            set_share(self, "ci")
        if "memory" in given:
            bytes_of(self, "memory")
        if "by" in given:
            self.by = groupers(self.by)
        if not given.keys().isdisjoint(_MARKS):
            self._check_marks()
        if "classes" in given:
            self.classes = tuple(label for text in self.classes for label in text.split(","))

    def _check_marks(self) -> None:
        """Raise FlagError for what cannot be a mark in text."""
        from losscli.sources.dialect import invalid_mark

        found = invalid_mark(*(getattr(self, name) for name in _MARKS))
        if found is not None:
            name, expected = found
            words = f"takes {expected}, not {getattr(self, name)!r}"
            hint = "1.234,5 has the decimal mark , and the mark . between thousands"
            raise FlagError.of_field(self, name, words, "" if name == "delimiter" else hint)


@plan
class EvalCommand(EvalPlan):
    """`losscli eval`: an evaluation, a part of it, or a description of what it would read."""

    dry_run: bool = flag(
        "Only report what would be read and how rows are paired: headers are read, time and memory"
        " estimated.",
        default=False, panel=OUT,
    )  # fmt: skip
    shard: str | None = flag(
        "Evaluate part K of N of the rows, for losscli merge; auto: as SLURM, torchrun or"
        " Kubernetes number this process.",
        default=None, panel=COMPUTE, metavar="K/N|auto",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Validate the flags."""
        super().__post_init__()
        if self.shard is not None:
            self._check_shard()

    def _check_shard(self) -> None:
        """Replace `auto`; raise FlagError for flags that a part does not take."""
        import os

        from losscli.plans.shards import parse

        try:
            self.shard = str(parse(self.shard or "", os.environ))
        except ValueError as error:
            raise FlagError.of_field(self, "shard", str(error)) from None
        for name, hint in _NOT_OF_PARTS.items():
            if getattr(self, name) != getattr(EvalCommand, name):
                raise FlagError.of_field(self, name, "is not for --shard", hint)


_OF_MERGE = "losscli merge takes it, for all parts together"
_NOT_OF_PARTS = {
    "gate": _OF_MERGE,
    "max": _OF_MERGE,
    "min": _OF_MERGE,
    "baseline": _OF_MERGE,
    "save": _OF_MERGE,
    "allow_note": _OF_MERGE,
    "per_sample": "evaluate all rows at once to keep their losses",
    "dry_run": "omit --shard to see what would be read",
}


def groupers(by: Any) -> tuple[Any, ...] | dict[str, Any]:
    """The keys that rows are grouped by, one or several; a list of numbers is one."""
    if by is None or (isinstance(by, tuple) and not by):
        return ()
    if isinstance(by, Mapping) or hasattr(by, "columns"):  # a DataFrame
        return {str(name): by[name] for name in getattr(by, "columns", by)}
    several = isinstance(by, list | tuple)
    if several and all(is_path(thing) or hasattr(thing, "__len__") for thing in by):
        return tuple(by)
    return (by,)


def check_interval(plan: Any) -> None:
    """Raise FlagError for a corrected interval of a series, of which the skewness is not known."""
    if plan.interval == "hall" and plan.hac is not None:
        raise FlagError.of_field(plan, "hac", "does not go with a corrected interval")


def check_bootstrap(plan: Any) -> None:
    """Raise FlagError for a number of resamples out of range, and for flags that exclude them."""
    if not 100 <= plan.bootstrap <= MOST_RESAMPLES:
        words = f"{plan.bootstrap} resamples; expected 100 to {MOST_RESAMPLES:,}"
        raise FlagError.of_field(plan, "bootstrap", words, "--bootstrap 1000 is usual")
    for name, plain in (("hac", None), ("weights_are", "importance")):
        if getattr(plan, name) not in (None, plain):
            raise FlagError.of_field(plan, name, "does not go with a bootstrap of single rows")
