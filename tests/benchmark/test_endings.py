"""However a benchmark ends, no process of an implementation runs on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.deep
COMMAND = ("bench", "-l", "mse", "--impl", "numpy", "--size", "1000", "--resolve", "none",
           "--time", "100", "--no-memory", "--no-progress", "--threads", "1")  # fmt: skip


def _workers(parent):
    """The processes of implementations that one process started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
            mark = (folder / "environ").read_bytes()
        except OSError:
            continue
        if b"losscli.benchmark.worker" in line and f"ENDINGS={parent}".encode() in mark:
            found.append(int(folder.name))
    return found


def _until(condition):
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, None), (signal.SIGKILL, -9)]
)
def test_a_signal_leaves_no_process(sent, code):
    """Not even one that nobody can catch."""
    mark = str(time.monotonic_ns())
    running = subprocess.Popen(
        [sys.executable, "-m", "losscli", *COMMAND],
        env={**os.environ, "ENDINGS": mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert _until(lambda: _workers(mark))
    time.sleep(0.5)
    running.send_signal(sent)
    ended = running.wait(60)
    assert ended == code if code is not None else ended != 0
    assert _until(lambda: not _workers(mark))
