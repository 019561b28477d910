"""A world in which every gate passes, and the changes that spoil it."""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

NAN, INF = float("nan"), float("inf")
MAE, BASE = "mae <= 9", "mae <= baseline * 1.1"

DATA_SETS = """version: 1
data:
  val: {preds: p.npy, targets: t.npy}
  table: {preds: table.csv, pred: yhat, target: y, by: [region]}
  classes: {preds: logits.npy, targets: labels.npy}
evals:
"""
EVALS = {
    "val": "{data: val, losses: [mae, mse]}",
    "table": "{data: table, losses: [mae]}",
    "classes": '{data: classes, losses: ["ce=cross_entropy:ignore_index=-100"]}',
    "ids": "{preds: i.csv, targets: j.csv, pred: [v], target: [v], id: [id], losses: [mae]}",
    "weighted": "{preds: pw.npy, targets: tw.npy, weights: ./w.npy, losses: [mae]}",
}


class Case(NamedTuple):
    """What is spoilt, the gate that is asked, and what it must end with."""

    run: str
    gate: str
    spoil: Callable[[], object] | None
    status: str
    reason: str
    code: int
    config: Callable[[str], str] = str  # what else is changed in the config, before and after


def config(*names):
    """The config of some runs."""
    return DATA_SETS + "".join(f"  {name}: {EVALS[name]}\n" for name in names)


def build():
    """A world in which all is well."""
    rng = np.random.default_rng(7)
    target = rng.normal(size=8)
    np.save("p.npy", target + np.resize([0.4, 0.6], 8))
    np.save("t.npy", target)
    np.save("pw.npy", target - 0.5)
    np.save("tw.npy", target)
    np.save("w.npy", np.linspace(1.0, 2.0, 8))
    np.save("logits.npy", rng.normal(size=(8, 3)) * 4)
    np.save("labels.npy", np.arange(8) % 3)
    lines = [f"{'eu' if k % 2 else 'us'},{k},{k + 0.5}" for k in range(8)]
    Path("table.csv").write_text("\n".join(["region,y,yhat", *lines, ""]))
    for name in ("i.csv", "j.csv"):
        Path(name).write_text("id,v\na,1\nb,2\nc,3\n")


def entry(name, at, value):
    """Writes a number into an array of the world."""
    array = np.load(name)
    array[at] = value
    np.save(name, array)


def rows(name, cut):
    """Takes rows of an array of the world."""
    np.save(name, np.load(name)[cut])


def short(name, size):
    """Cuts a file."""
    os.truncate(name, size)


def saved(change):
    """Changes the document of the baseline."""
    document = json.loads(Path("base.json").read_text())
    change(document)
    Path("base.json").write_text(json.dumps(document))


def loss_of(document, run="val"):
    """The first loss that the baseline has of a run."""
    return document["evals"][run]["losses"][0]


def put(key, value):
    """A change of what the baseline says of mae."""
    return partial(saved, lambda document: loss_of(document).__setitem__(key, value))


def whole(key, value):
    """A change of a part of the baseline."""
    return partial(saved, lambda document: document.__setitem__(key, value))


def of_run(key, value):
    """A change of a part of the baseline's run."""
    return partial(saved, lambda document: document["evals"]["val"].__setitem__(key, value))


def text(name, content):
    """Writes a file of the world anew."""
    return partial(Path(name).write_text, content)


def flag(words):
    """A change of the config: a flag of val, from the start."""
    return lambda text: text.replace("{data: val,", f"{{data: val, {words},")


def nothing():
    """No rows in both arrays."""
    for name in ("p.npy", "t.npy"):
        rows(name, slice(0))


def gone(name):
    """Removes a file of the world."""
    return Path(name).unlink


def base_is_a_folder():
    """What cannot be read as a file."""
    Path("base.json").unlink()
    Path("base.json").mkdir()


def one_row():
    """A single row, whose mean has no interval."""
    for name in ("p.npy", "t.npy"):
        rows(name, slice(1))


def without_region(name):
    """The table without the rows of a region."""
    kept = [line for line in Path("table.csv").read_text().splitlines() if line[:2] != name]
    Path("table.csv").write_text("\n".join([*kept, ""]))


def chances():
    """Probabilities where logits are wanted."""
    logits = np.exp(np.load("logits.npy"))
    np.save("logits.npy", logits / logits.sum(axis=1, keepdims=True))
