"""Losses of rows of numbers: classes, vectors, columns and boxes."""

import hashlib
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.backends.rowwise import ROWWISE
from losscli.checks.generators import Sample, draw, edges
from losscli.kernels import machine
from losscli.kernels.program import IndexLimit, Limit
from losscli.kernels.trace import UntraceableError, constants_of, trace
from losscli.losses.declare import SOFT_TARGETS
from losscli.losses.registry import all_losses, find
from tests.kernels.programs import MATHEMATICAL, program_for, run, same, traced

WIDE = [loss for loss in all_losses() if loss.rows_of.pred_row(4) != ()]
# They sort, add up cumulatively, or compare members in a circle.
UNTRACEABLE = {
    "crps_ensemble": "sort",
    "energy_score": "roll",
    "lovasz_hinge": "argsort",
    "lovasz_softmax": "argsort",
    "multilabel_margin": "argsort",
    "rps": "cumulative_sum",
    "wasserstein_1d": "sort",
}
TRACED = [
    (loss, form)
    for loss in WIDE
    for form in loss.rows_of.forms
    if loss.name not in UNTRACEABLE and form[0]
]
of_each_loss = pytest.mark.parametrize(
    ("loss", "form"), TRACED, ids=[f"{loss.name}-{len(form[1] or ())}" for loss, form in TRACED]
)


def function_of(loss, **params):
    """The values of a loss, as a function of a namespace and arrays."""
    params = {name: constants_of(value) for name, value in loss.resolve(params).items()}
    return lambda xp, pred, target=None: loss.values(xp, pred, target, **params)


@cache
def default_of(loss, part="values"):
    """The same at the defaults, or the derivative: one function a loss, which is traced once."""
    params = loss.resolve({})
    return lambda xp, pred, target=None: getattr(loss, part)(xp, pred, target, **params)


def shapes_of(form, width):
    """The shapes of a row of predictions and of targets."""
    return [
        tuple(size if isinstance(size, int) else width for size in shape)
        for shape in form
        if shape is not None
    ]


def inputs_of(loss, form, rows, width, spread=2.0):
    """Ordinary inputs of a loss at its defaults."""
    rng = np.random.default_rng(5)
    pred, *target = shapes_of(form, width)
    domains = loss.domains_of(loss.resolve({}))
    arrays = [np.asarray(draw(domains[0], Sample(rng, (rows, *pred), spread)), np.float64)]
    if target and loss.indexed(target[0]):
        arrays.append(rng.integers(0, loss.classes(pred), rows))
    elif target:
        domain = SOFT_TARGETS if loss.classes(pred) else domains[1]
        arrays.append(np.asarray(draw(domain, Sample(rng, (rows, *target[0]), 2.0)), np.float64))
    return arrays


@pytest.mark.parametrize("width", [1, 7, 8, 130])
@of_each_loss
def test_a_loss_of_rows_has_the_numbers_of_numpy(each_machine, loss, form, width):
    """To the bit for plain arithmetic; within a few ULP of the largest term otherwise."""
    function, inputs = default_of(loss), inputs_of(loss, form, 200, width)
    with np.errstate(all="ignore"):
        true = function(ROWWISE, *(one.copy() for one in inputs))
    found = run(function, *inputs)
    if {node.operation for node in traced(function, inputs).nodes} & MATHEMATICAL:
        np.testing.assert_allclose(found, true, rtol=2e-14, atol=1e-15)
    else:
        assert same(found, true)


@of_each_loss
def test_a_gradient_has_the_numbers_of_numpy(each_machine, loss, form):
    """It is as many numbers a row as the predictions."""
    gradient, inputs = default_of(loss, "derivative"), inputs_of(loss, form, 100, 5)
    with np.errstate(all="ignore"):
        true = gradient(ROWWISE, *(one.copy() for one in inputs)).reshape(100, -1)
    np.testing.assert_allclose(
        run(gradient, *inputs).reshape(100, -1), true, rtol=1e-11, atol=1e-14
    )


@of_each_loss
def test_a_row_has_the_same_bits_in_any_company(each_machine, loss, form):
    """Alone, among others and beside rows of another kind: the answers to questions do not show."""
    width = 5
    function, inputs = default_of(loss), inputs_of(loss, form, 30, width)
    far = inputs_of(loss, form, 30, width, 500.0)
    pred = edges(loss.domains_of(loss.resolve({}))[0], inputs[0].shape[1:], [1e-9, 1.0, 300.0])
    at = np.resize(np.arange(len(pred)), 30)
    third = np.arange(30) % 3
    for other in (far[0], pred[at]):
        shaped = third.reshape(30, *[1] * (other.ndim - 1)) == 0
        mixed = [np.where(shaped, other, inputs[0]), *far[1:]]
        with np.errstate(all="ignore"):
            true = function(ROWWISE, *(one.copy() for one in mixed))
        whole = run(function, *mixed)
        alone = [run(function, *(one[k : k + 1] for one in mixed))[0] for k in range(30)]
        assert same(whole, np.array(alone))
        np.testing.assert_allclose(whole, true, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    "params",
    [
        {"weight": np.array([1.0, 0.0, 2.5, 1e300, 0.5])},
        {"label_smoothing": 0.1},
        {"label_smoothing": 1.0, "weight": np.arange(5.0)},
        {"ignore_index": 3},
    ],
    ids="-".join,
)
def test_parameters_of_cross_entropy_are_part_of_its_program(each_machine, params):
    """Weights of classes are looked up by label, and are columns of a row of classes."""
    function = function_of(find("cross_entropy")[0], **params)
    rng = np.random.default_rng(0)
    logits, label = rng.standard_normal((300, 5)) * 3, rng.integers(0, 5, 300)
    logits[::7] *= 400.0
    with np.errstate(all="ignore"):
        true = function(ROWWISE, logits.copy(), label)
    np.testing.assert_allclose(run(function, logits, label), true, rtol=1e-14)


