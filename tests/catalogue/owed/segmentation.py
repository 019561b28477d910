"""Losses of masks."""

from hypothesis import strategies as st

from tests.catalogue.owed.terms import Owed

D = 4
PIXELS = st.one_of(
    st.floats(1e-100, 1.0), st.floats(0.0, 1.0, allow_subnormal=False), st.sampled_from([0.0, 1.0])
).map(lambda p: p if p > 1e-100 else 0.0)
HARD = st.sampled_from([0.0, 1.0])
MASK = st.lists(PIXELS, min_size=D, max_size=D)
TARGET = st.one_of(MASK, st.lists(HARD, min_size=D, max_size=D))
SMOOTH = st.sampled_from([0.0, 1e-7, 1.0])


@st.composite
def nearly(draw):
    """A hard mask, and a prediction that is nearly it."""
    target = draw(st.lists(HARD, min_size=D, max_size=D))
    lack = draw(st.lists(st.floats(0.0, 1e-9, allow_subnormal=False), min_size=D, max_size=D))
    return [abs(t - e) for t, e in zip(target, lack, strict=True)], target


def _empty(pred, target, params):
    """Where the ratio has no limit."""
    masks = zip(pred, target, strict=True) if isinstance(pred[0], list) else [(pred, target)]
    return any(not any(p) or not any(t) for p, t in masks)


def _by_class(terms):
    """The same of several masks a row, whose mean the loss is."""

    def whole(mp, pred, target, **params):
        if not isinstance(pred[0], list):
            return terms(mp, pred, target, **params)
        masks = zip(pred, target, strict=True)
        return [x / len(pred) for p, t in masks for x in terms(mp, p, t, **params)]

    return whole


@_by_class
def _dice_terms(mp, pred, target, *, smooth):
    whole = mp.fsum(pred) + mp.fsum(target) + smooth
    shared = mp.fsum(p * t for p, t in zip(pred, target, strict=True))
    like = (2 * shared + smooth) / whole if whole else mp.mpf(1)
    return [(like + 2 * t) / (whole or 1) for t in target]


@_by_class
def _tversky_terms(mp, pred, target, *, alpha, beta, smooth):
    shared = mp.fsum(p * t for p, t in zip(pred, target, strict=True))
    wrong = alpha * (mp.fsum(pred) - shared) + beta * (mp.fsum(target) - shared)
    whole = shared + wrong + smooth or mp.mpf(1)
    return [
        ((alpha * (1 - t) + beta * t) * (shared + smooth) + t * wrong) / whole**2 for t in target
    ]


def _jaccard_terms(mp, pred, target, *, smooth):
    return _tversky_terms(mp, pred, target, alpha=mp.mpf(1), beta=mp.mpf(1), smooth=smooth)


WHY = "terms of a slope cancel where targets are soft; it takes two quotients of sums"
LAWS = frozenset({"non_negative", "zero_at_target"})
HARD_MASK = st.lists(HARD, min_size=D, max_size=D)
POINTS = (
    ([0.0, 0.0], [0.0, 0.0], {}),
    ([0.0, 0.0], [0.0, 0.0], {"smooth": 1.0}),
    ([1 - 1e-12, 0.0, 1.0], [1.0, 0.0, 1.0], {}),
    ([0.8, 0.4, 0.1, 0.3], [1.0, 0.0, 0.0, 1.0], {}),
    ([[0.5, 1.0], [0.25, 0.0]], [[1.0, 1.0], [0.0, 1.0]], {}),
    ([[0.5, 1.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]], {}),
)


def _mask_owed(**terms):
    return Owed(
        gradient=8.0,
        pred=MASK,
        target=TARGET,
        near=nearly(),
        kink=_empty,
        why=WHY,
        ideal=HARD_MASK,
        laws=LAWS,
        **terms,
    )


OWED = {
    "dice": _mask_owed(params={"smooth": SMOOTH}, gradient_scale=_dice_terms, examples=POINTS),
    "jaccard": _mask_owed(
        params={"smooth": SMOOTH}, gradient_scale=_jaccard_terms, examples=POINTS
    ),
    "tversky": _mask_owed(
        params={
            "alpha": st.sampled_from([0.5, 0.3, 1.0, 0.0]),
            "beta": st.sampled_from([0.5, 0.7, 1.0]),
            "smooth": SMOOTH,
        },
        gradient_scale=_tversky_terms,
        examples=(*POINTS, (POINTS[3][0], POINTS[3][1], {"alpha": 0.3, "beta": 0.7})),
    ),
}
