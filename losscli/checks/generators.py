"""Inputs of a domain: ordinary values, edge cases, and the nearest valid value to any number.

One function a question, with one implementation a type of domain; then random inputs of a workload,
and the validity of inputs.
"""

import math
from collections.abc import Sequence
from functools import singledispatch
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from losscli.checks.precision import Floats
from losscli.errors import UsageError
from losscli.implementations.implementation import Workload
from losscli.losses.core.domain import (
    REAL,
    SOFT_TARGETS,
    Columns,
    Domain,
    Interval,
    Numbers,
    Ordered,
    Raw,
    rows_with,
)
from losscli.losses.core.intersection import Every
from losscli.losses.core.labels import Choice, IntegerLabels, Labels
from losscli.losses.core.probabilities import Simplex

_BORDER = 2.0**-10  # ordinary numbers keep this share of an interval from its ends
_IGNORED = 0.125  # of the rows
_LABELS = 3  # how many are drawn where any number of them would do

Shape: TypeAlias = Sequence[int]
Arrays: TypeAlias = tuple[NDArray[Any], ...]


class Sample(NamedTuple):
    """The values to draw: their random generator, shape and dtype.

    spread: the scale of values without bounds. classes: the number of classes, for labels.
    """

    random: np.random.Generator
    shape: Shape
    spread: float
    classes: int = 0
    dtype: Any = np.float64


@singledispatch
def draw(domain: Domain, sample: Sample) -> NDArray[Any]:
    """Ordinary values of a domain."""
    raise NotImplementedError(type(domain))


@singledispatch
def edges(domain: Domain, row: Shape, steps: Sequence[float], classes: int = 0) -> Floats:
    """Rows (K, *row) at the edges of a domain, and at steps (> 0) away from them.

    Ordinary rows of several spreads where the domain has no known edges.
    """
    random = np.random.default_rng(0)
    drawn = [
        draw(domain, Sample(random, (4, *row), spread, classes)) for spread in (1.0, 8.0, 64.0)
    ]
    return np.asarray(np.concatenate(drawn), np.float64)


@singledispatch
def nearest(domain: Domain, raw: Raw, classes: int = 0) -> Raw:
    """The numbers moved into the domain, each to a valid value close to it."""
    return raw


@draw.register
def _(domain: Numbers, sample: Sample) -> NDArray[Any]:
    """The frequent values where some are; else a normal or a uniform spread in the interval."""
    low, high, _ = _usual(domain)
    if domain.often:
        return np.array(domain.often, sample.dtype)[
            sample.random.integers(0, len(domain.often), sample.shape)
        ]
    if math.isinf(low) or math.isinf(high):
        values = sample.random.standard_normal(sample.shape, sample.dtype)
        values *= sample.spread
        if low == -math.inf and high == math.inf:
            return values
        np.abs(values, out=values)
        return low + _BORDER + values if math.isinf(high) else high - _BORDER - values
    border = _BORDER * (high - low)
    uniform = sample.random.random(sample.shape, sample.dtype) ** sample.spread
    return np.asarray(low + border + (high - low - 2.0 * border) * uniform)


@edges.register
def _(domain: Numbers, row: Shape, steps: Sequence[float], classes: int = 0) -> Floats:
    """The ends, the values next to them, and the middle; steps about 0 where there is no end."""
    interval = _usual(domain)
    low, high, _ = interval
    ends = [end for end in (low, high) if math.isfinite(end)]
    values = ends or [0.0]
    values += [end + sign * step for end in values for step in steps for sign in (1.0, -1.0)]
    values += [0.5 * (low + high)] if len(ends) == 2 else []
    return _mixed([value for value in dict.fromkeys(values) if interval.holds(value)], row)


@nearest.register
def _(domain: Numbers, raw: Raw, classes: int = 0) -> Raw:
    """Each number clamped to the interval; 0 for nan."""
    kind = raw.dtype.type
    low, high, ends = _usual(domain)
    low, high = kind(low), kind(high)
    if ends[0] == "(":
        low = np.nextafter(low, kind(np.inf))
    if ends[1] == ")":
        high = np.nextafter(high, kind(-np.inf))
    return np.asarray(np.clip(np.where(np.isnan(raw), kind(0.0), raw), low, high))


def _usual(domain: Numbers) -> Interval:
    return domain.usual or domain.interval


def _mixed(values: Sequence[float], row: Shape) -> Floats:
    """Rows of some values: each of them alone, next to the first, and a few mixtures."""
    numbers = np.array(values, np.float64)
    if not row:
        return numbers
    count = math.prod(row)
    same = np.repeat(numbers[:, None], count, axis=1)
    paired = np.full((len(numbers), count), numbers[0])
    paired[:, -1] = numbers
    picked = np.random.default_rng(0).integers(0, len(numbers), (2 * len(numbers), count))
    rows = np.concatenate([same, paired, numbers[picked]])
    return rows.reshape(-1, *row)