@pytest.mark.parametrize(("rows", "classes"), [(1, 3), (700, 3), (41, 100), (3, 9000)])
def test_types_of_inputs_do_not_change_the_results(each_machine, rows, classes):
    """Float32 is widened first, and integers are indices."""
    function = default_of(find("cross_entropy")[0])
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((rows, classes)).astype(np.float32)
    label = rng.integers(0, classes, rows)
    wide = logits.astype(np.float64)
    found = run(function, logits, label)
    assert same(found, run(function, wide, label))
    np.testing.assert_allclose(found, function(ROWWISE, wide, label), rtol=1e-14)


def fold(program, *inputs):
    """The state of the results."""
    return machine.fold(program, inputs, 100, 7)


def test_rows_fold_as_their_results_do(each_machine):
    """The sum, the extremes and the moments are those of the results, in units of rows."""
    function = default_of(find("cross_entropy")[0])
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((3000, 30)), rng.integers(0, 30, 3000)
    results = run(function, *inputs)
    identity = program_for(lambda _, x: x, [results])
    assert fold(program_for(function, inputs), *inputs) == fold(identity, results)


LOGITS, LABEL = np.zeros((600, 4)), np.arange(600) % 4


@pytest.mark.parametrize("wrong", [-1, 4, 2**40, -(2**62)])
def test_an_index_out_of_range_is_reported(each_machine, wrong):
    """By its limit if there is one; the machine reads nothing outside of a row anyway."""
    function = default_of(find("multiclass_brier")[0])
    label = LABEL.copy()
    label[450] = wrong
    for limits, status in (([IndexLimit(1, 4)], 0), ([], machine.NOT_AN_INDEX)):
        program = program_for(function, (LOGITS, label), limits=limits)
        assert machine.compute(program, (LOGITS, LABEL), np.empty(600)) is None
        assert machine.compute(program, (LOGITS, label), np.empty(600)) == status
        assert machine.fold(program, (LOGITS, label), 100) == status


@pytest.mark.parametrize("wrong", [0.5, np.nan, 4.0, -1.0, np.inf, 1e300])
def test_a_limit_of_indices_holds_whole_numbers_in_range(each_machine, wrong):
    """And one more number, that of ignored rows."""
    program = program_for(lambda _, x: x + 0.0, [LABEL * 1.0], limits=[IndexLimit(0, 4, -100)])
    label = LABEL * 1.0
    label[7] = -100.0
    assert machine.compute(program, (label,), np.empty(600)) is None
    label[555] = wrong
    assert machine.compute(program, (label,), np.empty(600)) == 0


@pytest.mark.parametrize("wrong", [-0.1, np.nan, np.inf])
def test_a_limit_holds_for_all_numbers_of_a_row(each_machine, wrong):
    """In whatever column."""
    function = default_of(find("multiclass_brier")[0])
    program = program_for(function, (LOGITS, LABEL), limits=[Limit(0, 0.0, 1.0)])
    logits = LOGITS.copy()
    assert machine.compute(program, (logits, LABEL), np.empty(600)) is None
    logits[599, 3] = wrong
    assert machine.compute(program, (logits, LABEL), np.empty(600)) == 0


def softmax(logits):
    """By NumPy's functions."""
    exps = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


def one_hot(logits, label):
    """The squared error of the softmax, by a comparison with columns."""
    hot = label[:, None] == np.arange(logits.shape[1])
    return ((softmax(logits) - hot) ** 2).mean(axis=1)


def by_places(logits, label):
    """The negative logarithm of the label's probability."""
    return -np.log(softmax(logits)[np.arange(len(logits)), label])


def by_axis(logits, label):
    """The same by `take_along_axis`."""
    return -np.log(np.take_along_axis(softmax(logits), label[:, None], axis=1)[:, 0])


def assigned(logits, label):
    """The largest of the other scores, the places of the largest, and assignments by masks."""
    others = logits.copy()
    others[np.arange(len(logits)), label] = -np.inf
    best = np.maximum(others.max(axis=-1), -1.0)
    best[np.argmax(logits, axis=-1) == label] = 0.0
    others = np.where(others > 0, others, 0.0)
    others[others > 1.0] *= 2.0
    return best + others.sum(axis=-1) + np.any(logits > 2.0, axis=-1) + others.min(axis=1)


