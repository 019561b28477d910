"""What is said beside the number of a library, so that nobody takes it for losscli's own."""

import numpy as np
import pytest

from losscli import DataError, evaluate, losses

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


@pytest.mark.parametrize(("loss", "library"), [("mae", "keras"), ("huber", "torch")])
def test_rows_of_no_weight_are_no_evidence(loss, library):
    """Divided by the number of rows their mean is 0, which passes no gate, and is noted."""
    pred, target = np.array([1.0, 3.0, 2.0]), np.zeros(3)
    flags = {"loss": loss, "like": library, "gate": f"{loss} <= 9"}
    found = evaluate(pred, target, weights=np.zeros(3), **flags)
    assert (found.value, found.losses[0].n, found.losses[0].ignored) == (0.0, 0, 3)
    assert [gate.status for gate in found.gates] == ["error"]
    assert "all_ignored" in {note.code for note in found.notes}
    some = evaluate(pred, target, weights=np.array([0.0, 3.0, 0.0]), **flags)
    assert (some.losses[0].n, some.losses[0].ignored) == (1, 2)
    assert some.value == 3 * evaluate(pred[1:2], target[1:2], loss=loss).value / 3
    assert [gate.status for gate in some.gates] == ["pass"]


def test_an_ignored_row_of_no_weight_is_one_row():
    """Of three, one is ignored for its label and its weight, and one for its weight."""
    logits = [[2.0, 0.0], [0.0, 1.0], [0.5, 0.5]]
    labels, weights = [-100, 0, 1], np.array([0.0, 0.0, 2.0])
    found = evaluate(logits, labels, loss="cross_entropy", like="torch", weights=weights)
    assert (found.losses[0].rows, found.losses[0].n, found.losses[0].ignored) == (3, 1, 2)
    assert found.value == pytest.approx(np.log(2), rel=1e-15)  # twice log 2 over two rows


@pytest.mark.parametrize("rounding", [1e-12, 0.5])
def test_log_probabilities_above_0_are_noted_and_taken_as_they_are(rounding):
    """A rounding lifts them, and probabilities in their place; torch says nothing of either."""
    logs, labels = np.array([[rounding, -1.0], [-2.0, -0.25]]), np.array([0, 1])
    torch = pytest.importorskip("torch")
    theirs = torch.nn.functional.nll_loss(torch.from_numpy(logs), torch.from_numpy(labels)).item()
    for like in (None, "torch"):
        found = evaluate(logs, labels, loss="nll", like=like)
        assert found.value == theirs
        (note,) = found.notes
        assert note.code == "not_normalised"
        assert note.hint == "if these are probabilities: -l categorical_cross_entropy"
    assert losses.nll(logs, labels).tolist() == [-rounding, 0.25]
    shares = np.array([[0.5, 0.5], [0.25, 0.75]])
    given = notes(logs, shares, loss="kl_div:log_pred=true")
    assert "above 0" in given["not_normalised"]
    assert notes(np.minimum(logs, 0.0), labels, loss="nll") == {}


@pytest.mark.parametrize("odd", [np.nan, np.inf])
@pytest.mark.parametrize("place", [(0, 0), (0, 1)])
def test_no_log_probability_may_be_missing(odd, place):
    """Not even of a class that is not the label, nor one that is infinitely likely."""
    logs = np.full((2, 2), np.log(0.5))
    logs[place] = odd
    with pytest.raises(DataError, match="log-probabilities"):
        evaluate(logs, np.array([0, 1]), loss="nll")
    with pytest.raises(DataError, match="log-probabilities"):
        losses.nll(logs, np.array([0, 1]))
