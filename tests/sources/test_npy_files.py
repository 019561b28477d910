"""NPY files are read as NumPy reads them, in any type, order, version and number of blocks."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from losscli import DataError, evaluate
from tests.notes import codes_of_reading

TYPES = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]
SHAPES = [(60,), (60, 1), (60, 7), (20, 2, 5)]


def values(dtype, shape):
    """Numbers of a type that are not alike from row to row."""
    generator = np.random.default_rng(1)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return generator.standard_normal(shape).astype(dtype)
    if dtype.kind == "b":
        return generator.random(shape) < 0.5
    info = np.iinfo(dtype)
    return generator.integers(info.min, info.max, shape, dtype, endpoint=True)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("order", "<>")
def test_every_type_and_byte_order_is_read_as_numpy_reads_it(read, array, dtype, shape, order):
    """Numbers, shape and type, the byte order made native."""
    saved = values(dtype, shape).astype(np.dtype(dtype).newbyteorder(order))
    name = array(saved)
    found = read(name, name, block_rows=17)["preds"]
    truth = np.load(name)
    assert found.shape == truth.shape
    assert found.dtype == truth.dtype.newbyteorder("=")
    assert np.array_equal(found, truth)


@pytest.mark.parametrize("dtype", ["<f8", ">f4", "<f2", ">i8", "|u1", "|b1"])
@pytest.mark.parametrize("shape", [(60,), (60, 1), (60, 7), (1, 7)], ids=str)
@pytest.mark.parametrize("block_rows", [1, 17, 60, 1000])
def test_fortran_order_is_read_by_rows(read, array, dtype, shape, block_rows):
    """A column at a time from the file, rows in C order for the losses."""
    name = array(np.asfortranarray(values(dtype[1:], shape).astype(dtype)))
    found = read(name, name, block_rows=block_rows)["targets"]
    assert np.array_equal(found, np.load(name))


def test_fortran_order_changes_no_bit_of_a_result(array):
    """The last bit of a row's sum must not depend on the order in the file."""
    preds, targets = np.random.default_rng(2).standard_normal((2, 500, 33))
    plain = evaluate(array(preds, "p.npy"), array(targets, "t.npy"), loss="mse,smooth_l1")
    fortran = evaluate(
        array(np.asfortranarray(preds), "p.npy"),
        array(np.asfortranarray(targets), "t.npy"),
        loss="mse,smooth_l1",
    )
    assert [loss.value for loss in plain] == [loss.value for loss in fortran]


def test_fortran_order_of_three_dimensions_is_refused_with_a_mend(array):
    """It would take a read a number; the hint is one line of NumPy."""
    name = array(np.asfortranarray(np.zeros((3, 2, 2))))
    with pytest.raises(DataError, match="ascontiguousarray"):
        evaluate(name, name, loss="mse")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)], ids=str)
@pytest.mark.parametrize("fortran", [False, True])
def test_every_format_version_is_read(read, version, fortran):
    """With their different lengths of the header's length."""
    truth = values("f4", (60, 3))
    with open("array.npy", "wb") as file:
        layout = np.asfortranarray(truth) if fortran else truth
        np.lib.format.write_array(file, layout, version=version)
    assert np.array_equal(read("array.npy", "array.npy", block_rows=7)["preds"], truth)


