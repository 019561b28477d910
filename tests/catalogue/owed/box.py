"""Losses of boxes."""

from hypothesis import strategies as st

from tests.catalogue.owed.terms import Owed

EPS = st.sampled_from([0.0, 0.0, 1e-7])
SIZES = st.sampled_from([1.0, 1.0, 1e3, 1e-3, 1e150, 1e-150])


@st.composite
def boxes(draw):
    """A box of any size and place: sides of 0 now and then."""
    corner = [draw(st.floats(-10, 10, allow_subnormal=False)) for _ in "xy"]
    sides = [draw(st.one_of(st.floats(0.01, 10), st.just(0.0))) for _ in "xy"]
    return [*corner, corner[0] + sides[0], corner[1] + sides[1]]


@st.composite
def pairs(draw):
    """Two boxes of one order of size: any two, or two that nearly agree, or of unlike axes."""
    target = draw(boxes())
    if draw(st.booleans()):
        lag = st.one_of(st.just(0.0), st.floats(1e-15, 1e-6), st.floats(-1e-6, -1e-15))
        pred = [x + draw(lag) for x in target]
        pred = [*pred[:2], max(pred[0], pred[2]), max(pred[1], pred[3])]
    else:
        pred = draw(boxes())
    wide, high = draw(SIZES), draw(SIZES)
    scale = (wide, high, wide, high)
    return [[x * s for x, s in zip(box, scale, strict=True)] for box in (pred, target)]


def _kink(pred, target, params):
    """Where ends coincide or touch, and boxes without an area."""
    meeting = any(x in target for x in pred)
    if meeting or not all(b[k] < b[k + 2] for b in (pred, target) for k in (0, 1)):
        return True
    around, _ = _sides(pred, target)
    # A slope is a product of three lengths in units of those around both: below 1e-90 it is 0.
    lengths = [
        abs(pred[i] - target[j]) / around[i % 2] for i in range(4) for j in (i % 2, i % 2 + 2)
    ]
    sides = [(b[k + 2] - b[k]) / around[k] for b in (pred, target) for k in (0, 1)]
    if min(*lengths, *sides) < 1e-90:
        return True
    # Beside an eps 1e290 times as large, boxes have slopes that are 0 for every purpose.
    return params.get("eps", 0.0) / around[0] / around[1] > 1e290


def _sides(pred, target):
    boxes = (pred, target)
    around = [max(b[k + 2] for b in boxes) - min(b[k] for b in boxes) for k in (0, 1)]
    shared = [min(b[k + 2] for b in boxes) - max(b[k] for b in boxes) for k in (0, 1)]
    return around, [max(s, 0) for s in shared]


def iou_terms(mp, pred, target, *, eps):
    """The size of each slope of iou, which has but one term."""
    _, (wide, high) = _sides(pred, target)
    both = wide * high
    total = mp.fsum((b[2] - b[0]) * (b[3] - b[1]) for b in (pred, target))
    whole = total - both + eps
    if not both:
        return [mp.mpf(0)] * 4
    slopes = []
    for k in range(4):
        axis, sign = k % 2, 1 if k < 2 else -1
        inside = sign * (pred[k] - target[k]) > 0
        ours = pred[3 - axis] - pred[1 - axis]
        shared = (wide, high)[1 - axis]
        adds = both * ours
        slopes.append(abs(adds - shared * (total + eps) if inside else adds) / whole**2)
    return slopes


def giou_terms(mp, pred, target, *, eps):
    """The terms of a slope: of iou, of the union's and of the whole's change."""
    around, shared = _sides(pred, target)
    both = shared[0] * shared[1]
    total = mp.fsum((b[2] - b[0]) * (b[3] - b[1]) for b in (pred, target))
    area = around[0] * around[1]
    found = []
    for k, slope in enumerate(iou_terms(mp, pred, target, eps=eps)):
        other = 1 - k % 2
        ours = pred[other + 2] - pred[other]
        found.append(
            slope + ours / (area + eps) + (total - both + eps) * around[other] / (area + eps) ** 2
        )
    return found


def diou_terms(mp, pred, target, *, eps):
    """The terms of a slope: of iou, of the centres' and of the diagonal's change."""
    around, _ = _sides(pred, target)
    diagonal = around[0] ** 2 + around[1] ** 2 + eps
    gaps = [
        (mp.fabs(pred[k] - target[k]) + mp.fabs(pred[k + 2] - target[k + 2])) / 2 for k in (0, 1)
    ]
    share = (gaps[0] ** 2 + gaps[1] ** 2) / diagonal
    return [
        slope + (gaps[k % 2] + 2 * share * around[k % 2]) / diagonal
        for k, slope in enumerate(iou_terms(mp, pred, target, eps=eps))
    ]


POINTS = (
    ([0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0], {}),
    ([0.0, 0.0, 1.0, 1.0], [2.0, 2.0, 3.0, 3.0], {}),
    ([0.0, 0.0, 2.0, 1.0], [0.0, 0.0, 1.0, 2.0], {}),
    ([1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], {}),
    ([1.0, 1.0, 1.0, 2.0], [1.0, 1.0, 1.0, 3.0], {}),
    ([0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0 + 1e-12], {}),
    ([0.0, 0.0, 1e200, 1e200], [1e199, 1e199, 1e200, 2e200], {}),
    ([0.0, 0.0, 1e-200, 1e-200], [1e-201, 1e-201, 1e-200, 2e-200], {}),
    ([0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0], {"eps": 1e-7}),
    ([-1.0, -1.0, 1e-200, 1e-200], [0.0, 0.0, 1.0, 1.0], {}),
    ([0.0, 0.0, 1e-172, 1e-172], [0.0, 0.0, 2e-172, 1e-172], {"eps": 1e-7}),
)
AREA = st.tuples(st.floats(-10, 10), st.floats(-10, 10), st.floats(0.01, 10), st.floats(0.01, 10))
PERFECT = AREA.map(lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]])


def _box_owed(**terms):
    return Owed(
        params={"eps": EPS},
        near=pairs(),
        kink=_kink,
        examples=POINTS,
        ideal=PERFECT,
        laws=frozenset({"non_negative", "zero_at_target"}),
        **terms,
    )


OWED = {
    "iou": _box_owed(gradient=8.0, why="a slope is of sums of areas over the union's square"),
    "giou": _box_owed(
        gradient=8.0,
        gradient_scale=giou_terms,
        why="what the union and the whole change have unlike signs",
    ),
    "diou": _box_owed(
        gradient=8.0,
        gradient_scale=diou_terms,
        why="what the centres and the diagonal change have unlike signs",
    ),
    "ciou": _box_owed(
        gradient=None,
        why="the gradient holds a constant; v' and a are judged apart, in the oracles",
        autograd="a is held constant",
    ),
}
