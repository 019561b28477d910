"""The same inputs give the same result, to the byte: what may differ is named here, and no more."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import PROGRAM, environment

CONFIG = """version: 1
data:
  arrays: {preds: data/p.npy, targets: data/t.npy, weights: ./data/w.npy}
  table: {preds: data/table.csv, pred: p, target: t, by: [region, site]}
evals:
  arrays: {data: arrays, losses: [mae, rmse, "smooth=smooth_l1:beta=0.5"], gates: ["mae <= 1"]}
  table:
    data: table
    losses: [mse]
    nan: skip
    gates: ["mse[region=*] <= 9", "mse.ci_high <= baseline * 1.02", "rows >= 100"]
  gone: {preds: data/no.npy, targets: data/t.npy, losses: [mae], gates: ["mae <= 1"]}
baseline: data/base.json
gates: [{run: nope, expect: "mae <= 1", level: warn}]
"""
TIMES = ["started", "timing.wall_s", "evals.arrays.timing.wall_s", "evals.table.timing.wall_s"]
THREADS = ["command", "config.set", "evals.arrays.threads", "evals.table.threads"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A config over arrays of several blocks and a table with groups."""
    folder = tmp_path_factory.mktemp("repeat")
    (folder / "data").mkdir()
    dice = np.random.default_rng(0)
    for name in "ptw":
        np.save(folder / "data" / f"{name}.npy", dice.random(1_200_000))
    lines = [f"{k % 7 / 3},{k % 5 / 7},{['eu', 'us'][k % 2]},{k % 9}" for k in range(20_000)]
    (folder / "data" / "table.csv").write_text("\n".join(["p,t,region,site", *lines, "nan,1,eu,3"]))
    (folder / "c.yaml").write_text(CONFIG)
    (folder / "elsewhere").mkdir()
    return folder


def ran(place, *flags, config="c.yaml", cwd=".", **variables):
    """The document that a run saves, as text."""
    done = subprocess.run(
        [*PROGRAM, "run", config, "--no-save", "-o", "r.json", "--quiet", *flags],
        cwd=place / cwd,
        env=environment(**variables),
        capture_output=True,
        timeout=600,
    )
    assert done.returncode == 3, done.stderr
    return Path(place, cwd, "r.json").read_text()


def masked(text, fields):
    """The text without the values of some fields, each of which is there."""
    document = json.loads(text)
    for field in fields:
        *way, last = field.split(".")
        part = document
        for step in way:
            part = part[step]
        assert last in part, field
        part[last] = None
    return json.dumps(document, indent=2)


@pytest.fixture(scope="module")
def first(place):
    """What one run saved, which the others are held against."""
    return ran(place)


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_a_run_is_the_same_again(place, first, seed):
    """Apart from times, and whatever Python's hashes are."""
    again = ran(place, PYTHONHASHSEED=seed)
    assert masked(again, TIMES) == masked(first, TIMES)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_a_run_is_the_same_with_any_number_of_threads(place, first, threads):
    """Apart from times and that number, where it is asked for and where it is said."""
    again = ran(place, "--set", f"defaults.eval.threads={threads}")
    fields = [*TIMES, *THREADS]
    assert masked(again, fields) == masked(first, fields)
    if threads > 1:
        assert json.loads(again)["evals"]["arrays"]["threads"] > 1


def test_a_run_is_the_same_from_another_folder(place, first):
    """Apart from times and the paths, which are as they are seen from there."""
    again = ran(place, config="../c.yaml", cwd="elsewhere")
    fields = [*TIMES, "command", "config.path"]
    assert masked(again.replace("../data/", "data/"), fields) == masked(first, fields)


@pytest.mark.parametrize("form", ["table", "csv", "markdown", "junit", "github"])
def test_what_is_printed_is_the_same_again(place, form):
    """In every format; of these, only JUnit tells a time."""
    texts = []
    for seed in ("1", "2"):
        command = [*PROGRAM, "run", "c.yaml", "--no-save", "--format", form]
        done = subprocess.run(
            command, cwd=place, env=environment(PYTHONHASHSEED=seed), capture_output=True
        )
        assert done.returncode == 3
        texts.append(re.sub(rb' time="[0-9.]+"', b"", done.stdout))
    assert texts[0] == texts[1]
