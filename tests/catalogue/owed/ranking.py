"""Losses of embeddings, pairs and lists."""

import math

from hypothesis import strategies as st

from tests.catalogue.owed.terms import Owed
from tests.catalogue.strategies import FAR

REALS = st.floats(-FAR, FAR, allow_subnormal=False)
PLAIN = st.floats(-10, 10, allow_subnormal=False).map(lambda x: x if abs(x) > 1e-12 else 0.0)
SIGN = st.sampled_from([1.0, -1.0])
SIZES = st.sampled_from([1.0, 1.0, 1e200, 1e-200, 1e-9])
D = 3


@st.composite
def vectors(draw):
    """A vector of any length, sometimes a zero one."""
    size = draw(SIZES)
    return [size * draw(PLAIN) for _ in range(D)]


@st.composite
def vector_pairs(draw):
    """Two vectors: any two, or two that nearly point one way."""
    first = draw(vectors())
    if draw(st.booleans()):
        return first, draw(vectors())
    ratio = draw(st.sampled_from([1.0, 3.0, -2.0]))
    turn = st.one_of(st.just(0.0), st.floats(1e-15, 1e-3))
    return [ratio * x * (1 + draw(turn)) for x in first], first


def _cosine_terms(mp, a, b, eps):
    """The terms of each slope of the cosine distance: |t̂| and |p̂|, per length."""
    lengths = [max(mp.sqrt(mp.fsum(x * x for x in v)), eps) or mp.mpf(1) for v in (a, b)]
    return [
        (abs(x) / lengths[0] + abs(y) / lengths[1]) / lengths[0] for x, y in zip(a, b, strict=True)
    ]


def _cosine_scale(mp, pred, target, *, eps):
    """√L + ε: the chord is right to ε, a few ULP of the unit vectors, and L is its square.

    A vector shorter than eps adds (1 - s²) / 2, where s is its share of eps: an ULP of its
    coordinates is one of s², even where nearly nothing is left of the difference.
    """
    sizes = [mp.sqrt(mp.fsum(x * x for x in v)) for v in (pred, target)]
    lengths = [max(size, eps) or mp.mpf(1) for size in sizes]
    dot = mp.fsum(p * t for p, t in zip(pred, target, strict=True))
    distance = abs(1 - dot / (lengths[0] * lengths[1]))
    shares = [(size / eps) ** 2 for size in sizes if size < eps]
    return max(mp.sqrt(distance) + mp.mpf(2) ** -52, distance, *shares)


def _pair_scale(mp, pred, target, *, margin):
    return _cosine_scale(mp, *pred, eps=mp.mpf(0)) if target == 1 else mp.mpf(1)


def _pair_terms(mp, pred, target, *, margin):
    first, second = pred
    zero = mp.mpf(0)
    return _cosine_terms(mp, first, second, zero) + _cosine_terms(mp, second, first, zero)


def _zero_vector(pred, target, params):
    """Where a direction has no derivative, or the least length begins."""
    lengths = [math.hypot(*v) for v in (pred, target)]
    eps = params.get("eps", 0.0)
    return not all(lengths) or (bool(eps) and any(abs(n / eps - 1) < 1e-9 for n in lengths))


def _pair_kink(pred, target, params):
    if _zero_vector(*pred, {}):
        return True
    first, second = ([x / math.hypot(*v) for x in v] for v in pred)
    cosine = sum(a * b for a, b in zip(first, second, strict=True))
    return abs(cosine - params.get("margin", 0.0)) < 1e-12


def _near_lead(pred, target, params):
    """Where the hinge is decided by the rounding of the difference."""
    lead, margin = target * (pred[0] - pred[1]), params.get("margin", 0.0)
    return abs(margin - lead) <= 1e-14 * max(abs(margin), abs(lead))


def _order_terms(mp, pred, target):
    """The two terms of the slope, whose signs differ."""
    lead = pred[0] - pred[1]
    return (1 - target) / (1 + mp.exp(-lead)) + target / (1 + mp.exp(lead))


