"""Calls with two arrays are prepared once: a call says the same as one that is not prepared."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import losscli
from losscli.commands.arrays import of_arrays
from losscli.losses.registry import all_losses
from losscli.sources.table import BLOCK
from tests.catalogue.test_declarations import sample

PAIRS = [loss for loss in all_losses() if loss.rows_of.targeted]
TYPES = (np.float64, np.float32, np.float16, np.dtype(">f8"), np.int32, np.bool_)


def unprepared(preds, targets, **options):
    """The evaluation of arrays that are given by name, which are not prepared."""
    return losscli.evaluate(preds=preds, targets=targets, **options)


def said(evaluate, *arrays, **options):
    """What a call says: its document without times, or its error."""
    try:
        found = evaluate(*arrays, **options)
    except losscli.LossCliError as error:
        return type(error), str(error), error.place, error.hint
    return found.replace(timing=None).to_dict()


@pytest.mark.parametrize("loss", PAIRS, ids=lambda loss: loss.name)
def test_each_loss_says_the_same(loss):
    """Also of other numbers of rows, with a missing value, and with rows of another order."""
    preds, targets = sample(loss)
    hole = preds.astype(np.float64)
    hole.reshape(-1)[3] = np.nan
    for arrays in (
        (preds, targets),
        (preds[:7], targets[:7]),
        (preds[::2], targets[::2]),
        (hole, targets),
        (np.asfortranarray(preds), targets),
        (preds, targets[:5]),
        (preds[:0], targets[:0]),
    ):
        assert said(losscli.evaluate, *arrays, loss=loss.name) == said(
            unprepared, *arrays, loss=loss.name
        )


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize(
    "options",
    [
        {"loss": ["mse", "mae", "rmse"]},
        {"loss": "mse", "reduction": "sum", "ci": "90%"},
        {"loss": "bce_with_logits", "nan": "skip"},
        {"loss": "smooth_l1:beta=0.5", "nan": "propagate", "threads": 2},
        {"loss": "mse", "like": "sklearn"},
        {"loss": "poisson_nll", "dtype": "float32"},
        {"metric": "r2"},
        {"metric": ["roc_auc", "accuracy:threshold=0.5"], "loss": "bce"},
        {"metric": "f1", "nan": "skip"},
        {"loss": "mse", "ci": 1.5},
        {"loss": "mse", "threads": 1.0},
        {"loss": "msee"},
        {"loss": []},
        {"loss": [["mse"]]},
        {},
    ],
    ids=str,
)
def test_types_and_options_say_the_same(dtype, options):
    """Also options that are errors."""
    preds = np.arange(24).astype(dtype)
    targets = (np.arange(24) % 2).astype(dtype)
    for arrays in ((preds, targets), (preds.reshape(-1, 1), targets), (preds.reshape(8, 3),) * 2):
        assert said(losscli.evaluate, *arrays, **options) == said(unprepared, *arrays, **options)


def test_most_calls_are_prepared_and_others_are_not(tmp_path):
    """Where there is an error, or a file that may change."""
    np.save(tmp_path / "w.npy", np.ones(3))
    (tmp_path / "own.py").write_text("def own(pred, target):\n    return abs(pred - target)\n")
    preds, targets = np.zeros(8), np.ones(8)
    assert of_arrays((preds, targets), {"loss": "mse"})
    assert of_arrays((preds, targets), {"loss": ["mse", "mae"], "ci": 0.9})
    for arrays, options in (
        ((preds, targets), {"loss": "no_loss"}),
        ((preds, targets), {"loss": "mse", "by": targets}),
        ((preds, targets), {"loss": f"mse + 0.1*l2(@{tmp_path / 'w.npy'})"}),
        ((preds, targets), {"loss": f"{tmp_path / 'own.py'}:own"}),
        ((preds, [1.0] * 8), {"loss": "mse"}),
        ((preds,), {"loss": "mse"}),
        ((preds.reshape(1, 8), targets.reshape(2, 4)), {"loss": "mse"}),
    ):
        assert of_arrays(arrays, options) is None


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16", "int64", "bool"])
def test_tensors_say_the_same(dtype):
    """Also on a way of their own through memory, and where a gradient is recorded."""
    torch = pytest.importorskip("torch")
    preds = torch.linspace(0, 1, 24).reshape(8, 3).to(getattr(torch, dtype))
    labels = torch.arange(8) % 3
    for arrays, loss in (
        ((preds, preds.flip(0)), "mse"),
        ((preds, labels), "cross_entropy"),
        ((preds.T, preds.T.flip(1)), "mae"),
        ((preds[:, 0], preds[:, 1].numpy() if dtype != "bfloat16" else preds[:, 1]), "mse"),
        ((preds[0, 0], preds[0, 0]), "mse"),
    ):
        prepared, other = losscli.evaluate, unprepared
        assert said(prepared, *arrays, loss=loss) == said(other, *arrays, loss=loss)
        assert preds.ndim == 0 or of_arrays(arrays, {"loss": loss}) or arrays[0].ndim == 0
    grown = torch.ones(8, requires_grad=True)
    assert losscli.evaluate(grown * 2, torch.zeros(8), loss="mse").value == 4.0


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize(
    "values",
    [[0.5, 0.25, 1.0], [1, 0, 1], [True, False, True], [1.0, None, 0.0], [1, None, 0], ["a", "b"]],
    ids=str,
)
def test_columns_say_the_same(library, values):
    """Also with missing values, and texts."""
    module = pytest.importorskip(library)
    make = module.array if library == "pyarrow" else module.Series
    columns = [make(values), make(values[::-1])]
    if library == "pandas":
        columns += [make(values, dtype="object"), make(values, name="p", index=range(len(values)))]
    for column in columns:
        for loss in ("mse", "bce"):
            for other in (columns[0], np.ones(len(values))):
                found = said(losscli.evaluate, column, other, loss=loss)
                assert found == said(unprepared, column, other, loss=loss)
    if values == [0.5, 0.25, 1.0]:
        assert of_arrays(tuple(columns[:2]), {"loss": "mse"})


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_several_blocks_say_the_same(threads):
    """Also where a row of the second one is not valid."""
    preds, targets = np.random.default_rng(0).random((2, 2 * BLOCK + 5))
    options = {"loss": ["mse", "bce"], "threads": threads}
    assert of_arrays((preds, targets), options)
    assert said(losscli.evaluate, preds, targets, **options) == said(
        unprepared, preds, targets, **options
    )
    preds[BLOCK + 7] = 1.5
    found = said(losscli.evaluate, preds, targets, **options)
    assert found == said(unprepared, preds, targets, **options)
    assert found[0] is losscli.DataError


def test_files_of_a_loss_are_read_at_each_call(tmp_path):
    preds, targets, weights = np.zeros(8), np.zeros(8), tmp_path / "w.npy"
    for number in (1.0, 2.0):
        np.save(weights, np.full(3, number))
        found = losscli.evaluate(preds, targets, loss=f"mse + 1*l1(@{weights})")
        assert found.value == 3 * number


def test_files_of_a_metric_are_read_at_each_call(tmp_path):
    preds, targets, train = np.arange(8.0), np.arange(8.0) + 1, tmp_path / "train.npy"
    for step in (1.0, 2.0):
        np.save(train, np.arange(9.0) * step)
        (found,) = losscli.evaluate(preds, targets, metric=f"mase:train=@{train}").metrics
        assert found.value == 1 / step


def test_functions_of_the_caller_are_not_kept():
    """Nor are they called more often."""
    calls = []

    def mine(pred, target):
        calls.append(len(pred))
        return abs(pred - target)

    arrays = np.ones(8), np.zeros(8)
    assert unprepared(*arrays, loss=mine).value == 1.0
    due = len(calls)
    calls.clear()
    assert losscli.evaluate(*arrays, loss=mine).value == 1.0
    assert len(calls) <= due
    assert of_arrays(arrays, {"loss": mine}) is None
    assert of_arrays(arrays, {"loss": ["mse", mine]}) is None


def test_an_earlier_call_settles_nothing_about_the_next():
    """Predictions that are no probabilities, then some that look like them."""
    targets = np.arange(100) % 2
    for preds, due in ((np.linspace(-5, 5, 100), set()), (np.linspace(0.1, 0.9, 100), {1})) * 2:
        found = losscli.evaluate(preds, targets, loss="bce_with_logits")
        assert {1 for note in found.notes if note.code == "looks_like_probabilities"} == due


def test_threads_share_what_is_prepared():
    """Each gets its own result."""
    arrays = [(np.full(1000, float(k)), np.zeros(1000)) for k in range(16)]

    def squares(k):
        return {losscli.evaluate(*arrays[k], loss="mse").value for _ in range(50)}

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(squares, range(16))) == [{float(k * k)} for k in range(16)]
