"""The guided searches of tests/sources/guided.py, some seconds each; `make fuzz` takes minutes."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.sources.guided import READERS

SECONDS = os.environ.get("LOSSCLI_FUZZ_S", "10")
pytestmark = [
    pytest.mark.deep,
    pytest.mark.skipif(not importlib.util.find_spec("atheris"), reason="atheris is not installed"),
]


@pytest.mark.parametrize("reader", READERS)
def test_a_guided_search_finds_no_failure(reader):
    call = [sys.executable, "-m", "tests.sources.guided", reader, "--seconds", SECONDS]
    # From a shell: a process begins with the peak of memory of the one that starts it, which is
    # that of all tests before, and libFuzzer takes it for that of the search.
    shell = ["sh", "-c", '"$@"; exit $?', "sh"]
    done = subprocess.run(
        [*shell, *call], capture_output=True, text=True, timeout=float(SECONDS) + 300
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "no failure in" in done.stdout