def _list_terms(mp, pred, target, *, labels):
    """softmax(z) and the shares of the target."""
    shares = target
    if labels == "softmax":
        shares = [mp.exp(t) / mp.fsum(mp.exp(u) for u in target) for t in target]
    total = mp.fsum(mp.exp(z) for z in pred)
    return [mp.exp(z) / total * mp.fsum(shares) + q for z, q in zip(pred, shares, strict=True)]


def _contrasts(mp, pred, target, *, temperature):
    """The chances and the shares of the positives, over the temperature."""
    chances = [mp.exp(s / temperature) for s in pred]
    total, positives = mp.fsum(chances), max(mp.fsum(target), 1)
    return [
        (c / total + t / positives) / temperature + mp.mpf("1e-300")
        for c, t in zip(chances, target, strict=True)
    ]


def _logits_of_pairs(mp, pred, target, scale, bias):
    """Each logit, its sign turned for the pair, and the size of its terms."""
    for place, s in enumerate(pred):
        size = abs(scale * s) + abs(bias) if mp.isfinite(s) else mp.mpf(0)
        yield (scale * s + bias) * (-1 if place == target else 1), size


def _pair_logits(mp, pred, target, *, scale, bias):
    return mp.fsum(
        mp.log(1 + mp.exp(x)) + size / (1 + mp.exp(-x))
        for x, size in _logits_of_pairs(mp, pred, target, scale, bias)
    )


def _pair_slopes(mp, pred, target, *, scale, bias):
    return [
        scale / (1 + mp.exp(-x)) * (1 + size / (1 + mp.exp(x)))
        for x, size in _logits_of_pairs(mp, pred, target, scale, bias)
    ]


def _chances(mp, pred, target, *, temperature):
    """The chances over the temperature, which lose digits where they are subnormal."""
    chances = [mp.exp(s / temperature) for s in pred]
    rest = mp.fsum(chances) - chances[target]
    mine = [rest if c == target else chance for c, chance in enumerate(chances)]
    return [m / mp.fsum(chances) / temperature + mp.mpf("1e-300") for m in mine]


def _distances(mp, pred, p, eps):
    def distance(a, b):
        gaps = [mp.fabs(x - y + eps) for x, y in zip(a, b, strict=True)]
        total = mp.fsum(gap**p for gap in gaps) if not mp.isinf(p) else None
        return max(gaps) if total is None else total ** (1 / p) if total else total

    anchor, positive, negative = pred
    return [distance(*pair) for pair in ((anchor, positive), (anchor, negative))]


def _triplet_scale(mp, pred, target, *, margin, p, eps, swap):
    return mp.fsum(_distances(mp, pred, p, eps)) + margin


def _triplet_kink(pred, target, params):
    """Where the loss is 0 by rounding, distances tie, or a difference has no direction."""
    p, eps, margin = params.get("p", 2.0), params.get("eps", 0.0), params.get("margin", 1.0)
    anchor, positive, negative = pred
    pairs = [(anchor, positive), (anchor, negative), (positive, negative)]
    gaps = [[abs(x - y + eps) for x, y in zip(a, b, strict=True)] for a, b in pairs]
    if not all(any(gap) for gap in gaps) or (p != 2 and not all(map(all, gaps))):
        return True
    if math.isinf(p) and any(sorted(gap)[-1] - sorted(gap)[-2] <= 1e-9 * max(gap) for gap in gaps):
        return True
    sizes = [max(gap) for gap in gaps]
    near, far, across = (
        m * (1.0 if math.isinf(p) else sum((g / m) ** p for g in gap) ** (1 / p))
        for gap, m in zip(gaps, sizes, strict=True)
    )
    if params.get("swap", False):
        if abs(far - across) <= 1e-9 * far:
            return True
        far = min(far, across)
    return abs(near - far + margin) <= 1e-12 * (near + far + margin)


@st.composite
def triplets(draw):
    """Three vectors of one order of size; two of them may agree."""
    size = draw(st.sampled_from([1.0, 1.0, 1e200, 1e-200]))
    found = [[size * draw(PLAIN) for _ in range(D)] for _ in range(3)]
    if draw(st.sampled_from([False, False, False, True])):
        found[draw(st.integers(1, 2))] = list(found[0])
    return found


