"""The code of an equivalent runs as it is written."""

import math

import pytest

from losscli.implementations.implementation import Expression
from losscli.losses.registry import all_losses, find


def expression(text):
    """Of a loss that declares the text."""
    from dataclasses import replace

    return Expression.of(replace(find("huber")[0], equivalents={"torch": text}), "torch")


def test_a_library_without_an_equivalent_has_none():
    """Also where the loss is known there by other means."""
    assert Expression.of(find("mse")[0], "nowhere") is None


def test_it_is_a_function_of_pred_and_target():
    """With the parameters of the loss, and a comment behind it."""
    found = expression("m.hypot(pred, target) / delta  # of (N,)")
    assert found.names == {"m", "pred", "target", "delta"}
    assert found.function({"delta": 2.0, "other": 1}, {"m": math})(3.0, 4.0) == 2.5


def test_names_that_it_defines_are_not_read():
    """By a walrus or a loop; builtins are there already."""
    found = expression("abs(half := target / 2) + sum(a for a in [half]) + len(pred)")
    assert found.names == {"pred", "target"}
    assert found.function({}, {})([1], 4.0) == 5.0


@pytest.mark.parametrize("loss", all_losses(), ids=lambda loss: loss.name)
def test_every_equivalent_is_an_expression(loss):
    """With names."""
    assert all(Expression.of(loss, library).names for library in loss.equivalents)
