"""Parquet, Arrow and compressed files that are cut or damaged, and files of other formats."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import socket
import struct

import pyarrow as pa
import pyarrow.parquet as pq

from tests.sources.malformed.case import COLUMNS, Malformed, P, T, npy

_CUT = "data ends too early|is not compressed with"


def parquet(**options):
    """The bytes of a Parquet file."""
    file = io.BytesIO()
    pq.write_table(pa.table({"p": P, "t": T}), file, **options)
    return file.getvalue()


def arrow(stream=False, batches=1):
    """The bytes of an Arrow file, or of a stream."""
    file = io.BytesIO()
    found = pa.table({"p": P, "t": T})
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(file, found.schema) as writer:
        for _ in range(batches):
            writer.write_table(found)
    return file.getvalue()


def arrow_cases():
    """Cuts in every part; a page whose checksum is another."""
    good = parquet(write_page_checksum=True, compression="none", use_dictionary=False)
    for kept in (
        0,
        3,
        4,
        8,
        50,
        len(good) // 2,
        len(good) - 9,
        len(good) - 8,
        len(good) - 4,
        len(good) - 1,
    ):
        yield Malformed(
            f"parquet-cut-at-{kept}", "a.parquet", good[:kept], r"a\.parquet", arguments=COLUMNS
        )
    for key, at, value in (
        ("footer-length", -5, 0x7F),
        ("footer-magic", -1, 0),
        ("footer", -100, 0xFF),
    ):
        damaged = bytearray(good)
        damaged[at] = value
        yield Malformed(
            f"parquet-{key}", "a.parquet", bytes(damaged), r"a\.parquet", arguments=COLUMNS
        )
    flipped = bytearray(good)
    flipped[good.find(P.tobytes()) + 6] ^= 1
    yield Malformed(
        "parquet-flipped-bit", "a.parquet", bytes(flipped), r"a\.parquet", arguments=COLUMNS
    )
    at = good.rfind(b"\x16\x06\x19") + 1  # of the number of rows, 3, in the metadata
    for key, value in (("negative", 9), ("fewer", 2), ("more", 20), ("none", 0)):
        lying = good[:at] + bytes([value]) + good[at + 1 :]
        name = f"parquet-{key}-rows"
        yield Malformed(name, "a.parquet", lying, "its row groups have 3", arguments=COLUMNS)
    yield Malformed("parquet-words", "a.parquet", b"p,t\n1,2\n", r"a\.parquet", arguments=COLUMNS)
    other = io.BytesIO()
    pq.write_table(pa.table({"p": ["a", "b"], "t": [1, 2]}), other)
    yield Malformed(
        "parquet-of-words", "a.parquet", other.getvalue(), "'a' is not a number", arguments=COLUMNS
    )
    yield Malformed(
        "parquet-no-column",
        "a.parquet",
        parquet(),
        "no column 'q'",
        arguments={"pred": "q", "target": "t"},
    )
    for key, content in (("arrow", arrow()), ("stream", arrow(stream=True, batches=3))):
        size = len(content)
        words = "too small|Not an Arrow file" if key == "arrow" else "it lacks its end marker"
        words = f"is empty|{words}"
        for kept in (0, 4, 6, 8, 16, size // 3, size // 2, size - 10, size - 8, size - 1):
            yield Malformed(
                f"{key}-cut-at-{kept}", "a.arrow", content[:kept], words, arguments=COLUMNS
            )
        for at in (9, 30, 60) if key == "stream" else (size - 8,):
            damaged = bytearray(content)
            damaged[at] ^= 0xFF
            yield Malformed(
                f"{key}-damaged-at-{at}", "a.arrow", bytes(damaged), r"a\.arrow", arguments=COLUMNS
            )


def compressed_cases():
    """Streams that end early or expand too far."""
    data = npy(P)
    for suffix, pack in ((".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)):
        whole = pack(data)
        for kept in (4, len(whole) // 2, len(whole) - 1):
            yield Malformed(f"{suffix[1:]}-cut-at-{kept}", f"p.npy{suffix}", whole[:kept], _CUT)
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 0x55
        yield Malformed(f"{suffix[1:]}-flipped", f"p.npy{suffix}", bytes(flipped), f"p.npy{suffix}")
        yield Malformed(
            f"{suffix[1:]}-trailing", f"p.npy{suffix}", whole + b"more", f"p.npy{suffix}"
        )
        yield Malformed(f"{suffix[1:]}-of-nothing", f"p.npy{suffix}", pack(b""), "empty")
        yield Malformed(
            f"{suffix[1:]}-not-compressed", f"p.npy{suffix}", b"p\n1\n", "is not compressed"
        )
        yield Malformed(
            f"{suffix[1:]}-two-members",
            f"p.npy{suffix}",
            pack(data[:60]) + pack(data[60:]),
            code=0,
            preds=tuple(P),
        )
    crc = bytearray(gzip.compress(data))
    crc[-6] ^= 1
    yield Malformed("gz-crc", "p.npy.gz", bytes(crc), "p.npy.gz")
    yield Malformed("bz2-bomb", "p.csv.bz2", bz2.compress(bytes(80 << 20)), "expands to more than")


def other_cases():
    """Formats that are named and not read."""
    starts = {
        "pickle": ("p.pkl", pickle.dumps([1.0, 2.0, 4.0])),
        "pickle-protocol-0": ("p.pkl", pickle.dumps([1.0], 0)),
        "hdf5": ("p.h5", b"\x89HDF\r\n\x1a\n" + bytes(64)),
        "mat": ("p.mat", b"MATLAB 5.0 MAT-file, Platform: x" + bytes(96)),
        "png": ("p.png", b"\x89PNG\r\n\x1a\n" + bytes(64)),
        "jpeg": ("p.jpg", b"\xff\xd8\xff\xe0" + bytes(64)),
        "gif": ("p.gif", b"GIF89a" + bytes(64)),
        "pdf": ("p.pdf", b"%PDF-1.7\n" + bytes(64)),
        "sqlite": ("p.db", b"SQLite format 3\0" + bytes(64)),
        "orc": ("p.orc", b"ORC" + bytes(64)),
        "avro": ("p.avro", b"Obj\x01" + bytes(64)),
        "tar": ("p.tar", bytes(257) + b"ustar\x0000" + bytes(300)),
        "elf": ("p.elf", b"\x7fELF" + bytes(64)),
        "numbers": ("p.bin", bytes(64)),
        "feather-1": ("p.feather", b"FEA1" + bytes(64) + b"FEA1"),
        "html": ("p.csv", b"<!DOCTYPE html>\n<html><body>404</body></html>\n"),
        "html-without-type": ("p.npy", b"<html><head></head></html>"),
        "xml": ("p.csv", b"<?xml version='1.0'?>\n<a/>\n"),
        "lfs-pointer": (
            "p.npy",
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
        ),
        "arff": ("p.arff", b"@relation x\n@attribute p numeric\n@data\n1\n"),
        "7z": ("p.7z", b"7z\xbc\xaf\x27\x1c" + bytes(64)),
        "random": ("p.dat", bytes(range(256)) * 4),
    }
    for key, (name, content) in starts.items():
        code = 2 if key in ("random", "elf") else 3
        words = "unknown format" if code == 2 else rf"{name} is (?!empty)"
        yield Malformed(f"other-{key}", name, content, words, code=code, arguments=COLUMNS)


def _make_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def place_cases():
    """What a path may be besides a file."""
    yield Malformed(
        "path-link-to-itself", "p.npy", lambda path: path.symlink_to(path.name), "symbolic links"
    )
    yield Malformed(
        "path-link-to-nothing", "p.npy", lambda path: path.symlink_to("nowhere"), "no file"
    )
    yield Malformed("path-folder-of-nothing", "p.npy", lambda path: path.mkdir(), "directory")
    yield Malformed("path-nothing", "p.npy", lambda path: None, "there is no file")
    yield Malformed("path-socket", "p.npy", _make_socket, "cannot open p.npy")
    yield Malformed("path-pipe-without-writer", "p.npy", lambda path: os.mkfifo(path), "empty")
    yield Malformed("path-device", "/dev/zero", lambda path: None, "not a regular file")
    yield Malformed("path-name-too-long", "p" * 300, lambda path: None, "too long|no file")
    yield Malformed("path-nul", "p\0.npy", lambda path: None, "null byte")
    for key, name in {
        "newline": "a\nb.npy",
        "escape": "a\x1b[31m.npy",
        "markup": "[red]a.npy",
        "colon": "a:b.npy",
        "blank": " .npy",
        "dash": "-p.npy",
        "unicode": "ŷ.npy",
        "not-utf-8": "a\udcff.npy",
        "percent": "%s{0}.npy",
    }.items():
        yield Malformed(f"name-of-{key}", name, npy(P), code=0, preds=tuple(P))
        yield Malformed(f"name-of-{key}-of-words", name, b"words", "not an NPY")
    yield Malformed(
        "sparse-header",
        "p.npy",
        struct.pack("<8sQ", b"\x93NUMPY\x01\x00", 118),
        "damaged NPY header",
    )


def cases():
    """All of them."""
    yield from arrow_cases()
    yield from compressed_cases()
    yield from other_cases()
    yield from place_cases()