@draw.register
def _(domain: Simplex, sample: Sample) -> NDArray[Any]:
    values = sample.random.standard_exponential(sample.shape, sample.dtype) + _BORDER
    return np.asarray(values / values.sum(axis=-1, keepdims=True))


@edges.register
def _(domain: Simplex, row: Shape, steps: Sequence[float], classes: int = 0) -> Floats:
    """One-hot rows, the uniform row, and rows with all but a step on one class."""
    width = row[-1]
    rows = [np.full(width, 1.0 / width), *np.eye(width)[[0, -1]]]
    for step in (step for step in steps if step < 0.5 and width > 1):
        rest = np.full(width, step / (width - 1))
        rows += [np.where(np.eye(width)[at] > 0, 1.0 - step, rest) for at in (0, width - 1)]
    stacked = np.array(rows).reshape(len(rows), *(1,) * (len(row) - 1), width)
    return np.array(np.broadcast_to(stacked, (len(rows), *row)))


@nearest.register
def _(domain: Simplex, raw: Raw, classes: int = 0) -> Raw:
    """The shares of each row's sum; equal shares where the sum is 0."""
    clamped = nearest.dispatch(Numbers)(domain, raw)
    positive = np.minimum(np.abs(clamped), raw.dtype.type(1e30))
    total = positive.sum(axis=-1, keepdims=True)
    equal = raw.dtype.type(1.0 / raw.shape[-1])
    with np.errstate(all="ignore"):
        return np.asarray(np.where(total > 0, positive / total, equal))


@draw.register
def _(domain: Labels, sample: Sample) -> NDArray[Any]:
    return sample.random.integers(0, sample.classes, sample.shape)


@edges.register
def _(domain: Labels, row: Shape, steps: Sequence[float], classes: int = 0) -> Floats:
    """The first class and the last; of rows of class weights, the edges of weights."""
    return edges(SOFT_TARGETS, row, steps) if row else np.array([0, classes - 1])


@nearest.register
def _(domain: Labels, raw: Raw, classes: int = 0) -> Raw:
    if raw.ndim > 1:
        return nearest(SOFT_TARGETS, raw)
    return np.asarray(np.clip(np.nan_to_num(raw), 0, max(classes - 1, 0)).astype(np.int64))


@draw.register
def _(domain: Choice, sample: Sample) -> NDArray[Any]:
    values = _one_convention(domain)
    return np.array(values, sample.dtype)[sample.random.integers(0, len(values), sample.shape)]


@edges.register
def _(domain: Choice, row: Shape, steps: Sequence[float], classes: int = 0) -> Floats:
    return _mixed(_one_convention(domain), row)


@nearest.register
def _(domain: Choice, raw: Raw, classes: int = 0) -> Raw:
    values = np.array(_one_convention(domain), raw.dtype)
    distance = np.abs(np.nan_to_num(raw)[..., None] - values)
    return np.asarray(values[distance.argmin(axis=-1)])


def _one_convention(domain: Choice) -> list[float]:
    """The values of the first of two conventions that cannot be mixed."""
    return [value for value in domain.values if value not in domain.clash[1:]]


@draw.register
def _(domain: IntegerLabels, sample: Sample) -> NDArray[Any]:
    return sample.random.integers(0, sample.classes or _LABELS, sample.shape).astype(sample.dtype)


@edges.register
def _(domain: IntegerLabels, row: Shape, steps: Sequence[float], classes: int = 0) -> Floats:
    """A few labels of both signs: labels are compared only, so any will do."""
    return _mixed([-1.0, 0.0, 1.0, 2.0], row)


@nearest.register
def _(domain: IntegerLabels, raw: Raw, classes: int = 0) -> Raw:
    return np.asarray(np.rint(nearest.dispatch(Numbers)(domain, raw)))


@draw.register
def _(domain: Columns, sample: Sample) -> NDArray[Any]:
    columns = [draw(part, sample._replace(shape=sample.shape[:1])) for part in domain.parts]
    return np.stack(columns, axis=1)


@edges.register
def _(domain: Columns, row: Shape, steps: Sequence[float], classes: int = 0) -> Floats:
    """Every combination of the edges of the columns."""
    columns = [edges(part, (), steps) for part in domain.parts]
    grid = np.stack(np.meshgrid(*columns, indexing="ij"), axis=-1)
    return np.asarray(grid.reshape(-1, len(domain.parts)))


@nearest.register
def _(domain: Columns, raw: Raw, classes: int = 0) -> Raw:
    columns = [nearest(part, raw[:, at]) for at, part in enumerate(domain.parts)]
    return np.stack(columns, axis=1)


@draw.register
def _(domain: Ordered, sample: Sample) -> NDArray[Any]:
    """Ends about 0, and widths about 1."""
    ends = sample.spread * sample.random.standard_normal(sample.shape, sample.dtype)
    for low, high in domain.pairs:
        ends[:, high] = (
            ends[:, low] + 0.1 + sample.random.standard_exponential(sample.shape[0], sample.dtype)
        )
    return np.asarray(ends, sample.dtype)


