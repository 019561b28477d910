"""What evaluation leaves of its host's memory."""

import os
import platform
import subprocess
import sys

import pytest

COUNT_FAULTS = """
import resource, numpy as np, losscli

pred, target = np.zeros(4_000_000), np.ones(4_000_000)
losscli.evaluate(pred, target, loss="smooth_l1", threads=1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
losscli.evaluate(pred, target, loss="smooth_l1", threads=1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc's heap")
def test_temporaries_are_not_faulted_in_anew_at_every_strip():
    """The inputs have 16,000 pages; temporaries that the system took back cost 12,000."""
    tuned = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")
    plain = {key: value for key, value in os.environ.items() if not key.startswith(tuned)}
    ran = subprocess.run(
        [sys.executable, "-c", COUNT_FAULTS], check=True, capture_output=True, env=plain
    )
    assert int(ran.stdout) < 4_000
