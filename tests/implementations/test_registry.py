"""`--impl`: what a text names."""

import pytest

from losscli.implementations.registry import parse


@pytest.mark.parametrize(
    ("text", "loss", "reference"),
    [
        ("k.py:f", None, "k.py:f"),
        ("mse=k.py:f", "mse", "k.py:f"),
        ("numpy:k.py:f", None, "k.py:f"),
        ("mse=numpy:k.py:f", "mse", "k.py:f"),
        ("smooth_l1:beta=0.5=k.py:f", "smooth_l1:beta=0.5", "k.py:f"),
        ("ce:weight=@w/x.npy,label_smoothing=0.1=k.py:f",
         "ce:weight=@w/x.npy,label_smoothing=0.1", "k.py:f"),
        ("./run=3/k.py:f", None, "./run=3/k.py:f"),
        ("mse=./run=3/k.py:f", "mse", "./run=3/k.py:f"),
        ("numpy:./run=3/k.py:f", None, "./run=3/k.py:f"),
        ("package.module:f", None, "package.module:f"),
    ],
)  # fmt: skip
def test_a_function_may_be_bound_to_a_loss(text, loss, reference):
    """An equals sign in a folder's name binds nothing."""
    found = parse(text)
    assert (found.text, found.loss, found.reference) == (text, loss, reference)
    assert found.library is None
    assert found.framework == ("numpy" if "numpy:" in text else "torch")


def test_a_library_may_be_bound_too():
    """To one of several losses."""
    assert parse("mse=torch.compile")[:2] == ("mse=torch.compile", "torch.compile")
    assert parse("mse=torch.compile").loss == "mse"
