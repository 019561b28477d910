"""`run`: the evaluations, benchmarks and comparisons of a config, and the saved result."""

import hashlib
import os
import shlex
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, NamedTuple

from losscli.backends.machine import environment
from losscli.benchmark.gates import judge_benchmark
from losscli.commands.bench import run_benchmark
from losscli.commands.compare import read_files, run_compare
from losscli.commands.evaluate import run_comparison, run_evaluation
from losscli.comparison.difference import Comparison
from losscli.comparison.gates import judged as judged_pair
from losscli.comparison.model_gates import judge_comparison
from losscli.config.layers import SECTIONS, Kind
from losscli.config.plan import RunPlan, Step
from losscli.config.planner import plan_of
from losscli.errors import DataError, LossCliError, UsageError
from losscli.evaluation.gates import gated
from losscli.evaluation.measure import no_progress
from losscli.gates import GateResult, NotWorse, apply_undecided_policy, in_error
from losscli.plans.functions import public
from losscli.plans.run import RunRequest
from losscli.plans.spelling import respell
from losscli.render.files import attach_result, outputs
from losscli.results.document import Timing
from losscli.results.documents.error import ErrorReport
from losscli.results.documents.run import ConfigRecord, Run
from losscli.results.reader import load_run
from losscli.results.repository import state
from losscli.results.store import LATEST, SavedRun
from losscli.sources.roles import Reference


class Done(NamedTuple):
    """The outcome of a step: its result, or an error with its report, and its gates."""

    step: Step
    result: Any
    gates: tuple[GateResult, ...]
    error: LossCliError | None = None

    @property
    def failed(self) -> bool:
        """True if --fail-fast stops here."""
        wrong = self.error is not None or bool(self.result.exit_code)
        return wrong or any(g.counts and g.status in ("fail", "error") for g in self.gates)


class Baseline(NamedTuple):
    """The run that gates may be relative to, or the reason why there is none.

    path: the file it was read from. hint: how to add what it lacks.
    """

    run: Run | str
    path: str = ""
    hint: str = ""

    def result_of(self, step: Step) -> Any:
        """Its result of a step, or the reason why it has none."""
        if isinstance(self.run, str):
            return self.run
        found = getattr(self.run, SECTIONS[step.kind]).get(step.name)
        if found is None:
            return f"{self.path} has no {step.name!r}; {self.hint}"
        if isinstance(found, ErrorReport):
            return f"{self.path} has no result of {step.name!r} but an error: {found.message}"
        return found


def _run(request: RunRequest) -> Run:
    """The evaluations, benchmarks, comparisons and gates of a YAML file.

    Raises ConfigError with all faults of the file at once; an error in one of the runs is part of
    the result, and its gates are errors.
    """
    if len(request.config) > 1:
        raise UsageError("one config is run at a time")
    plan = plan_of(os.fspath(request.config[0]), request.set, request.only)
    return run_config(
        plan, output=request.output, fail_fast=request.fail_fast, results=request.results
    )


run = public("run", RunRequest, _run)


def run_config(
    plan: RunPlan,
    *,
    output: Sequence[str | os.PathLike[str]] = (),
    fail_fast: bool = False,
    results: str | os.PathLike[str] | None = "results",
    command: Sequence[str] = (),
    progress: Callable[[float], None] = no_progress,
) -> Run:
    """Do all steps of a plan, one after the other; a step that fails does not stop the others.

    command: the command line, for the record. progress: is called with the share done.
    """
    begin, started = time.perf_counter(), datetime.now(UTC)
    with ExitStack() as stack:
        written = [*plan.outputs, *output]
        publish = stack.enter_context(outputs(written, _written_by(plan), _read_by(plan)))
        place = None
        if results is not None:
            place = stack.enter_context(SavedRun(results, plan.name, started, plan.text))
        baseline = baseline_of(plan, results)
        done = _all_done(plan, baseline, fail_fast=fail_fast, progress=progress)
        parts: dict[str, Any] = _by_section((each.step, each.result) for each in done)
        result = Run(
            config=_record(plan),
            **parts,
            gates=_gates(plan, done),
            notes=plan.notes,
            started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            timing=Timing(time.perf_counter() - begin),
            command=tuple(command),
            git=state(),
            environment=environment(),
            outputs=tuple(os.fspath(path) for path in written),
            saved=None if place is None else place.path,
        )
        with attach_result(result.replace(outputs=(), saved=None)):
            publish(result)
            if place is not None:
                place.save(result.to_json() + "\n")
    return result


def _all_done(
    plan: RunPlan, baseline: Baseline, *, fail_fast: bool, progress: Callable[..., None]
) -> list[Done]:
    done: list[Done] = []
    for at, step in enumerate(plan.steps):
        if fail_fast and any(before.failed for before in done):
            words = "not run: an earlier run failed, and --fail-fast is given"
            done.append(_failed(step, DataError(words)))
        else:

            def share(part: float, phase: str = "", at: int = at) -> None:
                progress((at + part) / len(plan.steps), phase)

            done.append(run_step(step, baseline, share))
        progress((at + 1) / len(plan.steps))
    return done


def run_step(
    step: Step,
    baseline: Baseline,
    progress: Callable[..., None] = no_progress,
) -> Done:
    """Run a step and judge its gates, which are errors where it gives no result.

    Errors of the step do not stop the others.
    """
    saved = baseline.result_of(step)
    try:
        return _DO[step.kind](step, saved, progress)
    except LossCliError as error:
        respell(error, type(step.plan), "yaml")
        return _failed(step, error)
    except Exception as error:  # noqa: BLE001 - the other runs still have something to say
        words = f"losscli itself failed: {type(error).__name__}: {error}"
        hint = "this is a bug; the same command with --debug shows where"
        return _failed(step, LossCliError(words, hint=hint))