def sliced(logits, label):
    """Columns, ranges of columns, new axes and weights of classes."""
    weights = np.array([1.0, 0.5, 2.0, 0.25, 3.0])
    first, rest = logits[:, 0], logits[:, 1:]
    spread = ((rest - first[:, None]) ** 2).sum(axis=-1) / logits.shape[-1]
    return spread + np.abs(logits[:, -1]) + (logits[..., :2] * weights[:2]).sum(axis=-1)


@pytest.mark.parametrize("function", [one_hot, by_places, by_axis, assigned, sliced])
def test_a_function_of_a_user_of_rows_is_a_program(each_machine, function):
    """With NumPy's indices, reductions and broadcasting."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((300, 5)), rng.integers(0, 5, 300)
    found = run(lambda _, *arrays: function(*arrays), *inputs)
    np.testing.assert_allclose(found, function(*inputs), rtol=1e-13)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda xp, x, y: xp.sum(x, axis=0), "last axis"),
        (lambda xp, x, y: xp.sum(x), "last axis"),
        (lambda xp, x, y: x, "one number a row"),
        (lambda xp, x, y: x + y, "different shapes"),
        (lambda xp, x, y: x[:, ::2].sum(axis=-1), "steps"),
        (lambda xp, x, y: x[:, ::-1].sum(axis=-1), "steps"),
        (lambda xp, x, y: x[:, 4], "nothing|range|index"),
        (lambda xp, x, y: x.reshape(-1), "one number"),
        (lambda xp, x, y: x[1:].sum(axis=-1), "index"),
        (lambda xp, x, y: x[y], "mask"),
        (lambda xp, x, y: x[np.arange(4), y], "other rows"),
        (lambda xp, x, y: x.sum(axis=-1) + np.ones(10007), "constants a row"),
        (lambda xp, x, y: (x + np.ones(3)).sum(axis=-1), "do not match"),
        (lambda xp, x, y: changed_view(xp, x), "assignment"),
        (lambda xp, x, y: xp.sort(x, axis=-1)[:, 0], "sort"),
        (lambda xp, x, y: xp.max(x @ x, axis=-1), "unsupported"),
    ],
)
def test_what_is_not_of_rows_has_a_reason(function, reason):
    """It is computed by NumPy then."""
    with pytest.raises(UntraceableError, match=reason):
        trace(function, 2, shapes=[(4,), ()], whole=[False, True])


def changed_view(xp, x):
    """A change of a column, which NumPy makes in the array too."""
    doubled = x * 2.0
    column = doubled[:, 0]
    column += 1.0
    return xp.sum(doubled, axis=-1)


@pytest.mark.parametrize("name", sorted(UNTRACEABLE))
def test_the_losses_that_have_no_program_are_known(name):
    """They need an operation that the machine does not have."""
    loss = find(name)[0]
    inputs = inputs_of(loss, loss.rows_of.forms[0], 10, 5)
    with pytest.raises(UntraceableError, match=UNTRACEABLE[name]):
        traced(default_of(loss), inputs)


def wave(count):
    """Numbers of both signs that are exact in any arithmetic."""
    return (np.arange(count) * 7919 % 1009 - 504) / 64.0


RECORDED = {
    "cross_entropy": "4baa09363057cc1f",
    "js_div": "34b74a51294a2efd",
    "ciou": "7d308b113dcfb498",
    "cosine_distance": "fba93f4022c46324",
}


@pytest.mark.parametrize("name", RECORDED)
def test_the_bits_of_a_loss_of_rows_are_those_that_were_recorded(each_machine, name):
    """The same on every processor, whatever its instruction set, and from every compiler."""
    loss = find(name)[0]
    pred = wave(1200).reshape(300, 4)
    inputs = {
        "cross_entropy": (pred, np.arange(300) % 4),
        "js_div": (np.abs(pred) / 32.0, np.abs(pred[::-1]) / 32.0),
        "ciou": tuple(np.cumsum(np.abs(x).reshape(300, 2, 2), axis=1).reshape(300, 4)
                      for x in (pred, pred[::-1])),
        "cosine_distance": (pred, pred[::-1].copy()),
    }[name]  # fmt: skip
    found = run(default_of(loss), *(np.ascontiguousarray(one) for one in inputs))
    assert hashlib.sha256(found.tobytes()).hexdigest()[:16] == RECORDED[name]


@given(st.lists(st.floats(), min_size=1, max_size=40), st.integers(1, 5))
def test_reductions_are_those_of_numpy(each_machine, numbers, rows):
    """Of any numbers; the first of equal largest ones, or of nan, is their place."""
    x = np.resize(np.array(numbers), (rows, len(numbers)))
    with np.errstate(all="ignore"):
        for name in ("sum", "max", "min", "mean", "argmax"):
            function = lambda xp, x, name=name: getattr(xp, name)(x, axis=-1) * 1.0  # noqa: E731
            assert same(run(function, x), function(np, x))
