"""An evaluation beside its gates: what a selector names in it."""

from collections.abc import Sequence
from dataclasses import replace

from losscli.evaluation.result import Evaluation, LossResult
from losscli.gates import COUNTS, Found, Gate, judge, resolve

_PROBABILITIES = "looks_like_probabilities"


def gated(result: Evaluation, gates: Sequence[Gate], allowed: Sequence[str] = ()) -> Evaluation:
    """The evaluation with its gates judged; allowed: codes of notes that spoil no gate.

    Raises UsageError for a gate that several losses could be meant by.
    """
    names = {loss.label: loss.loss for loss in result.losses}
    suspicious = {note.code for note in result.notes} & {_PROBABILITIES} - set(allowed)

    def find(gate: Gate) -> Found:
        if gate.label in COUNTS and gate.label not in names:
            return _count(result, gate)
        if gate.label not in names:
            return Found(None, reason=f"no loss is labelled {gate.label!r}: {', '.join(names)}")
        loss = result[gate.label]
        found = _number(loss, gate.stat)
        if suspicious and loss.takes_logits:
            return found._replace(reason=f"{_PROBABILITIES}: --allow-note says that they are none")
        return found

    return replace(result, gates=judge(resolve(gates, names), find))


def _count(result: Evaluation, gate: Gate) -> Found:
    if gate.stat != "value":
        return Found(None, reason=f"{gate.label} is a count: it has no {gate.stat}")
    counts = [int(getattr(loss, gate.label)) for loss in result.losses]
    # Losses may leave out different rows: the worst of them is judged.
    return Found(float(max(counts) if gate.op[0] == "<" else min(counts)))


def _number(loss: LossResult, stat: str) -> Found:
    if not loss.n:
        return Found(None, reason="no row counts")
    if stat in ("ci_low", "ci_high"):
        if loss.ci is None:
            return Found(None, reason="there is no interval")
        return Found(loss.ci[stat == "ci_high"], loss.stderr)
    if stat == "value":
        value = loss.derived[loss.statistic] if loss.statistic else loss.mean
        return Found(value, loss.stderr)
    if stat in loss.derived:
        return Found(loss.derived[stat])
    number = getattr(loss, stat, None)
    if number is None:
        return Found(None, reason=f"{loss.label} has no {stat}")
    return Found(float(number), loss.stderr if stat == "mean" and not loss.statistic else None)
