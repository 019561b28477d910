"""Functions that the workers of a cluster run: they evaluate parts of files that they open."""

import os
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from losscli.commands.parts import measured_part
from losscli.commands.request import Request
from losscli.engines.local import choose_engine
from losscli.errors import DataError, LossCliError, MissingError, UsageError
from losscli.evaluation.block import BlockResult
from losscli.evaluation.encoding import decode, encode
from losscli.evaluation.part import PartFacts
from losscli.evaluation.sampling import Sampling
from losscli.plans.compare import ComparePlan
from losscli.plans.evaluate import EvalPlan
from losscli.plans.shards import Shard
from losscli.version import __version__

_ERRORS = {error.kind: error for error in (UsageError, DataError, MissingError)}


def evaluate_part(
    flags: Mapping[str, Any],
    number: int,
    count: int,
    files: Mapping[str, tuple[int, int]],
    version: str,
    digest: bool,
) -> bytes:
    """Part `number` of `count` of an evaluation, or its error, for `part_of`.

    flags: of the plan. files: their sizes and times of change in nanoseconds, as the client sees
    them. version: that of losscli there. digest: True if the result has digests of the inputs.
    """

    def found() -> tuple[PartFacts, BlockResult]:
        plan = EvalPlan(**flags, digest=digest)
        part, _ = measured_part(plan, Request.of(plan), Shard(number, count), digest=digest)
        return part.facts, part.block

    return _answer(found, files, version)


def compare_part(
    flags: Mapping[str, Any],
    number: int,
    count: int,
    files: Mapping[str, tuple[int, int]],
    version: str,
    digest: bool,
) -> bytes:
    """Part `number` of `count` of a comparison; all else as of `evaluate_part`."""
    from losscli.commands.models import PairRequest, open_pairs
    from losscli.comparison.part import measure_part

    def found() -> tuple[PartFacts, Sequence[BlockResult]]:
        plan = ComparePlan(**flags, digest=digest)
        request = PairRequest.of(plan)
        with open_pairs(plan, request) as source:
            return measure_part(
                source,
                request.losses,
                request.backend,
                choose_engine(request.backend, source, plan.threads),
                request.terms.pairs,
                number,
                count,
                metrics=request.metrics,
                nan=plan.nan,
                digest=digest,
                sampling=Sampling.of(plan),
            )

    return _answer(found, files, version)


def _answer(
    found: Callable[[], tuple[PartFacts, Any]],
    files: Mapping[str, tuple[int, int]],
    version: str,
) -> bytes:
    """A part, or its error; files, version: as of `evaluate_part`."""
    try:
        _check(files, version)
        facts, state = found()
        answer = {"facts": encode(facts), "state": encode(state)}
    except LossCliError as error:
        place = None if error.place is None else str(error.place)
        answer = {
            "error": error.kind,
            "message": error.message,
            "details": {
                "place": place, "count": error.count, "total": error.total, "hint": error.hint,
            },
        }  # fmt: skip
    return msgspec.msgpack.encode(answer)


def installed() -> str:
    """The version of losscli on the worker."""
    return __version__


def part_of(answer: bytes) -> tuple[PartFacts, Any]:
    """The part that a worker returned, its facts and its state; raises its error."""
    found = msgspec.msgpack.decode(answer)
    if "error" in found:
        raise _ERRORS.get(found["error"], LossCliError)(found["message"], **found["details"])
    return decode(found["facts"]), decode(found["state"])


def stamps(paths: Iterable[Any]) -> dict[str, tuple[int, int]]:
    """The size and the time of change of each path that is a file; paths: any values."""
    found = {}
    for path in paths:
        if isinstance(path, str) and os.path.isfile(path):  # noqa: PTH113 - no pathlib in workers
            state = os.stat(path)  # noqa: PTH116
            found[path] = (state.st_size, state.st_mtime_ns)
    return found


def _check(files: Mapping[str, tuple[int, int]], version: str) -> None:
    """Raise an error where this machine is not as the client expects."""
    host = socket.gethostname()
    if version != __version__:
        raise MissingError(
            f"the worker on {host} has losscli {__version__}; this is {version}",
            hint=f"install losscli {version} where the workers run",
        )
    for path, expected in files.items():
        try:
            state = os.stat(path)  # noqa: PTH116
        except OSError as error:
            raise DataError(
                f"the worker on {host} cannot read {path}: {error.strerror}",
                hint="workers read files themselves: keep them where all machines find them",
            ) from error
        if (state.st_size, state.st_mtime_ns) != expected:
            size, time = expected
            raise DataError(
                f"{path} on {host} is not the file of this machine",
                place=f"{state.st_size:,} bytes there, {size:,} here"
                if state.st_size != size
                else f"changed there at {state.st_mtime_ns / 1e9:.3f}, here at {time / 1e9:.3f}",
                hint="copy it again, with its time of change, or share one file",
            )
