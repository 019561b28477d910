"""A short benchmark of functions in a file of the test's folder."""

import shutil
from pathlib import Path

import pytest

from losscli import bench
from losscli.benchmark import clock

CHEATS = Path(__file__).with_name("cheats.py")
_TICK_NS = 100_000
_JITTER_NS = 1_000

collect_ignore = ["brake.py"]  # its import replaces a function of torch, for all tests here


class Ticks:
    """A clock on which a reading takes a tenth of a millisecond, give or take, and work nothing.

    What a benchmark makes of times must not hang on those of a machine that others share: there a
    change of speed among a dozen rounds leaves a ratio without an interval, as it should.
    """

    def __init__(self):
        self._now, self._readings = 0, 0

    def read(self):
        """Nanoseconds."""
        self._readings += 1
        self._now += _TICK_NS + self._readings * 7919 % _JITTER_NS
        return self._now

    def rest(self, seconds):
        """In the place of `time.sleep`."""
        self._now += round(seconds * 1e9)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test runs in a folder that holds a copy of the cheats, which remember nothing."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(CHEATS, "cheats.py")


@pytest.fixture
def ticks(monkeypatch):
    """A benchmark's time is that of `Ticks`."""
    ticks = Ticks()
    monkeypatch.setattr(clock, "_NOW", ticks.read)
    return ticks


@pytest.fixture
def rows(ticks):
    """Rows of a benchmark that is over quickly: `rows("mse", "torch", …)`."""

    def call(loss, *impl, **flags):
        given = {"size": "20000", "time": 0.5, "memory": False, "resolve": 0.05}
        given |= {"threads": 1, **flags}
        return bench(loss=loss, impl=impl, **given).rows

    return call
