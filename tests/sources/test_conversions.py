"""The lines that convert files: each is run as it is printed, and its result is read."""

import pickle
import shlex
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from losscli import DataError, evaluate

P, T = np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0])  # whose mean absolute error is 1
FRAME = pd.DataFrame({"p": P, "t": T})
PAIRS = [*zip(P.tolist(), T.tolist(), strict=True)]


def hdf5(path, root="", userblock=0, row=P.shape):
    """An HDF5 file, as h5py writes it."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w", userblock_size=userblock) as file:
        file[f"{root}p"], file[f"{root}t"] = P.reshape(row), T.reshape(row)
        file["title"] = "not a number"


def matlab_7(path):
    """As MATLAB writes it: HDF5 behind a block of its own, arrays transposed."""
    hdf5(path, userblock=512, row=(1, 3))
    content = Path(path).read_bytes()
    head = b"MATLAB 7.3 MAT-file, Platform: GLNXA64"
    Path(path).write_bytes(head + content[len(head) :])


def matlab_5(path):
    """As SciPy writes it, with a text beside the arrays."""
    pytest.importorskip("scipy.io").savemat(path, {"p": P, "t": T.reshape(-1, 1), "s": "text"})


def sqlite(path):
    """A database of a table and an index."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE scores (p REAL, t REAL)")
        database.executemany("INSERT INTO scores VALUES (?, ?)", PAIRS)
        database.execute("CREATE INDEX places ON scores (p)")
    database.close()


def duck(path):
    """A DuckDB database."""
    with pytest.importorskip("duckdb").connect(path) as database:
        database.execute("CREATE TABLE scores AS FROM (VALUES (1.0, 1), (2, 3), (4, 2)) v(p, t)")


def saved(values):
    """A function that saves an array."""
    return lambda path: np.save(path, values)


def written(text):
    """A function that writes a text."""
    return lambda path: Path(path).write_text(text)


def pickled(values):
    """A function that pickles an object."""
    return lambda path: Path(path).write_bytes(pickle.dumps(values))


def packed(path):
    """Records of MessagePack."""
    records = [{"p": p, "t": t} for p, t in PAIRS]
    Path(path).write_bytes(pytest.importorskip("msgpack").packb(records))


def image(path):
    """A grey image of a row."""
    pytest.importorskip("PIL.Image").fromarray(P.astype(np.uint8).reshape(-1, 1)).save(path)


