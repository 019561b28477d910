"""Losses of embeddings and orders beside torch, scikit-learn and SciPy."""

import numpy as np
import pytest
import scipy.spatial.distance
import torch
from sklearn.metrics.pairwise import paired_cosine_distances
from torch.nn import functional

from losscli import losses
from losscli.errors import DataError, UsageError

RNG = np.random.default_rng(28)
N, D = 50, 6
SIGNS = torch.from_numpy(RNG.choice([-1.0, 1.0], N))
BITS = (SIGNS + 1) / 2
VECTORS = torch.from_numpy(RNG.standard_normal((N, 3, D)))
SCORES = torch.from_numpy(2 * RNG.standard_normal((N, 2)))
DISTANCES = torch.from_numpy(np.abs(RNG.standard_normal(N)))
LISTS = torch.from_numpy(RNG.standard_normal((2, N, D)))
COLUMNS = torch.from_numpy(RNG.integers(0, D, N))

BESIDE_TORCH = {
    "cosine_distance": (
        lambda p, t: 1 - functional.cosine_similarity(p, t, eps=0.0),
        (VECTORS[:, 0], VECTORS[:, 1]),
        {},
    ),
    "cosine_embedding": (
        lambda p, y: functional.cosine_embedding_loss(p[:, 0], p[:, 1], y, 0.2, reduction="none"),
        (VECTORS[:, :2], SIGNS),
        {"margin": 0.2},
    ),
    "hinge_embedding": (
        lambda p, y: functional.hinge_embedding_loss(p, y, margin=0.7, reduction="none"),
        (DISTANCES, SIGNS),
        {"margin": 0.7},
    ),
    "contrastive": (
        lambda x, t: t * x**2 + (1 - t) * functional.relu(0.7 - x) ** 2,
        (DISTANCES, BITS),
        {"margin": 0.7},
    ),
    "margin_ranking": (
        lambda p, y: functional.margin_ranking_loss(p[:, 0], p[:, 1], y, 0.3, reduction="none"),
        (SCORES, SIGNS),
        {"margin": 0.3},
    ),
    "pairwise_logistic": (
        lambda p, t: functional.binary_cross_entropy_with_logits(
            p[:, 0] - p[:, 1], t, reduction="none"
        ),
        (SCORES, BITS),
        {},
    ),
    "info_nce": (
        lambda s, y: functional.cross_entropy(s / 0.2, y, reduction="none"),
        (LISTS[0], COLUMNS),
        {"temperature": 0.2},
    ),
    "listnet": (
        lambda z, t: functional.cross_entropy(z, t.softmax(-1), reduction="none"),
        (LISTS[0], LISTS[1]),
        {},
    ),
}


def agree(name, function, inputs, params, rtol=1e-12, atol=1e-13):
    """Values, and gradients beside autograd of the library's function."""
    pred, *target = inputs
    pred = pred.clone().requires_grad_()
    theirs = function(pred, *target)
    theirs.sum().backward()
    loss = getattr(losses, name)
    close = {"rtol": rtol, "atol": atol}
    np.testing.assert_allclose(loss(*inputs, **params), theirs.detach(), **close)
    np.testing.assert_allclose(loss.gradient(*inputs, **params), pred.grad, **close)


# torch adds 1e-12 to squared lengths in cosine_embedding; elsewhere only rounding differs.
@pytest.mark.parametrize("name", BESIDE_TORCH)
def test_ordinary_rows_agree_with_torch(name):
    """Values and gradients."""
    function, inputs, params = BESIDE_TORCH[name]
    loose = {"rtol": 1e-10, "atol": 1e-11} if name == "cosine_embedding" else {}
    agree(name, function, inputs, params, **loose)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("swap", [False, True])
def test_triplets_agree_with_torch_down_to_its_eps(p, swap):
    """Which it adds to every coordinate of a difference."""
    params = {"p": p, "swap": swap, "eps": 1e-6, "margin": 1.5}

    def function(x):
        return functional.triplet_margin_loss(x[:, 0], x[:, 1], x[:, 2], **params, reduction="none")

    agree("triplet_margin", function, (VECTORS,), params)


def test_cosine_distance_agrees_with_scipy_and_sklearn():
    """Both compute in float64 by the plain formula."""
    p, t = VECTORS[:, 0].numpy(), VECTORS[:, 1].numpy()
    ours = losses.cosine_distance(p, t)
    theirs = [scipy.spatial.distance.cosine(a, b) for a, b in zip(p, t, strict=True)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)
    np.testing.assert_allclose(ours, paired_cosine_distances(p, t), rtol=1e-12)


def row(*values):
    """One row, as an array."""
    return np.array([values], float)


