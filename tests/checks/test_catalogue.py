"""Every loss of the catalogue passes its check; torch's too, but where it is known to fail."""

import re

import pytest

from losscli import check
from losscli.losses.registry import all_losses

# One of each kind of row: numbers, labels, columns, boxes, lists, sets, vectors alone, no slope.
KINDS = {
    "huber", "multi_margin", "gaussian_nll", "iou", "crps_ensemble", "dice", "triplet_margin",
    "zero_one",
}  # fmt: skip
NAMES = [
    pytest.param(loss.name, marks=() if loss.name in KINDS else pytest.mark.deep)
    for loss in all_losses()
]

# What torch.nn.functional gets wrong by the rule in float32, as words of each fault.
KNOWN = {
    "bce": "gradient incorrect",  # 0 for 1 where p = t = 0
    "categorical_cross_entropy": "nan, expected 0",  # the slope of log where it counts 0
    "cosine_distance": "nan, expected 1",  # a zero vector without its eps
    "cosine_embedding": "the mean is",  # vectors so short that their squares underflow
    "gaussian_nll": "gradient incorrect",  # 1/v and d²/v² cancel at the smallest variance
    "kl_div": "nan, expected 0",  # 0 log 0
    # It reads what lies where no rows are, leaves nan out, and adds 1000 slopes one by one.
    "multi_margin": "no rows is|a nan among|gradient incorrect|contents of its inputs change",
    "multilabel_margin": "no rows is|a nan among",  # as multi_margin
    "epsilon_insensitive": "gradient incorrect",  # an error just above epsilon rounds to it
    "soft_margin": "the mean is inf",  # exp of a margin of -100
    "triplet_margin": "gradient incorrect",  # squares of a distance that underflow
    "token_cross_entropy": "gradient incorrect",  # log 2 is lost beside a logit of 1e8
}


IN_TORCH = [loss.name for loss in all_losses() if "F." in loss.equivalents.get("torch", "")]


@pytest.mark.parametrize("name", NAMES)
def test_our_own_loss_is_right(name):
    """Values and gradients, ordinary, extreme, adversarial, and without rows."""
    result = check(name, examples=5)
    assert [row.fault for row in result] == [None] * len(result)
    assert {"adversarial", "no rows"} <= {row.case for row in result}
    assert any(row.truth == "mpmath" for row in result)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in {"bce", "multi_margin", "mse"} else pytest.mark.deep)
        for name in IN_TORCH
    ],
)
def test_torch_is_right_but_where_it_is_known_not_to_be(name):
    """By the fixed cases, so that what fails does not depend on luck."""
    result = check("torch", name, examples=0)
    faults = {row.fault for row in result if row.fault}
    assert bool(faults) == (name in KNOWN), faults
    assert all(re.search(KNOWN[name], fault) for fault in faults), faults
