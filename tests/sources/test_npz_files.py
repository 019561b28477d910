"""NPZ archives give what the arrays in them give, or are refused."""

import contextlib
import io
import struct
import tracemalloc
import zipfile
from collections import deque
from pathlib import Path

import numpy as np
import pytest

from losscli import DataError, UsageError, evaluate
from losscli.sources.opening import open_source
from losscli.sources.table import Workspace

SAVERS = {"stored": np.savez, "deflated": np.savez_compressed}
DTYPES = ["<f8", ">f4", "<f2", "<i8", "|u1", "|b1"]


@pytest.fixture(params=SAVERS)
def save(request):
    """Writes an archive in either compression."""

    def write(path="a.npz", **arrays):
        SAVERS[request.param](path, **arrays)
        return path

    return write


def values(shape, dtype="<f8"):
    return (np.random.default_rng(7).standard_normal(shape) * 10).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("block_rows", [None, 7])
def test_arrays_are_read_in_every_type_order_and_block(read, save, dtype, order, block_rows):
    """As columns of a table, and as parts of the file."""
    p, t = np.asarray(values((50, 3), dtype), order=order), values(50, dtype)
    save(p=p, t=t)
    found = read("a.npz", pred=("p",), target=("t",), block_rows=block_rows)
    np.testing.assert_array_equal(found["preds"], p)
    np.testing.assert_array_equal(found["targets"], t)
    found = read("a.npz:p", "a.npz:t", block_rows=block_rows)
    np.testing.assert_array_equal(found["preds"], p)
    np.testing.assert_array_equal(found["targets"], t)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 2, 4, 4, 1, 3)])
def test_blocks_are_loaded_in_any_order_and_more_than_once(save, order):
    """As threads and joins do."""
    rows = values(50)
    save(p=rows)
    source = open_source("a.npz:p", rows)
    cuts = list(source.blocks(10))
    for place in order:
        block = cuts[place].load(Workspace())
        np.testing.assert_array_equal(block.arrays["preds"], rows[10 * place : 10 * place + 10])
    source.close()


def test_blocks_that_nobody_loads_take_no_memory(save):
    """As those before a part of the rows."""
    rows = np.zeros(4_000_000)
    save(p=rows)
    source = open_source("a.npz:p", rows)
    (last,) = deque(source.blocks(100_000), 1)
    tracemalloc.start()
    assert len(last.load(Workspace()).arrays["preds"]) == 100_000
    assert tracemalloc.get_traced_memory()[1] < 16e6
    tracemalloc.stop()
    source.close()


def test_the_bits_of_a_loss_are_those_of_the_arrays(save):
    """In several blocks, with several threads."""
    p, t = values(1_200_000), values(1_200_000)[::-1].copy()
    save(p=p, t=t)
    plain = evaluate(p, t, loss="smooth_l1")
    for found in (
        evaluate("a.npz", pred="p", target="t", loss="smooth_l1"),
        evaluate("a.npz:p", "a.npz:t", loss="smooth_l1", threads=2),
    ):
        assert found.value == plain.value
        assert found.losses[0].stderr == plain.losses[0].stderr


def test_several_arrays_are_the_columns_of_a_matrix(read, save):
    """Each of them of one number a row."""
    save(a=np.array([1.0, 2]), b=np.array([3, 4]), t=np.array([0, 1]))
    found = read("a.npz", pred=("b", "a"), target=("t",))
    np.testing.assert_array_equal(found["preds"], [[3, 1], [4, 2]])


def test_the_only_array_needs_no_name(save):
    """As in a table with one column of numbers."""
    save("p.npz", arr=np.array([1.0, 2.0]))
    save("t.npz", arr=np.array([0.0, 0.0]))
    assert evaluate("p.npz", "t.npz", loss="mae").value == 1.5


def test_ids_groups_and_weights_are_arrays_of_the_archive(save):
    """Texts and integers."""
    save(
        p=np.arange(4.0),
        t=np.zeros(4),
        id=np.array(["a", "b", "c", "d"]),
        by=np.array([b"x", b"y", b"x", b"y"]),
        w=np.array([1, 0, 0, 1.0]),
        n=np.arange(4),
    )
    found = evaluate("a.npz", pred="p", target="t", id="id", by="by", weights="w", loss="mae")
    assert found.value == 1.5
    assert [(group.by, group.losses[0].value) for group in found.groups] == [
        ({"by": "x"}, 0.0),
        ({"by": "y"}, 3.0),
    ]
    by_number = evaluate("a.npz", pred="p", target="t", id="n", by="n", loss="mae")
    assert len(by_number.groups) == 4


