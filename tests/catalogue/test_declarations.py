"""What every loss owes: one check a function, and the grid of (loss, check)."""

import inspect
import itertools
import math

import numpy as np
import pytest

from losscli import evaluate, losses
from losscli.checks.generators import Sample, draw
from losscli.errors import DataError
from losscli.losses.registry import all_losses, find, modules
from losscli.losses.spec.binding import bind

LOSSES = {loss.name: loss for loss in all_losses()}


def sample(loss, rows=40, domains=None):
    """Inputs inside the loss's domains, plain ones; targets are left out where there are none."""
    row = loss.rows_of.pred_row(4)
    pred_domain, target_domain = domains or loss.domains_of(loss.resolve({}))
    random = np.random.default_rng(5)
    pred = draw(pred_domain, Sample(random, (rows, *row), 1.0))
    if target_domain is None:
        return (pred,)
    shape = (rows, *loss.rows_of.target_row(row))
    return pred, draw(target_domain, Sample(random, shape, 1.0, loss.classes(row) or 0))


def part(inputs, rows):
    """Some rows of all inputs."""
    return tuple(array[rows] for array in inputs)


def is_described(loss):
    """Formula, source, advice and pitfalls are there, and a docstring that runs as a test."""
    for name in ("family", "formula", "latex", "source", "use", "avoid"):
        assert getattr(loss, name), name
    assert loss.pitfalls
    assert loss.equivalents
    assert loss.flops > 0
    assert ">>> " in inspect.getdoc(loss.values)
    assert inspect.getdoc(loss.derivative)


def stands_in_the_file_of_its_name(loss):
    """Whoever knows the name can find the file; its family is its folder or that folder's."""
    assert modules()[loss.name].endswith(f".{loss.family}.{loss.name}")
    assert getattr(losses, loss.name) is loss


def has_parameters_with_a_meaning_and_a_default_in_bounds(loss):
    """A default is what the loss itself would accept."""
    for param in loss.params:
        assert param.meaning
        if param.default is not None:
            assert param.checked(param.default, loss.name) == param.default


def leaves_its_inputs_alone(loss):
    """Neither values nor gradients write into pred or target."""
    inputs = sample(loss)
    before = [array.copy() for array in inputs]
    for array in inputs:
        array.flags.writeable = False
    loss(*inputs)
    if loss.differentiable:
        loss.gradient(*inputs)
    assert all((a == b).all() for a, b in zip(inputs, before, strict=True))


def gives_each_row_the_same_bits_in_any_company(loss):
    """Alone, in a block, reversed, or beside rows that need another way of computing."""
    inputs = sample(loss)
    if not loss.pred.bounded:
        inputs[0][::7] *= 300.0
    whole = loss(*inputs)
    alone = np.array([loss(*part(inputs, [i]))[0] for i in range(len(whole))])
    assert whole.tobytes() == alone.tobytes()
    assert loss(*part(inputs, slice(None, None, -1))).tobytes() == whole[::-1].tobytes()


def widens_single_precision(loss):
    """float32 inputs are computed in float64."""
    pred, *target = sample(loss)
    narrow = pred.astype(np.float32)
    assert (loss(narrow, *target) == loss(narrow.astype(np.float64), *target)).all()


def shows_what_is_missing(loss):
    """Nan in pred gives nan or, where the loss says that it saturates, may not."""
    if loss.saturates:
        return
    pred, *others = sample(loss, 3)
    target = others[0] if others else None
    if target is not None and not loss.indexed(target.shape[1:]):
        target = target.astype(np.float64)
    whole = {param.name: param.default for param in loss.params}
    for odd in (math.nan, *(() if loss.pred.bounded else (math.inf, -math.inf))):
        broken = pred.copy()
        broken[1:] = odd
        with np.errstate(all="ignore"):
            values = loss.rows(np, broken, target, whole)
        if math.isnan(odd) or loss.pred.words == "finite numbers":
            assert not np.isfinite(values[1:]).any()
        assert np.isfinite(values[0])


