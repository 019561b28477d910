"""The man pages and shell completions that `make man` writes."""

import re
import shutil
import subprocess
import sys

import pytest

from losscli.cli.app import names
from losscli.errors import LossCliError
from tests.packaging.test_files import ROOT


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of the files that the script writes."""
    folder = tmp_path_factory.mktemp("made")
    script = str(ROOT / "docs" / "make_man.py")
    subprocess.run((sys.executable, script, str(folder)), cwd=ROOT, check=True, timeout=120)
    return folder


def test_every_command_has_a_page_with_its_flags(made):
    """The first page lists them, with the exit codes."""
    first = (made / "man1" / "losscli.1").read_text()
    for name in names():
        pages = [*made.glob(f"man1/losscli-{name}.1"), *made.glob(f"man1/losscli-{name}-*.1")]
        assert pages
        for page in pages:
            assert f".BR {page.stem}".replace("-", r"\-") in first
            text = page.read_text()
            assert ".SH SYNOPSIS" in text
            assert r"\-\-format" in text
    for kind in LossCliError.__subclasses__():
        assert f".TP\n.B {kind.exit_code}\n" in first


def test_troff_has_nothing_to_complain_about(made):
    """Every page is laid out, its text word by word."""
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    for page in sorted(made.glob("man1/*.1")):
        command = (groff, "-man", "-Tutf8", "-Kutf8", "-ww", str(page))
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        assert page.stem in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_those_of_the_program(made, shell):
    """What the program prints for a shell that asks; bash itself reads its script."""
    (path,) = made.glob(
        {"bash": "completions/*.bash", "fish": "completions/*.fish"}.get(shell, "completions/_*")
    )
    text = path.read_text()
    assert "_LOSSCLI_COMPLETE=" in text
    if shell == "bash":
        assert re.search(r"^complete .* losscli$", text, re.MULTILINE)
        subprocess.run(("bash", "-n", str(path)), check=True)
