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


def _focal_terms(mp, pred, target, *, gamma, smooth, alpha, beta):
    """The value itself times the logarithm of the Tversky loss, the terms of its power."""
    if isinstance(pred[0], list):
        masks = zip(pred, target, strict=True)
        params = {"gamma": gamma, "smooth": smooth, "alpha": alpha, "beta": beta}
        return mp.fsum(_focal_terms(mp, p, t, **params) for p, t in masks) / len(pred)
    lack = _tversky_loss(mp, pred, target, alpha, beta, smooth)
    return lack ** (1 / gamma) * (1 - mp.log(lack)) if lack else mp.mpf(0)


def _tversky_loss(mp, pred, target, alpha, beta, smooth):
    shared = mp.fsum(p * t for p, t in zip(pred, target, strict=True))
    wrong = alpha * (mp.fsum(pred) - shared) + beta * (mp.fsum(target) - shared)
    whole = shared + wrong + smooth
    return wrong / whole if whole else mp.mpf(0)


@_by_class
def _focal_slopes(mp, pred, target, *, gamma, **params):
    lack = _tversky_loss(mp, pred, target, params["alpha"], params["beta"], params["smooth"])
    rise = lack ** (1 / gamma - 1) * (1 - mp.log(lack)) if lack else mp.mpf(1)
    return [rise * x for x in _tversky_terms(mp, pred, target, **params)]


def _exact(pred, target, params):
    """Where the root has an infinite slope, or the ratio no limit."""
    masks = zip(pred, target, strict=True) if isinstance(pred[0], list) else [(pred, target)]
    return any(p == t for p, t in masks) or _empty(pred, target, params)


def _tied_errors(pred, target, params):
    """Where two errors are equal, so that the slopes depend on the order of pixels."""
    errors = [1 - p if t else p for p, t in zip(pred, target, strict=True)]
    return len({*errors}) < len(errors)


def _tied_hinges(pred, target, params):
    """The same of hinge losses, and at the margin."""
    hinges = [max(0.0, 1 - (z if t else -z)) for z, t in zip(pred, target, strict=True)]
    inside = [x for x in hinges if x > 0]
    return len({*inside}) < len(inside) or any(abs(abs(z) - 1) < 1e-15 for z in pred)


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


EXACT_PLACES = (
    ([0.0, 0.0], [0.0, 0.0], {}),
    ([1.0, 1.0, 0.25, 0.5], [0.0, 0.0, 0.0, 0.0], {}),
    ([1.0, 0.75, 0.25, 0.5], [1.0, 1.0, 1.0, 1.0], {}),
    ([0.5, 0.5, 0.5, 0.5], [1.0, 0.0, 0.0, 1.0], {}),
    ([[0.5, 1.0], [0.25, 0.0]], [[1.0, 1.0], [0.0, 0.0]], {}),
)
CONVEX = frozenset({"non_negative", "convex"})

OWED = {
    "focal_tversky": Owed(
        pred=MASK,
        target=TARGET,
        near=nearly(),
        params={
            "gamma": st.sampled_from([4 / 3, 1.0, 2.0, 3.0]),
            "alpha": st.sampled_from([0.5, 0.3]),
            "beta": st.sampled_from([0.5, 0.7]),
            "smooth": SMOOTH,
        },
        gradient=8.0,
        scale=_focal_terms,
        gradient_scale=_focal_slopes,
        kink=_exact,
        why="1 / gamma is rounded, which the logarithm of a small Tversky loss multiplies; "
        "terms of a slope cancel where targets are soft",
        ideal=HARD_MASK,
        examples=POINTS,
        laws=LAWS,
    ),
    "lovasz_hinge": Owed(
        pred=st.lists(st.floats(-1e6, 1e6), min_size=D, max_size=D),
        target=HARD_MASK,
        kink=lambda p, t, kw: isinstance(p[0], list) or _tied_hinges(p, t, kw),
        examples=(
            *EXACT_PLACES,
            ([2.0, 0.5, -1.0, 0.0], [1.0, 1.0, 0.0, 0.0], {}),
            ([3.0, -2.0], [1.0, 0.0], {}),
        ),
        laws=CONVEX,
    ),
    "lovasz_softmax": Owed(
        pred=MASK,
        target=HARD_MASK,
        params={"classes": st.sampled_from(["present", "all"])},
        kink=lambda p, t, kw: isinstance(p[0], list) or _tied_errors(p, t, kw),
        examples=(*EXACT_PLACES, (*EXACT_PLACES[-1][:2], {"classes": "all"})),
        ideal=HARD_MASK,
        laws=CONVEX | {"zero_at_target"},
    ),
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
