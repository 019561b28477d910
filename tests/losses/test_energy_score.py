"""The energy score beside other formulas, and its memory."""

import tracemalloc

import numpy as np
import pytest

from losscli import losses
from losscli.errors import DataError

RNG = np.random.default_rng(7)


@pytest.mark.parametrize("fair", [False, True])
@pytest.mark.parametrize("members", [2, 3, 8, 131])
def test_of_single_numbers_it_is_the_crps(members, fair):
    """Distances of vectors of one number are those of the numbers; both have the same slopes."""
    pred, target = RNG.normal(size=(20, members)), RNG.normal(size=20)
    own = losses.energy_score(pred[:, :, None], target[:, None], fair=fair)
    np.testing.assert_allclose(
        own, losses.crps_ensemble(pred, target, fair=fair), rtol=1e-12, atol=1e-14
    )
    slopes = losses.energy_score.gradient(pred[:, :, None], target[:, None], fair=fair)
    expected = losses.crps_ensemble.gradient(pred, target, fair=fair)
    np.testing.assert_allclose(slopes[:, :, 0], expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("fair", [False, True])
@pytest.mark.parametrize(("members", "numbers"), [(2, 3), (5, 4), (6, 130), (130, 2)])
def test_values_and_gradients_are_those_of_torch(members, numbers, fair):
    """From all pairs at once, by autograd, in float64."""
    torch = pytest.importorskip("torch")
    pred = torch.tensor(RNG.normal(size=(4, members, numbers)), requires_grad=True)
    target = torch.tensor(RNG.normal(size=(4, numbers)))
    first, second = torch.triu_indices(members, members, 1)
    apart = (pred[:, first] - pred[:, second]).norm(dim=-1).sum(1)
    pairs = members * (members - 1 if fair else members)
    expected = (pred - target[:, None]).norm(dim=-1).mean(1) - apart / pairs
    (slopes,) = torch.autograd.grad(expected.sum(), pred)
    given = pred.detach().numpy(), target.numpy()
    found = losses.energy_score(*given, fair=fair)
    np.testing.assert_allclose(found, expected.detach().numpy(), rtol=1e-13, atol=1e-14)
    found = losses.energy_score.gradient(*given, fair=fair)
    np.testing.assert_allclose(found, slopes.numpy(), rtol=1e-11, atol=1e-14)


def test_memory_grows_with_the_members_not_with_their_pairs():
    """All pairs of these members would take 230 MB."""
    pred, target = RNG.normal(size=(80, 300, 4)), RNG.normal(size=(80, 4))
    for function in (losses.energy_score, losses.energy_score.gradient):
        tracemalloc.start()
        function(pred, target)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 16 * pred.nbytes


def test_fair_scores_need_two_members():
    """Of one member the score is its distance."""
    assert losses.energy_score([[[3.0, 4.0]]], [[0.0, 0.0]]).tolist() == [5.0]
    with pytest.raises(DataError, match="two members"):
        losses.energy_score([[[3.0, 4.0]]], [[0.0, 0.0]], fair=True)
