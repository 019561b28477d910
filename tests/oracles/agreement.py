"""Whether losscli, told to be like a library, gives what that library gave."""

import numpy as np

from losscli import evaluate


def told(one, like, backend, folder, reductions):
    """What losscli makes of a case: rows one by one, means and sums, with and without weights.

    folder: the working directory, where weights of classes are put for the spec to name.
    """
    inputs = (one.pred,) if one.target is None else (one.pred, one.target)
    samples = folder / "rows.npy"
    flags = {
        "rows": {"per_sample": samples},
        "mean": {},
        "sum": {"reduction": "sum"},
        "weighted_mean": {"weights": one.weights},
        "weighted_sum": {"weights": one.weights, "reduction": "sum"},
    }
    for name in ("weight", "class_weights"):
        if name in one.theirs:
            np.save(folder / "weights.npy", np.array(one.theirs[name]))
    given = {"loss": one.spec, "like": like, "backend": backend, "nan": "propagate"}
    found = {name: evaluate(*inputs, **given, **flags[name]).value for name in reductions}
    return found | ({"rows": np.load(samples).reshape(-1)} if "rows" in found else {})


def agree(one, like, backend, folder, theirs, close):
    """Raise AssertionError where they differ by more than `close` says."""
    ours = told(one, like, backend, folder, theirs)
    for reduction, wanted in theirs.items():
        np.testing.assert_allclose(
            ours[reduction], wanted, **close, err_msg=f"{one.spec} like {like}: its {reduction}"
        )
