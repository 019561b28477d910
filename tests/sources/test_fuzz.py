"""Files of random bytes: read as NumPy and the csv module read them, or refused with a reason."""

import csv
import io
import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losscli.errors import DataError
from losscli.sources.opening import open_source
from losscli.sources.table import Workspace

LONG = settings(max_examples=5_000)


def loaded(path, **columns):
    """The arrays of a file by role, or None where it is refused."""
    try:
        source = open_source(path, **columns)
    except DataError:
        return None
    try:
        blocks = [cut.load(Workspace()).arrays for cut in source.blocks()]
    except DataError:
        return None
    finally:
        source.close()
    return {role: np.concatenate([block[role] for block in blocks]) for role in blocks[0]}


# --- NPY


def npy_bytes(dtype, shape, version, fortran):
    """The bytes of a NumPy file as NumPy writes it."""
    values = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        order = np.asfortranarray(values) if fortran else values
        np.lib.format.write_array(file, order, version=version)
    return file.getvalue()


NPY = st.builds(
    npy_bytes,
    st.sampled_from(["<f8", ">f4", "<f2", "<i8", ">u2", "|b1", "<c16", "<U3", "<M8[s]"]),
    st.lists(st.integers(0, 4), max_size=3).map(tuple),
    st.sampled_from([(1, 0), (2, 0), (3, 0)]),
    st.booleans(),
)
HEADER = st.lists(
    st.sampled_from(
        ["'descr'", "'fortran_order'", "'shape'", "'<f8'", "'|O'", ":", ",", "{", "}", "(", ")",
         "[", "]", "False", "True", "1", "2L", "-", "'", "\\", "\n", "\0", "10**9", "0x1", "_"]
    ), max_size=40,
).map("".join)  # fmt: skip


@st.composite
def damaged_npy(draw):
    """A NumPy file with some bytes changed, removed or put in, or with another header."""
    content = bytearray(draw(NPY))
    if draw(st.integers(0, 4)) == 0:
        header = draw(HEADER).encode("latin-1")
        return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(16)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(content) - 1)) if content else 0
        kind = draw(st.sampled_from(["change", "remove", "insert", "cut"]))
        if kind == "change" and content:
            content[at] = draw(st.integers(0, 255))
        elif kind == "remove":
            del content[at : at + draw(st.integers(1, 9))]
        elif kind == "insert":
            content[at:at] = draw(st.binary(max_size=9))
        else:
            del content[at:]
    return bytes(content)


def check_npy(content):
    """What is read are the numbers of np.load."""
    Path("fuzz.npy").write_bytes(content)
    found = loaded("fuzz.npy", targeted=False)
    if found is not None:  # only then: NumPy takes minutes over some headers
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            truth = np.load("fuzz.npy", allow_pickle=False)
        assert found["preds"].dtype == truth.dtype.newbyteorder("=")
        assert np.array_equal(found["preds"], truth, equal_nan=truth.dtype.kind == "f")


@given(damaged_npy())
def test_a_damaged_npy_file_is_read_as_numpy_reads_it_or_refused(content):
    """Never another exception, never another number."""
    check_npy(content)


@pytest.mark.deep
@LONG
@given(damaged_npy())
def test_many_damaged_npy_files_are_read_as_numpy_reads_them_or_refused(content):
    """The same at length."""
    check_npy(content)


# --- CSV

CELL = st.one_of(
    st.floats().map(repr),
    st.integers().map(str),
    st.text(st.sampled_from("0123456789.eE+- "), max_size=8),
    st.text(st.sampled_from("ab\"',;\t|é\r\x00\x1f\u2028_1."), max_size=6),
    st.sampled_from(
        ["", "nan", "NaN", "inf", "-Infinity", "NA", "null", "1_0", "0x1p3", "٣", '"1"']
    ),
)
LINE = st.lists(CELL, min_size=1, max_size=4).map(",".join)
ENDING = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n"])
BODY = st.lists(st.tuples(LINE, ENDING), max_size=6).map(
    lambda lines: "".join(line + ending for line, ending in lines)
)
GOOD = st.lists(st.tuples(st.floats(), st.floats(), CELL), min_size=1, max_size=6).map(
    lambda rows: "".join(f"{p!r},{t!r},{note}\n" for p, t, note in rows)
)


def check_csv(body):
    """What is read are the numbers of csv.reader and float()."""
    text = "p,t,note\n" + body
    Path("fuzz.csv").write_bytes(text.encode())
    found = loaded("fuzz.csv", pred=["p"], target=["t"])
    if found is None:
        return
    if "\r\r\n" in text:  # two lines for the csv module, one for us
        return
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    while rows and not rows[-1]:
        rows.pop()
    for role, column in (("preds", 0), ("targets", 1)):
        cells = [row[column].strip(" \t") for row in rows]
        truth = np.array([float("nan" if cell in ("", "NA", "null") else cell) for cell in cells])
        assert np.array_equal(found[role], truth, equal_nan=True)


@given(BODY | GOOD)
def test_a_damaged_table_is_read_as_the_csv_module_reads_it_or_refused(body):
    """Never another exception, never another number or row."""
    check_csv(body)


@pytest.mark.deep
@LONG
@given(BODY | GOOD)
def test_many_damaged_tables_are_read_as_the_csv_module_reads_them_or_refused(body):
    """The same at length."""
    check_csv(body)
