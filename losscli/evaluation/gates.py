"""An evaluation beside its gates: what a selector names in it, and in a saved result."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from losscli.gates import COUNTS, Gate, Measurement, judge, resolve_labels
from losscli.gates.grammar import groups_text
from losscli.results.evaluation import Evaluation, LossResult
from losscli.results.reader import other_data

_PROBABILITIES = "looks_like_probabilities"


def gated(
    result: Evaluation,
    gates: Sequence[Gate],
    allowed: Sequence[str] = (),
    baseline: "Mapping[str, Any] | str" = "no --baseline was named",
) -> Evaluation:
    """The evaluation with its gates judged, after those that it has.

    allowed: codes of notes that spoil no gate. baseline: the document of a saved evaluation, or
    why there is none; the same data are equal digests of targets, weights, ids and groups.

    Raises UsageError for a gate that several losses could be meant by.
    """
    names = {loss.label: loss.loss for loss in result.losses}
    inputs = [part.to_dict() for part in result.inputs]
    suspicious = bool({note.code for note in result.notes} & {_PROBABILITIES} - set(allowed))

    def found(gate: Gate, losses: Sequence[LossResult]) -> Measurement:
        if gate.label in COUNTS and gate.label not in names:
            return _count(losses, gate)
        loss = next((loss for loss in losses if loss.label == gate.label), None)
        if loss is None:
            return Measurement(
                None, reason=f"no loss is labelled {gate.label!r}: {', '.join(names)}"
            )
        number = _number(loss, gate.stat)
        if suspicious and loss.takes_logits:
            return number._replace(reason=f"{_PROBABILITIES}: --allow-note says that they are none")
        return number

    def find(gate: Gate) -> Measurement | Mapping[str, Measurement]:
        if not gate.groups:
            return found(gate, result.losses)
        groups = {
            group_name(g.by): found(gate, g.losses) for g in result.groups if gate.matches(g.by)
        }
        return groups or Measurement(None, reason=_no_group(gate, [g.by for g in result.groups]))

    def saved(gate: Gate) -> Measurement | Mapping[str, Measurement]:
        if isinstance(baseline, str):
            return Measurement(None, reason=baseline)
        return _saved(baseline, gate, other_data(inputs, baseline, "the baseline"))

    return replace(result, gates=(*result.gates, *judge(resolve_labels(gates, names), find, saved)))


def group_name(by: Mapping[str, Any]) -> str:
    """A group as gates write it, without the brackets."""
    return groups_text([(key, str(value)) for key, value in by.items()])[1:-1]


def _no_group(gate: Gate, known: Sequence[Mapping[str, Any]]) -> str:
    if not known:
        return "the evaluation has no groups: --by makes them"
    keys = [key for key, _ in gate.groups if key not in known[0]]
    if keys:
        return f"groups are by {', '.join(known[0])}, not by {', '.join(keys)}"
    some = "; ".join(group_name(by) for by in known[:5])
    more = f" and {len(known) - 5:,} more" if len(known) > 5 else ""
    return f"no group is {groups_text(gate.groups)[1:-1]}: they are {some}{more}"


def _count(losses: Sequence[LossResult], gate: Gate) -> Measurement:
    if gate.stat != "value":
        return Measurement(None, reason=f"{gate.label} is a count: it has no {gate.stat}")
    counts = [int(getattr(loss, gate.label)) for loss in losses]
    # Losses may leave out different rows: the worst of them is judged.
    return Measurement(float(max(counts) if gate.op[0] == "<" else min(counts)))


def _number(loss: LossResult, stat: str) -> Measurement:
    if not loss.n:
        return Measurement(None, reason="no row counts")
    if stat in ("ci_low", "ci_high"):
        if loss.ci is None:
            return Measurement(None, reason="there is no interval")
        return Measurement(loss.ci[stat == "ci_high"], loss.stderr)
    if stat == "value":
        return Measurement(loss.of_mean, loss.stderr)
    if stat in loss.derived:
        return Measurement(loss.derived[stat])
    number = getattr(loss, stat, None)
    if number is None:
        return Measurement(None, reason=f"{loss.label} has no {stat}")
    return Measurement(
        float(number), loss.stderr if stat == "mean" and not loss.statistic else None
    )


def _saved(
    baseline: Mapping[str, Any], gate: Gate, other: str
) -> Measurement | Mapping[str, Measurement]:
    if not gate.groups:
        return _saved_in(baseline, gate, other)
    groups = [group for group in baseline.get("groups", ()) if isinstance(group, Mapping)]
    found = {
        group_name(group["by"]): _saved_in(group, gate, other)
        for group in groups
        if isinstance(group.get("by"), Mapping) and gate.matches(group["by"])
    }
    return found or Measurement(None, reason=f"the baseline has no {gate.selector}")


def _saved_in(part: Mapping[str, Any], gate: Gate, other: str) -> Measurement:
    losses = [loss for loss in part.get("losses", ()) if isinstance(loss, Mapping)]
    if gate.label in COUNTS:
        counts = [loss.get(gate.label) for loss in losses]
        known = [count for count in counts if isinstance(count, int)]
        return (
            Measurement(float(max(known)), reason=other)
            if known
            else Measurement(None, reason="no rows")
        )
    loss = next((loss for loss in losses if loss.get("label") == gate.label), None)
    if loss is None:
        return Measurement(None, reason=f"the baseline has no {gate.label!r}")
    number = _statistic(loss, gate.stat)
    if number is None:
        return Measurement(None, reason=f"the baseline's {gate.label} has no {gate.stat}")
    return Measurement(number, reason=other)


def _statistic(loss: Mapping[str, Any], stat: str) -> float | None:
    """A statistic of a saved loss, whose value is what its reduction asked for."""
    ends = {"ci_low": 0, "ci_high": 1}
    if stat in ends:
        found = loss.get("ci")
        found = found[ends[stat]] if isinstance(found, list) and len(found) == 2 else None
    elif stat == "value" and loss.get("reduction") == "mean":
        found = loss.get("value")
    elif stat in ("value", "mean"):
        total, count = loss.get("sum"), loss.get("weight_sum")
        found = None
        if isinstance(total, int | float) and isinstance(count, int | float) and count:
            found = total / count
            added = loss.get("penalty")
            if stat == "value" and isinstance(added, int | float):
                found += added
    else:
        found = loss.get(stat)
    try:
        return float(found) if isinstance(found, int | float | str) else None
    except ValueError:
        return None
