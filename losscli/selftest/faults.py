"""The faults that are injected: changed rows of an evaluation, a changed result of a benchmark.

The rows of an evaluation are copied into memory, changed there and evaluated; the measured document
of a benchmark is changed, and its gates judged again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.benchmark.gates import judge_benchmark
from losscli.commands.models import open_models
from losscli.commands.run import Baseline, Done, run_step
from losscli.config.layers import SECTIONS
from losscli.config.plan import Step
from losscli.errors import DataError, LossCliError
from losscli.evaluation.data import open_data
from losscli.gates import NotWorse
from losscli.results.documents.bench import Benchmark, BenchmarkRow
from losscli.results.documents.compare import ModelComparison
from losscli.results.documents.eval import Evaluation
from losscli.results.documents.run import Run
from losscli.sources.keys import Keys
from losscli.sources.memory import copy_rows, with_rows
from losscli.sources.roles import REFERENCE, Reference
from losscli.sources.source import Source
from losscli.sources.table import Loaded, is_group_role, select_rows

# All rows by role. A change returns None if these rows do not allow it.
Rows: TypeAlias = dict[str, Any]
Change: TypeAlias = Callable[[Rows], Rows | None]

_MOST = 1 << 28  # numbers of a run that are copied into memory
_NO_COLUMNS: dict[str, Any] = {
    "targets": None, "pred": (), "target": (), "id": (), "unmatched": "error", "rows": None,
    "weights": None, "by": (),
}  # fmt: skip
_OF_GATES = f"{REFERENCE} "  # begins the roles of the references of gates
_FACTOR = 10.0  # of the time, or of the memory


class FaultTrial(NamedTuple):
    """One fault in one run: the statuses of the run's gates with it, in their order.

    skipped: why the fault could not be injected. failed: why the run itself gave no result, which
    makes every gate an error. Both are empty where the gates were judged.
    """

    run: str
    fault: str
    statuses: tuple[str, ...] = ()
    skipped: str = ""
    failed: str = ""


def evaluation_trials(step: Step, baseline: Baseline, sound: Done) -> Iterator[FaultTrial]:
    """Judge the gates of an evaluation under each fault; sound: the run without a fault.

    Raises LossCliError if the rows cannot be copied, and if the gates of an unchanged copy differ
    from those of the run: then a difference under a fault would prove nothing.
    """
    with open_data(step.plan) as source:
        rows = copy_rows(source, _MOST) | _references(step)

        def evaluated(changed: Rows, of: Baseline = baseline) -> Done:
            return run_step(_on_copies(step, source, changed), of)

        _check_unchanged(evaluated(rows), sound)
        changes = _model_changes(source) | _data_changes(source)
        if step.pairs:
            changes["models swapped"] = _with_models_swapped
        yield from _tried(step, rows, changes, evaluated)
        yield from _tried_baselines(step, baseline, partial(evaluated, rows))


def comparison_trials(step: Step, baseline: Baseline, sound: Done) -> Iterator[FaultTrial]:
    """Judge the gates of a comparison under each fault; sound: the run without a fault.

    Predictions are changed of one model after the other, those of the baseline excepted. Raises as
    `evaluation_trials` does.
    """
    with open_models(step.plan) as source:
        rows = copy_rows(source, _MOST)
        roles = ["preds", *(role for role in rows if role.startswith(REFERENCE))]
        names = [entry.name for entry in step.plan.entries]

        def compared(changed: Rows, of: Baseline = baseline) -> Done:
            own = {role: loaded for role, loaded in changed.items() if role not in roles[1:]}
            models = [with_rows(source, own), *(changed[role] for role in roles[1:])]
            emptied = {
                k: v for k, v in _NO_COLUMNS.items() if hasattr(step.plan, k) and k != "preds"
            }
            plan = replace(step.plan, **emptied, models=dict(zip(names, models, strict=True)))
            return run_step(step._replace(plan=plan), of)

        _check_unchanged(compared(rows), sound)
        first = roles[names.index(step.plan.baseline or names[0])]
        changes: dict[str, Change] = {}
        for name, role in zip(names, roles, strict=True):
            if role != first:
                for fault, change in _model_changes(source).items():
                    changes[f"{name}: {fault}"] = partial(_of_role, role, change)
                changes[f"{name}: models swapped"] = partial(_exchanged, first, role)
        yield from _tried(step, rows, changes | _data_changes(source), compared)
        yield from _tried_baselines(step, baseline, partial(compared, rows))


def _check_unchanged(copied: Done, sound: Done) -> None:
    """Raise DataError if the gates of a copy differ: a difference would then prove nothing."""
    if [gate.status for gate in copied.gates] != [gate.status for gate in sound.gates]:
        raise DataError("the gates of a copy of its rows differ from those of the files")


def _tried(
    step: Step, rows: Rows, changes: Mapping[str, Change], run: Callable[[Rows], Done]
) -> Iterator[FaultTrial]:
    """Yield the trial of each change of the rows that they allow."""
    for name, change in changes.items():
        try:
            changed = change(rows)
            if changed is not None:
                yield _trial(step.name, name, run(changed))
        except LossCliError as error:
            yield FaultTrial(step.name, name, failed=error.message)


def _tried_baselines(
    step: Step, baseline: Baseline, run: Callable[[Baseline], Done]
) -> Iterator[FaultTrial]:
    """Yield the trials of a baseline of other data, and of none."""
    saved = baseline.run
    if isinstance(saved, str):
        return
    for name, other in (
        ("stale baseline", _stale(saved, step)),
        ("no baseline", "there is no baseline"),
    ):
        yield _trial(step.name, name, run(baseline._replace(run=other)))


def _of_role(role: str, change: Change, rows: Rows) -> Rows | None:
    """A change of the predictions of one of several models."""
    changed = change(rows | {"preds": rows[role], role: rows["preds"]})
    return None if changed is None else changed | {"preds": changed[role], role: changed["preds"]}


def _exchanged(one: str, other: str, rows: Rows) -> Rows:
    """Exchange the predictions of two models."""
    return rows | {one: rows[other], other: rows[one]}


class _Unique:
    """An array that equals only itself, so that it can be a key as a file's name can."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self._array, dtype=dtype, copy=copy)


