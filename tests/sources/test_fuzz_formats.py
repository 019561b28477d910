"""Files with damaged bytes: read as the library of the format reads them, or refused with a reason.

No other exception, no number that the reference does not have; what the reference refuses may be
read only where its own reader is stricter about parts that are not numbers.
"""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from losscli.errors import DataError, UsageError
from losscli.sources.opening import open_source
from losscli.sources.table import Workspace

SHORT = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LONG = settings(SHORT, max_examples=5_000)
COLUMNS = {"pred": ["p"], "target": ["t"]}
NUMBERS = st.floats(allow_nan=False, width=64)
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20).map(
    lambda rows: np.array(rows, float).reshape(-1, 2)
)


@st.composite
def damaged(draw, files):
    """A file with some bytes changed, removed, put in, or the rest cut."""
    content = bytearray(draw(files))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        kind = draw(st.sampled_from(["flip", "change", "change", "remove", "insert", "cut"]))
        if kind == "flip" and content:
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "change" and content:
            content[at] = draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF, draw(st.integers(0, 255))]))
        elif kind == "remove":
            del content[at : at + draw(st.integers(1, 9))]
        elif kind == "insert":
            content[at:at] = draw(st.binary(max_size=9))
        else:
            del content[at:]
    return bytes(content)


def loaded(path):
    """The predictions and the targets in a file, or None where it is refused."""
    try:
        with open_source(path, **COLUMNS) as source:
            blocks = [cut.load(Workspace()).arrays for cut in source.blocks()]
            source.verify()
    except (DataError, UsageError):
        return None
    assert blocks, "rows were promised, and none came"
    return [np.concatenate([block[role] for block in blocks]) for role in ("preds", "targets")]


def check(name, content, reference):
    """What is read is what the reference reads: both columns, or an error of ours."""
    Path(name).write_bytes(content)
    found = loaded(name)
    if found is None:
        return
    for values, truth in zip(found, reference(content), strict=True):
        assert np.array_equal(values, truth, equal_nan=True)


# --- NPZ


def npz_bytes(rows, *, deflated):
    """The bytes of an archive of two arrays."""
    file = io.BytesIO()
    (np.savez_compressed if deflated else np.savez)(file, p=rows[:, 0], t=rows[:, 1])
    return file.getvalue()


def npz_values(content):
    """The arrays as zipfile and NumPy read them; bytes may precede an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        members = [io.BytesIO(found.read(f"{name}.npy")) for name in "pt"]
    return [np.lib.format.read_array(member, allow_pickle=False) for member in members]


NPZ = damaged(st.builds(npz_bytes, ROWS, deflated=st.booleans()))


# --- safetensors


def safetensors_bytes(rows):
    """The bytes of a file of two tensors."""
    size = rows[:, 0].nbytes
    header = {
        name: {"dtype": "F64", "shape": [len(rows)], "data_offsets": [k * size, (k + 1) * size]}
        for k, name in enumerate("pt")
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + rows.T.tobytes()


def safetensors_values(content):
    """The tensors as the library of the format reads them."""
    found = pytest.importorskip("safetensors.numpy").load(content)
    return found["p"], found["t"]


SAFETENSORS = damaged(st.builds(safetensors_bytes, ROWS))


# --- Parquet and Arrow


def table_of(rows):
    """A table of both columns."""
    return pa.table({"p": rows[:, 0], "t": rows[:, 1]})


def parquet_bytes(rows, compression, groups):
    """The bytes of a Parquet file, with checksums of its pages."""
    file = io.BytesIO()
    pq.write_table(
        table_of(rows),
        file,
        compression=compression,
        row_group_size=groups,
        write_page_checksum=True,
    )
    return file.getvalue()


def parquet_values(content):
    """The columns as pyarrow reads them, checksums compared."""
    found = pq.read_table(io.BytesIO(content), page_checksum_verification=True)
    return [np.array(found.column(name).to_pylist(), float) for name in "pt"]


PARQUET = damaged(
    st.builds(parquet_bytes, ROWS, st.sampled_from(["none", "snappy", "zstd"]), st.integers(1, 20))
)


def arrow_bytes(rows, *, stream):
    """The bytes of an Arrow file or stream."""
    file = io.BytesIO()
    table = table_of(rows)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)
    return file.getvalue()


def arrow_values(content):
    """The columns as pyarrow reads them."""
    opened = pa.ipc.open_file if content.endswith(b"ARROW1") else pa.ipc.open_stream
    found = opened(io.BytesIO(content)).read_all()
    return [np.array(found.column(name).to_pylist(), float) for name in "pt"]


ARROW = damaged(st.builds(arrow_bytes, ROWS, stream=st.booleans()))


# --- JSON Lines

VALUE = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(2**53), 2**53).map(str),
    st.sampled_from(["null", "true", '"1"', "[1]", "{}", "1e400", "-0", "01", "+1", ".5", "0x1"]),
)
RECORD = st.builds(
    lambda p, t, x: f'{{"p": {p}, "t": {t}, "x": {x}}}',
    st.one_of(NUMBERS.filter(np.isfinite).map(repr), VALUE), VALUE, VALUE,
)  # fmt: skip
JSONL = damaged(st.lists(RECORD, min_size=1, max_size=8).map(lambda rows: "\n".join(rows).encode()))


def jsonl_values(content):
    """The columns as the json module reads each item; missing values are NaN.

    Bytes that are not text may stand in what is not read.
    """
    decoder = json.JSONDecoder()
    text, at, rows = content.decode("utf-8-sig", "surrogateescape"), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        row, at = decoder.raw_decode(text, at)
        rows.append(row)
    return [_column([row.get(name) for row in rows]) for name in "pt"]


def _column(values):
    """Numbers, or the rows of a matrix; a row that is missing is one of NaN."""
    width = next((len(value) for value in values if isinstance(value, list)), None)
    missing = None if width is None else [None] * width
    return np.array([_number(missing if value is None else value) for value in values], float)


def _number(value):
    if isinstance(value, list):  # a row of a matrix
        return list(map(_number, value))
    assert value is None or isinstance(value, int | float | str)
    return np.nan if value is None else float(value)


FORMATS = {
    "npz": ("a.npz", NPZ, npz_values),
    "safetensors": ("a.safetensors", SAFETENSORS, safetensors_values),
    "parquet": ("a.parquet", PARQUET, parquet_values),
    "arrow": ("a.arrow", ARROW, arrow_values),
    "jsonl": ("a.jsonl", JSONL, jsonl_values),
}


@pytest.mark.parametrize("form", FORMATS)
@SHORT
@given(data=st.data())
def test_a_damaged_file_is_read_as_its_library_reads_it_or_refused(form, data):
    """Never another exception, never another number."""
    name, files, reference = FORMATS[form]
    check(name, data.draw(files), reference)


@pytest.mark.deep
@pytest.mark.parametrize("form", FORMATS)
@LONG
@given(data=st.data())
def test_many_damaged_files_are_read_as_their_libraries_read_them_or_refused(form, data):
    """The same at length."""
    name, files, reference = FORMATS[form]
    check(name, data.draw(files), reference)
