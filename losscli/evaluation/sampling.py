"""The sampling design of an evaluation: the rows that are not independent of each other."""

import math
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from losscli.accumulators.clusters import Clusters
from losscli.accumulators.design import Design, effective_clusters
from losscli.accumulators.replicates import Draws
from losscli.accumulators.rows import RowAccumulator
from losscli.errors import DataError, UsageError
from losscli.evaluation.validity import Violation
from losscli.losses.core.domain import Mask
from losscli.losses.spec.binding import BoundLoss
from losscli.results.document import Note
from losscli.results.statistics import LossResult
from losscli.sources.keys import Keys, distinct
from losscli.sources.source import Block, Source
from losscli.sources.table import CLUSTERS
from losscli.sources.texts import Texts

FEW = 20  # effective clusters: with fewer, the interval may cover less than 93 %
_FEWEST = 10  # rows from which their skewness can be judged
_SKEWED = 0.1
_RATIO, _POWER = 0.4, 0.6
_CORRECTED, _OF_CLUSTERS = 0.3, 0.2
_KEPT = 0.9  # the share of the true half-width, below which an interval covers less than 93 %


def is_clustered(source: Source) -> bool:
    """True if rows lie in clusters: given ones, or the samples whose positions they are."""
    return source.positions > 1 or CLUSTERS in source.roles


def check_clusters(source: Source, counts: Sequence[int | None]) -> None:
    """Raise DataError where all rows that count lie in one cluster. counts: of each statistic."""
    if CLUSTERS in source.roles and 1 in counts:
        raise DataError(
            "all rows lie in one cluster: there is no standard error",
            place=source.table(CLUSTERS).path,
            hint="name a column of several clusters, or leave --cluster out",
        )


def interval_notes(
    source: Source,
    losses: Sequence[BoundLoss],
    results: Sequence[LossResult],
    accumulators: Sequence[RowAccumulator],
) -> Iterator[Note]:
    """The notes on intervals that cover less than their level: few clusters, skewed rows."""
    if is_clustered(source):
        few = list(few_clusters(source, _counts(accumulators)))
        yield from few or _skewed(losses, results, accumulators, _is_skew_large)
        return
    for rows in accumulators:
        if rows.design is not None and rows.design.series:
            # The distance of extremes says nothing about rows that depend on each other.
            yield from _short_series(results, accumulators)
            return
    yield from _skewed(losses, results, accumulators, _is_skewed)


def _skewed(
    losses: Sequence[BoundLoss],
    results: Sequence[LossResult],
    accumulators: Sequence[RowAccumulator],
    holds: Callable[[LossResult, RowAccumulator], bool],
) -> Iterator[Note]:
    """A note on the losses of which it holds that the interval covers less than 93 %."""
    labels = [
        loss.label
        for loss, result, rows in zip(losses, results, accumulators, strict=False)
        if result.n >= _FEWEST and not loss.loss.proportion and holds(result, rows)
    ]
    if labels:
        rows, clusters = results[0].n, results[0].clusters
        kind = f"rows of {rows:,}" if clusters is None else f"clusters of {clusters:,}"
        words = f"few {kind} make up most of the spread of {', '.join(labels)}"
        hint = "the interval may cover less than its level, most of all at its upper end"
        if not any(result.ci_method for result in results):
            hint += "; --interval hall corrects most of it"
        yield Note("skewed", words, hint)


def _is_skewed(result: LossResult, rows: RowAccumulator) -> bool:
    """True if the interval of such rows is known to cover less than 93 %.

    One of the largest and the smallest loss is over 0.4 n^0.6 times as far from the mean as the
    other, and their distances differ by d standard deviations, d² > max(0.1 n, 0.15 n - 1.5): so
    the interval covers 93 % of the samples of 20 rows or more that have no note (docs/statistics.md
    has the simulation). A corrected one does up to a skewness of 0.3·√n.
    """
    if result.ci_method:
        return _is_skew_large(result, rows)
    stderr = result.stderr if result.statistic is None else rows.stderr()
    if not stderr:
        return False
    n: float = rows.count
    if result.weight_sum != n:
        n = rows.moments.effective_rows(result.weight_sum)
    above, below = rows.extremes.high - result.mean, result.mean - rows.extremes.low
    if max(above, below) <= _RATIO * n**_POWER * min(above, below):
        return False
    scaled = (above - below) / stderr
    return scaled * scaled > n * max(_SKEWED * n, 1.5 * (_SKEWED * n - 1.0))