def _references(step: Step) -> Rows:
    """Copy the reference predictions of gates on pairs, each once, as further roles."""
    copies: Rows = {}
    for gate in step.pairs:
        if _role(gate) not in copies:
            with open_data(step.plan, (gate.reference,)) as source:
                copies[_role(gate)] = copy_rows(source, _MOST)[REFERENCE]
    return copies


def _role(gate: NotWorse) -> str:
    return f"{_OF_GATES}{gate.reference}"


def _on_copies(step: Step, source: Source, rows: Rows) -> Step:
    """Return the step with its data, and the references of its gates, in memory."""
    own = {role: loaded for role, loaded in rows.items() if role in source.roles}
    plan = replace(step.plan, **_NO_COLUMNS | {"preds": with_rows(source, own)})
    references = {_role(gate): Reference(_Unique(rows[_role(gate)])) for gate in step.pairs}
    gates = tuple(
        gate._replace(reference=references[_role(gate)]) if isinstance(gate, NotWorse) else gate
        for gate in step.gates
    )
    return step._replace(plan=plan, gates=gates)


def _trial(run: str, fault: str, done: Done) -> FaultTrial:
    failed = "" if done.error is None else done.error.message
    return FaultTrial(run, fault, tuple(gate.status for gate in done.gates), failed=failed)


