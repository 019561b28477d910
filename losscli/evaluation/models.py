"""Several models of one target: one pass over the data, the results of each as one evaluation."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from losscli.backends.backend import Backend
from losscli.engines.local import LocalEngine
from losscli.evaluation.block import BlockEvaluator, BlockResult
from losscli.evaluation.measure import about_machine, evaluation_of, line_of, prepared
from losscli.evaluation.sampling import Sampling
from losscli.evaluation.state import EvaluationState
from losscli.losses.core.bound import Bound
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.evaluate import EvalPlan, NanPolicy, Reduction
from losscli.results.documents.eval import EvalTiming, Evaluation
from losscli.sources.roles import REFERENCE
from losscli.sources.source import BlockCut, Source
from losscli.sources.table import Workspace

if TYPE_CHECKING:
    from losscli.evaluation.details import DetailFinder
    from losscli.metrics.binding import BoundMetric


class _ModelsEvaluator:
    """Evaluates the blocks of a source for each of its models.

    roles: those of the predictions of each. evaluators: one a model.
    """

    def __init__(self, roles: Sequence[str], evaluators: Sequence[BlockEvaluator]) -> None:
        self._roles, self._evaluators = roles, evaluators

    def __call__(self, cut: BlockCut, workspace: Workspace) -> list[BlockResult]:
        """The states of one block, one a model."""
        block = cut.load(workspace)
        shared = {role: rows for role, rows in block.arrays.items() if not _is_model(role)}
        found = []
        for role, evaluator in zip(self._roles, self._evaluators, strict=True):
            own = replace(block, arrays={"preds": block.arrays[role], **shared})
            found.append(evaluator.of_block(own, cut.size, workspace))
        return found


def measure_models(
    source: Source,
    losses: Sequence[BoundLoss],
    backend: Backend,
    engine: LocalEngine,
    *,
    reduction: Reduction,
    ci: float,
    nan: NanPolicy,
    digest: bool,
    progress: Callable[[float], None],
    like: str | None,
    metrics: "Sequence[BoundMetric]",
    details: "Callable[[], DetailFinder | None]",
    sampling: Sampling,
) -> list[Evaluation]:
    """The evaluation of each model of a source, whose predictions are `preds` and the references.

    As `measure`; details: returns a finder for one model.
    """
    start = time.perf_counter()
    roles = [role for role in source.roles if _is_model(role)]
    shared = {role: found for role, found in source.roles.items() if not _is_model(role)}
    views = [
        Source({"preds": source.roles[role], **shared}, source.by, source.positions)
        for role in roles
    ]
    ready = [prepared(view, losses, metrics) for view in views]
    evaluator = _ModelsEvaluator(
        roles,
        [
            BlockEvaluator(
                view, own, backend, layout, nan=nan, samples=False, digest=digest,
                metrics=own_metrics, details=details(), sampling=sampling,
            )
            for view, (own, own_metrics, layout) in zip(views, ready, strict=True)
        ],
    )  # fmt: skip
    states = _states(views, engine.map(evaluator, source.blocks()), source.size, progress)
    source.verify()
    timing = EvalTiming(time.perf_counter() - start, source.size)
    about = {"like": like, "timing": timing, **about_machine(backend, engine)}
    return [
        evaluation_of(
            view, state, *own, reduction=reduction, ci=ci, line=line_of(view), digest=digest,
            about=about,
        )
        for view, state, own in zip(views, states, ready, strict=True)
    ]  # fmt: skip


def _states(
    views: Sequence[Source], blocks: Any, size: int, progress: Callable[[float], None]
) -> list[EvaluationState]:
    """The states of all blocks, one a model."""
    states = [EvaluationState(view) for view in views]
    with closing(blocks):
        for results in blocks:
            for state, result in zip(states, results, strict=True):
                state.add(result)
            progress(min(1.0, states[0].size / max(1, size)))
    return states


def _is_model(role: str) -> bool:
    return role == "preds" or role.startswith(REFERENCE)


def labels_of(plan: EvalPlan, statistics: Iterable[Bound]) -> dict[str, str]:
    """The labels of the results of a plan, each with the name of its loss or metric."""
    names = {each.label: each.declared.name for each in statistics}
    if plan.models is None:
        return names
    return {
        _label(model_name(columns), label): name
        for columns in plan.models
        for label, name in names.items()
    }


def model_name(columns: Sequence[str]) -> str:
    """The name of a model: its columns."""
    return ",".join(columns)


def as_one(models: Sequence[tuple[str, Evaluation]]) -> Evaluation:
    """The results of models on the same rows as one, their labels `MODEL: LABEL`."""
    named: list[Evaluation] = [_labelled(name, result) for name, result in models]
    first = named[0]
    groups = (
        parts[0].replace(
            losses=tuple(loss for part in parts for loss in part.losses),
            metrics=tuple(metric for part in parts for metric in part.metrics),
        )
        for parts in zip(*(result.groups for result in named), strict=True)
    )
    preds = [part for result in named for part in result.inputs if part.role == "preds"]
    rest = [part for part in first.inputs if part.role != "preds"]
    return first.replace(
        losses=tuple(loss for result in named for loss in result.losses),
        metrics=tuple(metric for result in named for metric in result.metrics),
        groups=tuple(groups),
        notes=tuple(dict.fromkeys(note for result in named for note in result.notes)),
        inputs=(*preds, *rest),
    )


def _label(model: str, label: str) -> str:
    return f"{model}: {label}"


def _labelled(name: str, result: Any) -> Any:
    """The result of a model, or a group of it, under labels that begin with its name."""
    losses = (loss.replace(label=_label(name, loss.label), model=name) for loss in result.losses)
    metrics = (each.replace(label=_label(name, each.label)) for each in result.metrics)
    found = result.replace(losses=tuple(losses), metrics=tuple(metrics))
    if isinstance(result, Evaluation):
        found = found.replace(groups=tuple(_labelled(name, group) for group in result.groups))
    return found
