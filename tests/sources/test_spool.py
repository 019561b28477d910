"""Compressed files are read as what they hold, or refused: cut, damaged, expanding without end."""

import bz2
import gzip
import lzma
import os

import numpy as np
import pyarrow as pa
import pytest

from losscli import DataError
from losscli.sources import spool
from losscli.sources.files import OpenFile
from losscli.sources.opener import open_table
from losscli.sources.spool import SpooledFile, decompressed

PLAIN = b"id,p,t\na,1.5,2\nb,-0.25,3e1\nc,1e-3,-4\n"


def zstd(content):
    """The content as one zstd frame."""
    return pa.Codec("zstd").compress(content, asbytes=True)


COMPRESS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd}
suffixes = pytest.mark.parametrize("suffix", COMPRESS)


def content_of(path):
    """The bytes of a file as a format would read them."""
    file = decompressed(OpenFile(path))
    try:
        return file.read(file.size, 0)
    finally:
        file.close()


@suffixes
def test_a_compressed_table_is_read_as_the_plain_one(table, read, suffix):
    """The suffix before that of the compression is that of the format."""
    found = read(table(COMPRESS[suffix](PLAIN), f"t.csv{suffix}"), pred=["p"], target=["t"])
    assert found["preds"].tolist() == [1.5, -0.25, 1e-3]


@suffixes
def test_the_content_says_that_a_file_is_compressed(table, suffix):
    """A name without the suffix of the compression changes nothing."""
    assert content_of(table(COMPRESS[suffix](PLAIN), "t.csv")) == PLAIN


@suffixes
def test_a_compressed_array_is_read(suffix, tmp_path):
    """Any format may be compressed."""
    np.save("plain.npy", np.arange(5.0))
    content = (tmp_path / "plain.npy").read_bytes()
    (tmp_path / f"a.npy{suffix}").write_bytes(COMPRESS[suffix](content))
    opened = open_table(f"a.npy{suffix}", "preds")
    assert (opened.rows, opened.format) == (5, "npy")
    opened.close()


@suffixes
def test_streams_after_one_another_are_all_read(table, suffix):
    """`cat a.gz b.gz` is a valid file; parallel compressors write such."""
    content = COMPRESS[suffix](PLAIN) + COMPRESS[suffix](PLAIN)
    assert content_of(table(content, f"t.csv{suffix}")) == PLAIN * 2


@suffixes
def test_content_longer_than_a_chunk_is_whole(table, suffix, monkeypatch):
    """Chunks end anywhere."""
    monkeypatch.setattr(spool, "CHUNK", 61)
    content = os.urandom(1000) * 20
    assert content_of(table(COMPRESS[suffix](content), f"t{suffix}")) == content


@suffixes
def test_a_cut_file_is_refused(table, suffix):
    """Whatever it would have held so far."""
    whole = COMPRESS[suffix](os.urandom(500))
    for size in (11, len(whole) // 2, len(whole) - 1):
        with pytest.raises(DataError, match=r"is cut|is not valid"):
            content_of(table(whole[:size], f"t{suffix}"))


@suffixes
def test_bytes_after_the_end_are_refused(table, suffix):
    """They are neither a stream nor padding."""
    with pytest.raises(DataError, match="is not valid"):
        content_of(table(COMPRESS[suffix](PLAIN) + b"garbage and more", f"t{suffix}"))


@suffixes
def test_a_damaged_file_is_refused(table, suffix):
    """Every compression has a checksum, but zstd only where its writer asked for one."""
    whole = bytearray(COMPRESS[suffix](os.urandom(500)))
    whole[-3] ^= 1
    if suffix == ".zst":
        whole[5] ^= 0xFF
    with pytest.raises(DataError, match=r"is cut|is not valid"):
        content_of(table(bytes(whole), f"t{suffix}"))


@suffixes
def test_text_under_a_name_of_a_compression_is_refused(table, suffix):
    """The step that should have compressed it may have failed."""
    with pytest.raises(DataError, match="is not compressed"):
        content_of(table(PLAIN, f"t.csv{suffix}"))


def test_zeros_may_follow_a_stream(table):
    """Tapes and block devices pad so; `gzip -t` accepts it too."""
    assert content_of(table(gzip.compress(PLAIN) + bytes(512), "t.gz")) == PLAIN


@suffixes
def test_a_file_that_expands_without_end_is_refused(table, suffix, monkeypatch):
    """The error says how to read it nevertheless."""
    monkeypatch.setattr(spool, "_UNSUSPICIOUS", 1 << 20)
    monkeypatch.setattr(spool, "EXPANSION", 10)
    with pytest.raises(DataError, match="expands to more than 10 times") as caught:
        content_of(table(COMPRESS[suffix](bytes(4 << 20)), f"t{suffix}"))
    assert "decompress it first" in str(caught.value)


def test_a_full_disk_is_an_error(table, monkeypatch):
    """Before it is full: other programs need some of it."""
    monkeypatch.setattr(spool, "_RESERVE", 1 << 62)
    with pytest.raises(DataError, match="too full") as caught:
        content_of(table(gzip.compress(PLAIN), "t.gz"))
    assert "TMPDIR" in str(caught.value)


def test_no_file_appears_in_the_folder_of_temporary_files(table, tmp_path, monkeypatch):
    """Neither while the file is open nor afterwards."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    file = decompressed(OpenFile(table(gzip.compress(PLAIN), "t.gz")))
    assert list(folder.iterdir()) == []
    assert file.read(2, 3) == b"p,"
    file.close()


def test_a_change_of_the_compressed_file_is_seen(table):
    """The copy is of a file that exists no longer."""
    file = decompressed(OpenFile(table(gzip.compress(PLAIN), "t.gz")))
    file.verify()
    table(gzip.compress(PLAIN * 2), "t.gz")
    with pytest.raises(DataError, match="changed"):
        file.verify()
    file.close()


def test_chunks_of_anything_can_be_spooled():
    """Standard input, for one; nothing at all is an error as an empty file is."""
    file = SpooledFile("-", iter([b"ab", b"", b"cde"]))
    assert (file.size, file.read(10, 1)) == (5, b"bcde")
    file.close()
    with pytest.raises(DataError, match="- is empty"):
        SpooledFile("-", iter([]))