def _model_changes(source: Source) -> dict[str, Change]:
    """The changes of the predictions of a model."""
    changes: dict[str, Change] = {
        "nan in a prediction": lambda rows: (
            rows | {"preds": _nan(rows["preds"], len(rows["preds"]) // 2)}
        ),
        "all predictions nan": lambda rows: rows | {"preds": _nan(rows["preds"], slice(None))},
        "predictions shuffled": lambda rows: rows | {"preds": _shuffled(rows["preds"])},
        "predictions constant": lambda rows: rows | {"preds": _constant(rows["preds"])},
        "files swapped": lambda rows: rows | {"preds": rows["targets"], "targets": rows["preds"]},
    }
    if source.table("preds") is not source.table("targets"):
        changes["predictions truncated"] = lambda rows: (
            rows | {"preds": rows["preds"][: len(rows["preds"]) // 2]}
        )
    return changes


def _data_changes(source: Source) -> dict[str, Change]:
    """The changes of the rows of all models."""
    changes: dict[str, Change] = {
        "half of the rows gone": lambda rows: _kept(rows, slice(len(rows["preds"]) // 2)),
        "no rows at all": lambda rows: _kept(rows, slice(0)),
    }
    if "weights" in source.roles:
        changes["weights shuffled"] = lambda rows: rows | {"weights": _shuffled(rows["weights"])}
    if source.by:
        changes["a group gone"] = _without_a_group
        changes["groups shuffled"] = lambda rows: (
            rows | {role: _shuffled(rows[role]) for role in filter(is_group_role, rows)}
        )
    return changes


def _with_models_swapped(rows: Rows) -> Rows:
    """Exchange the model and its reference: a gate on one of them alone does not notice."""
    references = [role for role in rows if role.startswith(_OF_GATES)]
    return rows | {"preds": rows[references[0]]} | dict.fromkeys(references, rows["preds"])


def _nan(pred: NDArray[Any], at: "int | slice") -> NDArray[Any]:
    changed = pred.astype(np.float64)
    changed[at] = np.nan
    return changed


def _constant(pred: NDArray[Any]) -> NDArray[Any]:
    """Return the mean in every row, or the first row if predictions are class labels."""
    constant = pred.mean(0) if pred.dtype.kind == "f" else pred[0]
    return np.broadcast_to(constant, pred.shape)


def _shuffled(loaded: Loaded) -> Loaded:
    """Return the rows in another order, the same order for the same number of rows."""
    count = len(loaded.codes if isinstance(loaded, Keys) else loaded)
    return select_rows(loaded, np.random.default_rng(0).permutation(count))


def _kept(rows: Rows, which: "slice | NDArray[Any]") -> Rows:
    """Return some rows of all roles; references of gates are other files and keep all theirs."""
    if not len(rows["preds"][which]):
        raise DataError("there are no rows")  # as opening an empty file does
    return {
        role: loaded if role.startswith(_OF_GATES) else select_rows(loaded, which)
        for role, loaded in rows.items()
    }


def _without_a_group(rows: Rows) -> Rows | None:
    """Remove the smallest group, which is the easiest to lose; None if there is only one."""
    keys = Keys.product([rows[role] for role in filter(is_group_role, rows)])
    counts = np.bincount(keys.codes)
    if len(counts) < 2:
        return None
    return _kept(rows, np.flatnonzero(keys.codes != counts.argmin()))


def _stale(baseline: Run, step: Step) -> Run:
    section = SECTIONS[step.kind]
    parts = getattr(baseline, section)
    part = parts.get(step.name)
    if not isinstance(part, Evaluation | ModelComparison):
        return baseline
    inputs = tuple(
        given if given.role == "preds" else given.replace(digest="sha256:stale")
        for given in part.inputs
    )
    return baseline.replace(**{section: {**parts, step.name: part.replace(inputs=inputs)}})


def benchmark_trials(step: Step, baseline: Baseline, sound: Done) -> Iterator[FaultTrial]:
    """Judge the gates of a benchmark under each fault; sound: the run without a fault."""
    saved = baseline.result_of(step)
    result: Benchmark = sound.result
    rows = result.rows

    def trial(
        fault: str,
        changed: Iterable[BenchmarkRow],
        of: Benchmark | str = saved,
        failed: str = "",
    ) -> FaultTrial:
        gates = judge_benchmark(result.replace(rows=tuple(changed)), step.points, of)
        return FaultTrial(step.name, fault, tuple(gate.status for gate in gates), failed=failed)

    yield trial(f"{_FACTOR:g} times slower", [_slower(row) for row in rows])
    yield trial(f"{_FACTOR:g} times the memory", [_larger(row) for row in rows])
    implementations = list(dict.fromkeys(row.impl for row in rows))
    if len(implementations) > 1:
        remaining = [row for row in rows if row.impl != implementations[-1]]
        yield trial("an implementation gone", remaining)
    failed = "every gate is an error then"
    wrong = [row.replace(correct=False, fault="a fault") for row in rows]
    yield trial("wrong answers", wrong, failed=failed)
    yield trial("no rows", [], failed=failed)
    if not isinstance(saved, str):
        yield trial("stale baseline", rows, saved.replace(environment={}))
        yield trial("no baseline", rows, "there is no baseline")


def _slower(row: BenchmarkRow) -> BenchmarkRow:
    """A row whose times are longer, and whose speed-up falls accordingly."""
    if row.times is None:
        return row
    times = row.times.to_dict()
    longer = {k: v if k in ("n", "outliers") else _scaled(v, _FACTOR) for k, v in times.items()}
    slower = {name: _scaled(getattr(row, name), 1 / _FACTOR) for name in ("speedup", "speedup_ci")}
    return row.replace(times=row.times.replace(**longer), **slower)


def _larger(row: BenchmarkRow) -> BenchmarkRow:
    peak = row.peak_memory_bytes
    return row if peak is None else row.replace(peak_memory_bytes=int(peak * _FACTOR))


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_scaled(item, factor) for item in value)
    return None if value is None else value * factor
