"""Contrastive losses of rows that hold the similarities of a batch, beside the batch's own loss."""

import numpy as np
import pytest

from losscli import evaluate, losses

torch = pytest.importorskip("torch")
SIZE, WIDTH = 24, 8


def embeddings(seed):
    """Vectors of length 1, with gradients."""
    drawn = torch.randn(SIZE, WIDTH, generator=torch.Generator().manual_seed(seed)).double()
    return torch.nn.functional.normalize(drawn, dim=-1).requires_grad_()


def test_rows_of_supcon_are_the_anchors_of_a_batch():
    """Equation 2 of the paper, anchor by anchor; one label occurs once and has no positive."""
    z = embeddings(0)
    y = torch.tensor([*range(5)] * 4 + [7, 7, 7, 9])
    temperature, each = 0.2, []
    for i in range(SIZE):
        others = [a for a in range(SIZE) if a != i]
        normaliser = torch.logsumexp(torch.stack([z[i] @ z[a] / temperature for a in others]), 0)
        positives = [p for p in others if y[p] == y[i]]
        if positives:
            terms = [normaliser - z[i] @ z[p] / temperature for p in positives]
            each.append(torch.stack(terms).mean())
    expected = torch.stack(each).mean()
    pred = (z @ z.T).detach().numpy()
    np.fill_diagonal(pred, -np.inf)
    target = (y[:, None] == y).numpy().astype(float)
    np.fill_diagonal(target, 0.0)
    spec = f"supcon:temperature={temperature}"
    assert len(each) == SIZE - 1
    assert evaluate(pred, target, loss=spec).value == pytest.approx(float(expected.detach()), 1e-13)
    slopes = losses.supcon.gradient(pred, target, temperature=temperature) / len(each)
    by_rows = torch.tensor(slopes) @ z + torch.tensor(slopes).T @ z
    (by_batch,) = torch.autograd.grad(expected, z)
    np.testing.assert_allclose(by_rows.detach(), by_batch, rtol=1e-11, atol=1e-14)


def test_rows_of_siglip_are_the_images_of_a_batch():
    """The pseudo-code of the paper: logits of all pairs, labels 1 on the diagonal and -1 beside."""
    image, text = embeddings(1), embeddings(2)
    scale, bias = 7.0, -3.0
    labels = 2.0 * torch.eye(SIZE) - torch.ones(SIZE)
    logits = image @ text.T * scale + bias
    expected = -torch.nn.functional.logsigmoid(labels * logits).sum() / SIZE
    pred, target = (image @ text.T).detach().numpy(), np.arange(SIZE)
    spec = f"siglip:scale={scale},bias={bias}"
    assert evaluate(pred, target, loss=spec).value == pytest.approx(float(expected.detach()), 1e-13)
    slopes = torch.tensor(losses.siglip.gradient(pred, target, scale=scale, bias=bias)) / SIZE
    by_batch = torch.autograd.grad(expected, (image, text))
    np.testing.assert_allclose((slopes @ text).detach(), by_batch[0], rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose((slopes.T @ image).detach(), by_batch[1], rtol=1e-11, atol=1e-14)


def test_absent_candidates_change_nothing():
    """Batches of several sizes are rows of one width, padded with -inf."""
    pred, away = np.array([[0.3, -0.2, 0.9]]), np.full((1, 2), -np.inf)
    wide = np.concatenate([pred, away], axis=1)
    assert losses.siglip(wide, [1]) == losses.siglip(pred, [1])
    target = np.array([[1.0, 0.0, 1.0]])
    padded = np.concatenate([target, np.zeros((1, 2))], axis=1)
    assert losses.supcon(wide, padded) == losses.supcon(pred, target)
    assert not losses.supcon(pred, np.zeros((1, 3))).any()
