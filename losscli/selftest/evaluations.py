"""The faults of an evaluation: its rows are copied into memory, spoilt there, and judged anew."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.commands.evaluate import opened
from losscli.commands.run import Baseline, Done, run_step
from losscli.config.plan import Step
from losscli.errors import DataError, LossCliError
from losscli.gates import NotWorse
from losscli.results.self_test import FaultTrial
from losscli.sources.copies import copy_rows, select_rows, with_rows
from losscli.sources.keys import Keys
from losscli.sources.reference import ROLE as REFERENCE
from losscli.sources.reference import Reference
from losscli.sources.source import Source
from losscli.sources.table import Loaded, is_group_role

# All rows of all roles. A change that cannot be made of them gives nothing.
Rows: TypeAlias = dict[str, Any]
Change: TypeAlias = Callable[[Rows], Rows | None]

_MOST = 1 << 28  # numbers of a run that are held in memory
_ALONE: dict[str, Any] = {
    "targets": None, "pred": (), "target": (), "id": (), "weights": None, "by": (),
}  # fmt: skip


def evaluation_trials(step: Step, baseline: Baseline, sound: Done) -> Iterator[FaultTrial]:
    """The trips of an evaluation's gates; raises LossCliError where no copy can be judged.

    sound: the run as it is. A copy without a fault must be judged as it is, or else what its gates
    do under a fault would say nothing of the fault.
    """
    with opened(step.plan) as source:
        rows = copy_rows(source, _MOST) | _references(step)

        def judged(changed: Rows, of: Baseline = baseline) -> Done:
            return run_step(_on_copies(step, source, changed), of)

        unchanged = [gate.status for gate in judged(rows).gates]
        if unchanged != [gate.status for gate in sound.gates]:
            raise DataError("a copy of its rows is judged otherwise than the files are")
        for name, change in _changes(source, bool(step.pairs)).items():
            try:
                changed = change(rows)
                if changed is not None:
                    yield _trip(step.name, name, judged(changed))
            except LossCliError as error:
                yield FaultTrial(step.name, name, failed=error.message)
        saved = baseline.document
        if not isinstance(saved, str):
            for name, document in (
                ("stale baseline", _stale(saved, step.name)),
                ("no baseline", "there is no baseline"),
            ):
                yield _trip(step.name, name, judged(rows, baseline._replace(document=document)))


class _Same:
    """An array that is equal to itself alone, as the name of a file is."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self._array, dtype=dtype, copy=copy)


def _references(step: Step) -> Rows:
    """The predictions that the run's own are held against, each once, as further roles."""
    found: Rows = {}
    for gate in step.pairs:
        if _role(gate) not in found:
            with opened(step.plan, gate.reference) as source:
                found[_role(gate)] = copy_rows(source, _MOST)[REFERENCE]
    return found


def _role(gate: NotWorse) -> str:
    return f"{REFERENCE} {gate.reference}"


def _on_copies(step: Step, source: Source, rows: Rows) -> Step:
    """The step with its data, and what its gates hold against it, in memory."""
    own = {role: loaded for role, loaded in rows.items() if role in source.roles}
    plan = replace(step.plan, **_ALONE | {"preds": with_rows(source, own)})
    others = {_role(gate): Reference(_Same(rows[_role(gate)])) for gate in step.pairs}
    gates = tuple(
        gate._replace(reference=others[_role(gate)]) if isinstance(gate, NotWorse) else gate
        for gate in step.gates
    )
    return step._replace(plan=plan, gates=gates)


def _trip(run: str, fault: str, done: Done) -> FaultTrial:
    failed = "" if done.error is None else done.error.message
    return FaultTrial(run, fault, tuple(gate.status for gate in done.gates), failed=failed)


def _changes(source: Source, paired: bool) -> dict[str, Change]:
    """Each fault by its name; those of the inputs that there are."""
    found: dict[str, Change] = {
        "nan in a prediction": _with_nan,
        "all predictions nan": lambda rows: rows | {"preds": _nan(rows["preds"], slice(None))},
        "predictions shuffled": lambda rows: rows | {"preds": _shuffled(rows["preds"])},
        "predictions constant": lambda rows: rows | {"preds": _constant(rows["preds"])},
        "files swapped": lambda rows: rows | {"preds": rows["targets"], "targets": rows["preds"]},
        "half of the rows gone": lambda rows: _kept(rows, slice(len(rows["preds"]) // 2)),
        "no rows at all": lambda rows: _kept(rows, slice(0)),
    }
    if source.table("preds") is not source.table("targets"):
        found["predictions truncated"] = lambda rows: (
            rows | {"preds": rows["preds"][: len(rows["preds"]) // 2]}
        )
    if "target_ids" in source.roles:
        found["predictions in another order"] = lambda rows: (
            rows | {role: _shuffled(rows[role]) for role in ("preds", "ids")}
        )
    if "weights" in source.roles:
        found["weights shuffled"] = lambda rows: rows | {"weights": _shuffled(rows["weights"])}
    if paired:
        found["models swapped"] = _with_models_swapped
    if source.by:
        found["a group gone"] = _without_a_group
        found["groups shuffled"] = lambda rows: (
            rows | {role: _shuffled(rows[role]) for role in filter(is_group_role, rows)}
        )
    return found


def _with_models_swapped(rows: Rows) -> Rows:
    """Each model in the place of the other: a gate that looks at one side only does not notice."""
    others = [role for role in rows if role.startswith(REFERENCE)]
    return rows | {"preds": rows[others[0]]} | dict.fromkeys(others, rows["preds"])


def _with_nan(rows: Rows) -> Rows:
    return rows | {"preds": _nan(rows["preds"], len(rows["preds"]) // 2)}


def _nan(pred: NDArray[Any], at: "int | slice") -> NDArray[Any]:
    changed = pred.astype(np.float64)
    changed[at] = np.nan
    return changed


def _constant(pred: NDArray[Any]) -> NDArray[Any]:
    """The mean in every row, or the first row where predictions are no measures but names."""
    one = pred.mean(0) if pred.dtype.kind == "f" else pred[0]
    return np.broadcast_to(one, pred.shape)


def _shuffled(loaded: Loaded) -> Loaded:
    """The rows in another order, the same whenever there are as many."""
    count = len(loaded.codes if isinstance(loaded, Keys) else loaded)
    return select_rows(loaded, np.random.default_rng(0).permutation(count))


def _kept(rows: Rows, which: "slice | NDArray[Any]") -> Rows:
    """Some rows of all roles; what they are held against is another file, and stays whole."""
    if not len(rows["preds"][which]):
        raise DataError("there are no rows")  # as a file of none is refused when it is opened
    return {
        role: loaded if role.startswith(REFERENCE) else select_rows(loaded, which)
        for role, loaded in rows.items()
    }


def _without_a_group(rows: Rows) -> Rows | None:
    """Without the rows of the smallest group, which is the easiest to lose; None of but one."""
    keys = Keys.product([rows[role] for role in filter(is_group_role, rows)])
    counts = np.bincount(keys.codes)
    if len(counts) < 2:
        return None
    return _kept(rows, np.flatnonzero(keys.codes != counts.argmin()))


def _stale(baseline: Mapping[str, Any], run: str) -> dict[str, Any]:
    """A baseline of other data."""
    evals = baseline.get("evals", {})
    part = dict(evals.get(run, {}))
    part["inputs"] = [
        {**given, "digest": "sha256:stale"} if given.get("role") != "preds" else given
        for given in part.get("inputs", ())
    ]
    return {**baseline, "evals": {**evals, run: part}}
