"""Shared by all tests: settings of hypothesis, and what a busy machine must not change."""

import math
import os
import signal
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from losscli.benchmark.callers import LocalPlace
from losscli.kernels import machine
from losscli.results.documents.bench import Limit

# Neither a deadline nor the check for slow strategies: both fail on a busy machine.
_ANY_SPEED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=60, derandomize=True, **_ANY_SPEED)
settings.register_profile("deep", max_examples=1500, **_ANY_SPEED)
settings.load_profile("deep" if os.environ.get("LOSSCLI_TESTS") == "deep" else "quick")

# A shell's job in the background ignores Ctrl-C, and hands that on to the programs that are tested.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header():
    """The line that says which code the tests run on."""
    return f"kernels: {machine.name() or 'none, NumPy alone'}"


def pytest_runtest_setup(item):
    """Skip what `make quick` has no time for."""
    if time.time() > float(os.environ.get("LOSSCLI_TESTS_UNTIL", "inf")):
        pytest.skip("no time left: `make test` runs it")


@pytest.fixture(autouse=True)
def _known_limit(request, monkeypatch):
    """Memory of a known speed, which takes no time to measure; but for tests of the real one."""
    if "real_limit" not in request.keywords:

        def known(size, _threads, level=""):
            return Limit("cpu", level or "known", size, 1e3, 1e3)

        monkeypatch.setattr("losscli.benchmark.devices.host_limit", known)


@pytest.fixture(autouse=True)
def _no_processes(request, monkeypatch):
    """Benchmarks call implementations in this process, which starts none; but for `isolated` tests.

    Whole commands in processes of their own are as users have them.
    """
    if "isolated" not in request.keywords:
        monkeypatch.setattr(
            "losscli.benchmark.jobs.WorkerPlace", lambda one, *_, **__: LocalPlace(one)
        )


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch):
    """Benchmarks are not cut, however long their checks and imports take on a busy machine."""
    monkeypatch.setattr("losscli.benchmark.measure._GRACE_S", 1e6)
    monkeypatch.setattr("losscli.benchmark.measure._MEMORY_SHARE", 1000.0)
    monkeypatch.setattr("losscli.benchmark.rows.NOISY", math.inf)  # nor refuse to compare


@pytest.fixture
def rng():
    """Random numbers that do not depend on which tests ran before."""
    return np.random.default_rng(7)
