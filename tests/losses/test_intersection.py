"""What lies in several domains lies in each of them."""

from itertools import combinations

import numpy as np
import pytest

from losscli.checks.generators import Sample, draw
from losscli.losses.core.intersection import Part, together
from losscli.losses.declare import (
    BINARY,
    HARD_LABEL,
    INDICES,
    LABELS,
    LOG_PROBABILITY,
    LOGIT,
    NON_NEGATIVE,
    POSITIVE,
    PROBABILITY,
    REAL,
    SCORE,
    SIGN,
    SIMPLEX,
    SOFT_LABEL,
    Interval,
    Numbers,
)  # fmt: skip

DOMAINS = [
    BINARY, HARD_LABEL, LABELS, INDICES, LOG_PROBABILITY, LOGIT, NON_NEGATIVE, POSITIVE,
    PROBABILITY, REAL, SCORE, SIGN, SIMPLEX, SOFT_LABEL,
    Numbers("open", "", Interval(0.0, 1.0, "()")), Numbers("low", "", Interval(high=0.5)),
]  # fmt: skip
VALUES = np.array(
    [
        -np.inf,
        -100.0,
        -2.0,
        -1.0,
        -0.5,
        -0.0,
        0.0,
        5e-324,
        0.3,
        0.5,
        0.7,
        1.0,
        1.5,
        2.0,
        9.0,
        np.inf,
    ]
)


def taken(domain, values, ignore_index=None):
    """Which values a domain takes, of three classes."""
    found = np.ones(values.shape, bool)
    for mask in domain.violations(values, 3, ignore_index):
        if mask is not None:
            found &= ~mask
    return found


@pytest.mark.parametrize("pair", list(combinations(DOMAINS, 2)))
def test_a_value_is_taken_where_both_take_it(pair):
    """In either order; nan nowhere."""
    wanted = taken(pair[0], VALUES) & taken(pair[1], VALUES)
    for order in (pair, pair[::-1]):
        both = together([Part(domain) for domain in order])
        assert (taken(both, VALUES) == wanted).all()
        assert not taken(both, np.array([np.nan])).any()
        assert both.bounded or (wanted | ~np.isfinite(VALUES)).all()
        for value in VALUES[~wanted]:
            assert both.reason(value, 3).startswith("is ")


def test_the_narrower_of_two_intervals_says_it_all():
    """So messages and hints are its own."""
    assert together([Part(REAL), Part(PROBABILITY)]) is PROBABILITY
    assert together([Part(LOGIT), Part(REAL), Part(REAL)]) is REAL
    assert together([Part(LABELS), Part(LABELS)]) is LABELS


def test_ordinary_values_are_in_all():
    """What is drawn for a check."""
    random = np.random.default_rng(0)
    for parts in ([SOFT_LABEL, BINARY], [POSITIVE, PROBABILITY], [HARD_LABEL, SIGN]):
        both = together([Part(domain) for domain in parts])
        drawn = draw(both, Sample(random, (100,), 1.0))
        assert taken(both, drawn).all()


def test_a_label_to_be_ignored_must_be_spared_by_all():
    """Where one part does not know of it, the label is outside."""
    labels = np.array([0, 2, -100])
    assert taken(together([Part(LABELS), Part(LABELS)]), labels, -100).all()
    both = together([Part(LABELS), Part(INDICES, allows_ignored=False)])
    assert taken(both, labels, -100).tolist() == [True, True, False]


def test_marks_of_both_are_judged():
    """Two conventions of labels in one column, however the domain is put together."""
    both = together([Part(HARD_LABEL), Part(REAL)])
    marks = both.marks(np.array([0.0, 1.0])) | both.marks(np.array([-1.0, 1.0]))
    assert "two conventions" in both.finding(marks).message
    assert both.finding(both.marks(np.array([0.0, 1.0]))) is None