SIMILARITY = st.one_of(st.floats(-1, 1), st.floats(-20, 20), st.floats(-1e3, 1e3))
LIST = st.lists(st.one_of(st.floats(-30, 30), st.floats(-300, 300)), min_size=3, max_size=3)

OWED = {
    "cosine_distance": Owed(
        near=vector_pairs(),
        pred=vectors(),
        target=vectors(),
        params={"eps": st.sampled_from([0.0, 0.0, 1e-8, 2.0])},
        value=8.0,
        gradient=8.0,
        scale=_cosine_scale,
        gradient_scale=lambda mp, p, t, eps: _cosine_terms(mp, p, t, eps),
        why="near 0 it is the square of a chord of rounded vectors, where slopes cancel; vectors"
        " shorter than eps lack a length that is rounded at 1",
        kink=_zero_vector,
        examples=(
            ([1.0, 1e-9], [1.0, 0.0], {}),
            ([1e200, 0.0], [1.0, 0.0], {}),
            ([1e-9, 0.0], [1.0, 0.0], {"eps": 1e-8}),
            ([0.0, 1.0, 0.0], [0.0, 9.992187500000001e-09, 0.0], {"eps": 1e-8}),
            ([0.0, 0.0], [1.0, 2.0], {}),
            ([0.0, 0.0], [0.0, 0.0], {}),
            ([1.0, 2.0], [2.0, 1.0], {}),
        ),
        ideal=vectors().filter(any),
        laws=frozenset({"non_negative", "zero_at_target", "symmetric"}),
    ),
    "cosine_embedding": Owed(
        pred=vector_pairs().map(list),
        params={"margin": st.sampled_from([0.0, 0.5, -0.3, 1.0])},
        gradient=8.0,
        scale=_pair_scale,
        gradient_scale=_pair_terms,
        why="as cosine_distance; the margin is subtracted from a cosine, so ULP are of 1",
        kink=_pair_kink,
        examples=(
            ([[1e-9, 0.0], [1.0, 0.0]], 1.0, {}),
            ([[0.0, 0.0], [1.0, 0.0]], 1.0, {}),
            ([[0.0, 0.0], [1.0, 0.0]], -1.0, {"margin": -0.5}),
        ),
        laws=frozenset({"non_negative"}),
    ),
    "hinge_embedding": Owed(
        params={"margin": st.one_of(st.just(1.0), REALS)},
        kink=lambda x, y, kw: x == kw.get("margin", 1.0),
        examples=((-0.5, 1.0, {}), (1.0, -1.0, {}), (-0.0, 1.0, {})),
        laws=frozenset({"convex"}),
    ),
    "contrastive": Owed(
        pred=st.one_of(st.floats(0, 1e150), st.floats(0, 3)),
        params={"margin": st.one_of(st.just(1.0), st.floats(1e-150, 1e150))},
        kink=lambda x, t, kw: x == kw.get("margin", 1.0),
        examples=((1.0, 0.0, {}), (0.0, 1.0, {}), (0.0, 0.0, {})),
        laws=frozenset({"non_negative", "convex"}),
    ),
    "margin_ranking": Owed(
        params={"margin": st.one_of(st.sampled_from([0.0, 1.0, -0.5]), REALS)},
        scale=lambda mp, x, y, margin: mp.fabs(x[0] - x[1]) + mp.fabs(margin),
        why="near the threshold the result is the rounding of a difference",
        kink=_near_lead,
        examples=(([0.3, 0.1], 1.0, {"margin": 0.2}), ([2.0, 2.0], 1.0, {})),
        laws=frozenset({"non_negative", "convex"}),
    ),
    "pairwise_logistic": Owed(
        pred=st.lists(
            st.one_of(st.floats(-30, 30), st.floats(-1e3, 1e3), REALS), min_size=2, max_size=2
        ),
        gradient_scale=_order_terms,
        why="the gradient's terms cancel where sigmoid(x_1 - x_2) is near t",
        examples=(([50.0, 0.0], 1.0, {}), ([30.1, -9.7], 1.0, {}), ([1e300, -1e300], 0.5, {})),
        laws=frozenset({"non_negative", "convex"}),
    ),
    "triplet_margin": Owed(
        pred=triplets(),
        params={
            "margin": st.sampled_from([1.0, 0.2]),
            "p": st.sampled_from([2.0, 2.0, 1.0, 3.0, 1.5, math.inf]),
            "eps": st.sampled_from([0.0, 0.0, 1e-6]),
            "swap": st.booleans(),
        },
        scale=_triplet_scale,
        gradient_scale=lambda mp, x, t, **_: mp.mpf(1),
        why="a difference of distances has the rounding of either; slopes are of unit vectors",
        kink=_triplet_kink,
        examples=(
            ([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]], None, {}),
            ([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]], None, {"p": 1.0}),
            ([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]], None, {"p": 3.0}),
            ([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]], None, {"eps": 1e-6}),
            ([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]], None, {}),
            ([[1e200, 0.0], [0.0, 1e200], [1e200, 1.0]], None, {}),
        ),
        laws=frozenset({"non_negative"}),
    ),
    "info_nce": Owed(
        pred=st.lists(SIMILARITY, min_size=3, max_size=3),
        params={"temperature": st.sampled_from([0.07, 0.01, 1.0, 3.7])},
        gradient_scale=_chances,
        why="a chance below 1e-300 is subnormal before the temperature divides it",
        examples=(([1.0, -1.0, 0.3], 0, {}), ([-math.inf, 1.0, 0.9], 1, {})),
        laws=frozenset({"non_negative", "convex"}),
    ),
    "supcon": Owed(
        pred=st.lists(SIMILARITY, min_size=3, max_size=3),
        target=st.lists(st.sampled_from([0.0, 1.0]), min_size=3, max_size=3),
        params={"temperature": st.sampled_from([0.1, 0.01, 1.0, 3.7])},
        gradient_scale=_contrasts,
        why="the gradient is the difference of two shares, which cancel at its best",
        examples=(
            ([1.0, -1.0, 0.3], [1.0, 0.0, 0.0], {}),
            ([1.0, -1.0, 0.3], [1.0, 1.0, 1.0], {}),
            ([-math.inf, 1.0, 0.9], [0.0, 1.0, 1.0], {}),
            ([1.0, 0.5, 0.9], [0.0, 0.0, 0.0], {}),
        ),
        laws=frozenset({"non_negative", "convex"}),
    ),
    "siglip": Owed(
        pred=st.lists(SIMILARITY, min_size=3, max_size=3),
        params={
            "scale": st.sampled_from([10.0, 1.0, 117.3]),
            "bias": st.sampled_from([-10.0, 0.0, 3.7]),
        },
        scale=_pair_logits,
        gradient_scale=_pair_slopes,
        why="a logit is rounded, and its terms cancel",
        examples=(
            ([1.0, -1.0, 0.3], 0, {}),
            ([-math.inf, 1.0, 0.9], 1, {}),
            ([1.0, 1.0], 0, {"scale": 10.0, "bias": -10.0}),
        ),
        laws=frozenset({"non_negative", "convex"}),
    ),
    "listnet": Owed(
        pred=LIST,
        target=LIST.map(lambda scores: [abs(s) for s in scores]),
        params={"labels": st.sampled_from(["softmax", "raw"])},
        gradient_scale=_list_terms,
        why="the gradient is the difference of two softmaxes, which cancel at its best",
        examples=(
            ([1.0, 2.0, -math.inf], [0.5, 0.25, -math.inf], {}),
            ([1.0, 2.0, -math.inf], [0.5, 0.25, 0.0], {"labels": "raw"}),
            ([1.0, 2.0], [0.0, 0.0], {"labels": "raw"}),
        ),
        laws=frozenset({"non_negative", "convex"}),
    ),
}
