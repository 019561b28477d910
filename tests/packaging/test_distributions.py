"""Distributions as PyPI gets them: built, checked, installed into an environment of their own."""

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy as np
import pytest

from losscli.version import __version__
from tests.kernels.test_build import PARTS, copied, hatch, load
from tests.packaging.test_files import PROJECT, ROOT, copied_files, step

pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(
        os.environ.get("LOSSCLI_TESTS") != "deep", reason="builds and installs: make test-deep"
    ),
]


@pytest.fixture(params=["compiled", "pure"])
def wheel(request, tmp_path, monkeypatch):
    """A wheel made of the files that the container is built of, and whether it is compiled."""
    if request.param == "compiled" and (reason := load(ROOT / "hatch_build.py").unable()):
        pytest.skip(reason)
    wanted = "require" if request.param == "compiled" else "skip"
    monkeypatch.setenv("LOSSCLI_KERNEL_BUILD", wanted)
    project = copied(tmp_path / "project", *copied_files())
    made, _ = hatch(project, "wheel", tmp_path / "dist")
    return made, request.param == "compiled"


def ran(*command, **given):
    """The output of a command that must end with 0."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **given)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_checks_of_the_release_pass(wheel, tmp_path):
    """The script of its step, on the wheel and the source distribution."""
    for name in ("twine", "check_wheel_contents"):
        pytest.importorskip(name)
    folder = tmp_path / "release"
    hatch(copied(tmp_path / "sources", *PARTS, "tests", "benchmarks"), "sdist", folder / "dist")
    wheel[0].rename(folder / "dist" / wheel[0].name)
    programs = str(Path(sys.executable).parent)
    path = os.pathsep.join((programs, os.environ["PATH"]))
    said = ran(
        "bash", "-ec", step("distributions")["run"], cwd=folder, env=os.environ | {"PATH": path}
    )
    assert said.count("PASSED") == 2


def test_the_metadata_are_those_of_the_project(wheel):
    """Name, version, licence, links, and what it requires."""
    with zipfile.ZipFile(wheel[0]) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        text = archive.read(name).decode()
        names = archive.namelist()
    fields = re.findall(r"^([\w-]+): (.*)$", text.partition("\n\n")[0], re.MULTILINE)
    assert ("Version", __version__) in fields
    assert ("License-Expression", "MIT") in fields
    assert [value for name, value in fields if name == "Classifier"] == PROJECT["classifiers"]
    links = {value for name, value in fields if name == "Project-URL"}
    assert links == {f"{name}, {url}" for name, url in PROJECT["urls"].items()}
    assert "losscli/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.partition("/")[0] for name in names} == {
        "losscli",
        f"losscli-{__version__}.dist-info",
    }


def test_an_installed_wheel_evaluates(wheel, tmp_path):
    """In an environment that has nothing else but what it requires; with kernels or without."""
    made, compiled = wheel
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet")
    ran(*pip, "--no-index", "--no-deps", "--no-compile", str(made))
    # What losscli requires comes from the environment of the tests: there is no network.
    (packages,) = home.glob("lib/python*/site-packages")
    (packages / "required.pth").write_text(str(Path(np.__file__).parents[1]))
    data = tmp_path / "data"
    data.mkdir()
    np.save(data / "p.npy", [1.0, 2.0])
    np.save(data / "t.npy", [0.0, 0.0])
    cleared = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LOSSCLI_KERNEL")}
    program = (str(home / "bin" / "losscli"), "eval", "p.npy", "t.npy", "-l", "mae")
    found = json.loads(ran(*program, "--format", "json", cwd=data, env=cleared))
    assert found["losses"][0]["value"] == 1.5
    assert found["losscli"] == __version__
    assert (found["environment"]["kernel"] == "numpy") == (not compiled)
    code = "import losscli; print(losscli.__file__)"
    where = ran(str(python), "-c", code, cwd=data, env=cleared)
    assert Path(where.strip()).is_relative_to(home)