@edges.register
def _(domain: Ordered, row: Shape, steps: Sequence[float], classes: int = 0) -> Floats:
    """Ends at 0 and 1, widths of 0 and each step: empty, thin and distant intervals."""
    spans = [(low, low + width) for low in (0.0, 1.0) for width in (0.0, *steps)]
    rows = []
    for number, (low, high) in enumerate(spans):
        for other in (spans[number], spans[-1 - number]):
            ends = np.zeros(row)
            for at, pair in enumerate(domain.pairs):
                ends[list(pair)] = (low, high) if at % 2 == 0 else other
            rows.append(ends)
    return np.array(rows)


@nearest.register
def _(domain: Ordered, raw: Raw, classes: int = 0) -> Raw:
    """Finite numbers, the two of each pair in order."""
    values = nearest(REAL, raw)
    for low, high in domain.pairs:
        ends = np.sort(values[:, [low, high]], axis=1)
        values[:, low], values[:, high] = ends[:, 0], ends[:, 1]
    return values


@draw.register
def _(domain: Every, sample: Sample) -> NDArray[Any]:
    """Ordinary values of the first part whose values all other parts take."""
    for part in domain.parts:
        values = draw(part.domain, sample)
        if all(mask is None for mask in domain.violations(values, sample.classes or None)):
            return values
    raise UsageError(f"no ordinary values are {domain.words}")


class InputGenerator:
    """Draws inputs of a workload; the same seed gives the same inputs, and None gives others.

    dtype: the dtype of real numbers; for bfloat16 they are drawn in float32.
    """

    def __init__(self, workload: Workload, dtype: Any, seed: int | None) -> None:
        self._workload = workload
        self._dtype = np.dtype("float32" if str(dtype) == "bfloat16" else dtype)
        self._random = np.random.default_rng(seed)

    def all(self) -> Arrays:
        """All inputs: pred and target, or hidden, weight and target."""
        if not self._workload.linear:
            return self.rows(self._workload.rows, 1.0)
        _, hidden, classes = self._workload.shape
        states, target = self.rows(self._workload.rows, 1.0)
        weight = self._normal((classes, hidden), 1.0 / math.sqrt(hidden))
        return states, weight, target

    def rows(self, count: int, spread: float) -> Arrays:
        """`count` rows of pred (or hidden) and target; spread: the scale of unbounded values."""
        workload = self._workload
        loss, row = workload.loss, workload.shape[1:]
        if workload.linear:
            shape = (count, *workload.shape[1:2])
            hidden = self._normal(shape, 2.0 * spread)
            return hidden, self._labels(count)
        pred_domain, target_domain = loss.domains_of(workload.params)
        classes = loss.classes(row) or 0
        wide = np.float64 if self._dtype == np.float64 else np.float32
        pred = draw(pred_domain, Sample(self._random, (count, *row), 2.0 * spread, classes, wide))
        target_row = loss.rows_of.target_row(row)
        if target_domain is None or target_row is None:
            return (pred.astype(self._dtype, copy=False),)
        target = draw(target_domain, Sample(self._random, (count, *target_row), 1.0, classes, wide))
        if target.dtype.kind == "f":
            target = target.astype(self._dtype, copy=False)
        return pred.astype(self._dtype, copy=False), target

    def _labels(self, count: int) -> NDArray[np.int64]:
        """Labels for the linear loss, some of them ignored if the parameters name which."""
        labels = self._random.integers(0, self._workload.shape[2], count)
        ignored = self._workload.set_params.get("ignore_index")
        if ignored is not None:
            labels[self._random.random(count) < _IGNORED] = ignored
        return labels

    def choice(self, below: int, count: int) -> NDArray[np.int64]:
        """At most `count` distinct integers in [0, below), ascending."""
        return np.unique(self._random.integers(0, below, count))

    def spread(self) -> float:
        """A spread other than 1, so that the mean changes."""
        return float(self._random.choice([0.25, 0.5, 1.5, 2.0]))

    def _normal(self, shape: tuple[int, ...], scale: float) -> NDArray[Any]:
        wide = np.float64 if self._dtype == np.float64 else np.float32
        drawn = self._random.standard_normal(shape, dtype=wide)
        drawn *= wide(scale)
        values: NDArray[Any] = drawn.astype(self._dtype, copy=False)
        return values


def in_domain(workload: Workload, arrays: Arrays) -> NDArray[np.bool_]:
    """A mask of the rows that are finite and lie inside the domains of the loss."""
    loss = workload.loss
    pred_domain, target_domain = loss.domains_of(workload.params)
    pred, *rest = arrays
    ignore_index = workload.params.get("ignore_index")
    classes = loss.classes(pred.shape[1:])
    masks: list[Any] = [~np.isfinite(array) for array in arrays]
    masks += [*pred_domain.violations(pred, classes)]
    if target_domain is not None and rest:
        masks += target_domain.violations(rest[0], classes, ignore_index)
    good = np.ones(len(pred), np.bool_)
    for mask in masks:
        if mask is not None:
            good &= ~rows_with(mask)
    return good