def test_a_header_that_is_padded_widely_is_read(read):
    """Some writers leave room for a longer shape."""
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"
    header = text.ljust(4000).encode() + b"\n"
    with open("padded.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        file.write(np.array([1.0, 2.0, 3.0]).tobytes())
    assert read("padded.npy", "padded.npy")["preds"].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("byte", [1, 2, 255])
def test_any_byte_but_zero_is_true(array, byte):
    """Some writers store 255: it counts one, not 255."""
    name = array(np.zeros(4, bool), "p.npy")
    with open(name, "r+b") as file:
        file.seek(-2, 2)
        file.write(bytes([byte, byte]))
    result = evaluate(name, array(np.zeros(4), "t.npy"), loss="mae", per_sample="s.npy")
    assert result.value == 0.5
    assert np.load("s.npy").tolist() == [0.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("dtype", [d for d in TYPES if d not in ("i8", "u8")])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_narrow_numbers_are_widened_before_any_arithmetic(array, dtype, backend):
    """100 - 200 of unsigned bytes is -100, and 60000 of float16 may be squared."""
    preds, targets = values(dtype, 60), values(dtype, 60)[::-1].copy()
    found = evaluate(
        array(preds, "p.npy"), array(targets, "t.npy"), loss="mse", backend=backend
    ).value
    truth = (preds.astype(np.float64) - targets.astype(np.float64)) ** 2
    assert found == pytest.approx(truth.mean(), rel=1e-15)


@pytest.mark.parametrize("dtype", ["i1", "i8", "u1", "u8", "f4", "f8", ">i4", "?"])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_labels_may_be_of_any_type_that_holds_whole_numbers(array, dtype, backend):
    """Class indices as they come from all kinds of writers."""
    logits = np.random.default_rng(4).standard_normal((6, 2))
    labels = np.array([0, 1, 1, 0, 1, 0])
    found = evaluate(
        array(logits, "z.npy"),
        array(labels.astype(dtype), "y.npy"),
        loss="cross_entropy",
        backend=backend,
    )
    truth = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(6), labels]
    assert found.value == pytest.approx(truth.mean(), rel=1e-15)


COLUMNS = {
    "preds": ((60, 1), (60,), ["column_read"], "p.npy"),
    "targets": ((60,), (60, 1), ["column_read"], "t.npy"),
    "both": ((60, 1), (60, 1), [], ""),
}


@pytest.mark.parametrize(("pred", "target", "codes", "named"), COLUMNS.values(), ids=COLUMNS)
def test_a_matrix_of_one_label_is_a_column_of_labels(array, pred, target, codes, named):
    """Though a row of several labels is taken too."""
    first, second = np.arange(60) % 3, np.arange(60) % 2
    given = array(first.reshape(pred), "p.npy"), array(second.reshape(target), "t.npy")
    result = evaluate(*given, loss=["zero_one", "mae"])
    assert result["zero_one"].value == np.mean(first != second)
    assert result["mae"].value == pytest.approx(np.abs(first - second).mean())
    assert codes_of_reading(result) == codes
    assert all(named in note.message for note in result.notes if note.code in codes)


def test_masks_of_one_pixel_stay_matrices(array):
    """(N, 1) is no column where a loss takes rows alone."""
    masks = array(np.ones((4, 1)), "p.npy"), array(np.array([[1.0], [0.0], [1.0], [1.0]]), "t.npy")
    result = evaluate(*masks, loss="dice")
    assert result.value == 0.25
    assert not codes_of_reading(result)


@pytest.mark.parametrize(("pred", "target", "codes", "named"), COLUMNS.values(), ids=COLUMNS)
def test_a_matrix_of_one_column_is_a_column(array, pred, target, codes, named):
    """(N, 1) against (N,) is the one exception to exact shapes, and noted where it is made."""
    first, second = values("f8", 60), values("f4", 60)
    result = evaluate(
        array(first.reshape(pred), "p.npy"), array(second.reshape(target), "t.npy"), loss="mae"
    )
    assert result.value == pytest.approx(np.abs(first - second.astype(np.float64)).mean())
    assert codes_of_reading(result) == codes
    assert all(named in note.message for note in result.notes if note.code in codes)
    assert [part.shape for part in result.inputs] == [pred, target]


def test_labels_of_one_column_are_labels(array):
    """(N, 1) of class indices beside (N, C) of logits is noted too."""
    logits, labels = np.zeros((4, 2)), np.array([[0], [1], [1], [0]])
    result = evaluate(array(logits, "z.npy"), array(labels, "y.npy"), loss="cross_entropy")
    assert result.value == np.log(2)
    assert codes_of_reading(result) == ["column_read"]
    assert "y.npy" in result.notes[0].message


def test_logits_of_one_class_are_a_matrix(array):
    """(N, 1) of logits is one class a row, and the loss of a certain class is 0."""
    result = evaluate(array(np.full((4, 1), 2.5), "z.npy"), np.zeros(4, int), loss="cross_entropy")
    assert result.value == 0.0
    assert not codes_of_reading(result)


def test_weights_of_one_column_are_noted(array):
    """(N, 1) beside rows is a column there too."""
    name = array(np.ones((4, 1)), "w.npy")
    result = evaluate(np.ones(4), np.zeros(4), loss="mae", weights=f"./{name}")
    assert codes_of_reading(result) == ["column_read"]


def test_rows_of_no_numbers_are_refused(array):
    """(3, 0) has rows, and nothing in them: in a file and in memory."""
    empty = np.ones((3, 0))
    with pytest.raises(DataError, match="has no rows: its shape is"):
        evaluate(array(empty, "z.npy"), empty, loss="mse")
    with pytest.raises(DataError, match="rows of no numbers: its shape is"):
        evaluate(empty, empty, loss="mse")


@pytest.mark.parametrize("positional", ["pread", "neither"])
def test_a_platform_without_preadv_reads_the_same(array, monkeypatch, positional):
    """From the file that was opened, whatever stands under its name meanwhile."""
    from losscli.sources import files

    name = array(values("f8", 1000))
    truth = evaluate(name, np.zeros(1000), loss="mse", threads=2).value
    monkeypatch.setattr(files, "_PREADV", False)
    monkeypatch.setattr(files, "_PREAD", positional == "pread")
    with contextlib.closing(files.OpenFile(name)) as file:
        np.save("other.npy", np.zeros(1000))
        Path("other.npy").replace(name)
        assert file.read(6, 0) == b"\x93NUMPY"
        assert file.read(8, 128) == values("f8", 1000)[:1].tobytes()
    array(values("f8", 1000))
    assert evaluate(name, np.zeros(1000), loss="mse", threads=2).value == truth


def test_one_file_may_be_predictions_targets_and_weights(array):
    """Each role has buffers of its own."""
    name = array(values("f4", 60) ** 2)
    assert evaluate(name, name, loss="mse", weights=name).value == 0.0


@pytest.mark.parametrize("block_rows", [1, 59, 60, 61])
def test_a_source_of_arrays_knows_its_rows_and_bytes(array, block_rows):
    """Before anything is read; and its blocks cover them."""
    from losscli.sources.opening import open_source

    name = array(values("f4", (60, 3)))
    source = open_source(name, name)
    blocks = list(source.blocks(block_rows))
    source.close()
    assert source.rows == 60
    assert [block.first for block in blocks] == list(range(0, 60, block_rows))
    assert sum(block.rows for block in blocks) == 60
    assert sum(block.size for block in blocks) == 2 * 60 * 3 * 4
