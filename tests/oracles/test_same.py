"""The losses of which trl and Liger have losscli's own form, so that `--like` does not cover them.

trl 1.9: `_compute_loss` of trl/trainer/dpo_trainer.py and kto_trainer.py. Liger 0.8.2:
src/liger_kernel/chunked_loss/dpo_loss.py and kto_loss.py, which has no weights.
"""

import numpy as np
import pytest

from losscli import evaluate
from losscli.losses.registry import find

RNG = np.random.default_rng(3)
LOGPS = -20 * RNG.random((30, 4))
DESIRABLE = RNG.integers(0, 2, 30).astype(float)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _delta_score():
    return (LOGPS[:, 0] - LOGPS[:, 2]) - (LOGPS[:, 1] - LOGPS[:, 3])


def _kto(kl, desirable_weight, undesirable_weight, beta=0.1):
    logratios = LOGPS[:, 0] - LOGPS[:, 1]
    chosen_losses = 1 - _sigmoid(beta * (logratios - kl))
    rejected_losses = 1 - _sigmoid(beta * (kl - logratios))
    chosen, rejected = desirable_weight * chosen_losses, undesirable_weight * rejected_losses
    return np.where(DESIRABLE == 1, chosen, rejected)


@pytest.mark.parametrize(
    ("spec", "inputs", "theirs"),
    [
        ("dpo", (LOGPS,), np.log1p(np.exp(-0.1 * _delta_score()))),
        ("dpo:variant=hinge,beta=0.2", (LOGPS,), np.maximum(1 - 0.2 * _delta_score(), 0)),
        ("kto", (LOGPS[:, :2], DESIRABLE), _kto(0.0, 1.0, 1.0)),
        ("kto:kl=1.5,desirable=2,undesirable=0.5", (LOGPS[:, :2], DESIRABLE), _kto(1.5, 2.0, 0.5)),
    ],
)
def test_the_form_is_the_same(spec, inputs, theirs):
    """Row by row in the mean, and no convention of either is declared."""
    assert evaluate(*inputs, loss=spec).value == pytest.approx(theirs.mean(), rel=1e-13)
    assert not {"trl", "liger"} & set(find(spec.split(":")[0])[0].like)
