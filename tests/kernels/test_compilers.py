"""The tests of this folder on machines of other compilers, and with sanitizers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernels.test_build import copied, load

pytestmark = pytest.mark.deep


def run_tests(folder, **environment):
    """Run the tests of the machine in a copy of the project."""
    ran = subprocess.run(
        (sys.executable, "-m", "pytest", "-sq", "-n0", "-pno:cacheprovider", "-m", "not deep",
         "tests/kernels", "--ignore=tests/kernels/test_build.py"),
        cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | environment | {"PYTHONPATH": str(folder), "LOSSCLI_TESTS": ""},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]


@pytest.fixture
def project(tmp_path):
    """A copy of the project, with its tests."""
    return copied(tmp_path / "project", "losscli", "tests", "pyproject.toml", "hatch_build.py")


def test_sanitizers_find_nothing(project):
    """On a machine built with the address and undefined sanitizers."""
    library = subprocess.run(
        ("gcc", "-print-file-name=libasan.so"), capture_output=True, text=True, check=False
    ).stdout.strip()
    if not Path(library).is_absolute():
        pytest.skip("gcc has no address sanitizer here")
    hook = load(project / "hatch_build.py")
    flags = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover")
    assert hook.build(project / hook.MACHINE, *flags) == ""
    run_tests(project, LD_PRELOAD=library, ASAN_OPTIONS="detect_leaks=0")


def test_clang_gives_the_same_bits(project, monkeypatch):
    """Without a warning; the tests compare with recorded bits."""
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed")
    monkeypatch.setenv("CC", "clang")
    hook = load(project / "hatch_build.py")
    assert hook.build(project / hook.MACHINE, "-Werror") == ""
    run_tests(project)
