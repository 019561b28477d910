"""The flags of `compare`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple

from losscli.errors import UsageError
from losscli.gates.grammar import Margin
from losscli.plans.engines import LOCAL, check_engine
from losscli.plans.evaluate import (
    ClassAxis,
    EvalPlan,
    NanPolicy,
    Unmatched,
    check_bootstrap,
    check_interval,
    groupers,
)
from losscli.plans.flags import (
    Flag,
    FlagError,
    Path,
    Share,
    argument,
    declaration,
    declarations,
    flag,
    is_path,
    listed,
    plan,
    set_share,
    validate,
)
from losscli.plans.shared import OUT, OUTPUT, STATS, THREADS

FAIL_ON = ("worse", "undecided")


class Entry(NamedTuple):
    """A model that is compared. preds: a file, array or table. columns: those of its predictions.

    given: True if the name was given.
    """

    name: str
    preds: Any
    columns: tuple[str, ...] = ()
    given: bool = False


def _of(name: str) -> Flag:
    """The flag of an evaluation."""
    return declaration(EvalPlan, name).flag


@plan
class ComparePlan:
    """A comparison of several models on the same rows.

    models: paths or arrays, of which the last one is the targets unless `targets` are given; or a
    mapping from names to these; or one table, with a `pred` for each model.

    Raises UsageError for a value that a flag does not take.
    """

    models: Any = argument(
        "Predictions of each model: FILE or NAME=FILE; or one table, with a --pred for each.",
        default=(), several=True, metavar="A B [C ...]", complete="path",
    )  # fmt: skip
    targets: Any = argument(
        "Targets: a file; none where one table holds all.",
        default=None, metavar="TARGETS", config="data", complete="path",
    )  # fmt: skip
    loss: Any = flag(_of("loss"), default=())
    metric: Any = flag(_of("metric"), default=())
    pred: Sequence[str] = flag(
        "Columns of the predictions; repeatable: those of one model each time.",
        default=(), panel=_of("pred").panel, metavar="COL[,COL...]", complete="column",
        config="data",
    )  # fmt: skip
    target: Sequence[str] = flag(_of("target"), default=())
    id: Sequence[str] = flag(_of("id"), default=())
    unmatched: Unmatched = flag(_of("unmatched"), default="error")
    by: Any = flag(_of("by"), default=())
    weights: Any = flag(_of("weights"), default=None)
    cluster: Any = flag(_of("cluster"), default=None)
    weights_are: Literal["importance", "frequency"] = flag(_of("weights_are"), default="importance")
    hac: int | None = flag(_of("hac"), default=None)
    header: bool = flag(_of("header"), default=True)
    delimiter: str = flag(_of("delimiter"), default="")
    decimal: str = flag(_of("decimal"), default=".")
    thousands: str = flag(_of("thousands"), default="")
    skip_lines: int = flag(_of("skip_lines"), default=0)
    encoding: str = flag(_of("encoding"), default="")
    class_axis: ClassAxis | None = flag(_of("class_axis"), default=None)
    nan: NanPolicy = flag(_of("nan"), default="error")
    baseline: str | None = flag(
        "The name of the model that the others are compared with; default: the first one.",
        default=None, panel=STATS, metavar="NAME", config="own",
    )  # fmt: skip
    pairs: Literal["baseline", "all"] = flag(
        "The pairs that are tested: each model with the baseline, or every pair.",
        default="baseline", panel=STATS, config="run",
    )  # fmt: skip
    test: Literal["superior", "noninferior", "equivalent"] = flag(
        "The question: is a model better or worse by more than the margin, not worse by more, or"
        " within it?",
        default="superior", panel=STATS, config="run",
    )  # fmt: skip
    margin: Share = flag(
        "The difference that does not matter: 1% of the baseline's value, or 0.5 in its unit.",
        default="0%", panel=STATS, metavar="SIZE", config="run",
    )  # fmt: skip
    fail_on: Sequence[str] = flag(
        "Exit with 1 for a model that is worse, with 6 for one that is undecided; repeatable, or by"
        " commas. Default: report, exit with 0.",
        default=(), panel=STATS, metavar="worse|undecided", combine="commas", choices=FAIL_ON,
        config="run",
    )  # fmt: skip
    ci: Share = flag(_of("ci"), default=0.95)
    interval: Literal["t", "hall"] = flag(_of("interval"), default="t")
    bootstrap: int = flag(_of("bootstrap"), default=0)
    like: str | None = flag(_of("like"), default=None)
    backend: Literal["auto", "numpy", "torch"] = flag(_of("backend"), default="auto")
    device: str = flag(_of("device"), default="cpu")
    engine: str = flag(_of("engine"), default=LOCAL)
    dtype: Literal["float64", "float32"] = flag(_of("dtype"), default="float64")
    threads: int = flag(THREADS, default=0)
    plot: Path | None = flag(
        "Draw the intervals of the differences, with the margin: .png, .svg or .pdf.",
        default=None, panel=OUT, metavar="FILE", config="own",
    )  # fmt: skip
    output: Sequence[Path] = flag(OUTPUT, default=())
    digest: bool = flag(_of("digest"), default=False)

    def __post_init__(self) -> None:
        """Validate the flags, and separate models and targets."""
        validate(self)
        set_share(self, "ci")
        check_engine(self)
        check_interval(self)
        if self.bootstrap:
            check_bootstrap(self)
        self.by = groupers(self.by)
        self._separate_targets()
        margin = self.tolerance
        if self.test == "equivalent" and not margin.size:
            raise FlagError.of_field(self, "test", "equivalent needs a margin", "--margin 1%")

    @property
    def tolerance(self) -> Margin:
        """The margin; raises UsageError for one that is not a number >= 0."""
        return Margin.of(self.margin)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The models.

        Raises UsageError for fewer than two, for two of one name, and for an unknown baseline.
        """
        found = _named(list(self._entries()))
        _check_names(self, [entry.name for entry in found])
        return found

    def _separate_targets(self) -> None:
        """Take the last of several inputs as the targets, and one input as a table of all."""
        if isinstance(self.models, Mapping) or hasattr(self.models, "columns"):
            return
        inputs = [*listed(self.models), *([] if self.targets is None else [self.targets])]
        if len(inputs) < 2:
            self.models, self.targets = tuple(inputs), None
        else:
            *models, self.targets = inputs
            self.models = tuple(models)

    def _entries(self) -> Iterator[Entry]:
        """Yield the models in their order."""
        if isinstance(self.models, Mapping) and not hasattr(self.models, "columns"):
            columns = _columns(self.pred[0])[1] if self.pred else ()
            yield from (Entry(str(k), preds, columns, True) for k, preds in self.models.items())
            return
        models = listed(self.models)
        if len(models) == 1 and self.pred:
            for words in self.pred:
                name, columns = _columns(words)
                yield Entry(name or ",".join(columns), models[0], columns, bool(name))
            return
        columns = _columns(self.pred[0])[1] if self.pred else ()
        if len(self.pred) > 1:
            words = f"was given {len(self.pred)} times with {len(models)} files of predictions"
            raise FlagError.of_field(self, "pred", words, "once for all files, or one table")
        for place, model in enumerate(models, start=1):
            name, preds = _split(model)
            yield Entry(name or _usual_name(preds, place), preds, columns, bool(name))

    def evaluation(self) -> EvalPlan:
        """The evaluation of the first model, which reads the data of all."""
        known = {each.name for each in declarations(EvalPlan)}
        own = {"models", "targets", "pred", "baseline", "output"}
        given = {k: v for k, v in vars(self).items() if k in known and k not in own}
        first = self.entries[0]
        return EvalPlan(first.preds, self.targets, pred=first.columns, **given)


