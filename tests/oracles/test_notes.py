"""What is said beside the number of a library, so that nobody takes it for losscli's own."""

import numpy as np
import pytest

from losscli import evaluate

CHANCES = ([[0.1, 0.9], [0.5, 0.5]], [[0.3, 0.7], [0.6, 0.4]])


def notes(*inputs, **flags):
    """Code and words of the notes of an evaluation."""
    found = evaluate(*map(np.asarray, inputs), **flags).notes
    return {note.code: note.message for note in found}


@pytest.mark.parametrize(
    ("loss", "library", "inputs", "words"),
    [
        ("kl_div", "torch", CHANCES, "batchmean"),
        ("cosine_distance", "keras", CHANCES, "minus the similarity"),
        ("generalized_cross_entropy", "keras", ([[0.4, 0.6]], [0]), "q is 0.5"),
        ("kl_div + 0.5*kl_div", "torch", CHANCES, "batchmean"),
    ],
)
def test_what_a_library_does_otherwise_is_noted(loss, library, inputs, words):
    """Once, and not where no library is followed."""
    assert words in notes(*inputs, loss=loss, like=library)["convention"]
    assert "convention" not in notes(*inputs, loss=loss)


def test_a_library_that_does_nothing_otherwise_is_not_noted():
    """The conventions that are followed stand in the result."""
    assert notes([1.0, 2.0], [1.0, 3.0], loss="mse", like="optax") == {}


def test_a_sum_of_elements_is_not_said_to_be_of_rows():
    """Under --like torch it is torch's own."""
    pred, target = [[1.0, 2.0], [3.0, 4.0]], np.zeros((2, 2))
    flags = {"loss": "mse", "reduction": "sum"}
    assert "row_is_mean_of_outputs" in notes(pred, target, **flags)
    assert "row_is_mean_of_outputs" in notes(pred, target, **flags, like="keras")
    assert notes(pred, target, **flags, like="torch") == {}
    assert evaluate(np.asarray(pred), target, **flags, like="torch").value == 30
    assert evaluate(np.asarray(pred), target, **flags, like="keras").value == 15
