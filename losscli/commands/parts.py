"""`eval --shard` and `merge`: a part of an evaluation, and the result of all parts."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from losscli.backends.machine import environment
from losscli.commands.request import Request, details_of, kept_evaluation, read_files, typed
from losscli.engines.local import LocalEngine, choose_engine
from losscli.errors import DataError, UsageError
from losscli.evaluation.block import BlockResult
from losscli.evaluation.data import open_data, takes_targets
from losscli.evaluation.encoding import decode, encode
from losscli.evaluation.measure import no_progress
from losscli.evaluation.part import MeasuredPart, PartFacts, evaluation_of_parts, measure_part
from losscli.evaluation.rows import by_positions
from losscli.evaluation.sampling import Sampling
from losscli.losses.core.bound import Bound
from losscli.losses.spec.binding import files_of
from losscli.plans.evaluate import EvalCommand, EvalPlan
from losscli.plans.flags import declarations
from losscli.plans.functions import public
from losscli.plans.merge import MergePlan
from losscli.plans.shards import Shard, parse
from losscli.plans.shared import GATES, OUT
from losscli.render.files import outputs
from losscli.render.formats import of_path
from losscli.results.document import Note
from losscli.results.documents.eval import EvalTiming, Evaluation
from losscli.results.documents.part import Part, checksum_of
from losscli.results.files import make_folder
from losscli.results.reader import read
from losscli.sources.source import Source
from losscli.version import __version__

FOLDER = "parts"
_NO_EFFECT = ("threads", "engine", "models", "digest")  # flags that no number depends on
_WHERE = ("backend", "device")  # flags of the machine that computes the losses of rows


def run_part(plan: EvalCommand, progress: Callable[[float], None] = no_progress) -> Part:
    """Part K of N of an evaluation, written to --output, or to parts/part-K-of-N.json.

    Raises as an evaluation does, for the rows of the part.
    """
    shard = parse(plan.shard or "", {})
    paths = list(plan.output) or [_default_path(shard)]
    for path in paths:
        if of_path(path) != "json":
            raise UsageError(f"a part is JSON; {os.fspath(path)} is not", hint="-o part.json")
    if plan.models is not None:
        raise UsageError("--shard is for one model", hint="give --pred once")
    with outputs(paths, (), read_files(plan)) as publish:
        part = _part(plan, shard, progress)
        publish(part)
    return part.replace(saved=", ".join(os.fspath(path) for path in paths))


def _part(plan: EvalCommand, shard: Shard, progress: Callable[[float], None]) -> Part:
    start = time.perf_counter()
    found, engine = measured_part(plan, Request.of(plan), shard, progress=progress)
    return Part(
        part=shard.number,
        parts=shard.total,
        first_row=found.facts.first,
        rows=found.facts.rows,
        inputs=found.inputs,
        plan=dict(flags_of(plan)),
        files={name: _digest(name) for name in files_of(plan.loss)},
        data=encode(found.facts),
        state=encode(found.block),
        engine=engine.name,
        threads=engine.threads,
        timing=EvalTiming(time.perf_counter() - start, found.block.size),
        environment=environment(),
    ).with_checksum()


def _default_path(shard: Shard) -> str:
    make_folder(FOLDER, "-o FILE.json names another place")
    width = len(str(shard.total))
    return f"{FOLDER}/part-{shard.number:0{width}}-of-{shard.total}.json"


def measured_part(
    plan: EvalPlan,
    request: Request,
    shard: Shard,
    *,
    digest: bool = True,
    progress: Callable[[float], None] = no_progress,
) -> tuple[MeasuredPart, LocalEngine]:
    """A part of an evaluation, and the engine that ran it; raises as an evaluation does.

    digest: True if it has digests of its rows.
    """
    with opened_files(plan, request, "--shard") as source:
        engine = choose_engine(request.backend, source, plan.threads)
        found = measure_part(
            source,
            request.losses,
            request.backend,
            engine,
            *shard,
            nan=plan.nan,
            details=details_of(plan, len(request.losses)),
            sampling=Sampling.of(plan),
            metrics=request.metrics,
            digest=digest,
            progress=progress,
        )
        return found, engine


@contextmanager
def opened_files(plan: EvalPlan, request: Request, flag: str) -> Iterator[Source]:
    """A context with the data of a plan, for processes that each open it.

    Raises UsageError, which names the flag, for data that can be read once only.
    """
    bound: list[Bound] = [*request.losses, *request.metrics]
    with open_data(plan, targeted=takes_targets(bound, plan), losses=bound) as opened:
        check_repeatable(opened, flag)
        yield by_positions(opened, bound, plan.class_axis)


def check_repeatable(source: Source, flag: str) -> None:
    """Raise UsageError, which names the flag, for data that can be read once only."""
    for table in source.tables:
        if table.once:
            raise UsageError(
                f"{flag} is for files; {table.path} is read once",
                hint="evaluate it in one run, or write it to a file",
            )


def flags_of(plan: Any, kind: Any = EvalPlan) -> Iterator[tuple[str, Any]]:
    """The flags of a plan that the result depends on and that were given; kind: its class."""
    for each in declarations(kind):
        value = getattr(plan, each.name)
        if each.flag.panel in (OUT, GATES) or each.name in _NO_EFFECT or value == each.default:
            continue
        if isinstance(value, list | tuple):
            yield each.name, [os.fspath(v) if isinstance(v, Path) else v for v in value]
        else:
            yield each.name, os.fspath(value) if isinstance(value, Path) else value


def _digest(path: str) -> str:
    with suppress(OSError):
        return "sha256:" + hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return "unknown"


def run_merge(plan: MergePlan) -> Evaluation:
    """The result of an evaluation from all of its parts: the same as that of one run.

    parts: files that `losscli eval --shard` wrote, or folders of them.

    Raises DataError for parts that are missing, overlap, are damaged, or are not of one evaluation.
    """
    paths = list(_paths(plan.parts))
    with outputs(plan.output, (), paths):  # after an error they hold it
        parts, dropped = _complete([_read(path) for path in paths])
    first = parts[0]
    flags = {name: value for name, value in first.plan.items() if name not in _WHERE}
    evaluation = EvalPlan(
        **flags,
        **{each.name: getattr(plan, each.name) for each in declarations(plan)[1:]},
        digest=True,
    )
    for name, digest in first.files.items():
        if _digest(name) != digest:
            raise DataError(
                f"{name} is not the file that the parts were made with",
                hint="merge where that file is, or make the parts again",
            )

    def measured(request: Request, _: object) -> Evaluation:
        found = evaluation_of_parts(
            ((part.facts, _block(part)) for part in parts),
            request.losses,
            request.metrics,
            reduction=evaluation.reduction,
            ci=float(evaluation.ci),
            like=evaluation.like,
        )
        return _with_origin(found, parts, dropped).replace(command=typed(plan, "merge"))

    return kept_evaluation(evaluation, measured, paths)


merge = public("merge", MergePlan, run_merge)


def _with_origin(result: Evaluation, parts: "Sequence[_Read]", dropped: int) -> Evaluation:
    """A result with the engine and the time of its parts, and the number of repeated ones."""
    notes = result.notes
    if dropped:
        words = f"{dropped:,} repeated part{' was' if dropped == 1 else 's were'} left out"
        notes = (*notes, Note("repeated_parts", words))
    seconds = sum(part.timing["wall_s"] for part in parts)
    return result.replace(
        notes=notes,
        engine=parts[-1].engine,
        threads=parts[-1].threads,
        timing=EvalTiming(seconds, sum(part.timing["bytes"] for part in parts)),
        environment=environment(),
    )


class _Read(NamedTuple):
    """A part that was read. state: as its document has it; decoded when it is merged."""

    path: str
    number: int
    total: int
    plan: dict[str, Any]
    files: dict[str, str]
    facts: PartFacts
    state: Any
    engine: str
    threads: int
    timing: dict[str, Any]
    checksum: str


def _paths(given: Sequence[Any]) -> Iterator[str]:
    """The files of parts, those of folders in the order of their names."""
    for path in given:
        if not Path(path).is_dir():
            yield os.fspath(path)
            continue
        found = sorted(Path(path).glob("*.json"))
        if not found:
            raise DataError(
                f"there are no parts in {os.fspath(path)}",
                hint="losscli eval ... --shard K/N writes them",
            )
        yield from map(os.fspath, found)


def _read(path: str) -> _Read:
    """A part; raises DataError for one that is damaged, or of another version."""
    document = read(path)
    kind = document["schema"].split("/")[1]
    if kind == "error":
        raise DataError(
            f"{path} has the error of a part that failed: {document['message']}",
            hint="make this part again",
        )
    if kind != "part":
        raise DataError(
            f"{path} is not a part but losscli/{kind}/1",
            hint="losscli eval ... --shard K/N writes parts",
        )
    if document["losscli"] != __version__:
        raise DataError(
            f"{path} was made by losscli {document['losscli']}; this is {__version__}",
            hint=f"merge with the losscli that made it, or make all parts with {__version__}",
        )
    if checksum_of(document) != document["checksum"]:
        raise DataError(
            f"{path} was changed after it was written: its checksum differs",
            hint="make this part again",
        )
    facts = decode(document["data"])
    if not isinstance(facts, PartFacts):
        raise DataError(f"{path} is broken: it has no facts", hint="make this part again")
    return _Read(
        path,
        document["part"],
        document["parts"],
        document["plan"],
        document["files"],
        facts,
        *(document[name] for name in ("state", "engine", "threads", "timing", "checksum")),
    )


def _block(part: _Read) -> BlockResult:
    found = decode(part.state)
    if not isinstance(found, BlockResult):
        raise DataError(f"{part.path} is broken: it has no state", hint="make this part again")
    return found


def _complete(parts: Sequence[_Read]) -> tuple[list[_Read], int]:
    """All parts in row order, each once, and the number of repeated ones.

    Raises DataError for the first conflict, or for parts that are missing.
    """
    known: dict[int, _Read] = {}
    first = parts[0]
    for part in parts:
        _check_same(first, part)
        other = known.setdefault(part.number, part)
        if other.checksum != part.checksum:
            raise DataError(
                f"{other.path} and {part.path} are both part {part.number} and differ",
                hint="keep one of them, or make the part again",
            )
    missing = [number for number in range(1, first.total + 1) if number not in known]
    if missing:
        shown = ", ".join(map(str, missing[:8])) + (", ..." if missing[8:] else "")
        raise DataError(
            f"{len(missing):,} of {first.total:,} parts are missing: {shown}",
            hint=f"losscli eval ... --shard {missing[0]}/{first.total} makes one",
        )
    found = [known[number] for number in sorted(known)]
    _check_rows(found)
    return found, len(parts) - len(found)


def _check_same(first: _Read, part: _Read) -> None:
    """Raise DataError for parts of different evaluations."""
    both = f"{first.path} and {part.path}"
    hint = "make all parts with the same files, flags and losscli"
    if part.total != first.total:
        words = f"{both} are of {first.total:,} and of {part.total:,} parts"
        raise DataError(words, hint="merge the parts of one evaluation")
    for each in declarations(EvalPlan):
        ours, theirs = first.plan.get(each.name), part.plan.get(each.name)
        if ours != theirs:
            words = f"{both} differ in {each.spelling}: {_shown(ours)} and {_shown(theirs)}"
            raise DataError(words, hint=hint)
    for name in dict.fromkeys([*first.files, *part.files]):
        if first.files.get(name) != part.files.get(name):
            raise DataError(f"{both} were made with different contents of {name}", hint=hint)
    ours, theirs = first.facts.source, part.facts.source
    if (ours.roles, ours.by, ours.positions) != (theirs.roles, theirs.by, theirs.positions):
        raise DataError(f"{both} are of data with different columns or types", hint=hint)
    for left, right in zip(ours.tables, theirs.tables, strict=True):
        if (left.rows, left.size) != (right.rows, right.size):
            sizes = f"{left.size:,} bytes, then {right.size:,}"
            words = f"{both} are of other data: {left.path} had {sizes}"
            raise DataError(words, hint=hint)


def _shown(value: Any) -> str:
    if value is None:
        return "the default"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _check_rows(parts: Sequence[_Read]) -> None:
    """Raise DataError where parts overlap or leave rows out."""
    rows = 0
    for part in parts:
        first = part.facts.first
        if first is not None and first != rows:
            words = "overlap" if first < rows else "leave rows out"
            raise DataError(
                f"the parts {words}: {part.path} begins at row {first:,}, not at {rows:,}",
                hint="make all parts with the same files, flags and losscli",
            )
        rows += part.facts.rows
