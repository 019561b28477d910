"""Sums of losses, held against fractions and plain NumPy formulas."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from losscli import DataError, UsageError, evaluate, losses
from losscli.losses.spec.binding import bind
from losscli.sources.opener import read_array

RNG = np.random.default_rng(11)
P, T = RNG.standard_normal(500), RNG.standard_normal(500)


@pytest.fixture
def data():
    """`p.npy`, `t.npy` of 500 numbers and `w.npy` of 2 x 2 weights."""
    np.save("p.npy", P)
    np.save("t.npy", T)
    np.save("w.npy", np.array([[1.0, -2.0], [0.0, 0.5]]))
    return "p.npy", "t.npy"


def one(spec):
    """The only loss of a spec."""
    (found,) = bind(spec, read_array)
    return found


def exact_mean(rows):
    """The mean of float64 rows, rounded once."""
    return float(sum(map(Fraction, rows.tolist())) / len(rows))


ROWS = {
    "mse + 0.01*mae": (P - T) ** 2 + 0.01 * np.abs(P - T),
    "mse - 0.01*mae": (P - T) ** 2 - 0.01 * np.abs(P - T),
    "-mae + 2*mse": -np.abs(P - T) + 2 * (P - T) ** 2,
    "2*mse": 2 * (P - T) ** 2,
    "1e-3*mse + 1*mae": 1e-3 * (P - T) ** 2 + np.abs(P - T),
}


@pytest.mark.parametrize("spec", ROWS)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_row_of_a_sum_is_the_sum_of_weighed_rows(spec, backend):
    """And its mean is the exact one, on both backends."""
    result = evaluate(P, T, loss=spec, backend=backend)
    assert result.value == exact_mean(ROWS[spec])
    assert result[spec].min == ROWS[spec].min()
    assert result[spec].max == ROWS[spec].max()


def test_a_sum_is_a_loss_in_all_that_is_reported(data, losscli, rng):
    """Groups, weights, standard errors, intervals, per-sample files and gates."""
    rows = ROWS["mse + 0.01*mae"]
    np.save("g.npy", np.arange(500) % 3)
    weights = rng.random(500)
    np.save("u.npy", weights)
    said = losscli(
        "eval", *data, "-l", "mse+.01*mae", "-l", "fit= mse + 0.01 *mae", "--by", "g.npy",
        "--per-sample", "s.npy", "--format", "json", "--gate", "fit.ci_high <= 99",
        "--gate", "mse + .01*mae <= 99", "--max", "mse + .01*mae=99",
    )  # fmt: skip
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert [loss["label"] for loss in found["losses"]] == ["mse + .01*mae", "fit"]
    assert [loss["loss"] for loss in found["losses"]] == ["mse + .01*mae", "mse + 0.01*mae"]
    fit = found["losses"][1]
    assert fit["value"] == exact_mean(rows)
    assert fit["stderr"] == pytest.approx(rows.std(ddof=1) / math.sqrt(500), rel=1e-12)
    assert fit["sum"] == math.fsum(rows)
    assert [g["losses"][1]["value"] for g in found["groups"]] == [
        exact_mean(rows[k::3]) for k in range(3)
    ]
    assert (np.load("s.npy")[:, 1] == rows).all()
    weighed = evaluate(*data, loss="mse + 0.01*mae", weights="u.npy").value
    assert weighed == pytest.approx(np.average(rows, weights=weights), rel=1e-14)


def test_gradients_add_up(rng):
    """Each weighed; of matrices too, where a row is a mean."""
    sum_of = one("0.5*smooth_l1:beta=0.5 + 2*mse").loss
    pred, target = rng.standard_normal((2, 40, 3))
    wanted = 0.5 * losses.smooth_l1.gradient(pred, target, beta=0.5)
    wanted = wanted + 2 * losses.mse.gradient(pred, target)
    assert np.allclose(sum_of.gradient(pred, target), wanted, rtol=4e-16, atol=0)
    rows = 0.5 * losses.smooth_l1(pred, target, beta=0.5) + 2 * losses.mse(pred, target)
    assert np.allclose(sum_of(pred, target), rows, rtol=4e-16, atol=0)


def test_a_row_of_elements_beside_a_row_of_classes(rng):
    """Soft targets: mse takes each number, cross-entropy the row."""
    pred, target = rng.standard_normal((40, 3)), rng.dirichlet(np.ones(3), 40)
    found = one("ce + 0.1*mse").loss
    rows = losses.cross_entropy(pred, target) + 0.1 * losses.mse(pred, target)
    assert (found(pred, target) == rows).all()
    slopes = losses.cross_entropy.gradient(pred, target) + 0.1 * losses.mse.gradient(pred, target)
    assert np.allclose(found.gradient(pred, target), slopes, rtol=1e-15, atol=0)
    assert evaluate(pred, target, loss="ce + 0.1*mse").value == exact_mean(rows)


def test_parameters_are_called_as_their_part_is(rng):
    """In the result; parts of one name are counted."""
    found = evaluate(P, T, loss="smooth_l1:beta=0.5 + smooth_l1:beta=2")
    assert found.losses[0].params == {"smooth_l1.beta": 0.5, "smooth_l1_2.beta": 2.0}
    rows = losses.smooth_l1(P, T, beta=0.5) + losses.smooth_l1(P, T, beta=2.0)
    assert found.value == exact_mean(rows)


LOGITS, LABELS = RNG.standard_normal((60, 4)), RNG.integers(0, 4, 60)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_parts_that_count_rows_alike_have_a_sum(backend):
    """With the same class weights the mean divides by their sum."""
    labels = LABELS.copy()
    labels[3] = -100
    weight = np.array([1.0, 2.0, 3.0, 4.0])
    np.save("cw.npy", weight)
    spec = "ce:weight=@cw.npy + 0.5*ce:weight=@cw.npy,label_smoothing=0.1"
    result = evaluate(LOGITS, labels, loss=spec, backend=backend)
    kept = labels >= 0
    rows = losses.cross_entropy(LOGITS, labels, weight=weight)
    rows = rows + 0.5 * losses.cross_entropy(LOGITS, labels, weight=weight, label_smoothing=0.1)
    assert result.losses[0].ignored == 1
    assert result.value == pytest.approx(rows.sum() / weight[labels[kept]].sum(), rel=1e-14)


@pytest.mark.parametrize(
    "spec", ["ce + 0.5*ce:weight=@cw.npy", "ce + ce:ignore_index=2", "ce:weight=@cw.npy + 0*ce"]
)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_parts_that_count_rows_unlike_each_other_have_no_mean(spec, backend):
    """Exit code 2, whatever the weights of the parts."""
    np.save("cw.npy", np.array([1.0, 2.0, 3.0, 4.0]))
    with pytest.raises(UsageError, match="differently"):
        evaluate(LOGITS, LABELS, loss=spec, backend=backend)


def test_every_part_must_take_the_inputs(rng):
    """The domain of the narrower one holds, and the message says which."""
    probabilities = rng.random(20)
    rows = losses.mse(probabilities, probabilities > 0.5) + losses.bce(
        probabilities, probabilities > 0.5
    )
    found = evaluate(probabilities, probabilities > 0.5, loss="mse + bce")
    assert found.value == pytest.approx(rows.mean(), rel=1e-14)
    probabilities[7] = 1.5
    for spec in ("mse + bce", "bce + mse"):
        with pytest.raises(DataError, match="probabilities in") as error:
            evaluate(probabilities, T[:20] > 0, loss=spec)
        assert error.value.place.row == 7


def test_a_sum_with_a_loss_of_logits_is_suspicious_of_probabilities(rng):
    """As the loss itself is."""
    found = evaluate(rng.random(20), T[:20] > 0, loss="bce_with_logits + mse")
    assert [note.code for note in found.notes] == ["looks_like_probabilities"]


def test_nan_is_found_in_a_sum():
    """And skipped, where that is asked for."""
    pred = P.copy()
    pred[5] = math.nan
    with pytest.raises(DataError) as error:
        evaluate(pred, T, loss="mse + mae")
    assert error.value.place.row == 5
    assert evaluate(pred, T, loss="mse + mae", nan="skip").losses[0].skipped == 1


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ("mse + rmse", "root of a mean"),
        ("l2(@w.npy)", "only penalties"),
        ("0.1*l1(@w.npy) + l2(@w.npy)", "only penalties"),
        ("mse + l3(@w.npy)", "unknown penalty"),
        ("mse + l2(@)", "names no file"),
        ("mse + l2", ""),
        ("inf*mse + mae", "not finite"),
        ("1e999*mse", "not finite"),
        ("nan*mse", "not finite"),
        ("mse*2", "a weight goes before"),
        ("mse +", "names no loss"),
        ("+ * mse", "names no loss"),
        ("(mse + mae)", "names no loss"),
        ("mse mae", "not understood"),
        ("mse + maee", "did you mean mae"),
        ("mse + smooth_l1:beta", "not key=value"),
        ("mse + smooth_l1:beta=1,beta=2", "given twice"),
        ("mse + mae, mse+mae", "two losses have the label"),
        ("l2_penalty", "is a penalty"),
        ("mse + l1_penalty", "is a penalty"),
    ],
)
def test_what_is_no_sum_is_exit_2(data, losscli, spec, word):
    """And says what to write."""
    said = losscli("eval", *data, "-l", spec)
    if spec == "mse + l2":  # the alias of mse
        assert said.code == 0
        return
    assert said.code == 2
    assert word in "\n".join(said.error)


def test_a_sum_follows_the_conventions_of_a_library():
    """Each part its own: names, defaults, values; parts that are reduced unlike have no sum."""
    found = evaluate(P, T, loss="l2 + 2*mse", like="optax")
    assert found.value == pytest.approx((2.5 * (P - T) ** 2).mean(), rel=1e-14)
    pred, target = np.array([-0.9, 0.0, 2.0]), np.array([3.0, 1.0, 2.0])
    alone = evaluate(pred, target, loss="msle", like="keras").value
    assert alone != evaluate(pred, target, loss="msle").value
    found = evaluate(pred, target, loss="2*msle + mse", like="keras")
    assert found.value == pytest.approx(2 * alone + ((pred - target) ** 2).mean(), rel=1e-14)
    with pytest.raises(UsageError, match="in different ways"):
        evaluate(P, T, loss="mse + smooth_l1", like="torch")
    with pytest.raises(UsageError, match="does not cover"):
        evaluate(P, T, loss="mse + smooth_l1", like="sklearn")


def test_check_holds_a_sum_to_its_references(losscli):
    """Values and gradients, by mpmath."""
    assert losscli("check", "mse + 0.01*mae").code == 0
    assert losscli("check", "ce + 0.5*ce:label_smoothing=0.1", "--dtype", "float64").code == 0
    assert losscli("check", "bce_with_logits - 0.1*bce_with_logits:pos_weight=2").code == 0
