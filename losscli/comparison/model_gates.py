"""Gates of a comparison of models: the pairs that a selector names, and the verdicts they need.

Numbers are judged as points, as those of an evaluation; a claim such as `mae is not worse` by the
verdict, which may be undecided.
"""

from collections.abc import Iterator, Mapping, Sequence

from losscli.gates import (
    CLAIMS,
    COUNTS,
    PAIR_STATS,
    Gate,
    GateResult,
    GateStatus,
    Measurement,
    VerdictGate,
    in_error,
    judge,
    outcome,
    resolve_labels,
)
from losscli.gates.judge import worst_result
from losscli.results.documents.compare import ModelComparison, PairResult
from losscli.results.documents.eval import difference_of_data
from losscli.results.gate import groups_text

_PROBABILITIES = "looks_like_probabilities"
_OWN_KEYS = ("model", "baseline")
_STATS = (*PAIR_STATS, "stderr", "ci_low", "ci_high")


def judge_comparison(
    result: ModelComparison,
    gates: Sequence[Gate | VerdictGate],
    baseline: ModelComparison | str = "there is no baseline",
    *,
    logits: Sequence[str] = (),
) -> tuple[GateResult, ...]:
    """The gates of a comparison, in their order.

    baseline: a saved comparison, or why there is none. logits: the labels of losses that take
    logits: probabilities in their place are not evidence.

    Raises UsageError for a gate whose label several losses have.
    """
    names = {each.label: each.loss for each in result}
    doubtful = any(note.code == _PROBABILITIES for note in result.notes)

    def one(gate: Gate | VerdictGate) -> GateResult:
        (gate,) = resolve_labels([gate], names)
        if gate.label in COUNTS and isinstance(gate, Gate):
            return judge([gate], lambda g: _count(result, g), lambda g: _saved_count(baseline, g))[
                0
            ]
        pairs = _selected(result, gate)
        if not pairs:
            return in_error(gate, _no_pair(result, gate))
        if doubtful and gate.label in logits:
            return in_error(gate, f"{_PROBABILITIES}: this loss takes logits")
        if isinstance(gate, VerdictGate):
            return worst_result(gate, [(name, _by_verdict(gate, p)) for name, p in pairs.items()])
        found = {name: _number(pair, gate.stat) for name, pair in pairs.items()}
        (judged,) = judge([gate], lambda _: found, lambda g: _saved(baseline, result, g))
        return judged

    return tuple(map(one, gates))


def _count(result: ModelComparison, gate: Gate) -> Measurement:
    """A count of rows; losses may leave out different rows: the worst of them is judged."""
    counts = [getattr(each, gate.label) for each in result]
    return Measurement(float(max(counts) if gate.op[0] == "<" else min(counts)))


def _saved_count(baseline: ModelComparison | str, gate: Gate) -> Measurement:
    if isinstance(baseline, str):
        return Measurement(None, reason=baseline)
    return _count(baseline, gate)


def _selected(result: ModelComparison, gate: Gate | VerdictGate) -> dict[str, PairResult]:
    """The pairs that a gate selects, by name: those over all rows unless it names groups."""
    return {
        groups_text(list(key.items()))[1:-1]: pair
        for key, pair in _pairs(result, gate)
        if gate.matches(key)
    }


def _pairs(
    result: ModelComparison, gate: Gate | VerdictGate
) -> Iterator[tuple[dict[str, str], PairResult]]:
    """Yield the pairs of a gate's loss with their keys, in all groups or over all rows."""
    grouped = any(key not in _OWN_KEYS for key, _ in gate.groups)
    parts = [(group.by, [*group]) for group in result.groups] if grouped else [({}, [*result])]
    for by, losses in parts:
        for pair in (pair for each in losses if each.label == gate.label for pair in each.pairs):
            own = {"model": pair.model}
            if result.pairs == "all" or ("baseline", pair.baseline) in gate.groups:
                own["baseline"] = pair.baseline
            yield by | own, pair


def _no_pair(result: ModelComparison, gate: Gate | VerdictGate) -> str:
    """Why a gate selects nothing."""
    labels = [each.label for each in result]
    if gate.label not in labels:
        return f"no loss is labelled {gate.label!r}: {', '.join(labels)}"
    wanted = dict(gate.groups)
    keys = [key for key in wanted if key not in _OWN_KEYS]
    if keys and not result.groups:
        return "the comparison has no groups: by makes them"
    if keys and any(key not in result.groups[0].by for key in keys):
        return f"groups are by {', '.join(result.groups[0].by)}, not by {', '.join(keys)}"
    tested = dict.fromkeys(pair.model for pair in result[gate.label].pairs)
    if wanted.get("model") is not None and wanted["model"] not in tested:
        return f"no model {wanted['model']!r} is compared with a baseline: {', '.join(tested)}"
    return f"no pair is {groups_text(gate.groups)[1:-1]}"


def _by_verdict(gate: VerdictGate, pair: PairResult) -> GateResult:
    """A gate on the verdict of one pair."""
    if pair.ci is None:
        return in_error(gate, pair.reason or "there is no interval")
    claim = CLAIMS[gate.claim]
    status: GateStatus = "undecided"
    if pair.verdict in claim.proved_by:
        status = "pass"
    elif pair.verdict in claim.refuted_by:
        status = "fail" if gate.level == "fail" else "warn"
    low, high = pair.ci
    words = f"{pair.verdict}, {pair.difference:+.4g} [{low:+.4g}, {high:+.4g}]"
    return outcome(gate, status, f"{words}: {pair.reason}" if pair.reason else words)


def _number(pair: PairResult, stat: str) -> Measurement:
    """The number of a pair that a statistic names; the difference is its value."""
    if stat == "value":
        stat = "difference"
    if stat not in _STATS:
        return Measurement(None, reason=f"a comparison has no {stat}: {', '.join(_STATS)}")
    if not pair.n:
        return Measurement(None, reason="no row counts")
    if stat in ("ci_low", "ci_high"):
        if pair.ci is None:
            return Measurement(None, reason=pair.reason or "there is no interval")
        return Measurement(pair.ci[stat == "ci_high"], pair.stderr)
    found = getattr(pair, stat)
    if found is None:
        return Measurement(None, reason=pair.reason or f"there is no {stat}")
    return Measurement(found, pair.stderr if stat == "difference" else None)


def _saved(
    baseline: ModelComparison | str, result: ModelComparison, gate: Gate
) -> Measurement | Mapping[str, Measurement]:
    """The same numbers of a saved comparison of the same data."""
    if isinstance(baseline, str):
        return Measurement(None, reason=baseline)
    other = difference_of_data(result.inputs, baseline, "the baseline")
    pairs = _selected(baseline, gate)
    if not pairs:
        return Measurement(None, reason=f"the baseline has no {gate.selector}")
    return {name: _number(pair, gate.stat)._replace(reason=other) for name, pair in pairs.items()}
