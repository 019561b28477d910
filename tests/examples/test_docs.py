"""The lines of docs/losses.md do what they say."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/losses.md").read_text()
LINES = [line for block in PAGE.split("```sh\n")[1:] for line in block.split("```")[0].splitlines()]


@pytest.fixture
def folder(tmp_path):
    """A folder that looks like the repository's root, with the array that the page makes."""
    for name in ("examples", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    make = next(line for line in LINES if line.startswith("python "))
    subprocess.run([sys.executable, *shlex.split(make)[1:]], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("losscli ")])
def test_a_line_of_the_page_runs(line, folder):
    """With exit code 0, from the repository's root."""
    command = [sys.executable, "-m", *shlex.split(line)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_there_are_lines():
    """The page was found and cut."""
    assert len(LINES) > 10
