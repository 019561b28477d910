"""Evaluations on a cluster: workers evaluate parts of the rows, which are merged here in order."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from msgspec import structs

from losscli.backends.machine import environment
from losscli.commands.parts import flags_of, opened_files
from losscli.commands.request import Request
from losscli.commands.worker import evaluate_part, part_of, stamps
from losscli.engines.cluster import Cluster
from losscli.errors import DataError, LossCliError, UsageError
from losscli.evaluation.block import BlockResult
from losscli.evaluation.part import PartFacts, SourceFacts, evaluation_of_parts
from losscli.plans.engines import address_of
from losscli.plans.evaluate import EvalPlan
from losscli.results.documents.eval import EvalTiming, Evaluation
from losscli.sources.source import Source
from losscli.version import __version__

# The numbers of a part: their work takes ten times the milliseconds that a task costs.
_NUMBERS = 1 << 24
_MOST = 10_000  # parts, or
_EACH = 8  # a thread where these are more: a slow one holds up an eighth of a thread's work
_DATA = ("preds", "targets")
_SIDES = ("weights", "cluster", "rows")  # each a column or a file


def evaluate_on_cluster(
    plan: EvalPlan, request: Request, progress: Callable[[float], None]
) -> Evaluation:
    """The result of an evaluation whose rows the workers of a cluster read.

    Raises UsageError for what cannot be sent to other processes, MissingError without a cluster,
    and as an evaluation does.
    """
    _check(plan)
    start = time.perf_counter()
    with opened_files(plan, request, "--engine dask") as source:
        flags = _absolute(dict(flags_of(plan)), source)
        flags["threads"] = 1  # a task takes one thread of its worker
        facts = SourceFacts.of(source)
    with Cluster(address_of(plan.engine) or "", plan.threads) as cluster:
        count = _count(source, cluster.threads)
        by = flags.get("by", ())
        named = by.values() if isinstance(by, Mapping) else by
        files = stamps([*map(flags.get, (*_DATA, *_SIDES)), *named])
        tasks = (
            (flags, number, count, files, __version__, request.digest)
            for number in range(1, count + 1)
        )
        with closing(cluster.map(evaluate_part, tasks)) as answers, _named(plan, flags):
            found = evaluation_of_parts(
                _parts_of(answers, facts, count, progress),
                request.losses,
                request.metrics,
                reduction=plan.reduction,
                ci=float(plan.ci),
                like=plan.like,
            )
        return found.replace(
            engine=cluster.name,
            threads=cluster.threads,
            timing=EvalTiming(time.perf_counter() - start, source.size),
            environment=environment(),
        )


def _check(plan: EvalPlan) -> None:
    """Raise UsageError for a plan whose parts cannot be evaluated elsewhere."""
    if plan.per_sample is not None:
        raise UsageError(
            "--per-sample needs the rows in one process", hint="leave --engine dask out"
        )
    if plan.models is not None:
        raise UsageError("--engine dask is for one model", hint="give --pred once")
    by = plan.by.values() if isinstance(plan.by, Mapping) else plan.by
    for thing in (plan.preds, plan.targets, plan.weights, plan.cluster, plan.rows, *by):
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


def _absolute(flags: dict[str, Any], source: Source) -> dict[str, Any]:
    """The flags with files as workers find them, whose current folder may be another."""
    columns = {name for table in source.tables for name in table.names()}

    def located(value: Any) -> Any:
        if isinstance(value, str) and value not in columns and os.path.exists(value):  # noqa: PTH110
            return os.path.abspath(value)  # noqa: PTH100
        return value

    for name in (*_DATA, *_SIDES):
        if name in flags:
            value = os.fspath(flags[name])
            local = name in _DATA and "://" not in value
            flags[name] = os.path.abspath(value) if local else located(value)  # noqa: PTH100
    if "by" in flags:
        by = flags["by"]
        if isinstance(by, Mapping):
            flags["by"] = {name: located(value) for name, value in by.items()}
        else:
            flags["by"] = [located(value) for value in by]
    return flags


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


@contextmanager
def _named(plan: EvalPlan, flags: Mapping[str, Any]) -> Iterator[None]:
    """A context whose errors name files as the plan does, not as workers find them."""
    try:
        yield
    except LossCliError as error:
        for name in (*_DATA, *_SIDES):
            if (here := flags.get(name)) and here != (given := str(getattr(plan, name))):
                error.message = error.message.replace(here, given)
                error.place = str(error.place).replace(here, given) if error.place else None
        raise


def _parts_of(
    answers: Iterator[bytes], ours: SourceFacts, count: int, progress: Callable[[float], None]
) -> Iterator[tuple[PartFacts, BlockResult]]:
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
