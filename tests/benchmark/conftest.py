"""A short benchmark of functions in a file of the test's folder."""

import shutil
from pathlib import Path

import pytest

from losscli import bench

CHEATS = Path(__file__).with_name("cheats.py")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test runs in a folder that holds a copy of the cheats, which remember nothing."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(CHEATS, "cheats.py")


@pytest.fixture
def rows():
    """Rows of a benchmark that is over quickly: `rows("mse", "torch", …)`."""

    def call(loss, *impl, **flags):
        given = {"size": "20000", "time": 0.5, "memory": False, "resolve": 0.05}
        given |= {"threads": 1, **flags}
        return bench(loss=loss, impl=impl, **given).rows

    return call
