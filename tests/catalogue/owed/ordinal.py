"""Losses of ordered classes."""

import numpy as np
from hypothesis import strategies as st

from tests.catalogue.owed.terms import Owed
from tests.catalogue.strategies import LOGITS, simplexes

SURE = frozenset({"non_negative", "convex", "zero_at_target"})


@st.composite
def confident(draw):
    """Four probabilities, nearly all of them in one class, and a label."""
    rest = [draw(st.floats(1e-300, 1e-3)) for _ in range(3)]
    at = draw(st.integers(0, 3))
    rest.insert(at, 1.0 - sum(rest))
    return rest, draw(st.integers(0, 3))


def _errors(mp, pred, target):
    """|P_k - 1[y <= k]| for each k but the last, and the size of the terms that it is the sum of.

    From the label on these are what multiples of 2^-52 leave of the probabilities: what a row lacks
    to 1 is their sum, as rounding left them.
    """
    left = mp.fsum(abs(p - ((float(p) + 1.5) - 1.5)) for p in pred)
    for k in range(len(pred) - 1):
        error = abs(mp.fsum(pred[: k + 1]) - (target <= k))
        yield error, error + (left if target <= k else 0)


def _value(mp, pred, target, *, normalise):
    """The sum of squares, each by the terms of its root."""
    found = mp.fsum(error * terms for error, terms in _errors(mp, pred, target))
    return (found / max(1, len(pred) - 1) if normalise else found) or mp.mpf("1e-290")


def _slopes(mp, pred, target, *, normalise):
    """The absolute terms of each class's slope."""
    errors = [terms for _, terms in _errors(mp, pred, target)]
    scale = max(1, len(pred) - 1) if normalise else 1
    return [2 * mp.fsum(errors[j:]) / scale or mp.mpf(1) for j in range(len(pred))]


OWED = {
    "rps": Owed(
        pred=simplexes(4),
        near=confident(),
        params={"normalise": st.booleans()},
        value=8.0,
        scale=_value,
        gradient_scale=_slopes,
        why="what follows a class is added from the other end, an addition a class; what a row"
        " lacks to 1 and slopes are sums of both signs",
        examples=(
            ([0.5, 0.5, 0.0], 0, {}),
            ([0.7, 0.2, 0.1], 2, {"normalise": True}),
            ([1.0], 0, {"normalise": True}),
            ([1e-300, 1.0], 1, {}),
            ([1.0, 1e-20], 0, {}),
            ([2.0, 2.0], 0, {}),
            ([0.3, 1e20], 0, {}),
            (
                [0.9994495119028491, 0.0005504880971508845, 1.86e-29, 1.86e-29],
                0,
                {"normalise": False},
            ),
            ([1.0, 1e-100, 2e-17], 0, {}),  # rounded: the label's 1 leaves nothing for the others
            ([1.0, 1e-300, 1e-300, 1.99e-130], 0, {}),
        ),
        perfect=lambda target: [float(c == target) for c in range(4)],
        ideal=st.integers(0, 3),
        laws=SURE,
    ),
    "coral": Owed(
        pred=st.lists(LOGITS, min_size=3, max_size=3),
        target=st.integers(0, 3),
        params={"weight": st.sampled_from([..., np.array([1.0, 2.0, 0.5])])},
        examples=(([50.0, -50.0], 1, {}), ([-1e4, 740.0], 2, {}), ([0.0], 0, {})),
        laws=frozenset({"non_negative", "convex"}),
    ),
}
