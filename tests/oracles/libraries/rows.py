"""Ordinary rows for every kind of loss: seeded, and of few digits, so that records are short."""

import numpy as np

_RNG = np.random.default_rng(20)


def _short(array):
    return np.asarray(array).round(4)


def _shares(shape):
    """Distributions whose sums are 1 to the last bits."""
    return _RNG.dirichlet(np.ones(shape[-1]), shape[:-1])


def _pairs(draw):
    """Two arrays of numbers, (12,), and two, (6, 3)."""
    return tuple((_short(draw(shape)), _short(draw(shape))) for shape in ((12,), (6, 3)))


def _beside(preds, draw):
    return tuple((pred, draw(pred.shape)) for pred in preds)


def _bits(shape):
    return _RNG.integers(0, 2, shape)


NUMBERS = _pairs(lambda shape: 2 * _RNG.standard_normal(shape))
POSITIVE = _pairs(lambda shape: _RNG.gamma(2.0, 1.5, shape) + 0.05)
COUNTS = _beside((pred for pred, _ in POSITIVE), lambda shape: _RNG.poisson(3.0, shape) * 1.0)
LOG_RATES = _beside((pred for pred, _ in NUMBERS), lambda shape: _RNG.poisson(3.0, shape) * 1.0)

LOGITS = tuple(_short(3 * _RNG.standard_normal(shape)) for shape in ((12,), (6, 3)))
CHANCES = tuple(_short(_RNG.uniform(0.01, 0.99, shape)) for shape in ((12,), (6, 3)))
LOGITS_AND_BITS = _beside(LOGITS, _bits)
LOGITS_AND_SIGNS = _beside(LOGITS, lambda shape: 2 * _bits(shape) - 1)
LOGITS_AND_SHARES = _beside(LOGITS, lambda shape: _short(_RNG.random(shape)))
CHANCES_AND_BITS = _beside(CHANCES, _bits)
CHANCES_AND_SHARES = _beside(CHANCES, lambda shape: _short(_RNG.random(shape)))

_SCORES = _short(2 * _RNG.standard_normal((10, 4)))
_LABEL = _RNG.integers(0, 4, 10)
SCORES = (_SCORES, _LABEL)
SCORES_AND_SHARES = (_SCORES, _shares((10, 4)))
SCORES_AND_SETS = (_SCORES, _RNG.integers(0, 2, (10, 4)))
CLASSES = (_shares((10, 4)), _LABEL)
CLASSES_AND_SHARES = (CLASSES[0], _shares((10, 4)))
LOG_CLASSES = (np.log(CLASSES[0]), _LABEL)

VECTORS = tuple(_short(_RNG.standard_normal((10, 5))) for _ in range(2))
TRIPLETS = (_short(_RNG.standard_normal((10, 3, 5))),)
SIGNS = 2 * _bits((10,)) - 1
VECTOR_PAIRS = (_short(_RNG.standard_normal((10, 2, 5))), SIGNS)
SCORE_PAIRS = (_short(_RNG.standard_normal((10, 2))), SIGNS)
DISTANCES = (_short(np.abs(_RNG.standard_normal(10))), SIGNS)
MEAN_AND_VARIANCE = (
    np.stack([_short(_RNG.standard_normal(10)), _short(_RNG.uniform(0.1, 3, 10))], axis=1),
    _short(_RNG.standard_normal(10)),
)

MASKS = (_short(_RNG.random((6, 8))), _bits((6, 8)))
MASKS_OF_CLASSES = (_shares((5, 8, 3)).swapaxes(1, 2), _bits((5, 3, 8)))
HARD_MASKS = (_bits((6, 8)), _bits((6, 8)))

TWO_SCORES = tuple(_short(2 * _RNG.standard_normal((10, 4))) for _ in range(2))
LOG_PAIRS = (_short(-5 * _RNG.random((10, 2))),)
LOG_TRIPLES_AND_ADVANTAGES = (
    _short(-1 - 0.5 * _RNG.random((10, 3))), _short(_RNG.standard_normal(10))
)  # fmt: skip
