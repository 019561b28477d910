"""Whether losscli, told to be like a library, gives what that library gave."""

import numpy as np

from losscli import evaluate


def told(one, like, backend, folder):
    """What losscli makes of a case: rows one by one, means and sums, with and without weights."""
    given = {"loss": one.spec, "like": like, "backend": backend, "nan": "propagate"}
    inputs = (one.pred,) if one.target is None else (one.pred, one.target)
    samples = folder / "rows.npy"
    plain = evaluate(*inputs, **given, per_sample=samples)
    found = {"rows": np.load(samples).reshape(-1), "mean": plain.value}
    found["sum"] = evaluate(*inputs, **given, reduction="sum").value
    if one.weights is not None:
        given["weights"] = one.weights
        found["weighted_mean"] = evaluate(*inputs, **given).value
        found["weighted_sum"] = evaluate(*inputs, **given, reduction="sum").value
    return found


def agree(one, like, backend, folder, theirs, close):
    """Raise AssertionError where they differ by more than `close` says."""
    ours = told(one, like, backend, folder)
    for reduction, wanted in theirs.items():
        np.testing.assert_allclose(
            ours[reduction], wanted, **close, err_msg=f"{one.spec} like {like}: its {reduction}"
        )