REFUSED = {
    "text": (np.array(["a", "b"]), "holds text"),
    "objects": (np.array([1, None], object), "Python objects"),
    "complex": (np.array([1j, 2]), "complex"),
    "a number": (np.array(1.0), "0-d"),
    "rows": (np.zeros((0, 2)), "no rows"),
    "voids": (np.zeros(2, "V2"), "bfloat16"),
    "more rows": (np.zeros(3), "numbers of rows differ"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_an_array_that_is_not_rows_of_numbers_is_refused_when_it_is_asked_for(save, kind):
    """Not before: an archive may hold anything else."""
    array, words = REFUSED[kind]
    save(p=np.array([1.0, 2.0]), t=np.zeros(2), x=array)
    assert evaluate("a.npz", pred="p", target="t", loss="mae").value == 1.5
    with pytest.raises(DataError, match=words):
        evaluate("a.npz", pred="p", target="x", loss="mae")


def test_arrays_that_do_not_exist_are_named_with_those_that_do(save):
    """And the nearest one."""
    save(pred=np.zeros(2), target=np.zeros(2))
    with pytest.raises(DataError, match="'preds'") as caught:
        evaluate("a.npz:preds", "a.npz:target", loss="mae")
    assert caught.value.hint == "did you mean 'pred'?"
    with pytest.raises(DataError, match="2 arrays for the preds"):
        evaluate("a.npz", [0.0, 0.0], loss="mae")


def test_other_arrays_of_one_name_in_both_archives_do_not_matter():
    """Whatever they hold; ids in another order do."""
    others = {"x": np.zeros((5, 2)), "y": np.array([None] * 5), "z": np.array(1)}
    np.savez("p.npz", p=np.arange(5.0), n=np.arange(7), id=np.arange(5), **others)
    np.savez("t.npz", t=np.arange(5.0), n=np.arange(9), id=np.arange(5), **others)
    assert evaluate("p.npz", "t.npz", pred="p", target="t", loss="mse").value == 0
    np.savez("t.npz", t=np.arange(5.0), n=np.arange(9), id=np.arange(5)[::-1], **others)
    with pytest.raises(DataError, match="id"):
        evaluate("p.npz", "t.npz", pred="p", target="t", loss="mse")
    assert evaluate("p.npz", "t.npz", pred="p", target="t", id="id", loss="mse").value == 8


# --- archives that lie


def archive(members, compression=zipfile.ZIP_STORED):
    """An archive with members as they are given, names and bytes."""
    with zipfile.ZipFile("a.npz", "w", compression) as file:
        for name, data in members:
            file.writestr(name, data)


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_arrays_of_one_name_are_refused():
    """NumPy takes the last one without a word."""
    archive([("p.npy", npy(np.zeros(2))), ("p.npy", npy(np.ones(2)))])
    with pytest.raises(DataError, match="2 members called"):
        evaluate("a.npz:p", [0.0, 0.0], loss="mae")


def test_a_member_of_an_arrays_name_is_not_the_array():
    """The array is the member with the suffix."""
    archive([("p.npy", npy(np.ones(2))), ("p", b"raw bytes")])
    assert evaluate("a.npz:p", [0.0, 0.0], loss="mae").value == 1


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("change", [-8, 8])
def test_a_header_that_lies_about_the_size_is_refused(compression, change):
    """Before anything is allocated."""
    data = npy(np.arange(100.0)) + bytes(8)
    archive([("p.npy", data[: len(data) - 8 + change])], compression)
    with pytest.raises(DataError, match=r"cut short|bytes follow"):
        evaluate("a.npz:p", np.zeros(100), loss="mae")


def test_a_shape_of_terabytes_is_refused():
    """The directory says how many bytes there are."""
    data = npy(np.arange(4.0)).replace(b"(4,), }" + b" " * 14, b"(9999999999999,), }  ")
    archive([("p.npy", data)], zipfile.ZIP_DEFLATED)
    with pytest.raises(DataError, match="cut short"):
        evaluate("a.npz:p", np.zeros(4), loss="mae")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_named(compression):
    """NumPy writes none of these."""
    archive([("p.npy", npy(np.zeros(2)))], compression)
    with pytest.raises(DataError, match=r"bzip2|LZMA"):
        evaluate("a.npz:p", [0.0, 0.0], loss="mae")


def test_an_encrypted_member_is_refused():
    """By its flag."""
    archive([("p.npy", npy(np.zeros(2)))])
    data = bytearray(Path("a.npz").read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    Path("a.npz").write_bytes(data)
    with pytest.raises(DataError, match="encrypted"):
        evaluate("a.npz:p", [0.0, 0.0], loss="mae")


def test_an_archive_without_arrays_and_one_of_too_many_are_refused():
    """The first is a zip archive like any other."""
    archive([("x.txt", b"1")])
    with pytest.raises(DataError, match=r"zip archive|no arrays"):
        evaluate("a.npz", [0.0], loss="mae")
    archive([(f"{k}.npy", b"") for k in range(10_001)])
    with pytest.raises(DataError, match="10,001 members"):
        evaluate("a.npz:0", [0.0], loss="mae")


@pytest.mark.parametrize("saver", SAVERS)
def test_every_flipped_bit_is_found_or_changes_nothing(saver):
    """The numbers have a checksum, which is compared once all of them are read."""
    p, t = np.round(values(200), 1), np.zeros(200)
    SAVERS[saver]("a.npz", p=p)
    whole, truth = Path("a.npz").read_bytes(), evaluate(p, t, loss="mse").value
    for at in range(0, len(whole), 3):
        data = bytearray(whole)
        data[at] ^= 4
        Path("b.npz").write_bytes(data)
        with contextlib.suppress(DataError, UsageError):
            assert evaluate("b.npz:p", t, loss="mse").value == truth


@pytest.mark.parametrize("saver", SAVERS)
def test_every_truncation_is_refused(saver):
    """The directory is at the end."""
    SAVERS[saver]("a.npz", p=np.arange(20.0))
    whole = Path("a.npz").read_bytes()
    for size in range(len(whole)):
        Path("b.npz").write_bytes(whole[:size])
        with pytest.raises((DataError, UsageError)):
            evaluate("b.npz:p", np.zeros(20), loss="mse")


def test_a_bomb_costs_no_more_memory_than_its_header_says(save):
    """The stream ends where the directory says; more is an error."""
    archive([("p.npy", npy(np.zeros(50)) + bytes(1 << 20))], zipfile.ZIP_DEFLATED)
    data = bytearray(Path("a.npz").read_bytes())
    size = struct.pack("<L", 128 + 400)
    data[22:26] = size
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = size
    Path("a.npz").write_bytes(data)
    with pytest.raises(DataError, match="damaged"):
        evaluate("a.npz:p", np.zeros(50), loss="mae")