def _is_skew_large(result: LossResult, rows: RowAccumulator) -> bool:
    """The same by the skewness of clusters, or of rows whose interval is corrected."""
    skewness = rows.skewness()
    most = _CORRECTED if result.ci_method else _OF_CLUSTERS
    return skewness is not None and abs(skewness.third) > most


def low_coverage(label: str, reason: str, hint: str) -> Note:
    """A note on an interval that is known to cover less than 93 % at a level of 95 %."""
    words = f"the interval of {label} may cover less than its level: {reason}"
    return Note("low_coverage", words, hint)


def _short_series(
    results: Sequence[LossResult], accumulators: Sequence[RowAccumulator]
) -> Iterator[Note]:
    """A note on the losses, as `short_series`."""
    known = []
    for result, rows in zip(results, accumulators, strict=False):
        if result.stderr and rows.design is not None and rows.design.series is not None:
            lag, correlation = rows.design.series.lag, rows.correlation()
            known.append(Series(correlation, result.label, lag, rows.size))
    yield from short_series(known)


class Series(NamedTuple):
    """A statistic of n rows of a time series. correlation: of neighbours; nan where not known."""

    correlation: float
    label: str
    lag: int
    n: int


def short_series(found: Sequence[Series]) -> Iterator[Note]:
    """A note on the series with the strongest correlation, where its lag or its rows are too few.

    Of an autoregression with a correlation c of neighbours, Bartlett's weights at a lag l miss a
    share 2 c / ((1 - c²) (l + 1)) of the variance; and the error of its estimate asks for a wider
    interval, by 1.5 (l + 1) / n of n rows (Kiefer and Vogelsang, Econometric Theory 21, 2005).
    """
    known = [each for each in found if each.correlation < 1.0]
    if not known:
        return
    correlation, label, lag, n = max(known)
    reach = lag + 1
    wanted = max(0.0, 2.0 * correlation / (1.0 - correlation * correlation))
    kept = math.sqrt(max(0.0, 1.0 - wanted / reach)) / (1.0 + 1.5 * reach / n)
    if kept >= _KEPT:
        return
    better = max(math.ceil(10.0 * wanted), 2)
    needed = 30 * better
    reason = f"neighbours correlate at {correlation:.2f}, of {n:,} rows with a lag of {lag}"
    hint = f"--hac {better - 1}" if needed <= n else f"--hac {better - 1} of {needed:,} rows"
    yield low_coverage(label, reason, hint)


def _counts(accumulators: Sequence[RowAccumulator]) -> list[tuple[float, int]]:
    """The clusters of losses, after the number of equal ones that are as good."""
    return [
        (effective_clusters(rows.clusters, float(rows.denominator)), len(rows.clusters))
        for rows in accumulators
        if rows.clusters is not None
    ]


def few_clusters(source: Source, counts: Sequence[tuple[float, int]]) -> Iterator[Note]:
    """A note where the intervals rest on few clusters, large ones among them counting more.

    counts: the clusters of each statistic, after the number of equal ones that are as good.
    """
    effective, count = min(counts, default=(FEW, FEW))
    kind = "clusters" if CLUSTERS in source.roles else "samples"
    if count == 1:
        yield Note("few_clusters", f"all rows lie in one of the {kind}: there is no standard error")
    elif round(effective, 6) < FEW:  # of equal clusters a sum may be an ULP below
        words = f"the intervals rest on {count:,} {kind}"
        if round(effective) < count:
            words += f", as good as {effective:.0f} of equal size"
        hint = f"with fewer than {FEW} they may cover less than their level"
        yield Note("few_clusters", words, hint)


class Sampling(NamedTuple):
    """How rows were drawn, apart from clusters.

    resamples: of the bootstrap, of whole clusters where there are some. lag: as of `Design`.
    frequency: True if weights count equal rows. skewness: True if intervals are corrected for it.
    """

    resamples: int = 0
    lag: int | None = None
    frequency: bool = False
    skewness: bool = False

    @classmethod
    def of(cls, plan: Any) -> "Sampling":
        """Return the sampling of the plan of an evaluation or a comparison."""
        counted, corrected = plan.weights_are == "frequency", plan.interval == "hall"
        return cls(plan.bootstrap, plan.hac, counted, corrected)