@pytest.mark.parametrize(
    ("pred", "target", "expected"),
    [
        (row(1, 2), row(2, 1), 0.2),
        (row(0, 0), row(1, 2), 1.0),
        (row(1e-9, 0), row(1, 0), 0.0),
        (row(1e200, 0), row(1, 0), 0.0),
        (row(1, 1e-9), row(1, 0), 5e-19),
    ],
)
def test_cosine_distance_at_its_singular_points(pred, target, expected):
    """Where libraries say 0.9, 1, nan or 0."""
    assert losses.cosine_distance(pred, target)[0] == pytest.approx(expected, rel=1e-9, abs=0)


def like(name, library, pred, target=None, **params):
    """A library's loss of one row, as its convention declares it."""
    loss = getattr(losses, name)
    convention = loss.like[library]
    whole = loss.resolve({**convention.params, **params})
    with np.errstate(all="ignore"):
        return float((convention.values or loss.values)(np, pred, target, **whole)[0])


def test_the_conventions_of_cosine_distance():
    """Torch takes short vectors for longer ones, Keras negates, optax gives nan at zero."""
    short, unit = row(1e-9, 0), row(1, 0)
    theirs = (
        1 - functional.cosine_similarity(torch.from_numpy(short), torch.from_numpy(unit)).item()
    )
    assert like("cosine_distance", "torch", short, unit) == pytest.approx(theirs)
    assert like("cosine_distance", "keras", short, unit) == pytest.approx(-0.01)
    assert like("cosine_distance", "keras", row(1, 2), row(2, 1)) == pytest.approx(-0.8)
    assert np.isnan(like("cosine_distance", "optax", row(0, 0), unit))
    assert like("cosine_distance", "optax", short, unit) == 0


def test_torch_lengthens_short_vectors_in_cosine_embedding():
    """0.999 for two vectors that point one way."""
    pair = np.array([[[1e-9, 0.0], [1.0, 0.0]]])
    theirs = functional.cosine_embedding_loss(
        *map(torch.from_numpy, pair[0, :, None]), torch.ones(1)
    )
    assert like("cosine_embedding", "torch", pair, np.ones(1)) == pytest.approx(theirs.item())
    assert theirs.item() == pytest.approx(0.999)
    assert losses.cosine_embedding(pair, [1])[0] == 0


TRIPLET = np.array([[[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]])


@pytest.mark.parametrize(("p", "expected"), [(2.0, 5.0), (1.0, 7.0), (3.0, 4.497941445275415)])
def test_a_triplet_by_hand(p, expected):
    """(27 + 64)^(1/3) at p = 3."""
    assert losses.triplet_margin(TRIPLET, p=p)[0] == pytest.approx(expected, rel=1e-15)


def test_the_conventions_of_triplet_margin():
    """1e-6 stands in every coordinate in torch and inside the root in optax."""
    theirs = functional.triplet_margin_loss(*torch.from_numpy(TRIPLET[0])[:, None])
    assert like("triplet_margin", "torch", TRIPLET) == pytest.approx(theirs.item(), rel=1e-15)
    root = np.sqrt(25 + 1e-6) - np.sqrt(1 + 1e-6) + 1
    assert like("triplet_margin", "optax", TRIPLET) == pytest.approx(root, rel=1e-15)
    with pytest.raises(UsageError, match="p other than 2"):
        like("triplet_margin", "optax", TRIPLET, p=1.0)


def test_a_zero_difference_has_no_direction():
    """Torch's eps gives it one."""
    same = np.array([[[0.0, 0.0], [0.0, 0.0], [0.0, 0.5]]])
    assert losses.triplet_margin.gradient(same).tolist() == [[[0, 1], [0, 0], [0, -1]]]


@pytest.mark.parametrize(
    ("name", "pred"),
    [
        ("cosine_embedding", np.ones((1, 2, 3))),
        ("hinge_embedding", row(0.3)[0]),
        ("margin_ranking", row(1, 2)),
    ],
)
def test_a_label_of_0_is_an_error(name, pred):
    """Torch gives 0, both branches, or the margin."""
    with pytest.raises(DataError, match="0 is not one of them"):
        getattr(losses, name)(pred, [0])


def test_padding_of_lists_counts_nothing():
    """An entry of -inf is no candidate; raw targets of it are 0."""
    z, t = row(1.0, 2.0, -np.inf), row(0.5, 0.25, -np.inf)
    short = losses.listnet(z[:, :2], t[:, :2])
    assert losses.listnet(z, t) == pytest.approx(short, rel=1e-15)
    assert losses.listnet.gradient(z, t)[0, 2] == 0
    assert losses.info_nce(z, [0]) == losses.info_nce(z[:, :2], [0])
