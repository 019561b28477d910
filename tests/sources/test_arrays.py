"""Arrays in memory, lists, columns, tensors and paths give what files of the same values give."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from losscli import DataError, UsageError, evaluate, losses

PREDS, TARGETS = [1.0, 2.5, -3.0, 8.0], [1.5, 2.5, 0.0, 4.0]
MAE = 7.5 / 4

FORMS = {
    "a list": list,
    "a tuple": tuple,
    "an array": np.array,
    "float32": lambda v: np.array(v, np.float32),
    "float16": lambda v: np.array(v, np.float16),
    "big-endian": lambda v: np.array(v, ">f8"),
    "a view backwards": lambda v: np.array(v[::-1])[::-1],
    "every other": lambda v: np.repeat(v, 2)[::2],
    "a column of a matrix": lambda v: np.array([v, v]).T[:, 1],
    "read only": lambda v: np.frombuffer(np.array(v).tobytes()),
    "a memory map": lambda v: _mapped(v),
    "a Series": pd.Series,
    "a Series with an index": lambda v: pd.Series(v, index=list("dcba")),
    "a column of a DataFrame": lambda v: pd.DataFrame({"x": v, "y": 0})["x"],
    "a nullable column": lambda v: pd.Series(v, dtype="Float64"),
    "a column of Arrow": lambda v: pd.Series(v, dtype="double[pyarrow]"),
    "an Arrow array": pa.array,
    "a chunked Arrow array": lambda v: pa.chunked_array([v[:1], v[1:]]),
    "a tensor": torch.tensor,
    "a float64 tensor": lambda v: torch.tensor(v, dtype=torch.float64),
    "a float16 tensor": lambda v: torch.tensor(v, dtype=torch.float16),
    "a bfloat16 tensor": lambda v: torch.tensor(v, dtype=torch.bfloat16),
    "a tensor with a gradient": lambda v: torch.tensor(v, requires_grad=True) * 1.0,
    "a tensor with strides": lambda v: torch.tensor([v, v]).T[:, 0],
    "a parameter": lambda v: torch.nn.Parameter(torch.tensor(v)),
}


def _mapped(values):
    np.save("map.npy", np.array(values))
    return np.load("map.npy", mmap_mode="r")


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_every_form_of_the_same_numbers_gives_the_same_loss(form, backend):
    """As predictions, as targets and as weights."""
    assert evaluate(form(PREDS), TARGETS, loss="mae", backend=backend).value == MAE
    assert evaluate(PREDS, form(TARGETS), loss="mae", backend=backend).value == MAE
    weighed = evaluate(PREDS, TARGETS, loss="mae", weights=form([1.0, 0.0, 2.0, 1.0]))
    assert weighed.value == (0.5 + 2 * 3.0 + 4.0) / 4


WHOLE = {
    "a list": list,
    "int8": lambda v: np.array(v, np.int8),
    "uint64": lambda v: np.array(v, np.uint64),
    "a boolean array": lambda v: np.array(v, bool),
    "booleans": lambda v: [bool(x) for x in v],
    "a nullable column": lambda v: pd.Series(v, dtype="Int64"),
    "a nullable boolean column": lambda v: pd.Series(v, dtype="boolean"),
    "a tensor": torch.tensor,
    "an int8 tensor": lambda v: torch.tensor(v, dtype=torch.int8),
    "a uint8 tensor": lambda v: torch.tensor(v, dtype=torch.uint8),
    "a boolean tensor": lambda v: torch.tensor(v, dtype=torch.bool),
}


@pytest.mark.parametrize("form", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_every_form_of_labels_gives_the_same_loss(form, backend):
    """As class indices, and as binary targets."""
    labels, logits = [0, 1, 1, 0], np.array([[0.0, 1], [2, 0], [1, 1], [3, -1]])
    truth = np.log(np.exp(logits).sum(axis=1)) - logits[range(4), labels]
    found = evaluate(logits, form(labels), loss="cross_entropy", backend=backend).value
    assert found == pytest.approx(truth.mean(), rel=1e-15)
    chance = np.array([0.25, 0.5, 0.75, 0.125])
    truth = -np.log(np.where(labels, chance, 1 - chance))
    found = evaluate(chance, form(labels), loss="bce", backend=backend).value
    assert found == pytest.approx(truth.mean(), rel=1e-15)


def test_bfloat16_is_widened_and_not_rounded_again():
    """Each of its numbers is a float32."""
    tensor = torch.linspace(-3, 3, 1001).to(torch.bfloat16)
    truth = tensor.to(torch.float64).square().mean().item()
    result = evaluate(tensor, np.zeros(1001), loss="mse")
    assert result.value == pytest.approx(truth, rel=1e-15)


def test_a_matrix_has_rows(tmp_path):
    """Of an array, a tensor, a DataFrame; each row counts once."""
    preds, targets = np.random.default_rng(0).standard_normal((2, 10, 3))
    truth = ((preds - targets) ** 2).mean()
    for form in (np.asarray, np.asfortranarray, torch.tensor, pd.DataFrame, np.ndarray.tolist):
        result = evaluate(form(preds), form(targets), loss="mse")
        assert result.value == pytest.approx(truth, rel=1e-15)
        assert result["mse"].n == 10


@pytest.mark.parametrize("form", [str, Path], ids=["text", "Path"])
def test_a_path_may_be_text_or_a_path(form):
    """For the data, the weights and every file that is written."""
    np.save("p.npy", np.array(PREDS))
    np.save("t.npy", np.array(TARGETS))
    np.save("w.npy", np.ones(4))
    result = evaluate(
        form("p.npy"),
        form("t.npy"),
        loss="mae",
        weights=form("./w.npy"),
        per_sample=form("s.npy"),
        output=[form("r.json"), form("r.csv")],
    )
    assert result.value == MAE
    assert [part.path for part in result.inputs][:2] == ["p.npy", "t.npy"]
    assert np.load("s.npy").tolist() == [0.5, 0.0, 3.0, 4.0]
    assert Path("r.json").exists()
    assert Path("r.csv").exists()


def test_one_output_needs_no_list():
    """A single path is one."""
    evaluate(PREDS, TARGETS, loss="mae", output="r.json")
    evaluate(PREDS, TARGETS, loss="mae", output=Path("r.md"))
    assert {path.name for path in Path().iterdir()} == {"r.json", "r.md"}


def test_a_path_and_an_array_may_meet():
    """One role from a file, the other from memory."""
    np.save("p.npy", np.array(PREDS))
    assert evaluate("p.npy", TARGETS, loss="mae").value == MAE
    assert evaluate(TARGETS, "p.npy", loss="mae").value == MAE


def test_inputs_are_left_as_they_were():
    """Nothing is widened or sorted in place."""
    preds, targets = np.array(PREDS), np.array(TARGETS)
    weights = np.ones(4)
    evaluate(preds, targets, loss="mae,mse,smooth_l1", weights=weights, dtype="float32")
    assert preds.tolist() == PREDS
    assert targets.tolist() == TARGETS
    assert weights.tolist() == [1.0] * 4


def test_a_column_with_a_hole_is_missing_a_number():
    """pd.NA and None are nan, whichever way pandas keeps them."""
    for dtype in ("float64", "Float64", "Int64", "double[pyarrow]"):
        column = pd.Series([1, None, 3], dtype=dtype)
        with pytest.raises(DataError, match="row 1; 1 such row of 3"):
            evaluate(column, [0, 0, 0], loss="mae")
        assert evaluate(column, [0, 0, 0], loss="mae", nan="skip").value == 2.0


def test_a_masked_value_is_not_taken_for_a_number():
    """What lies under the mask is no measurement."""
    masked = np.ma.masked_array([1.0, 99.0, 3.0], mask=[False, True, False])
    with pytest.raises(DataError):
        evaluate(masked, [0.0, 0.0, 0.0], loss="mae")


NO_ARRAYS = {
    "text": ["1", "2", "3"],
    "None": [1.0, None, 3.0],
    "ragged": [[1.0], [1.0, 2.0], [3.0]],
    "a generator": (x for x in (1.0, 2.0, 3.0)),
    "a dictionary": {"a": 1.0},
    "complex": np.array([1j, 2, 3]),
    "dates": np.zeros(3, "M8[D]"),
    "a categorical": pd.Series(list("abc"), dtype="category"),
    "whole numbers beyond 64 bits": [2**70, 1, 1],
    "one number": 1.0,
    "a 0-d tensor": torch.tensor(1.0),
    "nothing": [],
    "a sparse tensor": torch.eye(3).to_sparse(),
    "a float8 tensor": torch.tensor([1.0, 2.0, 3.0]).to(torch.float8_e4m3fn),
}


@pytest.mark.parametrize("thing", NO_ARRAYS.values(), ids=NO_ARRAYS)
@pytest.mark.parametrize("role", ["preds", "targets"])
def test_what_is_no_array_of_numbers_is_a_data_error_that_names_its_role(thing, role):
    """Never an error of NumPy's or torch's."""
    pair = (thing, [1.0, 2.0, 3.0]) if role == "preds" else ([1.0, 2.0, 3.0], thing)
    with pytest.raises(DataError, match=role):
        evaluate(*pair, loss="mae")


def test_an_array_has_no_columns():
    """Columns are asked of tables."""
    with pytest.raises(UsageError, match="'x'"):
        evaluate(PREDS, TARGETS, loss="mae", pred="x")


def test_errors_of_arrays_name_the_role_and_the_row():
    """There is no file to name."""
    with pytest.raises(DataError, match="targets, row 1, column 2; 1 such row of 2"):
        evaluate(np.zeros((2, 3)), [[0, 0, 0], [0, 0, np.inf]], loss="mse")


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_many_blocks_of_an_array_give_the_exact_mean(threads):
    """In a view with strides, too."""
    from fractions import Fraction

    preds = np.random.default_rng(0).standard_normal((2, 400_000))[:, ::2]
    result = evaluate(preds[0], preds[1], loss="mae", threads=threads)
    total = sum(map(Fraction, np.abs(preds[0] - preds[1]).tolist()), Fraction())
    assert result.value == float(total / 200_000)


LOOSE = {
    "a bfloat16 tensor": lambda v: torch.tensor(v, dtype=torch.bfloat16),
    "big-endian": lambda v: np.array(v, ">f8"),
    "a view backwards": lambda v: np.array(v[::-1])[::-1],
    "read only": lambda v: np.frombuffer(np.array(v).tobytes()),
    "a column of a DataFrame": lambda v: pd.DataFrame({"x": v, "y": 0})["x"],
    "an Arrow array": pa.array,
    "uint16": lambda v: np.array(v, np.uint16),
}


@pytest.mark.parametrize("form", LOOSE.values(), ids=LOOSE)
def test_a_loss_takes_what_an_evaluation_takes(form):
    """On arrays and on tensors, as predictions and as targets."""
    preds, targets = [1.0, 2.0, 3.0], [1.0, 4.0, 8.0]
    assert losses.mae(form(preds), targets).tolist() == [0.0, 2.0, 5.0]
    assert losses.mae(preds, form(targets)).tolist() == [0.0, 2.0, 5.0]
    assert losses.mae(torch.tensor(preds), form(targets)).tolist() == [0.0, 2.0, 5.0]
    assert losses.mae.gradient(form(preds), targets).tolist() == [0.0, -1.0, -1.0]


REFUSED = {
    "ragged": ([[1.0], [1.0, 2.0]], "is not an array of numbers"),
    "masked": (np.ma.masked_array([1.0, 2.0], [0, 1]), "masked values"),
    "text": (["a", "b"], "expected float16 to float64"),
    "objects": ([None, 1.0], "expected float16 to float64"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_array_is_refused_at_both_doors(case):
    """By name, and never with an exception of somebody else's."""
    given, words = REFUSED[case]
    with pytest.raises(DataError, match=f"preds .*{words}"):
        evaluate(given, [1.0, 2.0], loss="mae")
    with pytest.raises(DataError, match=f"pred .*{words}"):
        losses.mae(given, [1.0, 2.0])


def test_arrow_without_a_number_is_nan():
    """Governed by --nan, as every missing number is."""
    with pytest.raises(DataError, match="nan is a missing value"):
        evaluate(pa.array([1.0, None]), [1.0, 2.0], loss="mae")
    assert evaluate(pa.array([1, None]), [3.0, 2.0], loss="mae", nan="skip").value == 2.0


def test_a_row_that_is_left_out_may_hold_anything():
    """Its logits are not looked at."""
    logits = np.array([[0.0, 0.0], [np.nan, 1.0]])
    found = losses.cross_entropy(logits, [1, -100])
    assert found.tolist() == [np.log(2), 0.0]
