"""Evaluations on a cluster: workers evaluate parts of the rows, which are merged here in order."""

import glob
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, TypeAlias

from msgspec import structs

from losscli.backends.machine import environment
from losscli.commands.models import PairRequest, comparison_of, open_pairs
from losscli.commands.parts import check_repeatable, flags_of, opened_files
from losscli.commands.request import Request
from losscli.commands.worker import compare_part, evaluate_part, part_of, stamps
from losscli.comparison.part import paired_of_parts
from losscli.engines.cluster import Cluster
from losscli.errors import DataError, LossCliError, UsageError
from losscli.evaluation.part import PartFacts, SourceFacts, evaluation_of_parts
from losscli.plans.compare import ComparePlan
from losscli.plans.engines import address_of
from losscli.plans.evaluate import EvalPlan
from losscli.results.documents.compare import ModelComparison
from losscli.results.documents.eval import EvalTiming, Evaluation
from losscli.sources.source import Source
from losscli.version import __version__

Parts: TypeAlias = Iterator[tuple[PartFacts, Any]]

# The numbers of a part: their work takes ten times the milliseconds that a task costs.
_NUMBERS = 1 << 24
_MOST = 10_000  # parts, or
_EACH = 8  # a thread where these are more: a slow one holds up an eighth of a thread's work
_DATA = ("preds", "targets")
_SIDES = ("weights", "cluster", "rows")  # each a column or a file
_FLAG = "--engine dask"


def evaluate_on_cluster(
    plan: EvalPlan, request: Request, progress: Callable[[float], None]
) -> Evaluation:
    """The result of an evaluation whose rows the workers of a cluster read.

    Raises UsageError for what cannot be sent to other processes, MissingError without a cluster,
    and as an evaluation does.
    """
    if plan.per_sample is not None:
        raise UsageError(
            "--per-sample needs the rows in one process", hint="leave --engine dask out"
        )
    if plan.models is not None:
        raise UsageError("--engine dask is for one model", hint="give --pred once")
    _check(plan, (plan.preds, plan.targets, plan.rows))
    start = time.perf_counter()
    with opened_files(plan, request, _FLAG) as source:
        work = _Work(evaluate_part, dict(flags_of(plan)), source, digest=request.digest)
    with work.on_cluster(plan, progress) as (cluster, parts):
        found = evaluation_of_parts(
            parts,
            request.losses,
            request.metrics,
            reduction=plan.reduction,
            ci=float(plan.ci),
            like=plan.like,
        )
        return found.replace(**_about(cluster, source, start))


def compare_on_cluster(
    plan: ComparePlan, request: PairRequest, progress: Callable[[float], None]
) -> ModelComparison:
    """The result of a comparison whose rows the workers of a cluster read.

    Raises as `evaluate_on_cluster` does.
    """
    preds = [entry.preds for entry in plan.entries]
    _check(plan, (*preds, plan.targets))
    start = time.perf_counter()
    with open_pairs(plan, request) as source:
        check_repeatable(source, _FLAG)
        flags = dict(flags_of(plan, ComparePlan))
        names = [entry.name for entry in plan.entries]
        one_table = len(set(preds)) == 1
        flags["models"] = preds[:1] if one_table else dict(zip(names, preds, strict=True))
        work = _Work(compare_part, flags, source, digest=request.digest)
    with work.on_cluster(plan, progress) as (cluster, parts):
        paired, whole, arithmetic = paired_of_parts(parts, request.losses, request.metrics)
        about = arithmetic._asdict() | _about(cluster, source, start)
        return comparison_of(plan, request, paired, whole, about)


def _about(cluster: Cluster, source: Source, start: float) -> dict[str, Any]:
    """The fields of a result that say where it was computed, and in what time."""
    return {
        "engine": cluster.name,
        "threads": cluster.threads,
        "timing": EvalTiming(time.perf_counter() - start, source.size),
        "environment": environment(),
    }


