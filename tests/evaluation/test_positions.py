"""Pixels of images and tokens of sequences: rows are the positions of samples."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from losscli import DataError, UsageError, evaluate
from losscli.backends.backend import choose
from losscli.comparison.measure import compare
from losscli.engines.local import LocalEngine
from losscli.evaluation.measure import measure
from losscli.evaluation.rows import by_positions
from losscli.losses.spec.binding import bind as bound
from losscli.sources.opener import read_array
from losscli.sources.opening import open_source
from losscli.sources.roles import Reference


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def data(*shape, seed=3):
    """Logits (N, C, d...) and labels (N, d...), one in eight of them ignored."""
    generator = np.random.default_rng(seed)
    logits = generator.standard_normal(shape).astype(np.float32)
    labels = generator.integers(0, shape[1], (shape[0], *shape[2:]))
    labels[generator.random(labels.shape) < 0.125] = -100
    return logits, labels


def torch_mean(logits, labels):
    wide = torch.from_numpy(logits).double()
    return functional.cross_entropy(wide, torch.from_numpy(labels)).item()


def samples(labels):
    """The sample of each position."""
    return np.repeat(np.arange(len(labels)), labels[0].size)


SHAPES = [(4, 3, 5), (2, 4, 3, 7), (3, 5, 2, 4, 6), (1, 3, 9), (6, 2, 1)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["array", "npy", "npz", "npz deflated", "safetensors", "pt"])
def test_classes_on_axis_1_give_the_number_of_torch(shape, kind):
    """In memory and from every format of arrays."""
    logits, labels = data(*shape)
    found = evaluate(*stored(kind, logits, labels), loss="cross_entropy")
    assert found.value == pytest.approx(torch_mean(logits, labels), rel=1e-13)
    assert found.losses[0].rows == labels.size
    assert found.losses[0].ignored == (labels == -100).sum()
    assert [each.shape for each in found.inputs] == [logits.shape, labels.shape]
    several = labels[0].size > 1
    assert ("positions" in [note.code for note in found.notes]) == several


def stored(kind, logits, labels):
    """The arrays in a form."""
    if kind == "array":
        return logits, labels
    if kind == "npy":
        np.save("p.npy", logits)
        np.save("t.npy", labels)
        return "p.npy", "t.npy"
    if kind == "pt":
        torch.save({"p": torch.from_numpy(logits), "t": torch.from_numpy(labels)}, "a.pt")
        return "a.pt:p", "a.pt:t"
    if kind == "safetensors":
        from safetensors.numpy import save_file

        save_file({"p": logits, "t": labels}, "a.safetensors")
        return "a.safetensors:p", "a.safetensors:t"
    (np.savez_compressed if "deflated" in kind else np.savez)("a.npz", p=logits, t=labels)
    return "a.npz:p", "a.npz:t"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_layouts_and_the_flat_rows_give_the_same_bits(shape):
    """(N, C, d...), (N, d..., C) and (N*d, C)."""
    logits, labels = data(*shape)
    last = np.ascontiguousarray(np.moveaxis(logits, 1, -1))
    several = len(labels) > 1 and labels[0].size > 1
    clusters = {"cluster": samples(labels)} if several else {}
    flat = evaluate(
        last.reshape(-1, shape[1]), labels.reshape(-1), loss="cross_entropy", **clusters
    )
    for preds, axis in ((logits, "first"), (last, "last")):
        found = evaluate(preds, labels, loss="cross_entropy", class_axis=axis)
        assert found.value == flat.value
        if len(labels) > 1:
            assert found.losses[0].stderr == flat.losses[0].stderr
        assert found.losses[0].max_row == flat.losses[0].max_row


@pytest.mark.parametrize("rows", [1, 2, 5, 7, 12, 100])
@pytest.mark.parametrize("last", [False, True])
def test_blocks_of_any_size_hold_the_same_positions(rows, last):
    """Also where a block begins in the middle of a sample."""
    logits, labels = data(5, 3, 2, 6)
    preds = np.ascontiguousarray(np.moveaxis(logits, 1, -1)) if last else logits
    np.save("p.npy", preds)
    np.save("t.npy", labels)
    losses = bound("cross_entropy", read_array)
    with open_source("p.npy", "t.npy") as source:
        rows_of = by_positions(source, losses)
        found = measure(
            rows_of, losses, choose("numpy", "cpu", "float64"), LocalEngine(2), block_rows=rows
        )
    assert found.value == evaluate(logits, labels, loss="cross_entropy").value


def test_archives_of_one_array_each_are_read_by_positions():
    """Although both arrays have one name."""
    logits, labels = data(4, 3, 5)
    np.savez("p.npz", logits)
    np.savez_compressed("t.npz", labels)
    found = evaluate("p.npz", "t.npz", loss="cross_entropy")
    assert found.value == evaluate(logits, labels, loss="cross_entropy").value


def test_rows_of_positions_in_several_files_are_refused():
    """With the way to read them."""
    logits, labels = data(4, 3, 5)
    for name, part in (("a/1.npy", logits[:2]), ("a/2.npy", logits[2:])):
        Path("a").mkdir(exist_ok=True)
        np.save(name, part)
    with pytest.raises(DataError, match="single arrays") as caught:
        evaluate("a", labels, loss="cross_entropy")
    assert ".npy" in caught.value.hint


def test_a_square_needs_the_class_axis():
    """(N, 3, 3) beside (N, 3) is either."""
    logits, labels = data(4, 3, 3)
    with pytest.raises(UsageError, match="either axis") as caught:
        evaluate(logits, labels, loss="cross_entropy")
    assert "class_axis" in caught.value.hint or "--class-axis" in caught.value.hint
    first = evaluate(logits, labels, loss="cross_entropy", class_axis="first").value
    last = evaluate(np.moveaxis(logits, 1, -1), labels, loss="cross_entropy", class_axis="last")
    assert first == last.value == pytest.approx(torch_mean(logits, labels), rel=1e-13)


def test_targets_of_probabilities_need_the_class_axis():
    """Both arrays have one shape, so nothing tells the axes apart."""
    generator = np.random.default_rng(5)
    logits = generator.standard_normal((2, 3, 4, 5))
    targets = generator.random((2, 3, 4, 5))
    targets /= targets.sum(axis=1, keepdims=True)
    with pytest.raises(UsageError, match="either axis"):
        evaluate(logits, targets, loss="cross_entropy")
    truth = functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets)).item()
    found = evaluate(logits, targets, loss="cross_entropy", class_axis="first").value
    assert found == pytest.approx(truth, rel=1e-13)


def test_a_class_axis_that_cannot_be_is_refused():
    """With both shapes; for rows of classes it says nothing new."""
    logits, labels = data(4, 3, 5)
    with pytest.raises(UsageError, match=r"\(4, 3, 5\)"):
        evaluate(logits, labels, loss="cross_entropy", class_axis="last")
    rows = evaluate(logits[:, :, 0], labels[:, 0], loss="cross_entropy", class_axis="last")
    assert rows.losses[0].rows == 4


def test_several_losses_of_classes_share_the_positions():
    """And the labels may have an axis of 1 of their own, as Keras writes them."""
    logits, labels = data(2, 3, 4, 4)
    labels[labels == -100] = 0
    found = evaluate(logits, labels[:, None], loss="cross_entropy,zero_one")
    assert found.losses[1].mean == (logits.argmax(axis=1) != labels).mean()


@pytest.mark.parametrize("of_targets", [False, True])
def test_a_leading_axis_of_1_is_dropped(of_targets):
    """Where the other array has none."""
    logits, labels = data(12, 3)
    preds, targets = (logits, labels[None]) if of_targets else (logits[None], labels)
    found = evaluate(preds, targets, loss="cross_entropy").value
    assert found == evaluate(logits, labels, loss="cross_entropy").value
    wide = evaluate(logits[None], logits * 2, loss="mse").value
    assert wide == evaluate(logits, logits * 2, loss="mse").value


def test_arrays_of_one_shape_stay_rows_of_outputs():
    """The loss of a sample is the mean over its numbers."""
    values = np.arange(24.0).reshape(2, 3, 4)
    found = evaluate(values, values + 1, loss="mse")
    assert found.losses[0].rows == 2
    assert "positions" not in [note.code for note in found.notes]


def test_weights_and_groups_of_samples_hold_for_their_positions():
    """A weight or a key a sample, or one a position."""
    logits, labels = data(3, 4, 2, 2)
    weights = np.array([1.0, 0.0, 3.0])
    flat = np.moveaxis(logits, 1, -1).reshape(-1, 4), labels.reshape(-1)
    truth = evaluate(*flat, loss="cross_entropy", weights=np.repeat(weights, 4)).value
    for given in (weights, np.repeat(weights, 4), np.repeat(weights, 4).reshape(3, 2, 2)):
        found = evaluate(logits, labels, loss="cross_entropy", weights=given).value
        assert found == truth
    found = evaluate(logits, labels, loss="cross_entropy", by=np.array(["a", "b", "a"]))
    plain = evaluate(
        *flat, loss="cross_entropy", by=np.array(list("aaaabbbbaaaa")), cluster=samples(labels)
    )
    assert found.groups == plain.groups


def test_a_wrong_label_is_named_by_its_sample_and_position():
    """Counted from 0."""
    logits, labels = data(3, 4, 2, 5)
    labels[2, 1, 3] = 4
    np.save("p.npy", logits)
    np.save("t.npy", labels)
    with pytest.raises(DataError) as caught:
        evaluate("p.npy", "t.npy", loss="cross_entropy")
    assert str(caught.value.place) == "t.npy, row 2, position 1, 3"
    logits[1, 2, 0, 4] = np.nan
    labels[2, 1, 3] = 0
    with pytest.raises(DataError) as caught:
        evaluate(logits, labels, loss="cross_entropy")
    assert str(caught.value.place) == "preds, row 1, position 0, 4, column 2"


def test_another_number_of_samples_is_refused():
    """As for rows."""
    logits, labels = data(3, 4, 2, 5)
    with pytest.raises(DataError):
        evaluate(logits, labels[:2], loss="cross_entropy")
    with pytest.raises(DataError, match="numbers of rows differ"):
        evaluate(logits, labels, loss="cross_entropy", weights=np.ones(2))


def test_models_are_compared_by_positions():
    """The difference is that of the flat rows."""
    logits, labels = data(3, 4, 2, 5)
    other = data(3, 4, 2, 5, seed=8)[0]
    flat = (np.moveaxis(logits, 1, -1).reshape(-1, 4), labels.reshape(-1))
    flat_other = np.moveaxis(other, 1, -1).reshape(-1, 4)
    assert compared(logits, labels, other) == compared(*flat, flat_other, cluster=samples(labels))


def compared(preds, targets, other, **flags):
    """The difference of the models, and its standard error."""
    losses = bound("cross_entropy", read_array)
    with open_source(preds, targets, references=[Reference(other)], **flags) as source:
        source = by_positions(source, losses)
        found = compare(source, losses, choose("numpy", "cpu", "float64"), LocalEngine(1))
    return found.differences[0]


def test_the_flag_is_the_same_on_the_command_line(capsys):
    """And the samples are written by positions."""
    from losscli.cli.app import run

    logits, labels = data(4, 3, 3)
    np.save("p.npy", logits)
    np.save("t.npy", labels)
    command = ["eval", "p.npy", "t.npy", "-l", "cross_entropy"]
    assert run(command) == 2
    assert "--class-axis" in capsys.readouterr().err
    assert run([*command, "--class-axis", "first", "--per-sample", "s.npy"]) == 0
    assert np.load("s.npy").shape == (12,)
