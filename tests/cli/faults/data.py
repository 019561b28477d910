"""What may be wrong with the data of a run."""

import numpy as np

from tests.cli.faults.world import (
    INF,
    MAE,
    NAN,
    Case,
    chances,
    entry,
    flag,
    gone,
    nothing,
    one_row,
    rows,
    short,
    text,
    without_region,
)

DATA = {
    "nan in the predictions": Case("val", MAE, lambda: entry("p.npy", 3, NAN), "error", "nan", 3),
    "inf in the predictions": Case("val", MAE, lambda: entry("p.npy", 3, INF), "error", "inf", 3),
    "-inf in the predictions": Case("val", MAE, lambda: entry("p.npy", 3, -INF), "error", "inf", 3),
    "nan in the targets": Case("val", MAE, lambda: entry("t.npy", 3, NAN), "error", "nan", 3),
    "inf in the targets": Case("val", MAE, lambda: entry("t.npy", 3, INF), "error", "inf", 3),
    "-inf in the targets": Case("val", MAE, lambda: entry("t.npy", 3, -INF), "error", "inf", 3),
    "nan in the weights": Case("weighted", MAE, lambda: entry("w.npy", 3, NAN), "error", "nan", 3),
    "inf in the weights": Case("weighted", MAE, lambda: entry("w.npy", 3, INF), "error", "inf", 3),
    "a negative weight": Case("weighted", MAE, lambda: entry("w.npy", 3, -1), "error", "weight", 3),
    "nan under >=": Case(
        "val", "mae >= 0", lambda: entry("p.npy", 3, NAN), "error", "nan", 3
    ),
    "nan that is propagated": Case(
        "val", "mae >= 0", lambda: entry("p.npy", 3, NAN), "error", "not a finite number", 1,
        flag("nan: propagate"),
    ),
    "every row skipped": Case(
        "val", MAE, lambda: entry("p.npy", slice(None), NAN), "error", "no row counts", 1,
        flag("nan: skip"),
    ),
    "a row skipped": Case(
        "val", "skipped <= 0", lambda: entry("p.npy", 0, NAN), "fail", "over by 1", 1,
        flag("nan: skip"),
    ),
    "rows ignored": Case(
        "classes", "ignored <= 0", lambda: entry("labels.npy", 0, -100), "fail", "over by 1", 1
    ),
    "every row ignored": Case(
        "classes", "ce <= 99", lambda: entry("labels.npy", slice(None), -100), "error",
        "no row counts", 1,
    ),
    "every weight zero": Case(
        "weighted", MAE, lambda: entry("w.npy", slice(None), 0), "error", "no row counts", 1
    ),
    "a label of no class": Case(
        "classes", "ce <= 99", lambda: entry("labels.npy", 2, 3), "error", "class", 3
    ),
    "a label past every class": Case(
        "classes", "ce <= 99", lambda: entry("labels.npy", 2, 2**63 - 1), "error", "class", 3
    ),
    "an empty table": Case("table", MAE, text("table.csv", ""), "error", "empty", 3),
    "a header alone": Case(
        "table", MAE, text("table.csv", "region,y,yhat\n"), "error", "no rows", 3
    ),
    "a column renamed": Case(
        "table", MAE, text("table.csv", "region,y,yhats\neu,1,2\n"), "error", "yhat", 3
    ),
    "a cell that is no number": Case(
        "table", MAE, text("table.csv", "region,y,yhat\neu,1,x\n"), "error", "number", 3
    ),
    "no rows": Case("val", MAE, nothing, "error", "no rows", 3),
    "an array cut off": Case("val", MAE, lambda: short("p.npy", 150), "error", "bytes", 3),
    "a header cut off": Case("val", MAE, lambda: short("p.npy", 40), "error", "header", 3),
    "an empty file": Case("val", MAE, lambda: short("t.npy", 0), "error", "empty", 3),
    "a file of another kind": Case("val", MAE, text("p.npy", "{}"), "error", "p.npy", 3),
    "no file": Case("val", MAE, gone("p.npy"), "error", "p.npy", 3),
    "rows missing": Case("val", MAE, lambda: rows("p.npy", slice(7)), "error", "rows", 3),
    "rows missing in the weights": Case(
        "weighted", MAE, lambda: rows("w.npy", slice(7)), "error", "rows", 3
    ),
    "another shape": Case(
        "val", MAE, lambda: np.save("p.npy", np.ones((8, 2))), "error", "one shape", 3
    ),
    "ids of other rows": Case("ids", MAE, text("i.csv", "id,v\nb,2\na,1\nd,3\n"), "error", "id", 3),
    "too few rows": Case(
        "table", "rows >= 8", lambda: without_region("eu"), "fail", "under by 4", 1
    ),
    "no interval of one row": Case(
        "val", "mae.ci_high <= 9", one_row, "error", "no interval", 1
    ),
    "probabilities for logits": Case(
        "classes", "ce <= 99", chances, "error", "looks_like_probabilities", 1
    ),
    "a worse model": Case(
        "val", "mae <= 0.6", lambda: np.save("p.npy", np.zeros(8) + 9), "fail", "over", 1
    ),
    "a value beyond every float": Case(
        "val", "mse <= 9", lambda: entry("p.npy", 0, 1e300), "error", "finite", 1
    ),
}  # fmt: skip
