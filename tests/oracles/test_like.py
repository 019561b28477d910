"""Every loss under every convention that it declares, through the public face."""

import json
from pathlib import Path

import numpy as np
import pytest

from losscli import evaluate, explain
from losscli.checks.generators import Sample, draw
from losscli.errors import LossCliError
from losscli.losses.core.conventions import LIBRARIES
from losscli.losses.registry import all_losses
from losscli.losses.spec.binding import bind
from losscli.render import text
from tests.catalogue.test_declarations import sample
from tests.oracles.record import module

LOSSES = {loss.name: loss for loss in all_losses()}
PAIRS = [(name, library) for name, loss in LOSSES.items() for library in loss.like]
REACHED = {
    "torch": "mae mse smooth_l1 huber poisson_nll gaussian_nll bce bce_with_logits soft_margin"
    " cross_entropy nll multi_margin multilabel_margin multilabel_soft_margin kl_div"
    " cosine_distance cosine_embedding hinge_embedding margin_ranking triplet_margin",
    "keras": "mse mae mape msle huber log_cosh poisson_nll bce bce_with_logits binary_focal"
    " cross_entropy categorical_cross_entropy focal_cross_entropy generalized_cross_entropy hinge"
    " squared_hinge multiclass_hinge kl_div cosine_distance dice tversky",
    "sklearn": "mse mae mape msle pinball tweedie_deviance poisson_deviance gamma_deviance bce"
    " categorical_cross_entropy hinge multiclass_hinge brier multiclass_brier zero_one jaccard",
    "optax": "mse half_squared_error huber log_cosh cosine_distance bce_with_logits binary_focal"
    " hinge perceptron cross_entropy multiclass_hinge kl_div dice tversky triplet_margin listnet",
    "trl": "simpo grpo generalized_jsd distillation_kl",
    "liger": "token_cross_entropy generalized_jsd distillation_kl kl_div simpo",
}


def inputs_of(loss, library):
    """Ordinary rows of what the library takes by its own defaults."""
    (bound,) = bind(loss.name, str, library)
    row = loss.rows_of.pred_row(4)
    random = np.random.default_rng(7)
    pred = draw(bound.pred, Sample(random, (40, *row), 1.0))
    if bound.target is None:
        return (pred,)
    shape = (40, *loss.rows_of.target_row(row))
    return pred, draw(bound.target, Sample(random, shape, 1.0, loss.classes(row) or 0))


@pytest.mark.parametrize(("name", "library"), PAIRS)
def test_every_convention_gives_one_number_on_both_backends(name, library):
    """With the library's name in the result, and weights too."""
    inputs = inputs_of(LOSSES[name], library)
    weights = np.linspace(0.5, 2.0, len(inputs[0]))
    for given in ({}, {"weights": weights}):
        found = evaluate(*inputs, loss=name, like=library, **given)
        on_torch = evaluate(*inputs, loss=name, like=library, backend="torch", **given)
        assert np.isfinite(found.value)
        assert found.like == library
        assert on_torch.value == pytest.approx(found.value, rel=1e-12)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_is_followed_where_it_has_the_loss(library):
    """The list, and an error that names the libraries with the loss for all others."""
    assert {name for name, other in PAIRS if other == library} == set(REACHED[library].split())
    for name in sorted(set(LOSSES) - set(REACHED[library].split())):
        with pytest.raises(LossCliError, match=library):
            evaluate(*sample(LOSSES[name]), loss=name, like=library)


def test_the_versions_that_are_followed_are_those_that_tests_ask():
    """What `explain` says of a library is what the constraints install, or was written again."""
    names = {"torch": "torch", "keras": "keras", "sklearn": "scikit-learn", "optax": "optax"}
    lines = Path("constraints.txt").read_text().split()
    pinned = dict(line.split("==") for line in lines if "==" in line)
    for library, version in LIBRARIES.items():
        if library in ("trl", "liger"):
            assert version == module(library).VERSION
            continue
        assert f"{pinned[names[library]]}.".startswith(f"{version}.")


@pytest.mark.parametrize("library", LIBRARIES)
def test_explain_says_which_version_is_followed(library):
    """In JSON beside the note, and on the page."""
    result = explain("dice" if library != "sklearn" else "mse")
    known = json.loads(result.to_json())["conventions"]
    if library in known:
        assert known[library]["version"] == LIBRARIES[library]
        assert f"{library} {LIBRARIES[library]}" in text(result, "table")
    tversky = explain("tversky").to_dict()["conventions"]["keras"]
    assert tversky["version"] == "3.15"
    assert "up to Keras 3.15" in tversky["note"]
