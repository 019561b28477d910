"""`self_test`: whether the gates of a config trip when something goes wrong.

Each fault is put into a copy of one run, and its gates are judged again. A gate that trips on none
of the faults proves nothing when it passes.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.config.plan import RunPlan, Step
from losscli.documents import Document, Note, ending, json_numbers
from losscli.errors import LossCliError
from losscli.evaluation.measure import no_progress
from losscli.outputs import outputs
from losscli.runs import opened
from losscli.sources.lane import Lane
from losscli.steps import Done, baseline_of, carry_out_step

_SEED = 0
_SLOWER = 10.0
_MOST = 1 << 28  # numbers of a run that are held in memory


class Trip(NamedTuple):
    """One fault in one run: the status that each of its gates then had, by its text.

    skipped: why the fault could not be made; empty where it was. failed: why the run itself gave
    no result: that trips every gate, and says nothing of any.
    """

    run: str
    fault: str
    statuses: Mapping[str, str]
    skipped: str = ""
    failed: str = ""

    @property
    def noticed(self) -> bool:
        """Whether something other than pass came of it."""
        return bool(self.failed) or any(status != "pass" for status in self.statuses.values())


@dataclass(frozen=True, slots=True)
class SelfTest(Document):
    """What the gates of a config did with each fault. tested: run, text and level, in order."""

    tested: tuple[tuple[str, str, str], ...]
    trips: tuple[Trip, ...]
    sound: Mapping[tuple[str, str], str]
    notes: tuple[Note, ...] = ()

    @property
    def vacuous(self) -> tuple[tuple[str, str], ...]:
        """The gates, by run and text, that trip on no fault."""
        tripped = {
            (trip.run, expr)
            for trip in self.trips
            for expr, status in trip.statuses.items()
            if status != "pass" and not trip.failed
        }
        untried = {trip.run for trip in self.trips if trip.skipped}
        return tuple(
            (run, expr)
            for run, expr, _ in self.tested
            if (run, expr) not in tripped and run not in untried
        )

    @property
    def undetected(self) -> tuple[Trip, ...]:
        """The faults that neither their run nor any of its gates noticed."""
        return tuple(trip for trip in self.trips if not (trip.skipped or trip.noticed))

    @property
    def exit_code(self) -> int:
        """1 where a gate is vacuous, or there is none."""
        return 1 if self.vacuous or not self.tested else 0

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/self-test/1`."""
        vacuous = set(self.vacuous)
        return {
            "schema": "losscli/self-test/1",
            "gates": [
                {
                    "run": run,
                    "expr": expr,
                    "level": level,
                    "sound": self.sound.get((run, expr)),
                    "vacuous": (run, expr) in vacuous,
                    "faults": {
                        trip.fault: trip.statuses[expr]
                        for trip in self.trips
                        if trip.run == run and expr in trip.statuses and not trip.failed
                    },
                }
                for run, expr, level in self.tested
            ],
            "skipped": [
                {"run": trip.run, "fault": trip.fault, "reason": trip.skipped}
                for trip in self.trips
                if trip.skipped
            ],
            "stopped": [
                {"run": trip.run, "fault": trip.fault, "reason": trip.failed}
                for trip in self.trips
                if trip.failed
            ],
            "undetected": [{"run": trip.run, "fault": trip.fault} for trip in self.undetected],
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a gate."""
        return [
            {key: value for key, value in gate.items() if key != "faults"}
            for gate in self.to_dict()["gates"]
        ]


def self_test(
    plan: RunPlan,
    *,
    output: Sequence[str | os.PathLike[str]] = (),
    progress: Callable[[float], None] = no_progress,
) -> SelfTest:
    """Put each fault into a copy of each run; nothing is saved and no file is changed."""
    baseline = baseline_of(plan)
    gates: list[tuple[str, str, str]] = []
    trips: list[Trip] = []
    sound: dict[tuple[str, str], str] = {}
    with ExitStack() as stack:
        publish = stack.enter_context(outputs(tuple(output)))
        for at, step in enumerate(plan.steps):
            if step.gates:
                done = carry_out_step(step, baseline)
                for gate in done.gates:
                    gates.append((step.name, gate.gate.expr, gate.gate.level))
                    sound[step.name, gate.gate.expr] = gate.status
                make = _bench_faults if step.kind == "bench" else _eval_faults
                trips += make(step, baseline, done)
            progress((at + 1) / len(plan.steps))
        result = SelfTest(tuple(gates), tuple(trips), sound)
        publish(result)
    return result


def _eval_faults(step: Step, baseline: Mapping[str, Any] | str, _: Any) -> Iterator[Trip]:
    """The faults of an evaluation, whose arrays are read whole and changed in memory."""
    if step.plan.by:
        yield Trip(step.name, "all", {}, "a run with groups is not put on copies yet")
        return
    try:
        arrays = _arrays(step)
    except LossCliError as error:
        yield Trip(step.name, "all", {}, error.message)
        return
    random = np.random.default_rng(_SEED)
    pred, target = arrays["preds"], arrays["targets"]
    order = random.permutation(len(pred))
    for name, change in {
        "nan in a prediction": lambda: arrays | {"preds": _with_nan(pred)},
        "all predictions nan": lambda: arrays | {"preds": np.full(pred.shape, np.nan)},
        "predictions shuffled": lambda: arrays | {"preds": pred[order]},
        "predictions constant": lambda: (
            arrays | {"preds": np.broadcast_to(pred.mean(0), pred.shape)}
        ),
        "half of the rows gone": lambda: {k: a[: len(pred) // 2] for k, a in arrays.items()},
        "no rows at all": lambda: {k: a[:0] for k, a in arrays.items()},
        "files swapped": lambda: arrays | {"preds": target, "targets": pred},
    }.items():
        yield _tried(step, baseline, name, change)
    if not isinstance(baseline, str):
        stale = _stale(baseline, step.name)
        yield _trip(step, "stale baseline", carry_out_step(step, stale))
        gone = carry_out_step(step, "there is no baseline")
        yield _trip(step, "no baseline", gone)


def _tried(
    step: Step, baseline: Mapping[str, Any] | str, fault: str, change: Callable[[], Any]
) -> Trip:
    arrays = change()
    given = {role: arrays[role] for role in ("preds", "targets", "weights") if role in arrays}
    columns: dict[str, Any] = {"pred": (), "target": (), "id": (), "by": ()}
    plan = replace(step.plan, **given, **columns)
    return _trip(step, fault, carry_out_step(step._replace(plan=plan), baseline))


def _trip(step: Step, fault: str, done: Done) -> Trip:
    statuses = {gate.gate.expr: gate.status for gate in done.gates}
    failed = "" if done.error is None else done.error.message
    return Trip(step.name, fault, statuses, failed=failed)


def _arrays(step: Step) -> dict[str, NDArray[Any]]:
    """All roles of an evaluation, in memory."""
    with opened(step.plan) as source:
        parts: dict[str, list[NDArray[Any]]] = {}
        size = 0
        for cut in source.blocks():
            block = cut.load(Lane())
            for role, array in block.arrays.items():
                parts.setdefault(role, []).append(np.array(array))
                size += array.size
            if size > _MOST:
                raise LossCliError(f"more than {_MOST:,} numbers: too many to test on copies")
        return {role: np.concatenate(arrays) for role, arrays in parts.items()}


def _with_nan(pred: NDArray[Any]) -> NDArray[Any]:
    changed = pred.astype(np.float64)
    changed[len(changed) // 2] = np.nan
    return changed


def _constant(pred: NDArray[Any]) -> NDArray[Any]:
    return np.broadcast_to(pred.mean(axis=0), pred.shape)


def _stale(baseline: Mapping[str, Any], run: str) -> dict[str, Any]:
    """A baseline of other targets."""
    part = dict(baseline.get("evals", {}).get(run, {}))
    part["inputs"] = [
        {**given, "digest": "sha256:stale"} if given.get("role") != "preds" else given
        for given in part.get("inputs", ())
    ]
    return {**baseline, "evals": {**baseline.get("evals", {}), run: part}}


def _bench_faults(step: Step, baseline: Mapping[str, Any] | str, done: Any) -> Iterator[Trip]:
    """A slowed, a wrong and an empty benchmark: the document that was measured, changed."""
    from losscli.differences.gated import judged
    from losscli.steps import part_of

    if done.result is None:
        yield Trip(step.name, "all", {}, done.error.message)
        return
    saved = part_of(baseline, "benches", step.name)
    document = json_numbers(done.result.to_dict())
    rows = document["rows"]
    for fault, changed in {
        f"{_SLOWER:g} times slower": [_slowed(row) for row in rows],
        "wrong answers": [{**row, "correct": False, "fault": "a fault"} for row in rows],
        "no rows": [],
    }.items():
        gates = judged({**document, "rows": changed}, step.points, saved)
        statuses = {gate.gate.expr: gate.status for gate in gates}
        spoilt = "" if fault.endswith("slower") else "every gate is an error then"
        yield Trip(step.name, fault, statuses, failed=spoilt)


def _slowed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose times are longer; its speed-up falls, and its memory grows."""
    times = row.get("time_s")
    if not times:
        return dict(row)

    def longer(value: Any) -> Any:
        if isinstance(value, list):
            return [longer(item) for item in value]
        return value * _SLOWER if isinstance(value, int | float) else value

    scaled = {k: v if k in ("n", "outliers") else longer(v) for k, v in times.items()}
    shrunk = {
        "speedup": None if row["speedup"] is None else row["speedup"] / _SLOWER,
        "speedup_ci": row["speedup_ci"] and [end / _SLOWER for end in row["speedup_ci"]],
        "peak_memory_bytes": longer(row.get("peak_memory_bytes")),
    }
    return {**row, "time_s": scaled, **shrunk}
