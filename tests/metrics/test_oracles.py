"""Metrics have the numbers of scikit-learn, SciPy, NumPy and torch, whose code they name."""

import math

import numpy as np
import pytest

from losscli import metrics
from losscli.losses.core.one_hot import ONE_HOT
from losscli.metrics.core.predicted import LabelMetric
from tests.metrics.samples import TRAIN, cases

sklearn = pytest.importorskip("sklearn")
sklearn.metrics = pytest.importorskip("sklearn.metrics")
stats = pytest.importorskip("scipy.stats")

CASES = {
    case.name: case
    for case in cases()
    if case.metric.name not in ("d2", "quantile", "confusion_matrix")
    and case.params.get("strategy") != "quantile"
    and case.metric.target not in (None, ONE_HOT)
}


def code_of(case, pred, target, weight):
    """The number of the code that the metric names."""
    names = {"metrics": sklearn.metrics, "stats": stats, "np": np, "sum": sum, "train": TRAIN}
    ((library, code),) = case.metric.equivalents.items()
    if library == "torch":
        torch = pytest.importorskip("torch")
        names |= {"torch": torch, "F": torch.nn.functional}
    if isinstance(case.metric, LabelMetric) and pred.ndim > 1 and "k" not in case.params:
        pred = pred.argmax(axis=-1)
    if case.metric.name == "ece" and pred.ndim > 1:
        pred, target = pred.max(axis=-1), pred.argmax(axis=-1) == target
    names |= {"pred": pred, "target": target, "weight": weight, **case.given}
    names |= {"average": case.params.get("average"), "season": case.params.get("season")}
    return float(eval(code, names))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_code_that_a_metric_names_has_its_number(name, weighted):
    """On 200 rows; the code of some libraries takes no weights."""
    case = CASES[name]
    (code,) = case.metric.equivalents.values()
    if weighted and "weight" not in code:
        return
    if (
        "scale" in case.given
        or case.metric.rows_of.forms[0][0] == ("C",) != case.metric.rows_of.forms[-1][0]
    ):
        return
    pred, target = case.rows(5, 200)
    if pred.ndim == target.ndim == 2:
        return  # sets of labels
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 200) if weighted else np.ones(200)
    state = case.metric.state(pred, target, weight, case.params)
    found = case.metric.estimate(state, case.params).value
    if case.metric.pred.words.startswith("labels") and case.params.get("average") == "binary":
        pred, target = pred > 0, target > 0
    if case.metric.name in ("ece", "brier_decomposition") and target.ndim == 1 and pred.ndim == 1:
        target = (target > 0).astype(int)
    assert found == pytest.approx(code_of(case, pred, target, weight), rel=1e-12)


REGRESSION = np.random.default_rng(3)
TARGETS = REGRESSION.gamma(2.0, size=201)
PREDS = TARGETS * REGRESSION.uniform(0.5, 1.5, 201)
LABELS = (REGRESSION.random(201) < 0.4).astype(int)
SHARES = REGRESSION.uniform(0.05, 0.95, 201)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"loss": "mse"}, sklearn.metrics.d2_tweedie_score(TARGETS, PREDS, power=0)),
        ({"loss": "poisson_deviance"}, sklearn.metrics.d2_tweedie_score(TARGETS, PREDS, power=1)),
        ({"loss": "gamma_deviance"}, sklearn.metrics.d2_tweedie_score(TARGETS, PREDS, power=2)),
        (
            {"loss": "tweedie_deviance", "power": 1.5},
            sklearn.metrics.d2_tweedie_score(TARGETS, PREDS, power=1.5),
        ),
        ({"loss": "mae"}, sklearn.metrics.d2_absolute_error_score(TARGETS, PREDS)),
        (
            {"loss": "pinball", "quantile": 0.75},
            sklearn.metrics.d2_pinball_score(TARGETS, PREDS, alpha=0.75),
        ),
    ],
    ids=lambda each: str(each)[:30],
)
def test_d2_is_that_of_scikit_learn(given, wanted):
    """201 rows have a median, and quartiles, that are rows."""
    assert metrics.d2(PREDS, TARGETS, **given) == pytest.approx(wanted, rel=1e-11)


def test_d2_of_labels_is_that_of_scikit_learn():
    """Of one probability a row and of rows of them."""
    wanted = sklearn.metrics.d2_log_loss_score(LABELS, SHARES)
    both = np.stack([1 - SHARES, SHARES], axis=1)
    for pred, loss in ((SHARES, "bce"), (both, "categorical_cross_entropy"), (SHARES, "log_loss")):
        assert metrics.d2(pred, LABELS, loss=loss) == pytest.approx(wanted, rel=1e-11)


def test_quantiles_are_those_of_numpy():
    """Of the inverted distribution, with weights too; 0.9 is nine tenths."""
    errors = np.abs(PREDS - TARGETS)
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 201)
    for q in (0.05, 0.5, 0.9):
        wanted = np.quantile(errors, q, method="inverted_cdf")
        assert metrics.quantile(PREDS, TARGETS, loss="mae", q=q) == wanted
        wanted = np.quantile(errors, q, method="inverted_cdf", weights=weight)
        assert metrics.quantile(PREDS, TARGETS, loss="mae", q=q, weight=weight) == wanted
    ten = metrics.quantile(np.arange(10.0), np.zeros(10), loss="mae", q=0.9)
    assert ten == 8.0


def test_the_standard_error_of_roc_auc_is_that_of_delong():
    """By the sums over all pairs."""
    high, low = SHARES[LABELS == 1], SHARES[LABELS == 0]
    won = (high[:, None] > low).astype(float) + 0.5 * (high[:, None] == low)
    variance = np.var(won.mean(axis=1), ddof=1) / len(high)
    variance += np.var(won.mean(axis=0), ddof=1) / len(low)
    metric = metrics.roc_auc
    for weight in (None, np.ones(201)):
        found = metric.estimate(metric.state(SHARES, LABELS, weight, {}), {})
        assert found.value == pytest.approx(won.mean(), rel=1e-14)
        assert found.stderr == pytest.approx(math.sqrt(variance), rel=1e-12)
