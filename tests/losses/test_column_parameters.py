"""Parameters with one number for each column, given as one number."""

import numpy as np
import pytest

from losscli import evaluate
from losscli.errors import UsageError
from losscli.losses.registry import all_losses
from tests.catalogue.test_declarations import sample

COLUMNS = [
    (loss, param) for loss in all_losses() for param in loss.params if param.kind == "columns"
]


@pytest.mark.parametrize(("loss", "param"), COLUMNS, ids=[f"{a.name}-{b.name}" for a, b in COLUMNS])
def test_one_number_stands_for_all_columns_or_is_refused(loss, param):
    """It is refused where it would change nothing: as weights of classes in a weighted mean."""
    inputs = sample(loss)
    spec = f"{loss.name}:{param.name}=2"
    if not param.scalar:
        with pytest.raises(UsageError, match="one number for each column"):
            evaluate(*inputs, loss=spec)
        return
    width = inputs[0].shape[-1] if inputs[0].ndim > 1 else 1
    one = evaluate(*inputs, loss=spec).value
    if width > 1:
        assert loss(*inputs, **{param.name: np.full(width, 2.0)}).mean() == pytest.approx(one)
    assert np.isfinite(one)
    assert loss.gradient(*inputs, **{param.name: 2.0}).shape == inputs[0].shape
