"""The build of the machine: with a compiler, without one, with a broken one, and for a wheel."""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from losscli.kernels import machine

ROOT = Path(__file__).parents[2]
PARTS = ("losscli", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE", ".gitignore")
NOTICE = "losscli is installed without compiled kernels"
REASON = "there is no C compiler"


def load(path):
    """The module of a script."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copied(folder, *parts):
    """A folder with a copy of parts of the project, without what was built in it."""
    folder.mkdir()
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    for part in parts:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        else:
            shutil.copy(ROOT / part, folder)
    return folder


@pytest.fixture
def hook(monkeypatch):
    """The module of the build hook, which needs no hatchling."""
    monkeypatch.delenv("LOSSCLI_KERNEL_BUILD", raising=False)
    return load(ROOT / "hatch_build.py")


@pytest.fixture
def compiler(hook):
    """The module of the build hook, on a computer where C can be compiled."""
    if hook.unable():
        pytest.skip(hook.unable())
    return hook


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of what a distribution is made of."""
    pytest.importorskip("hatchling")
    monkeypatch.delenv("LOSSCLI_KERNEL_BUILD", raising=False)
    return copied(tmp_path / "project", *PARTS)


@pytest.fixture
def hidden(tmp_path, monkeypatch):
    """No compiler on the path."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


def hatch(folder, target, into):
    """Make a distribution; return its path, and what hatch said."""
    command = (sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(into))
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (made,) = into.iterdir()
    return made, ran.stdout + ran.stderr


def test_a_required_machine_is_the_one_that_runs():
    """`make` requires it where C can be compiled: the tests must not run on NumPy in silence."""
    if os.environ.get("LOSSCLI_KERNEL_BUILD") != "require":
        pytest.skip("compiled kernels are not required: LOSSCLI_KERNEL_BUILD is not `require`")
    assert machine._machine is not None, "installed without kernels: make clean, then make again"
    assert machine.available() == (os.environ.get("LOSSCLI_KERNEL") != "numpy")


def test_the_machine_compiles_without_a_warning_and_is_small(compiler, tmp_path):
    """Below 200 kB."""
    target = tmp_path / "_machine.abi3.so"
    assert compiler.build(target, "-Werror") == ""
    code = "import _machine; print(*_machine.MACHINES)"
    ran = subprocess.run(
        (sys.executable, "-c", code), cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("baseline")
    assert target.stat().st_size < 200_000


def test_without_a_compiler_there_is_a_reason_and_no_file(hook, hidden, tmp_path):
    """The message names it."""
    assert hook.build(tmp_path / "a.so") == REASON
    assert not (tmp_path / "a.so").exists()


@pytest.mark.parametrize("command", ["false", "no-such-compiler"])
def test_a_compiler_that_does_not_work_is_named(hook, monkeypatch, tmp_path, command):
    """One that is not installed, and one that fails."""
    monkeypatch.setenv("CC", command)
    assert command in hook.build(tmp_path / "a.so")
    assert not (tmp_path / "a.so").exists()


def test_headers_that_are_missing_are_a_reason(compiler, monkeypatch, tmp_path):
    """A Python without its headers cannot be compiled for."""
    monkeypatch.setattr(compiler, "INCLUDE", f"-I{tmp_path}")
    assert "Python.h" in compiler.build(tmp_path / "a.so")


def test_the_mode_requires_kernels_only_where_c_can_be_compiled(compiler, monkeypatch, capsys):
    """Elsewhere one line says why not; a compiler that was chosen is always required."""
    monkeypatch.delenv("CC", raising=False)
    assert compiler.main(["--mode"]) is None
    assert capsys.readouterr() == ("require\n", "")
    monkeypatch.setattr(compiler, "INCLUDE", "-I/nowhere")
    assert compiler.main(["--mode"]) is None
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(NOTICE)
    monkeypatch.setenv("CC", "false")
    assert compiler.main(["--mode"]) is None
    assert capsys.readouterr().out == "require\n"


def test_a_wheel_from_the_source_distribution_is_compiled(compiler, project, tmp_path):
    """It is tagged for the stable ABI, holds the machine and not its source, and runs."""
    archive, _ = hatch(project, "sdist", tmp_path / "sdist")
    shutil.unpack_archive(archive, tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    assert not list(source.rglob("*.so"))
    wheel, _ = hatch(source, "wheel", tmp_path / "wheel")
    assert "-cp311-abi3-" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    assert compiler.MACHINE.as_posix() in names
    assert not [name for name in names if name.endswith((".c", ".h"))]
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    assert machine_of(tmp_path / "installed") not in ("None", "")


def machine_of(folder):
    """The name of the machine of an installation, as text."""
    code = "from losscli.kernels import machine; print(machine.__file__, machine.name())"
    environment = {key: x for key, x in os.environ.items() if key != "LOSSCLI_KERNEL"}
    ran = subprocess.run(
        (sys.executable, "-c", code), env=environment | {"PYTHONPATH": str(folder)},
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    path, name = ran.stdout.split()
    assert Path(path).is_relative_to(folder)
    return name


def test_a_wheel_without_a_compiler_is_pure_python(hook, project, hidden, tmp_path):
    """With one line of notice; it runs on NumPy."""
    wheel, said = hatch(project, "wheel", tmp_path / "wheel")
    assert wheel.name.endswith("-py3-none-any.whl")
    assert [line for line in said.splitlines() if NOTICE in line] == [f"{NOTICE}: {REASON}"]
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    assert machine_of(tmp_path / "installed") == "None"


def test_a_required_machine_that_cannot_be_compiled_fails(
    hook, project, hidden, tmp_path, monkeypatch
):
    """LOSSCLI_KERNEL_BUILD=require has no fallback."""
    monkeypatch.setenv("LOSSCLI_KERNEL_BUILD", "require")
    with pytest.raises(AssertionError, match=f"cannot be compiled: {REASON}"):
        hatch(project, "wheel", tmp_path / "wheel")


def test_an_editable_installation_is_compiled_in_place(compiler, project, tmp_path, monkeypatch):
    """And without kernels where they are not wanted: an old machine does not stay."""
    pytest.importorskip("editables")
    code = "from hatchling.build import build_editable; print(build_editable({!r}))"
    made = project / compiler.MACHINE
    for wanted, compiled in (("require", True), ("skip", False)):
        monkeypatch.setenv("LOSSCLI_KERNEL_BUILD", wanted)
        command = (sys.executable, "-c", code.format(str(tmp_path)))
        ran = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert made.exists() == compiled
