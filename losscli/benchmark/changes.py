"""Verdicts about two versions of the same implementations, from the rounds that both were in."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from losscli.benchmark.experiment import Experiment
from losscli.benchmark.rounds import TimedCall
from losscli.results.document import pass_name
from losscli.results.documents.bench import SpeedChange, VersionVerdict
from losscli.stats.decisions import holm, three_way
from losscli.stats.signed_rank import p_above, ratio_interval

_ALPHA = 0.025  # one-sided, of 95 % intervals


class _Pair(NamedTuple):
    experiment: Experiment
    old: TimedCall
    new: TimedCall

    @property
    def logs(self) -> list[float]:
        """log(new time / old time) of each round; empty where they cannot be compared."""
        if self.old.fault or self.new.fault or len(self.old.times) != len(self.new.times):
            return []
        return self.new.log_ratios(self.old)


def changes(experiments: Sequence[Experiment], margin: float, noisy: str) -> Iterator[SpeedChange]:
    """One change for each implementation and experiment; noisy: why nothing can be decided.

    It is slower if its interval is, and the test that the interval inverts after Holm's correction
    for all of them.
    """
    pairs = list(_pairs(experiments))
    p_values = holm([p_above(pair.logs, math.log1p(margin)) for pair in pairs])
    for pair, p_value in zip(pairs, p_values, strict=True):
        yield _change(pair, margin, noisy, p_value)


def _pairs(experiments: Sequence[Experiment]) -> Iterator[_Pair]:
    for experiment in experiments:
        calls = {one.name: one for one in experiment.timed_calls}
        for one in experiment.timed_calls:
            old = calls.get(one.baseline)
            if old is not None and old is not one:
                yield _Pair(experiment, old, one)


def _change(pair: _Pair, margin: float, noisy: str, p_value: float) -> SpeedChange:
    estimate, low, high = ratio_interval(pair.logs)
    verdict: VersionVerdict = three_way(low, high, margin)
    if noisy or (verdict == "slower" and not p_value <= _ALPHA):
        verdict = "undecided"
    known = math.isfinite(estimate) and not noisy
    job = pair.experiment.job
    reason = noisy or pair.new.fault or pair.old.fault
    return SpeedChange(
        impl=pair.new.name,
        old=pair.old.name,
        label=job.workload.label,
        shape=job.workload.shape,
        dtype=job.setting.dtype,
        device=job.setting.device,
        passes=pass_name(pair.experiment.both),
        ratio=math.exp(estimate) if known else None,
        ci=(math.exp(low), math.exp(high)) if known and math.isfinite(low) else None,
        verdict=verdict,
        reason=reason or None,
    )
