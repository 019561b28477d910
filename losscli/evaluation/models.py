"""Several models of one target: the results of each as one evaluation."""

from collections.abc import Sequence

from losscli.results.documents.eval import EvalTiming, Evaluation, Group


def model_name(columns: Sequence[str]) -> str:
    """The name of a model: its columns."""
    return ",".join(columns)


def as_one(models: Sequence[tuple[str, Evaluation]]) -> Evaluation:
    """The results of models on the same rows as one, their labels `MODEL: LABEL`."""
    named = [_labelled(name, result) for name, result in models]
    first = named[0]
    groups = (
        Group(parts[0].by, tuple(loss for part in parts for loss in part.losses))
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
        timing=EvalTiming(
            sum(result.timing.wall_s for result in named),
            sum(result.timing.bytes for result in named),
        ),
    )


def _labelled(name: str, result: Evaluation) -> Evaluation:
    """The result of a model, under labels that begin with its name."""
    losses = (loss.replace(label=f"{name}: {loss.label}", model=name) for loss in result.losses)
    metrics = (each.replace(label=f"{name}: {each.label}") for each in result.metrics)
    groups = (
        group.replace(losses=tuple(
            loss.replace(label=f"{name}: {loss.label}", model=name) for loss in group.losses
        ))
        for group in result.groups
    )  # fmt: skip
    return result.replace(losses=tuple(losses), metrics=tuple(metrics), groups=tuple(groups))
