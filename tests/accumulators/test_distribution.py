"""The distribution of losses, against sorted lists of them."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.accumulators import quantiles
from losscli.accumulators.distribution import WORST, Distribution

SEED = st.integers(0, 2**32 - 1)


def rows(seed, count):
    """Losses, many of them equal, and norms."""
    generator = np.random.default_rng(seed)
    return np.round(generator.exponential(size=count), 1), generator.random(count)


@given(SEED, st.integers(1_000, 3_000), st.booleans())
def test_the_worst_rows_carry_what_a_sorted_list_says(seed, count, weighted):
    """Of equal losses the first rows are the worst; in one part or in three."""
    losses, norms = rows(seed, count)
    weight = np.random.default_rng(seed).random(count) if weighted else None
    cuts = [0, count // 3, count // 2, count]
    parts = [
        Distribution.of(losses[a:b], None if weight is None else weight[a:b], norms[a:b])
        for a, b in pairwise(cuts)
    ]
    whole = Distribution.of(losses, weight, norms).concentration()
    assert (parts[0] + parts[1] + parts[2]).concentration() == whole
    order = sorted(range(count), key=lambda row: -losses[row])
    shares = np.ones(count) if weight is None else weight
    for found, share in zip(whole, WORST, strict=True):
        worst = order[: math.floor(share * count + 1e-9)]
        assert found.rows == len(worst)
        for carried, column in ((found.loss, losses), (found.gradient, norms)):
            terms = column * shares
            assert carried == math.fsum(terms[worst]) / math.fsum(terms)


@given(SEED, st.integers(1, 2_000))
def test_every_row_is_in_one_bin(seed, count):
    """A loss at an edge is in the bin above, the largest in the last."""
    losses, _ = rows(seed, count)
    edges, counts = Distribution.of(losses).histogram()
    assert sum(counts) == count
    for k, (low, high) in enumerate(pairwise(edges)):
        last = k == len(counts) - 1
        assert counts[k] == sum(low <= x < high or (last and x == high) for x in losses)


@pytest.mark.parametrize("blocks", [1, 3, 10])
def test_bins_depend_on_the_rows_alone(monkeypatch, blocks):
    """Beyond the rows that are kept, however they are divided."""
    monkeypatch.setattr(quantiles, "MOST", 1_000)
    losses = np.random.default_rng(3).standard_cauchy(5_000)
    wanted = Distribution.of(losses)
    first, *others = np.array_split(losses[::-1], blocks)
    found = Distribution.of(first)
    for other in others:
        found += Distribution.of(other)
    assert found.losses.binned
    assert found.quantiles() == wanted.quantiles()
    assert found.histogram() == wanted.histogram()
    exact = np.sort(losses)[math.ceil(0.9 * len(losses)) - 1]
    assert found.quantiles()["p90"] == pytest.approx(exact, rel=quantiles.RELATIVE_ERROR)