BOTH = {"pred": "p", "target": "t"}
RECORDS = '{"p": [[1, false], [2, false]], "y": 1}\n{"p": [[3, true], [0, false]], "y": 0}\n'
# By the file: a function that makes it, the file that the line writes, and how both are evaluated.
CASES = {
    "a.h5": (hdf5, "arrays.npz", BOTH),
    "groups.h5": (lambda path: hdf5(path, "g/"), "arrays.npz", {"pred": "g.p", "target": "g.t"}),
    "a.mat": (matlab_5, "arrays.npz", BOTH),
    "seven.mat": (matlab_7, "arrays.npz", BOTH),
    "a.arff": (
        written("@relation x\n@attribute p real\n@attribute t {1,2,3}\n@data\n1,1\n2,3\n4,2\n"),
        "table.csv",
        BOTH,
    ),
    "frame.pkl": (pickled(FRAME), "table.csv", BOTH),
    "dict.pkl": (pickled({"p": P, "t": T}), "arrays.npz", BOTH),
    "list.pkl": (pickled(P.tolist()), "array.npy", {"targets": T}),
    "a.db": (sqlite, "scores.csv", BOTH),
    "a.duckdb": (duck, "scores.parquet", BOTH),
    "a.dta": (lambda path: FRAME.to_stata(path, write_index=False), "table.parquet", BOTH),
    "a.orc": (FRAME.to_orc, "table.parquet", BOTH),
    "a.avro": (
        lambda path: (
            pytest.importorskip("polars").DataFrame(FRAME.to_dict("list")).write_avro(path)
        ),
        "table.parquet",
        BOTH,
    ),
    "a.msgpack": (packed, "table.csv", BOTH),
    "a.yaml": (written("- {p: 1, t: 1}\n- {p: 2, t: 3}\n- {p: 4, t: 2}\n"), "table.csv", BOTH),
    "a.png": (image, "array.npy", {"targets": T.reshape(-1, 1)}),
    "a.bin": (lambda path: P.astype(np.float32).tofile(path), "array.npy", {"targets": T}),
    "array.npy": (saved(P.astype(str)), "new-array.npy", {"targets": T}),
    "bfloat16.npy": (
        saved((P.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).view("V2")),
        "array.npy",
        {"targets": T},
    ),
    "records.npy": (saved(FRAME.to_records(index=False)), "arrays.npz", BOTH),
    "complex.npy": (saved(P.astype(complex)), "array.npy", {"targets": T}),
    "fortran.npy": (
        saved(np.asfortranarray(np.ones((2, 3, 4)))),
        "array.npy",
        {"targets": np.zeros((2, 3, 4))},
    ),
    "lists.csv": (
        written('p,y\n"[1.0, 2.0]",1\n"[3, 0]",0\n'),
        "table.jsonl",
        {"pred": "p", "target": "y", "loss": "zero_one"},
    ),
    "arrays.csv": (
        written("p,y\n[1. 2.],1\n[3. 0.],0\n"),
        "table.jsonl",
        {"pred": "p", "target": "y", "loss": "zero_one"},
    ),
    "split.json": (
        written('{"columns": ["p", "t"], "data": [[1, 1], [2, 3], [4, 2]]}'),
        "table.jsonl",
        BOTH,
    ),
    "by_column.json": (written(FRAME.to_json()), "table.jsonl", BOTH),
    "likelihoods.jsonl": (
        written(RECORDS),
        "table.jsonl",
        {"pred": "p", "target": "y", "loss": "zero_one"},
    ),
    "table.jsonl": (
        written(
            '{"p": [[[1, false]], [[2, true]]], "y": 1}\n'
            '{"p": [[[3, true]], [[0, false]]], "y": 0}\n'
        ),
        "new-table.jsonl",
        {"pred": "p", "target": "y", "loss": "zero_one"},
    ),
    "likelihoods.json": (
        written(f"[{RECORDS.strip().replace(chr(10), ',')}]"),
        "table.jsonl",
        {"pred": "p", "target": "y", "loss": "zero_one"},
    ),
    "text.jsonl": (
        written('{"p": "[1, 2]", "y": 1}\n{"p": "[3, 0]", "y": 0}\n'),
        "table.jsonl",
        {"pred": "p", "target": "y", "loss": "cross_entropy"},
    ),
    "words.jsonl": (
        written(RECORDS.replace("false", '"False"').replace("true", '"True"')),
        "table.jsonl",
        {"pred": "p", "target": "y", "loss": "zero_one"},
    ),
    "it's $1.bin": (lambda path: P.astype(np.float32).tofile(path), "array.npy", {"targets": T}),
}


@pytest.mark.filterwarnings(
    "ignore:unclosed file", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("name", CASES)
def test_a_file_that_is_not_read_is_by_the_line_of_its_error(name):
    """The line runs as it is printed, and what it writes has the right loss."""
    make, output, arguments = CASES[name]
    make(name)
    wanted = {"zero_one": 0.0, "cross_entropy": 0.18092451954598232}.get(arguments.get("loss"), 1.0)
    arguments = {"loss": "mae"} | arguments
    with pytest.raises(DataError) as caught:
        evaluate(name, **arguments)
    line = caught.value.hint[caught.value.hint.index("python -c ") :]
    _, _, code = shlex.split(line)
    exec(code, {})
    assert evaluate(output, **arguments).value == pytest.approx(wanted)


def objects(*values):
    """An array of Python objects, each of them one element."""
    found = np.empty(len(values), object)
    found[:] = values
    return found


@pytest.mark.parametrize(
    "array", [P.astype(object), objects(P[:1], P[1:]), objects([P[0]], P[1], P[2])]
)
def test_objects_are_saved_as_numbers_where_they_are_made(array):
    """No line loads the file: that could run code. Arrays of different lengths are joined."""
    np.save("a.npy", array)
    with pytest.raises(DataError) as caught:
        evaluate("a.npy", T, loss="mae")
    exec(caught.value.hint.partition(": ")[2], {"numpy": np, "array": array})
    assert evaluate("a.npy", T, loss="mae").value == 1.0