INDEPENDENT = Sampling()


def check_sampling(source: Source, sampling: Sampling) -> None:
    """Raise UsageError for flags that do not go together."""
    if sampling.lag is not None and is_clustered(source):
        kind = "--cluster" if CLUSTERS in source.roles else "positions of samples"
        raise UsageError(
            f"--hac is for rows in the order of time, and {kind} for rows that depend otherwise",
            hint="leave one of the two out",
        )
    if sampling.frequency and "weights" not in source.roles:
        raise UsageError("--weights-are frequency needs --weights", hint="--weights COL|FILE")


def design_of(
    block: Block,
    positions: int,
    sampling: Sampling,
    violations: MutableMapping[tuple[str, str], Violation],
) -> Design:
    """The design of the rows of a block.

    positions: the rows of a sample. violations: takes rows without a cluster, and weights that
    count nothing.
    """
    clusters = _clusters_of(block, positions, violations)
    if sampling.frequency:
        _check_counts(block, violations)
    resamples, lag, frequency, skewness = sampling
    if not resamples:
        return Design(clusters, None, lag, frequency, skewness)
    if clusters is None:
        keys = np.arange(block.first, block.first + block.rows, dtype=np.uint64)
    else:
        keys = clusters.keys[clusters.codes]
    return Design(clusters, Draws(keys, resamples), lag, frequency, skewness)


def _check_counts(block: Block, violations: MutableMapping[tuple[str, str], Violation]) -> None:
    """Take weights that are not whole numbers; what cannot be a weight is found elsewhere."""
    weight = np.asarray(block.arrays["weights"], np.float64).reshape(-1)
    broken = np.isfinite(weight) & (weight != np.floor(weight))
    if broken.any():
        first = int(broken.argmax())
        message = f"--weights-are frequency takes whole numbers; {weight[first]:.10g} is not one"
        count = int(np.count_nonzero(broken))
        hint = "other weights are importance weights, the default"
        violation = Violation(message, "weights", block.first + first, None, count, hint)
        violations["weights", message] = violation


def _clusters_of(
    block: Block, positions: int, violations: MutableMapping[tuple[str, str], Violation]
) -> Clusters | None:
    """The clusters that are given, else the samples of positions; None for independent rows."""
    if block.clusters is None:
        return _samples(block, positions) if positions > 1 else None
    loaded = block.clusters
    clusters, missing = _named(loaded) if isinstance(loaded, Keys) else _numbered(loaded)
    if missing is not None:
        first, count = block.first + int(missing.argmax()), int(np.count_nonzero(missing))
        message = "the cluster of this row is missing"
        hint = "leave such rows out, or give each a cluster of its own"
        violation = Violation(message, CLUSTERS, first, None, count, hint)
        violations[CLUSTERS, message] = violation
    return clusters


def _samples(block: Block, positions: int) -> Clusters:
    """The samples of positions, by their numbers."""
    samples = np.arange(block.first, block.first + block.rows) // positions
    first = int(samples[0])
    keys = np.arange(first, int(samples[-1]) + 1, dtype=np.uint64)
    return Clusters(samples - first, keys)


def _numbered(values: NDArray[Any]) -> tuple[Clusters, Mask | None]:
    """The clusters of rows by numbers, and the rows without one, None for no such row."""
    values = values.reshape(len(values))
    missing = None
    if values.dtype.kind == "f":
        nan = np.isnan(values)
        missing = nan if nan.any() else None
        numbers = values.astype(np.float64) + 0.0  # of -0.0 and 0.0 one number
        values = np.where(nan, 0.0, numbers).view(np.int64)
    if values.dtype == np.int64:
        return Clusters.of_integers(values), missing
    found, codes = distinct(values)
    return Clusters(codes, found.astype(np.int64, copy=False).view(np.uint64)), missing


def _named(keys: Keys) -> tuple[Clusters, Mask | None]:
    """The same by texts.

    A cluster is known by a hash: of a million, two share one with a probability of 3e-8.
    """
    texts = [text for (text,) in keys.texts]
    missing = keys.codes == texts.index("") if "" in texts else None
    return Clusters(keys.codes, Texts.of(texts).hashes()), missing
