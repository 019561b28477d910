"""The build of the machine: with a compiler, without one, and with a broken one."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "hatch_build.py"


def load(path):
    """The module of a script."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hook():
    """The module of the build hook, which needs no hatchling."""
    return load(SCRIPT)


def test_the_machine_compiles_without_a_warning_and_is_small(hook, tmp_path):
    """Below 200 kB."""
    if not any(hook.compiler()):
        pytest.skip("there is no C compiler")
    target = tmp_path / "_machine.abi3.so"
    assert hook.build(target, "-Werror") == ""
    code = "import _machine; print(*_machine.MACHINES)"
    ran = subprocess.run(
        (sys.executable, "-c", code), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("baseline")
    assert target.stat().st_size < 200_000


def test_without_a_compiler_there_is_a_reason_and_no_file(hook, tmp_path, monkeypatch):
    """No compiler on the path, or one that fails."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hook.build(tmp_path / "a.so") == "there is no C compiler"
    monkeypatch.undo()
    monkeypatch.setenv("CC", "false")
    assert hook.build(tmp_path / "a.so").startswith("false failed")
    assert not (tmp_path / "a.so").exists()