def _columns(words: str) -> tuple[str, tuple[str, ...]]:
    """A name, which may be empty, and the columns of `[NAME=]COL[,COL...]`."""
    name, _, columns = words.rpartition("=")
    return name.strip(), tuple(part.strip() for part in columns.split(","))


def _split(model: Any) -> tuple[str, Any]:
    """A name, which may be empty, and the file of `[NAME=]FILE`; an existing path has no name."""
    if not isinstance(model, str) or "=" not in model or os.path.exists(model):  # noqa: PTH110
        return "", model
    name, _, path = model.partition("=")
    return (name, path) if name and not set(name) & set("/\\:") else ("", model)


def _usual_name(preds: Any, place: int) -> str:
    """The stem of a file, the name of a column, or else a letter."""
    if is_path(preds):
        path: str = os.fspath(preds)
        return os.path.splitext(os.path.basename(path))[0]  # noqa: PTH119, PTH122
    name: object = getattr(preds, "name", None)
    return name if isinstance(name, str) and name else f"model_{place}"


def _named(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The models; those of files with one stem are called by their paths."""
    names = [entry.name for entry in entries]
    paths = [os.fspath(entry.preds) for entry in entries if is_path(entry.preds)]
    files = len(set(paths)) == len(entries)
    return tuple(
        entry
        if entry.given or names.count(entry.name) == 1 or not files
        else entry._replace(name=os.fspath(entry.preds))
        for entry in entries
    )


def _check_names(plan: ComparePlan, names: Sequence[str]) -> None:
    if len(names) < 2:
        raise UsageError(
            "a comparison needs two models or more",
            hint="losscli compare A.npy B.npy TARGETS.npy -l mse,"
            " or one table with --pred A --pred B --target Y",
        )
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two models are called {name!r}", hint="NAME=FILE gives a name")
    if plan.baseline is not None and plan.baseline not in names:
        words = f"must be a model, not {plan.baseline!r}"
        raise FlagError.of_field(plan, "baseline", words, f"models: {', '.join(names)}")