class _Work:
    """The parts of a plan as tasks. function: evaluates one, given the flags of the plan."""

    def __init__(
        self,
        function: Callable[..., bytes],
        flags: dict[str, Any],
        source: Source,
        *,
        digest: bool,
    ) -> None:
        self._function, self._source, self._digest = function, source, digest
        self._facts = SourceFacts.of(source)
        self._paths: dict[str, str] = {}  # those of the plan, by those that workers find
        columns = {name for table in source.tables for name in table.names()}
        self._flags = {
            name: self._located(name, value, columns) for name, value in flags.items()
        } | {"threads": 1}  # a task takes one thread of its worker

    def _located(self, name: str, value: Any, columns: Iterable[str]) -> Any:
        """The value of a flag with files as workers find them, whose folder may be another."""
        if name not in (*_DATA, *_SIDES, "by", "models"):
            return value
        if isinstance(value, Mapping):
            return {key: self._located(name, each, columns) for key, each in value.items()}
        if isinstance(value, list):
            return [self._located(name, each, columns) for each in value]
        path = os.fspath(value)
        if "://" in path:
            return path
        named = name in (*_DATA, "models") or glob.has_magic(path)
        if named or (path not in columns and os.path.exists(path)):  # noqa: PTH110
            found = os.path.abspath(path)  # noqa: PTH100
            self._paths[found] = path
            return found
        return path

    @contextmanager
    def on_cluster(
        self, plan: EvalPlan | ComparePlan, progress: Callable[[float], None]
    ) -> Iterator[tuple[Cluster, Parts]]:
        """A context with a cluster, and the parts that its workers return, in row order.

        Its errors name files as the plan does.
        """
        with Cluster(address_of(plan.engine) or "", plan.threads) as cluster:
            count = _count(self._source, cluster.threads)
            files = stamps(self._paths)
            tasks = (
                (self._flags, number, count, files, __version__, self._digest)
                for number in range(1, count + 1)
            )
            with closing(cluster.map(self._function, tasks)) as answers, self._named():
                yield cluster, _parts_of(answers, self._facts, count, progress)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except LossCliError as error:
            for here, given in self._paths.items():
                error.message = error.message.replace(here, given)
                error.place = str(error.place).replace(here, given) if error.place else None
            raise


def _check(plan: EvalPlan | ComparePlan, data: Sequence[Any]) -> None:
    """Raise UsageError for a plan whose parts cannot be evaluated elsewhere; data: its inputs."""
    by = plan.by.values() if isinstance(plan.by, Mapping) else plan.by
    for thing in (*data, plan.weights, plan.cluster, *by):
        if not (thing is None or isinstance(thing, str | os.PathLike)):
            raise UsageError(
                f"--engine dask reads files; a {type(thing).__name__} is in this process",
                hint="save it, as .npy or .parquet, or leave the engine out",
            )
    for spec in (plan.loss, plan.metric):
        for item in spec if isinstance(spec, list | tuple) else (spec,):
            if not isinstance(item, str):
                raise UsageError(
                    f"--engine dask takes losses by name; {item!r} is in this process",
                    hint="put it in a file: -l FILE.py:NAME",
                )


def parts_of(numbers: int, threads: int) -> int:
    """The number of parts of so many numbers, for workers with so many threads.

    As many for each thread, so that all end together. Parts are of some million numbers, which take
    longer than a task costs; of very many numbers they are longer, so that the client merges no
    more than thousands.
    """
    each = -(-numbers // (_NUMBERS * threads))
    return threads * max(1, min(each, max(_MOST // threads, _EACH)))


def _count(source: Source, threads: int) -> int:
    """The number of parts of a source.

    Where rows are found by reading those before them, more parts would read these more often.
    """
    rows = source.rows
    if rows is None or not all(table.by_position for table in source.tables):
        return threads
    return max(1, min(parts_of(rows * source.width, threads), rows))


def _parts_of(
    answers: Iterator[bytes], ours: SourceFacts, count: int, progress: Callable[[float], None]
) -> Parts:
    """The parts that workers returned, with paths as the plan has them.

    ours: the facts of the source, as this machine sees it.

    Raises the first error of a worker, in row order, and DataError for a worker with other data.
    """
    for done, answer in enumerate(answers, start=1):
        facts, block = part_of(answer)
        yield _renamed(facts, ours), block
        progress(done / count)


def _renamed(facts: PartFacts, ours: SourceFacts) -> PartFacts:
    """The facts of a part with the paths of this machine; raises DataError for other data."""
    tables = []
    for theirs, own in zip(facts.source.tables, ours.tables, strict=True):
        if (theirs.size, theirs.rows) != (own.size, own.rows):
            raise DataError(
                f"a worker finds other data in {own.path}: {theirs.size:,} bytes, not {own.size:,}",
                hint="all machines need the same files",
            )
        tables.append(structs.replace(theirs, path=own.path))
    return structs.replace(facts, source=structs.replace(facts.source, tables=tuple(tables)))
