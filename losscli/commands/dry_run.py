"""`run --dry-run`: the data that the runs of a config would read."""

from collections.abc import Iterator, Sequence
from typing import Any

from losscli.commands.print_config import settings
from losscli.config.plan import RunPlan, Step
from losscli.config.planner import plans_of
from losscli.errors import LossCliError, first_code
from losscli.evaluation.data import open_data
from losscli.gates import GateResult, exit_code
from losscli.losses.spec.user_code import user_code_unread
from losscli.plans.run import RunCommand
from losscli.results.listing import Listing
from losscli.stats.formatting import size

# Bytes a second on a small machine: a loss of arrays, and reading text before it.
_ARRAYS, _TEXT = 1.0e9, 2.0e8


def describe(request: RunCommand) -> Listing:
    """Describe a run, or the value of each of its flags; users' code is not imported."""
    with user_code_unread():
        plans = plans_of(request.config, request.set, request.only)
        return outline(plans, data=request.data) if request.dry_run else settings(plans[0])


def outline(plans: Sequence[RunPlan], *, data: bool = True) -> Listing:
    """Describe the data and the likely time of each run; only headers are read.

    A gate on an unknown run or loss is a problem already, with exit code 1.
    data: True to read headers, which must exist.
    """
    found = [(plan, *_outline_of(step, data=data)) for plan in plans for step in plan.steps]
    records = [{"config": plan.path, **record} for plan, record, _ in found]
    several = len(plans) > 1
    rows = [
        (
            *((str(record["config"]),) if several else ()),
            str(record["run"]),
            str(record["kind"]),
            ", ".join(record["losses"]),
            _count(record["rows"]),
            "-" if record["bytes"] is None else size(record["bytes"]),
            _time(record["seconds"]),
            str(record["problem"] or ""),
        )
        for record in records
    ]
    heads = (*(("config",) if several else ()), "run", "kind", "losses", "rows", "size", "time", "")
    lost = tuple(gate for plan in plans for gate in _lost(plan, several=several))
    code = first_code([exit_code(lost), *(code for *_, code in found)])
    gates = sum(len(step.gates) for plan in plans for step in plan.steps)
    gates += sum(len(plan.stray) for plan in plans)
    total = _time(sum(record["seconds"] or 0.0 for record in records))
    runs = f"{len(records)} run{'' if len(records) == 1 else 's'}"
    words = f"{runs}, {gates} gates, {total}; nothing was computed"
    tail = (
        "times are estimates: 1 GB/s per loss, 200 MB/s of text; benchmarks take their --time",
        f"{words}; exit code {code}" if code else words,
    )
    notes = tuple(note for plan in plans for note in plan.notes)
    return Listing("losscli/plan/1", heads, tuple(rows), tuple(records), tail, notes, code, lost)


def _lost(plan: RunPlan, *, several: bool) -> Iterator[GateResult]:
    """The gates on unknown runs and losses, which are errors whatever the data."""
    for gate in (*plan.strays(), *plan.unlabelled()):
        yield gate.replace(run=f"{plan.path}: {gate.run}") if several else gate


def _count(rows: int | None) -> str:
    return "?" if rows is None else f"{rows:,}"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 0.1:
        return "under 0.1 s"
    return f"about {seconds:.1f} s" if seconds < 100 else f"about {seconds / 60:.0f} min"


def _outline_of(step: Step, *, data: bool) -> tuple[dict[str, Any], int]:
    """A run as it is planned, and the exit code of an error in its headers."""
    found: dict[str, Any] = {
        "run": step.name,
        "kind": step.kind,
        "losses": [getattr(loss, "label", loss) for loss in step.plan.loss],
        "rows": None,
        "bytes": None,
        "seconds": None,
        "gates": [gate.expr for gate in step.gates],
        "problem": None,
    }
    if step.kind == "bench":
        return found | {"seconds": float(step.plan.time)}, 0
    if not data:
        return found, 0
    try:
        with open_data(step.plan) as source:
            text = sum(table.size for table in source.tables if table.format == "csv")
            seconds = source.size / _ARRAYS * len(found["losses"]) + text / _TEXT
            if all(table.rows is not None for table in source.tables):
                next(source.blocks())  # cuts of arrays are made of their headers
            found |= {"rows": source.rows, "bytes": source.size, "seconds": seconds}
    except LossCliError as error:
        return found | {"problem": error.message}, error.exit_code
    try:
        for gate in step.pairs:
            with open_data(step.plan, gate.reference) as source:
                found["seconds"] += 2 * source.size / _ARRAYS
    except LossCliError as error:  # its gates are errors, and the run is not
        return found | {"problem": f"{gate.expr}: {error.message}"}, 1
    return found, 0
