"""What a declaration gives as the equal of a library is code, and gives the number when pasted."""

import math
import warnings

import numpy as np
import pytest
import scipy
import sklearn
import torch
from scipy import optimize, spatial, special, stats
from sklearn import linear_model, metrics
from torch import distributions
from torch.nn import functional

from losscli import evaluate
from losscli.checks.generators import Sample, draw
from losscli.losses.registry import all_losses, penalties

ROWS, CLASSES = 200, 4
LOSSES = {loss.name: loss for loss in all_losses()}
ALL = [
    (item, library) for item in [*LOSSES.values(), *penalties().values()]
    for library in item.equivalents
]  # fmt: skip
# What the words beside an expression ask for, where the defaults are not what it equals.
GIVEN = {
    ("barron", "scipy"): {"alpha": 1.0},
    ("gaussian_nll", "scipy"): {"full": True, "eps": 0.0},
    ("laplace_nll", "torch"): {"full": True},
    ("laplace_nll", "scipy"): {"full": True},
    ("negative_binomial_nll", "torch"): {"full": True},
    ("negative_binomial_nll", "scipy"): {"full": True},
    ("poisson_nll", "scipy"): {"full": True},
}
SIGNED = {("soft_margin", "torch")}  # labels of 0 or 1 are -1 or 1 there
COUNTS = ("negative_binomial_nll", "poisson_nll")  # which a distribution takes whole
WIDTHS = {("itakura_saito", "sklearn"): 1}
ALONE = {("hellinger", "scipy"), ("jaccard", "sklearn")}  # of the first row
OUTSIDE = ("torchvision.", "torchmetrics.", "AsymmetricLoss(")
FITTED = ("linear_model.", "optimize.", "stats.expectile(")


def _text(loss, library):
    return LOSSES[loss].equivalents[library]


PASTED = [
    (loss, library)
    for loss in LOSSES
    for library in ("torch", "sklearn", "scipy")
    if library in LOSSES[loss].equivalents
    and not any(name in _text(loss, library) for name in OUTSIDE)
    and not _text(loss, library).startswith(FITTED)
]


@pytest.mark.parametrize(("item", "library"), ALL, ids=lambda part: getattr(part, "name", part))
def test_an_equivalent_is_an_expression(item, library):
    """Of Python; what else is to be said of it stands in a comment."""
    compile(item.equivalents[library], library, "eval")


@pytest.mark.parametrize(("name", "library"), PASTED)
def test_an_equivalent_gives_the_number(name, library, rng):
    """The mean or the losses of the rows, of ordinary numbers."""
    loss, given = LOSSES[name], GIVEN.get((name, library), {})
    params = loss.resolve(given)
    pred, target = _drawn(loss, params, rng, WIDTHS.get((name, library), CLASSES))
    if name in COUNTS:
        target = np.round(target)
    if name == "laplace_nll":
        pred[:, 1] += 0.1  # scipy's logarithm of a density is -inf where that underflows
    if name == "nll":
        pred = special.log_softmax(pred, axis=1)
    if (name, library) == ("jaccard", "sklearn"):
        pred, target = (pred > 0.5).astype(float), (target > 0.5).astype(float)
    if (name, library) in SIGNED:
        target = 2.0 * (target > 0) - 1.0
    names = params | _named(pred, target, library)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = eval(_text(name, library), names)
    found = np.asarray(found)
    if (name, library) in ALONE:
        expected = loss(pred, target, **given)[0]
    elif found.shape:
        expected = loss(pred, target, **given)
    else:
        words = ",".join(f"{key}={value}" for key, value in given.items())
        expected = evaluate(pred, target, loss=f"{name}:{words}" if words else name)
        (expected,) = [one.value for one in expected]
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-14)


def _drawn(loss, params, rng, width):
    row = loss.rows_of.pred_row(width) if not loss.elementwise else ()
    pred_domain, target_domain = loss.domains_of(params)
    pred = draw(pred_domain, Sample(rng, (ROWS, *row), 1.0))
    if target_domain is None:
        return pred, None
    shape = (ROWS, *loss.rows_of.target_row(row))
    return pred, draw(target_domain, Sample(rng, shape, 1.0, loss.classes(row) or 0))


def _named(pred, target, library):
    """What an expression of a library may name."""
    if library == "torch":
        pred = torch.from_numpy(pred)
        target = None if target is None else torch.from_numpy(target)
    return {
        "pred": pred, "target": target,
        "np": np, "inf": math.inf,
        "torch": torch, "F": functional, "distributions": distributions, "sklearn": sklearn,
        "metrics": metrics, "linear_model": linear_model, "scipy": scipy, "stats": stats,
        "special": special, "spatial": spatial, "optimize": optimize, "_loss": sklearn._loss,
    }  # fmt: skip