CHECKS = [
    is_described,
    stands_in_the_file_of_its_name,
    has_parameters_with_a_meaning_and_a_default_in_bounds,
    leaves_its_inputs_alone,
    gives_each_row_the_same_bits_in_any_company,
    widens_single_precision,
    shows_what_is_missing,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss(name, check):
    """The grid."""
    check(LOSSES[name])


# What a loss does with a missing number may depend on its parameters.
WAYS = {
    "barron": ("alpha=-2.0", "alpha=0.0", "alpha=1.0"),
    "cross_entropy": ("label_smoothing=0.1", "label_smoothing=1.0", "weight=@counts.npy"),
    "focal_cross_entropy": ("gamma=0.0", "alpha=0.0", "alpha=@counts.npy"),
    "info_nce": ("temperature=0.5",),
    "triplet_margin": ("p=1.0", "p=3.0", "p=inf", "swap=true", "eps=0.0"),
}
SPECS = [*LOSSES, *(f"{name}:{words}" for name, ways in WAYS.items() for words in ways)]
ASKED = [(spec, None) for spec in SPECS]
ASKED += [(loss.name, library) for loss in LOSSES.values() for library in loss.like]


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("spec", "like"), ASKED)
def test_one_missing_number_is_an_error_wherever_it_stands(
    spec, like, backend, tmp_path, monkeypatch
):
    """Whatever its loss comes to: a margin, a class of no weight or an index may hide it."""
    monkeypatch.chdir(tmp_path)
    np.save("counts.npy", [1.0, 0.0, 1.0, 0.0])
    (bound,) = bind(spec, np.load, like)
    loss, domains = bound.loss, (bound.pred, bound.target)
    plain = sample(loss, 4, domains)
    given = {"loss": spec, "like": like, "backend": backend}
    assert np.isfinite(evaluate(*plain, **given).value)
    for role, domain in enumerate(domains[: len(plain)]):
        width = plain[role][0].size
        for odd, column in itertools.product((math.nan, math.inf, -math.inf), range(width)):
            held = [array.astype(np.float64) for array in plain]
            held[role].reshape(4, -1)[2, column] = odd
            masks = domain.violations(held[role], loss.classes(plain[0].shape[1:]))
            if any(mask is not None for mask in masks):
                with pytest.raises(DataError):
                    evaluate(*held, **given)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_propagated_nan_is_the_value_of_every_loss(name, backend):
    """Though comparisons, clips and indices would hide it; a row of no weight may hold anything."""
    inputs = sample(LOSSES[name], 4)
    for role in range(len(inputs)):
        held = [array.astype(np.float64) for array in inputs]
        held[role].reshape(4, -1)[1, -1] = math.nan
        given = {"loss": name, "nan": "propagate", "backend": backend}
        assert math.isnan(evaluate(*held, **given).value)
        assert np.isfinite(evaluate(*held, **given, weights=[1, 0, 1, 1]).value)


def test_names_and_aliases_are_unique():
    """One name means one loss."""
    names = [n for loss in all_losses() for n in (loss.name, *loss.aliases, *dict(loss.derived))]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("alias", "name"), [("l1", "mae"), ("l2", "mse"), ("ce", "cross_entropy")])
def test_an_alias_finds_its_loss(alias, name):
    """And as an attribute too."""
    assert find(alias)[0].name == name
    assert getattr(losses, alias) is getattr(losses, name)


def test_a_statistic_is_no_loss_of_a_row():
    """Rmse is the root of a mean."""
    assert find("rmse")[1] == "rmse"
    with pytest.raises(AttributeError, match="statistic of mse"):
        losses.rmse  # noqa: B018


def test_an_unknown_loss_is_an_attribute_error_with_the_nearest_names():
    """So that hasattr works, and a typing slip is seen."""
    assert not hasattr(losses, "smoth_l1")
    with pytest.raises(AttributeError, match="smooth_l1"):
        losses.smoth_l1  # noqa: B018
