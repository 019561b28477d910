"""Lists of batches, iterators of blocks and arrays of other libraries give what one array gives."""

import numpy as np
import pytest
import torch

from losscli import DataError, UsageError, evaluate

P = np.random.default_rng(4).standard_normal((11, 3))
LABELS = np.random.default_rng(5).integers(0, 3, 11)
TRUTH = evaluate(P, LABELS, loss="cross_entropy")
CUTS = {"one row": [1] * 11, "uneven": [4, 4, 3], "even": [5, 6], "empty": [0, 8, 0, 3]}


def cut(array, sizes):
    return np.split(array, np.cumsum(sizes)[:-1])


@pytest.mark.parametrize("sizes", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_lists_of_batches_are_joined_on_the_first_axis(sizes, kind):
    """Of arrays and of tensors; the labels too, whatever their lengths."""
    preds, labels = ([kind(part) for part in cut(array, sizes)] for array in (P, LABELS))
    found = evaluate(preds, labels, loss="cross_entropy")
    assert found.value == TRUTH.value
    assert found.losses[0].stderr == TRUTH.losses[0].stderr
    assert evaluate(preds, LABELS, loss="cross_entropy").value == TRUTH.value
    assert evaluate(tuple(preds), tuple(labels), loss="cross_entropy").value == TRUTH.value


def test_arrays_of_one_axis_and_one_length_are_rows():
    """As they always were."""
    found = evaluate([P[0], P[1]], [P[2], P[3]], loss="mse")
    assert found.losses[0].rows == 2
    found = evaluate([P[0], P[1]], [1, 2], loss="cross_entropy")
    assert found.value == evaluate(P[:2], [1, 2], loss="cross_entropy").value


def test_batches_of_different_rows_are_refused():
    """With the batch that differs."""
    with pytest.raises(DataError, match=r"\(3,\) and of \(2,\)"):
        evaluate([P, P[:, :2]], LABELS, loss="cross_entropy")


@pytest.mark.parametrize("sizes", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_an_iterator_of_blocks_is_streamed(sizes, kind):
    """A generator of predictions and targets."""
    blocks = zip(map(kind, cut(P, sizes)), map(kind, cut(LABELS, sizes)), strict=True)
    found = evaluate(blocks, loss="cross_entropy")
    assert found.value == TRUTH.value
    assert found.losses[0].stderr == TRUTH.losses[0].stderr


def test_blocks_of_any_size_give_the_bits_of_one_array():
    """In several blocks of an evaluation, with several threads."""
    generator = np.random.default_rng(6)
    p, t = generator.standard_normal(1_300_000), generator.standard_normal(1_300_000)
    truth = evaluate(p, t, loss="mse")
    for size in (100_000, 524_288, 900_000):
        blocks = ((p[k : k + size], t[k : k + size]) for k in range(0, len(p), size))
        found = evaluate(blocks, loss="mse", threads=2)
        assert (found.value, found.losses[0].stderr) == (truth.value, truth.losses[0].stderr)


def test_blocks_may_hold_weights_or_predictions_alone():
    """As the third part; or the targets are an array."""
    weights = np.arange(11.0)
    truth = evaluate(P, LABELS, loss="cross_entropy", weights=weights).value
    assert evaluate(iter([(P, LABELS, weights)]), loss="cross_entropy").value == truth
    assert evaluate(iter(cut(P, [4, 7])), LABELS, loss="cross_entropy").value == TRUTH.value


BLOCKS = {
    "none": ([], "without blocks"),
    "other rows": ([(P, LABELS[:5])], "block 0 of preds has parts of the shapes"),
    "fewer parts": ([(P, LABELS), (P,)], "block"),
    "four parts": ([(P, LABELS, P, P)], "4 parts"),
    "other columns": ([(P, LABELS), (P[:, :2], LABELS)], "blocks have rows of"),
    "text": ([(["a"], [1])], "not an array|dtype"),
    "numbers": ([(1.0, 2.0)], "parts of the shapes"),
}


@pytest.mark.parametrize("kind", BLOCKS)
def test_blocks_that_are_not_alike_are_refused(kind):
    """With the number of the block."""
    blocks, words = BLOCKS[kind]
    with pytest.raises((DataError, UsageError), match=words):
        evaluate(iter(blocks), loss="cross_entropy")


def test_an_error_of_the_iterator_is_raised_as_it_is():
    """It is the caller's."""

    def blocks():
        yield P, LABELS
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        evaluate(blocks(), loss="cross_entropy")


class Exchanged:
    """An array of a library that offers DLPack alone."""

    def __init__(self, array):
        self._array = array

    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


def test_arrays_are_exchanged_by_dlpack():
    """Without a copy of another library's own."""
    found = evaluate(Exchanged(P), Exchanged(LABELS), loss="cross_entropy")
    assert found.value == TRUTH.value
