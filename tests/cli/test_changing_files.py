"""A file that is written while it is read is exit 3; one that is replaced is read to its end."""

import os
from pathlib import Path

import numpy as np
import pytest

from losscli.accumulators import moments
from losscli.sources.array_table import ArrayTable
from losscli.sources.formats.csv import CsvTable


def rewrite(path):
    """The same number of bytes, other values."""
    size = Path(path).stat().st_size
    with Path(path).open("r+b") as file:
        file.seek(size - 4)
        file.write(b"7\n7\n")


def shorten(path):
    os.truncate(path, Path(path).stat().st_size // 2)


def lengthen(path):
    with Path(path).open("ab") as file:
        file.write(b"7\n")


@pytest.fixture
def damaged(monkeypatch, refused, array, table):
    """The message where `damage` is done to the predictions once the third block is drawn."""

    def call(kind, damage):
        if kind is ArrayTable:
            path = array(np.zeros(1000), "p.npy")
        else:
            path = table("p\n" + "0\n" * 1000, "p.csv")
        os.utime(path, (1e9, 1e9))  # long ago, so that any write shows
        whole = kind.cuts

        def cuts(self, rows, first=None):
            for number, cut in enumerate(whole(self, rows, first)):
                if number == 2 and self.path == path:
                    damage(path)
                yield cut

        monkeypatch.setattr(kind, "cuts", cuts)
        monkeypatch.setattr(moments, "UNIT", 1)
        for one in (ArrayTable, CsvTable):
            monkeypatch.setattr(one, "block_rows", lambda self, width: 100)
        return refused(path, array(np.zeros(1000), "t.npy"))

    return call


@pytest.mark.parametrize("damage", [shorten, rewrite, lengthen])
@pytest.mark.parametrize("kind", [ArrayTable, CsvTable], ids=["npy", "csv"])
def test_a_file_that_changes_while_it_is_read_is_refused(damaged, kind, damage):
    """Half of one file and half of another have a mean that belongs to neither."""
    lines = damaged(kind, damage)
    assert "shrank" in lines[0] if damage is shorten else "changed" in lines[0]
    assert "while it was read" in lines[0]
    assert "run again" in lines[-1]


def test_a_file_that_is_replaced_while_it_is_read_is_read_to_its_end(
    monkeypatch, losscli, array, pair
):
    """A new file under the old name leaves the one that is open whole."""
    path, other = array(np.ones(1000), "p.npy"), array(np.full(1000, 9.0), "other.npy")
    whole = ArrayTable.cuts

    def cuts(self, rows, first=None):
        for number, cut in enumerate(whole(self, rows, first)):
            if number == 2 and self.path == path:
                Path(other).replace(path)
            yield cut

    monkeypatch.setattr(ArrayTable, "cuts", cuts)
    monkeypatch.setattr(moments, "UNIT", 1)
    monkeypatch.setattr(ArrayTable, "block_rows", lambda self, width: 100)
    said = losscli("eval", path, array(np.zeros(1000), "t.npy"), "-l", "mae", "--format", "csv")
    assert said.code == 0
    assert said.out.splitlines()[1].split(",")[3] == "1.0"
