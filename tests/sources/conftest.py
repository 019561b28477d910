"""A folder of one's own, and the values of a source as its roles see them."""

from pathlib import Path

import numpy as np
import pytest

from losscli.sources.opening import open_source
from losscli.sources.options import ReadOptions
from losscli.sources.table import Workspace


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def read():
    """All rows of each role, block after block, as one array a role."""

    def call(preds, targets=None, *, block_rows=None, header=True, **columns):
        source = open_source(preds, targets, options=ReadOptions(header), **columns)
        workspace, parts = Workspace(), {}
        try:
            for cut in source.blocks(block_rows):
                block = cut.load(workspace)
                for role, values in block.arrays.items():
                    assert len(values) == block.rows
                    copy = np.array(values.tolist()) if role.endswith("ids") else values.copy()
                    parts.setdefault(role, []).append(copy)
            source.verify()
        finally:
            source.close()
        return {role: np.concatenate(values) for role, values in parts.items()}

    return call


@pytest.fixture
def table():
    """Writes a text file and gives its name; bytes are written as they are."""

    def write(content, name="table.csv"):
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


@pytest.fixture
def array():
    """Writes a NumPy file as `np.save` does, and gives its name."""

    def write(values, name="array.npy"):
        np.save(name, values)
        return name

    return write
