"""Regenerates the example data from the data sets that come with scikit-learn.

    python examples/make_examples.py [--out DIR]

Each data set is predicted by two models in 5-fold cross-validation: every row's prediction comes
from a model that did not see that row. Nothing is downloaded, and every random choice is seeded.
"""

import argparse
import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

Array = npt.NDArray[Any]

SEED = 0
FOLDS = 5


def out_of_fold(
    model: Any, inputs: Array, targets: Array, predict: Callable[[Any, Array], Array]
) -> Array:
    """Return predict(fitted model, inputs) for each row, from the fold that left the row out."""
    folds = KFold(FOLDS, shuffle=True, random_state=SEED).split(inputs)
    parts = [
        (test, predict(clone(model).fit(inputs[train], targets[train]), inputs[test]))
        for train, test in folds
    ]
    rows = np.concatenate([test for test, _ in parts])
    predictions = np.concatenate([part for _, part in parts])
    return predictions[np.argsort(rows)]


def value(model: Any, inputs: Array) -> Array:
    """Return what a regression model predicts."""
    predictions: Array = model.predict(inputs)
    return predictions


def positive_probability(model: Any, inputs: Array) -> Array:
    """Return a binary classifier's probability of class 1."""
    probabilities: Array = model.predict_proba(inputs)
    return probabilities[:, 1]


def decision(model: Any, inputs: Array) -> Array:
    """Return a logistic regression's logits."""
    logits: Array = model.decision_function(inputs)
    return logits


def mlp_logits(model: Any, inputs: Array) -> Array:
    """Return the last layer of an MLPClassifier with ReLU units, before its softmax."""
    *hidden, last = zip(model.coefs_, model.intercepts_, strict=True)
    layer = inputs
    for weights, bias in hidden:
        layer = np.maximum(layer @ weights + bias, 0)
    weights, bias = last
    logits: Array = layer @ weights + bias
    return logits


def row_ids(prefix: str, count: int) -> list[str]:
    """Return d0001, d0002, ... for the prefix d."""
    return [f"{prefix}{number:04d}" for number in range(1, count + 1)]


def save_arrays(folder: Path, arrays: dict[str, Array]) -> None:
    """Write each array to folder/name.npy."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def save_table(path: Path, columns: dict[str, Sequence[Any] | Array]) -> None:
    """Write the columns as CSV.

    NumPy prints the fewest digits that read back to the same number of the same type, so the
    table holds exactly the numbers of the arrays beside it.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow([str(cell) for cell in row])


def make_diabetes(folder: Path) -> None:
    """Regression: the disease's progress after one year."""
    # The scaled form was standardized over all rows, those of the held-out fold too.
    data = load_diabetes(scaled=False)
    inputs, targets = data.data, data.target
    ridge = make_pipeline(StandardScaler(), Ridge(alpha=1.0))
    forest = RandomForestRegressor(n_estimators=200, random_state=SEED, n_jobs=1)
    arrays = {
        "ridge": out_of_fold(ridge, inputs, targets, value),
        "forest": out_of_fold(forest, inputs, targets, value),
        "targets": targets,
    }
    save_arrays(folder, arrays)
    save_table(
        folder / "table.csv",
        {
            "id": row_ids("d", len(targets)),
            "sex": inputs[:, data.feature_names.index("sex")].astype(np.int64),
            "y": targets,
            "ridge": arrays["ridge"],
            "forest": arrays["forest"],
        },
    )


def make_cancer(folder: Path) -> None:
    """Binary classification: a tumour is benign (1) or malignant (0)."""
    data = load_breast_cancer()
    inputs, targets = data.data, data.target.astype(np.int64)
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    forest = RandomForestClassifier(n_estimators=200, random_state=SEED, n_jobs=1)
    logits = out_of_fold(logistic, inputs, targets, decision)
    arrays = {
        "logistic": expit(logits),
        "logistic_logits": logits,
        # Where all trees agree the probability is exactly 0 or 1. That is what the model says,
        # so it stays.
        "forest": out_of_fold(forest, inputs, targets, positive_probability),
        "targets": targets,
    }
    save_arrays(folder, arrays)
    radius = inputs[:, list(data.feature_names).index("mean radius")]
    terciles = np.quantile(radius, [1 / 3, 2 / 3])
    save_table(
        folder / "table.csv",
        {
            "id": row_ids("c", len(targets)),
            "size": np.array(["small", "medium", "large"])[np.digitize(radius, terciles)],
            "y": targets,
            "logistic": arrays["logistic"],
            "forest": arrays["forest"],
            "logistic_logit": logits,
        },
    )


def make_digits(folder: Path) -> None:
    """Classification into ten classes: the digit on an 8x8 image."""
    data = load_digits()
    inputs, labels = data.data / 16, data.target.astype(np.int64)  # a pixel is 0 to 16
    logistic = LogisticRegression(max_iter=1000)
    mlp = MLPClassifier(
        (32,), activation="relu", learning_rate_init=0.01, max_iter=500, random_state=SEED
    )
    logits = {
        "logistic": out_of_fold(logistic, inputs, labels, decision),
        "mlp": out_of_fold(mlp, inputs, labels, mlp_logits),
    }
    arrays = {"labels": labels}
    for name, scores in logits.items():
        arrays[f"{name}_logits"] = scores.astype(np.float32)
        arrays[f"{name}_probs"] = softmax(scores, axis=1).astype(np.float32)
    save_arrays(folder, arrays)
    ids = row_ids("g", len(labels))
    half = np.where(np.arange(len(labels)) < len(labels) // 2, "first", "second")
    save_table(folder / "labels.csv", {"id": ids, "half": half, "label": labels})
    scores = arrays["logistic_logits"]
    columns = {f"z{digit}": scores[:, digit] for digit in range(scores.shape[1])}
    save_table(folder / "logistic_logits.csv", {"id": ids, "half": half, **columns})


def main() -> None:
    """Write the three folders."""
    parser = argparse.ArgumentParser(description="Regenerates the example data.")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).parent,
        help="the folder to write into (default: this script's own)",
    )
    out = parser.parse_args().out
    # With more threads BLAS adds in another order, which changes the last bits.
    with threadpool_limits(1):
        make_diabetes(out / "diabetes")
        make_cancer(out / "cancer")
        make_digits(out / "digits")
    print(f"wrote {out / 'diabetes'}, {out / 'cancer'} and {out / 'digits'}")


if __name__ == "__main__":
    main()
