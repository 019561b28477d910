"""`losscli doctor`: what a machine has is told, and what it lacks is no failure."""

import csv
import json
from importlib.metadata import version
from io import StringIO

import numpy as np
import pytest

from losscli import evaluate
from losscli.commands import doctor as diagnosis
from losscli.kernels import machine
from losscli.plans.check import DoctorPlan
from losscli.results.documents.bench import Limit
from losscli.results.reader import load


@pytest.fixture
def quick(losscli):
    """The document of a quick look."""
    said = losscli("doctor", "--quick", "--format", "json")
    assert (said.code, said.err) == (0, "")
    return json.loads(said.out)


def test_the_document(quick):
    """Versions are those of the packages; nothing is measured."""
    assert (quick["schema"], quick["exit_code"]) == ("losscli/doctor/1", 0)
    packages = {package["name"]: package["version"] for package in quick["packages"]}
    assert packages["numpy"] == np.__version__
    assert packages["pyarrow"] == version("pyarrow")
    assert {"torch", "pandas", "sklearn", "liger_kernel", "matplotlib", "mpmath"} <= set(packages)
    assert (quick["quick"], quick["limits"], quick["noise_floor"]) == (True, [], None)
    assert quick["cores"] >= 1
    assert bool(quick["cuda"]) != bool(quick["no_cuda"])


@pytest.mark.parametrize("name", [None, "avx2"])
def test_the_kernels_are_those_that_run(losscli, monkeypatch, name):
    """The instruction set, and in the environment of every result the code that computed."""
    monkeypatch.setattr(machine, "machine", lambda: None if name is None else 0)
    monkeypatch.setattr(machine, "name", lambda: name)
    found = json.loads(losscli("doctor", "--quick", "--format", "json").out)
    kernel = "compiled" if name else "numpy"
    assert (found["environment"]["kernel"], found["instruction_set"]) == (kernel, name)
    shown = f"compiled, {name}" if name else "none: NumPy computes every loss"
    assert shown in losscli("doctor", "--quick").out


def test_results_say_which_kernel_computed_them():
    """Of evaluations too."""
    kernel = "compiled" if machine.available() else "numpy"
    assert evaluate([1.0], [2.0], loss="mae").environment["kernel"] == kernel


def test_a_document_without_kernels_is_read(losscli, tmp_path):
    """Earlier versions wrote none."""
    path = tmp_path / "doctor.json"
    losscli("doctor", "--quick", "-o", path)
    document = json.loads(path.read_text())
    del document["instruction_set"], document["environment"]["kernel"]
    path.write_text(json.dumps(document))
    found = load(path)
    assert found.instruction_set is None
    assert {"what": "kernel", "of": "", "value": None} in found.to_records()


def test_one_screen(losscli):
    """No boxes, at most 80 columns by 40 lines but for the name of a compiler."""
    said = losscli("doctor", "--quick")
    lines = said.out.splitlines()
    assert said.code == 0
    assert len(lines) < 40
    assert max(len(line) for line in lines if "GCC" not in line and "Clang" not in line) <= 80
    assert not set(said.out) & set("│┃─━┌┐└┘|")
    assert "not measured with --quick" in said.out


@pytest.mark.parametrize("form", ["csv", "markdown"])
def test_other_formats(losscli, form):
    """CSV holds a fact a line."""
    said = losscli("doctor", "--quick", "--format", form, "-o", "d.json")
    assert said.code == 0
    if form == "csv":
        facts = {(fact["what"], fact["of"]) for fact in csv.DictReader(StringIO(said.out))}
        assert {("package", "numpy"), ("memory_bytes", ""), ("compiler", "")} <= facts


def test_a_package_that_is_absent_is_said(losscli, monkeypatch):
    """Without a fuss."""
    gone = (("no_such_module", "no-such-distribution", "nothing"),)
    monkeypatch.setattr(diagnosis, "_PACKAGES", diagnosis._PACKAGES + gone)
    line = next(li for li in losscli("doctor", "--quick").out.splitlines() if "no_such" in li)
    assert line.split() == ["no_such_module", "absent", "nothing"]


def test_what_cannot_be_measured_is_a_note(monkeypatch):
    """The rest is told."""

    def broken(*_):
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr(diagnosis, "open_device", broken)
    monkeypatch.setattr(diagnosis, "_noise_floor", lambda: 0.02)
    found = diagnosis.diagnose(DoctorPlan(), lambda _: None)
    assert [note.message for note in found.notes] == [
        f"{name} could not be measured: CUDA error: out of memory"
        for name in ("cpu", *(device.name for device in found.cuda))
    ]
    assert (found.limits, found.noise_floor) == ((), 0.02)


def test_what_is_measured_is_shown(monkeypatch, losscli):
    """Limits of the last cache and of memory, and the noise, in words."""
    monkeypatch.setattr(
        "losscli.benchmark.devices.host_limit",
        lambda size, threads, level: Limit("cpu", level or "33 MB", size, 40.0, 30.0),
    )
    monkeypatch.setattr(diagnosis, "_noise_floor", lambda: 0.021)
    out = losscli("doctor").out
    assert "cpu, size of the last cache (33 MB)" in out
    assert "cpu, memory" in out
    assert "noise floor 2.1 %" in out


def test_the_noise_is_that_of_a_short_benchmark():
    """Measured for real: a share above 0."""
    noise = diagnosis._noise_floor()
    assert noise is None or noise > 0.0
