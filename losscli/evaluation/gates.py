"""The gates of an evaluation: the numbers that a selector names in it, and in a saved result."""

import math
from collections.abc import Mapping, Sequence

from losscli.gates import COUNTS, Gate, Measurement, judge, resolve_labels
from losscli.results.documents.eval import Evaluation, difference_of_data
from losscli.results.gate import groups_text
from losscli.results.statistics import Group, LossResult, MetricResult, Statistic

_PROBABILITIES = "looks_like_probabilities"


def gated(
    result: Evaluation,
    gates: Sequence[Gate],
    allowed: Sequence[str] = (),
    baseline: Evaluation | str = "no --baseline was named",
) -> Evaluation:
    """The evaluation with its gates judged, after those that it has.

    allowed: codes of notes that gates ignore. baseline: a saved evaluation, or why there is none;
    the same data are equal digests of targets, weights, ids and groups.

    Raises UsageError for a gate that several losses could be meant by.
    """
    names = {loss.label: loss.loss for loss in result.losses}
    names |= {metric.label: metric.metric for metric in result.metrics}
    suspicious = bool({note.code for note in result.notes} & {_PROBABILITIES} - set(allowed))

    def measured(gate: Gate, losses: Sequence[Statistic]) -> Measurement:
        if gate.label in COUNTS and gate.label not in names:
            return _count(losses, gate)
        loss = next((loss for loss in losses if loss.label == gate.label), None)
        if loss is None:
            return Measurement(
                None, reason=f"no loss is labelled {gate.label!r}: {', '.join(names)}"
            )
        number = _number(loss, gate.stat)
        if suspicious and isinstance(loss, LossResult) and loss.takes_logits:
            return number._replace(reason=f"{_PROBABILITIES}: --allow-note takes them as logits")
        return number

    def find(gate: Gate) -> Measurement | Mapping[str, Measurement]:
        if not gate.groups:
            return measured(gate, result.statistics)
        groups = {name: measured(gate, group.statistics) for name, group in _matching(result, gate)}
        return groups or Measurement(None, reason=_no_group(gate, [g.by for g in result.groups]))

    def saved(gate: Gate) -> Measurement | Mapping[str, Measurement]:
        if isinstance(baseline, str):
            return Measurement(None, reason=baseline)
        # Numbers of other data are not evidence.
        other = difference_of_data(result.inputs, baseline, "the baseline")
        if not gate.groups:
            return _saved_in(baseline, gate, other)
        groups = {name: _saved_in(group, gate, other) for name, group in _matching(baseline, gate)}
        return groups or Measurement(None, reason=f"the baseline has no {gate.selector}")

    return result.replace(gates=(*result.gates, *judge(resolve_labels(gates, names), find, saved)))


def group_name(by: Mapping[str, str]) -> str:
    """A group as gates write it, without the brackets."""
    return groups_text(list(by.items()))[1:-1]


def _matching(result: Evaluation, gate: Gate) -> list[tuple[str, Group]]:
    return [(group_name(group.by), group) for group in result.groups if gate.matches(group.by)]


def _no_group(gate: Gate, known: Sequence[Mapping[str, str]]) -> str:
    if not known:
        return "the evaluation has no groups: --by makes them"
    keys = [key for key, _ in gate.groups if key not in known[0]]
    if keys:
        return f"groups are by {', '.join(known[0])}, not by {', '.join(keys)}"
    some = "; ".join(group_name(by) for by in known[:5])
    more = f" and {len(known) - 5:,} more" if len(known) > 5 else ""
    return f"no group is {groups_text(gate.groups)[1:-1]}: they are {some}{more}"


def _count(losses: Sequence[Statistic], gate: Gate) -> Measurement:
    if gate.stat != "value":
        return Measurement(None, reason=f"{gate.label} is a count: it has no {gate.stat}")
    counts = [int(getattr(loss, gate.label)) for loss in losses]
    # Losses may leave out different rows: the worst of them is judged.
    return Measurement(float(max(counts) if gate.op[0] == "<" else min(counts)))


def _number(loss: Statistic, stat: str) -> Measurement:
    if not loss.n:
        return Measurement(None, reason="no row counts")
    if stat in ("ci_low", "ci_high"):
        if loss.ci is None:
            return Measurement(None, reason="there is no interval")
        if loss.ci[0] == loss.ci[1]:
            return Measurement(None, reason="all rows are equal: the interval has no width")
        return Measurement(loss.ci[stat == "ci_high"], loss.stderr)
    if isinstance(loss, MetricResult):
        return _number_of_metric(loss, stat)
    if stat == "value":
        value = loss.value if loss.reduction == "mean" else loss.of_mean
        return Measurement(
            value, loss.stderr, "" if value is not None else f"{loss.label} has no value"
        )
    number = loss.derived.get(stat, getattr(loss, stat, None))
    if number is None:
        return Measurement(None, reason=f"{loss.label} has no {stat}")
    return Measurement(
        float(number), loss.stderr if stat == "mean" and not loss.statistic else None
    )


def _number_of_metric(metric: MetricResult, stat: str) -> Measurement:
    if stat == "value":
        reason = "it is undefined on these rows" if math.isnan(metric.value) else ""
        return Measurement(metric.value, metric.stderr, reason)
    if stat == "stderr":
        return Measurement(
            metric.stderr, reason="" if metric.stderr is not None else "there is none"
        )
    return Measurement(None, reason=f"{metric.label} is a metric: it has no {stat}")


def _saved_in(part: Evaluation | Group, gate: Gate, other: str) -> Measurement:
    if gate.label in COUNTS:
        counts = [int(getattr(loss, gate.label)) for loss in part.statistics]
        if not counts:
            return Measurement(None, reason="no rows")
        return Measurement(float(max(counts)), reason=other)
    loss = next((loss for loss in part.statistics if loss.label == gate.label), None)
    if loss is None:
        return Measurement(None, reason=f"the baseline has no {gate.label!r}")
    found = _number(loss, gate.stat)
    if found.value is None:
        return found._replace(reason=f"the baseline: {found.reason}")
    return Measurement(found.value, reason=other)
