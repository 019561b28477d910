"""The drawings of a saved result: its comparisons, groups, distributions and history."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

from losscli.errors import UsageError
from losscli.gates import Gate, gate_of
from losscli.results.document import Record
from losscli.results.documents.compare import LossComparison, ModelComparison, PairResult
from losscli.results.documents.eval import Evaluation
from losscli.results.documents.result_plot import Panel, PanelKind, PlotPoint
from losscli.results.documents.run import Run
from losscli.results.history import Past
from losscli.results.statistics import LossResult, Statistic

T = TypeVar("T")

MOST_POINTS = 24  # of a panel, but for those of a history
MOST_PANELS = 12


def panels_of(
    result: Record, kinds: Sequence[str], history: Sequence[Past] = ()
) -> tuple[Panel, ...]:
    """The panels of a result, the first `MOST_PANELS` of them.

    kinds: those that are wanted; all without any. history: the values of earlier runs and its own.
    Raises UsageError where the result has none of them.
    """
    wanted = [kind for kind in _MAKERS if kind in kinds or not kinds]
    found = [panel for kind in wanted for panel in _MAKERS[kind](result, history)]
    if not found:
        words = f"has no {' or '.join(wanted)}" if kinds else "has nothing"
        raise UsageError(
            f"the result {words} to draw",
            hint="--by makes groups, --distribution a distribution, repeated runs a history;"
            " losscli report shows results of every kind",
        )
    return tuple(found[:MOST_PANELS])


def _comparison(result: Record, _: Sequence[Past]) -> Iterator[Panel]:
    for name, part in _parts(result, ModelComparison):
        for loss in part:
            yield _differences(f"{name}{loss.label}", part, loss)
            for at, pair in enumerate(loss.pairs if part.groups else ()):
                by_group = [
                    (", ".join(each.by.values()), each[loss.label].pairs[at])
                    for each in part.groups
                ]
                title = f"{name}{loss.label}: {pair.model} - {pair.baseline} by group"
                yield _pairs(title, by_group, loss)


def _differences(title: str, part: ModelComparison, loss: LossComparison) -> Panel:
    against = "" if part.pairs == "all" else f" - {part.baseline}"
    named = [
        (f"{pair.model} - {pair.baseline}" if part.pairs == "all" else pair.model, pair)
        for pair in loss.pairs
    ]
    return _pairs(f"{title}: model{against}", named, loss)


def _pairs(title: str, named: Sequence[tuple[str, PairResult]], loss: LossComparison) -> Panel:
    side = "above" if loss.higher_is_better else "below"
    points = [PlotPoint(name, each.difference, each.ci, each.verdict) for name, each in named]
    bound = max((each.bound for _, each in named), default=0.0)
    return Panel(
        kind="comparison",
        title=_counted(title, len(points)),
        axis=f"{side} 0 is better",
        points=tuple(points[:MOST_POINTS]),
        reference=0.0,
        margin=bound or None,
    )


def _groups(result: Record, _: Sequence[Past]) -> Iterator[Panel]:
    for name, part in _parts(result, Evaluation):
        for whole in part.statistics if part.groups else ():
            found = [
                (", ".join(group.by.values()), each)
                for group in part.groups
                for each in group.statistics
                if each.label == whole.label
            ]
            if isinstance(whole, LossResult):  # the largest share of the total first
                found.sort(key=lambda pair: -getattr(pair[1], "sum", 0.0))
            points = [PlotPoint(group, each.of_mean, each.ci) for group, each in found]
            keys = ", ".join(part.groups[0].by)
            yield Panel(
                kind="groups",
                title=_counted(f"{name}{whole.label} by {keys}", len(points)),
                axis=whole.label,
                points=tuple(points[:MOST_POINTS]),
                reference=whole.of_mean,
            )


def _distribution(result: Record, _: Sequence[Past]) -> Iterator[Panel]:
    for name, part in _parts(result, Evaluation):
        for loss in part.losses:
            found = loss.distribution
            if found is None or not 0 < len(found.counts) == len(found.edges) - 1:
                continue
            ends = ["]" if at == len(found.counts) - 1 else ")" for at in range(len(found.counts))]
            bins = zip(found.edges[:-1], found.edges[1:], ends, strict=True)
            names = [f"[{low + 0.0:.6g}, {high + 0.0:.6g}{end}" for low, high, end in bins]
            yield Panel(
                kind="distribution",
                title=f"{name}{loss.label} of the rows",
                axis="rows",
                points=tuple(map(PlotPoint, names, map(float, found.counts))),
                quantiles=found.quantiles,
                edges=found.edges,
            )


def _history(result: Record, history: Sequence[Past]) -> Iterator[Panel]:
    limits = dict(_limits(result))
    for run, label in dict.fromkeys((past.run, past.label) for past in history if past.label):
        own = [past for past in history if past.run == run and past.label in (label, "")]
        if len([past for past in own if past.value is not None]) > 1:
            of_commits = all(past.commit for past in own)
            points = [
                PlotPoint(_when(past, of_commits=of_commits), past.value, past.ci, past.status)
                for past in own
            ]
            yield Panel(
                kind="history",
                title=f"{run}: {label}" if run else label,
                axis=label,
                points=tuple(points),
                limits=limits.get((run, label), ()),
            )


def _when(past: Past, *, of_commits: bool) -> str:
    """The commit, or day and minute where not all results have one."""
    return past.commit[:7] if of_commits else past.started[5:16].replace("T", " ")


def _limits(result: Record) -> Iterator[tuple[tuple[str, str], tuple[float, ...]]]:
    """The limits of the gates on all rows, by step and label."""
    for name, part in _parts(result, Evaluation):
        for each in part.statistics:
            yield (name.removesuffix(": "), each.label), tuple(limits_of(part, each))


def limits_of(result: Evaluation, of: Statistic) -> list[float]:
    """The limits of the gates on all rows of a loss or metric, in its unit."""
    found = []
    for gate in result.gates:
        parsed = gate_of(gate)
        if isinstance(parsed, Gate) and parsed.label == of.label and not parsed.groups:
            on_value = parsed.stat in ("value", "mean", "ci_low", "ci_high")
            if on_value and gate.limit is not None and math.isfinite(gate.limit):
                found.append(gate.limit)
    return found


def _parts(result: Record, kind: type[T]) -> Iterator[tuple[str, T]]:
    """The results of a kind with the beginnings of their titles: itself, or steps of a run."""
    if isinstance(result, kind):
        yield "", result
    elif isinstance(result, Run):
        for name, part in result.results.items():
            if isinstance(part, kind):
                yield f"{name}: ", part


def _counted(title: str, count: int) -> str:
    return f"{title}, {MOST_POINTS} of {count:,}" if count > MOST_POINTS else title


_Maker: TypeAlias = Callable[[Record, Sequence[Past]], Iterable[Panel]]
_MAKERS: Mapping[PanelKind, _Maker] = {
    "comparison": _comparison,
    "groups": _groups,
    "distribution": _distribution,
    "history": _history,
}
