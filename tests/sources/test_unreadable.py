"""Files that are not read are named as what they are, and never taken for tables of text."""

import pickle
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from losscli import DataError, UsageError, evaluate
from losscli.sources.references import split_reference

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
KINDS = {
    "Git LFS": (b"", LFS),
    "HTML": (b"", "\n<!DOCTYPE html>\n<html><body>404</body></html>\n"),
    "XML": (b"", '<?xml version="1.0"?>\n<rows/>\n'),
    "ARFF": (b"", "%task-id: 1\n% more\n\n@RELATION x\n@ATTRIBUTE p REAL\n@DATA\n1\n"),
    "COCO": (b"", '[{"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.5}]'),
    "pickle": (pickle.dumps([1.0, 2.0]), ""),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(64), ""),
    "MATLAB": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + bytes(64), ""),
    "Feather file of version 1": (b"FEA1" + bytes(64), ""),
    "Avro": (b"Obj\x01" + bytes(64), ""),
    "SQLite": (b"SQLite format 3\0" + bytes(64), ""),
    "PDF": (b"%PDF-1.7\n" + bytes(64), ""),
    "image": (b"\x89PNG\r\n\x1a\n" + bytes(64), ""),
    "Jupyter": (b"", '{"cells": [{"cell_type": "code", "source": []}], "nbformat": 4}'),
    "NetCDF": (b"CDF\x01" + bytes(64), ""),
    "ROOT": (b"root\0\0\xf4\x8d" + bytes(64), ""),
    "FITS": (b"SIMPLE  =                    T", ""),
    "SPSS": (b"$FL2@(#) SPSS DATA FILE" + bytes(64), ""),
    "DuckDB": (bytes(8) + b"DUCK" + bytes(64), ""),
    "DICOM": (bytes(128) + b"DICM" + bytes(64), ""),
    "NIfTI": (b"\x5c\x01\0\0".ljust(344, b"\0") + b"n+1\0" + bytes(8), ""),
    "zip archive": (b"PK\x03\x04" + bytes(64), ""),
    "tar archive": (b"p.csv".ljust(257, b"\0") + b"ustar\x0000" + bytes(500), ""),
}


@pytest.mark.parametrize("suffix", [".csv", ".npy", ".dat"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_read_is_named_whatever_its_suffix(kind, suffix):
    """With a line that mends it."""
    binary, text = KINDS[kind]
    path = f"p{suffix}"
    Path(path).write_bytes(binary or text.encode())
    with pytest.raises(DataError, match=kind) as caught:
        evaluate(path, [0.0, 0.0], loss="mae")
    assert caught.value.hint


@pytest.mark.parametrize(
    "suffix", [".arff", ".mat", ".h5", ".orc", ".pkl", ".xls", ".db", ".yaml", ".ipynb", ".md"]
)
def test_a_suffix_tells_where_the_content_does_not(suffix):
    """Text under such a name is not read as a table."""
    Path(f"p{suffix}").write_text("p,t\n1,2\n")
    with pytest.raises(DataError, match=f"p{suffix} is an? "):
        evaluate(f"p{suffix}", pred="p", target="t", loss="mae")


@pytest.mark.parametrize(
    ("suffix", "kind"), [(".ods", "OpenDocument"), (".xlsb", "workbook"), (".ckpt", "checkpoint")]
)
def test_an_archive_is_what_its_suffix_says(suffix, kind):
    """Many formats are archives inside."""
    Path(f"p{suffix}").write_bytes(b"PK\x03\x04" + bytes(64))
    with pytest.raises(DataError, match=kind):
        evaluate(f"p{suffix}", [0.0], loss="mae")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("_delta_log", "Delta Lake"), (".zarray", "Zarr"), ("zarr.json", "Zarr"), (".hoodie", "Hudi")],
)
@pytest.mark.parametrize("inner", ["", "val"])
def test_a_folder_of_another_form_is_not_read_as_its_files(name, kind, inner):
    """Those of a Delta table are rows of earlier versions too: their mean would be another one."""
    folder = Path("data", inner)
    Path(folder, name).mkdir(parents=True)
    Path(folder, "part-0.csv").write_text("p,t\n1,2\n")
    with pytest.raises(DataError, match=f"is a.*{kind}") as raised:
        evaluate("data", pred="p", target="t", loss="mae")
    assert str(folder) in str(raised.value)


def test_a_word_of_a_binary_format_inside_text_is_text():
    """As long as no byte is NUL."""
    Path("p.csv").write_text("p,t,kin,DUCK\n1,2,3,4\n")  # at byte 8
    assert evaluate("p.csv", pred="p", target="t", loss="mae").value == 1.0


def test_a_real_database_is_named():
    """As the library writes it."""
    database = sqlite3.connect("p.csv")
    database.execute("CREATE TABLE t (p REAL)")
    database.commit()
    database.close()
    with pytest.raises(DataError, match="SQLite"):
        evaluate("p.csv", [0.0], loss="mae")


@pytest.mark.parametrize(
    "header", ["FEA1,BMI", "ORC,BM", "Obj,version", "RIFF,GIF", "@p,%t", "[p],{t}", "<p>,II"]
)
def test_a_table_whose_names_begin_like_such_a_file_is_read(header):
    """The rest of the signature is missing."""
    Path("p.csv").write_text(f"{header}\n1,2\n4,8\n")
    pred, target = header.split(",")
    assert evaluate("p.csv", pred=pred, target=target, loss="mae").value == 2.5


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("p.npz:a", ("p.npz", "a")),
        ("C:\\data\\p.npz", ("C:\\data\\p.npz", "")),
        ("C:\\data\\p.npz:a", ("C:\\data\\p.npz", "a")),
        ("C:p.npz", ("C:p.npz", "")),
        ("s3://bucket/p.npz", ("s3://bucket/p.npz", "")),
        ("s3://bucket/p.npz:a", ("s3://bucket/p.npz", "a")),
        ("x:y:z.npz:a", ("x:y:z.npz", "a")),
        ("p.npz:", ("p.npz:", "")),
        ("p.npz", ("p.npz", "")),
    ],
)
def test_a_reference_is_split_at_its_last_colon(path, expected):
    """But not at that of a drive or of a URL."""
    assert split_reference(path) == expected


def test_an_existing_path_wins_over_a_reference():
    """Colons are allowed in names."""
    np.save("p:a.npy", np.array([1.0, 2.0]))
    Path("p:a.npy").rename("p:a")
    assert split_reference("p:a") == ("p:a", "")
    assert evaluate("p:a", [0.0, 0.0], loss="mae").value == 1.5


def test_a_part_of_a_file_without_parts_is_refused():
    """Instead of the whole file."""
    np.save("p.npy", np.array([1.0, 2.0]))
    with pytest.raises(UsageError, match="has no parts"):
        evaluate("p.npy:a", [0.0, 0.0], loss="mae")