def _benchmarked(step: Step, saved: Any, progress: Callable[..., None]) -> Done:
    result = run_benchmark(step.plan, progress).replace(command=())  # the run has its own
    return Done(step, result, judge_benchmark(result, step.points, saved))


def _evaluated(step: Step, saved: Any, progress: Callable[..., None]) -> Done:
    result = run_evaluation(step.plan, progress).replace(command=())
    result = gated(result, step.points, step.plan.allow_note, saved)
    found, pairs = iter(result.gates), iter(judged_pairs(step))
    each = [next(pairs if isinstance(gate, NotWorse) else found) for gate in step.gates]
    named = tuple(gate.replace(run=step.name) for gate in each)
    return Done(step, result.replace(gates=named), named)


def _models_compared(step: Step, saved: Any, progress: Callable[..., None]) -> Done:
    result = run_compare(step.plan, progress)
    logits = [loss.label for loss in step.plan.loss if loss.takes_logits]
    gates = judge_comparison(result, step.conditions, saved, logits=logits)
    named = tuple(gate.replace(run=step.name) for gate in gates)
    return Done(step, result.replace(gates=named), named)


_DO: Mapping[Kind, Callable[..., Done]] = {
    "eval": _evaluated,
    "bench": _benchmarked,
    "compare": _models_compared,
}


def judged_pairs(step: Step) -> Iterator[GateResult]:
    """Judge the gates of a step on pairs, in their order.

    Predictions that several of them compare with are read once; where they cannot be read, these
    gates are errors, and the step is not.
    """
    labels = {loss.label for loss in step.plan.loss}
    found: dict[Reference, Comparison | str] = {}
    for gate in step.pairs:
        if gate.label not in labels:
            yield in_error(gate, f"no loss is labelled {gate.label!r}: {', '.join(sorted(labels))}")
            continue
        if gate.reference not in found:
            together = {other.label for other in step.pairs if other.reference == gate.reference}
            found[gate.reference] = _compared(step, gate.reference, together)
        comparison = found[gate.reference]
        if isinstance(comparison, str):
            yield in_error(gate, comparison)
        else:
            yield judged_pair(gate, comparison, step.plan.allow_note)


def _compared(step: Step, reference: Reference, labels: Collection[str]) -> Comparison | str:
    """The comparison of a step's predictions with others, or the reason why there is none."""
    try:
        return run_comparison(step.plan, reference, labels)
    except LossCliError as error:
        where = f" ({error.where()})" if error.where() else ""
        return f"{error.message}{where}"


def _failed(step: Step, error: LossCliError) -> Done:
    """The outcome of a step without a result: each of its gates is an error, with its reason."""
    place = f" ({error.place})" if error.place else ""
    words = f"the run failed: {error.message}{place}"
    gates = tuple(in_error(gate, words).replace(run=step.name) for gate in step.gates)
    return Done(step, ErrorReport.of(error), gates, error)


def _gates(plan: RunPlan, done: Sequence[Done]) -> tuple[GateResult, ...]:
    """All gates, those of unknown runs included, with `on_undecided` applied."""
    judged = [*(gate for each in done for gate in each.gates), *plan.strays()]
    return tuple(apply_undecided_policy(gate, plan.on_undecided) for gate in judged)


def baseline_of(plan: RunPlan, results: str | os.PathLike[str] | None) -> Baseline:
    """The baseline that a config names; results: the folder of saved results, None for none."""
    if plan.baseline is None:
        return Baseline("the config names no baseline")
    latest = "RUN.json" if results is None else f"{os.fspath(results)}/{plan.name}/{LATEST}"
    hint = f"once it is correct: losscli bless {shlex.quote(latest)} --reason TEXT"
    try:
        return Baseline(load_run(plan.baseline), plan.baseline, hint)
    except DataError as error:
        return Baseline(f"{error.message}; {hint}")


def _record(plan: RunPlan) -> ConfigRecord:
    steps = _by_section((step, None) for step in plan.steps)
    return ConfigRecord(
        path=plan.path,
        name=plan.name,
        text=plan.text,
        digest=f"sha256:{hashlib.sha256(plan.text.encode()).hexdigest()}",
        set=plan.settings,
        baseline=plan.baseline,
        **{section: tuple(names) for section, names in steps.items()},
    )


def _by_section(pairs: Iterable[tuple[Step, Any]]) -> dict[str, dict[str, Any]]:
    """Values of steps by the sections of a config, then by the names of the steps."""
    found: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS.values()}
    for step, value in pairs:
        found[SECTIONS[step.kind]][step.name] = value
    return found


def _read_by(plan: RunPlan) -> list[Any]:
    """The files that a run reads, and must not write over."""
    found: list[Any] = [plan.path, plan.baseline, *plan.reads]
    for step in plan.steps:
        if step.kind == "eval":
            of = step.plan
            found += [of.preds, of.targets, of.rows, of.weights, of.cluster, *of.by]
            found += [gate.reference.preds for gate in step.pairs]
        if step.kind == "compare":
            found += read_files(step.plan)
    return found


def _written_by(plan: RunPlan) -> list[Any]:
    """The files that the steps of a run write themselves."""
    names = {"eval": "per_sample", "bench": "plot", "compare": "plot"}
    return [getattr(step.plan, names[step.kind]) for step in plan.steps]
