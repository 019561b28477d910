"""The examples of configs/shards: parts that their jobs make merge to the result of one run."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from losscli import evaluate

FOLDER = Path(__file__).parents[2] / "configs" / "shards"
PARTS = 8


def command(text):
    """The words of the only `losscli eval` of a text."""
    (found,) = re.findall(r"losscli eval [^\n]+", text)
    return shlex.split(found)[1:]


def of_slurm(number):
    text = (FOLDER / "slurm.sh").read_text()
    first, last = map(int, re.findall(r"--array=(\d+)-(\d+)", text)[0])
    assert last - first + 1 == PARTS
    environ = {"SLURM_ARRAY_TASK_ID": first + number, "SLURM_ARRAY_TASK_COUNT": PARTS}
    return command(text.replace('"${SLURM_CPUS_PER_TASK:-2}"', "2")), environ


def of_torchrun(number):
    text = (FOLDER / "torchrun.sh").read_text()
    assert f"--nproc-per-node {PARTS}" in text
    return command(text), {"RANK": number, "WORLD_SIZE": PARTS}


def of_kubernetes(number):
    job = yaml.safe_load((FOLDER / "kubernetes.yaml").read_text())["spec"]
    assert (job["completions"], job["completionMode"]) == (PARTS, "Indexed")
    (container,) = job["template"]["spec"]["containers"]
    environ = {each["name"]: each["value"] for each in container["env"]}
    return command(container["args"][0]), environ | {"JOB_COMPLETION_INDEX": number}


def of_github(number):
    job = yaml.safe_load((FOLDER / "github.yaml").read_text())["jobs"]["part"]
    part = job["strategy"]["matrix"]["part"][number]
    (run,) = [step["run"] for step in job["steps"] if "eval" in step.get("run", "")]
    return command(run.replace("${{ matrix.part }}", str(part))), {}


@pytest.mark.parametrize("example", [of_slurm, of_torchrun, of_kubernetes, of_github])
def test_the_parts_of_an_example_merge(example, losscli, tmp_path, monkeypatch):
    files(tmp_path)
    for number in range(PARTS):
        words, environ = example(number)
        with monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, str(value))
            assert losscli(*words).code == 0
    merged = losscli("merge", "parts/", "--format", "json")
    assert merged.code == 0
    expected = evaluate("preds.npy", "targets.npy", loss="mse")
    assert json.loads(merged.out)["losses"][0]["value"] == expected.value


def files(folder):
    rng = np.random.default_rng(1)
    for name in ("preds", "targets"):
        np.save(folder / f"{name}.npy", rng.normal(size=100_000))


@pytest.mark.deep
def test_torchrun_runs_its_example(tmp_path):
    files(tmp_path)
    environ = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run(["sh", FOLDER / "torchrun.sh"], cwd=tmp_path, env=environ, check=True)
    found = json.loads((tmp_path / "result.json").read_text())
    assert found["losses"][0]["n"] == 100_000
