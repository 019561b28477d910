"""The registry of file formats: a file in the folder is a format."""

import builtins
import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from losscli import DataError, UsageError, evaluate
from losscli.cli.app import run
from losscli.sources import formats

RAW = '''"""Bare float64 numbers behind four bytes, for a test."""

import numpy as np

from losscli.sources.formats import Format
from losscli.sources.memory import array_table


def _open(file, header):
    values = np.frombuffer(file.read(file.size - 4, 4), "<f8")
    file.close()
    return array_table(values, file.path)


FORMAT = Format(_open, suffixes=(".raw",), magic=b"RAW1", columns=False)
'''


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """A format that one file adds."""
    folder = tmp_path / "formats"
    folder.mkdir()
    (folder / "raw.py").write_text(RAW)
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(folder)])
    monkeypatch.delitem(sys.modules, "losscli.sources.formats.raw", raising=False)
    yield
    sys.modules.pop("losscli.sources.formats.raw", None)


@pytest.mark.usefixtures("raw")
def test_a_file_in_the_folder_is_a_format():
    """Its suffix and its content are recognised, the content first."""
    for name in ("p.raw", "p.csv"):
        Path(name).write_bytes(b"RAW1" + np.array([1.0, 2.0]).tobytes())
        assert evaluate(name, [0.0, 0.0], loss="mae").value == 1.5
    assert "raw" in formats.names()
    assert ".raw" in formats.suffixes()
    assert ".raw" not in formats.suffixes(columns=True)


def test_a_file_in_an_unknown_format_names_the_known_ones():
    """In the message of the error."""
    Path("p.xyz").write_bytes(bytes(range(64)))
    with pytest.raises(UsageError, match="unknown format") as caught:
        evaluate("p.xyz", [0.0], loss="mae")
    assert all(suffix in caught.value.hint for suffix in (".csv", ".npy", ".tsv"))


def _npy(header: bytes, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


DAMAGED = {
    "no type": b"{'descr': (), 'fortran_order': False, 'shape': (1,)}",
    "an empty list": b"{'descr': [], 'fortran_order': False, 'shape': (1,)}",
    "a list of nothing": b"{'descr': [()], 'fortran_order': False, 'shape': (1,)}",
    "a type of no name": b"{'descr': '', 'fortran_order': False, 'shape': (1,)}",
    "a huge type": b"{'descr': '<f99999999999', 'fortran_order': False, 'shape': (1,)}",
    "an order of 1": b"{'descr': '<f8', 'fortran_order': 1, 'shape': (1,)}",
    "a field too many": b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': 1}",
    "a shape that is a list": b"{'descr': '<f8', 'fortran_order': False, 'shape': [1]}",
    "a shape beyond 64 bits": b"{'descr': '<f8', 'fortran_order': False, 'shape': (%d,)}"
    % 10**4000,
    "a NUL": b"{'descr': '<f8', \x00 'fortran_order': False, 'shape': (1,)}",
    "a set": b"{1, 2}",
    "words": b"no header at all",
}


@pytest.mark.parametrize("header", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_npy_header_is_refused(header):
    """Whatever NumPy's functions raise for it."""
    Path("p.npy").write_bytes(_npy(header, bytes(8)))
    with pytest.raises(DataError, match=r"p\.npy"):
        evaluate("p.npy", [0.0], loss="mae")


@pytest.mark.parametrize("text", [b"-", b"(", b"[1,", b"1L ", b"'", b"{'descr': ", b"\\\n"])
def test_a_long_header_that_does_not_parse_is_refused_at_once(text):
    """NumPy's own reader takes 30 to 70 s over such 10 kB."""
    Path("p.npy").write_bytes(_npy((text * 9999)[:9999]))
    with pytest.raises(DataError, match="damaged NPY header"):
        evaluate("p.npy", [0.0], loss="mae")


def test_a_header_of_python_2_is_read():
    """Its long integers end in L."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2L,), }"
    Path("p.npy").write_bytes(_npy(header, np.array([1.0, 2.0]).tobytes()))
    assert evaluate("p.npy", [0.0, 0.0], loss="mae").value == 1.5


def test_a_name_of_a_column_may_be_of_any_length():
    """The csv module takes 131,072 characters."""
    Path("p.csv").write_text("p,t," + "x" * 140_000 + "\n1,2,3\n")
    assert evaluate("p.csv", pred="p", target="t", loss="mae").value == 1.0


# --- files without read permission

FORBIDDEN = {
    "predictions": ("eval", "locked.npy", "t.npy", "-l", "mse"),
    "targets": ("eval", "t.npy", "locked.npy", "-l", "mse"),
    "a table": ("eval", "locked.csv", "--pred", "p", "--target", "t", "-l", "mse"),
    "weights": ("eval", "t.npy", "t.npy", "-l", "mse", "--weights", "locked.npy"),
    "groups": ("eval", "t.npy", "t.npy", "-l", "mse", "--by", "locked.npy"),
    "a parameter": ("eval", "t.npy", "t.npy", "-l", "bce_with_logits:pos_weight=@locked.npy"),
    "a penalty": ("eval", "t.npy", "t.npy", "-l", "mse + 0.1*l2(@locked.npy)"),
    "a config": ("run", "locked.yaml", "--no-save"),
    "data of a run": ("run", "config.yaml", "--no-save"),
}


@pytest.fixture
def locked(monkeypatch):
    """Files that the system refuses to open; as root, changing their mode would not do."""
    np.save("t.npy", np.ones(3))
    np.save("locked.npy", np.ones(3))
    Path("locked.csv").write_text("p,t\n1,2\n")
    Path("locked.yaml").write_text("evals: {}\n")
    Path("config.yaml").write_text(
        "version: 1\nevals:\n  a: {preds: locked.npy, targets: t.npy, losses: [mse]}\n"
    )
    for module in (os, io, builtins):
        whole = module.open

        def refuse(path, *rest, whole=whole, **more):
            if isinstance(path, str | os.PathLike) and "locked" in os.fspath(path):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return whole(path, *rest, **more)

        monkeypatch.setattr(module, "open", refuse)


@pytest.mark.usefixtures("locked")
@pytest.mark.parametrize("arguments", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_file_without_read_permission_is_exit_3(capsys, arguments):
    """In every role; it names the file and the reason."""
    assert run(list(arguments)) == 3
    said = "".join(capsys.readouterr())  # of a run, errors are in its table
    assert "Traceback" not in said
    assert "locked" in said
    assert "ermission denied" in said
