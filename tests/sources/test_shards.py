"""Shards: files of a folder or a pattern are one table, as if they had been written as one."""

import gzip
import json
import os
import re
import resource
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from losscli import evaluate
from losscli.errors import DataError, UsageError
from losscli.sources.naming import natural_order
from losscli.sources.opener import open_table
from losscli.sources.opening import open_source
from losscli.sources.table import Workspace

P = np.array([0.5, 1.25, -3.0, 8.0, 2.0, 7.5, 1e-3])
T = np.array([1.0, 1.0, -1.0, 8.5, 0.0, 7.0, 2.0])


def write_arrays(folder, values, sizes):
    """The values in files part-0.npy, part-1.npy … of the given numbers of rows."""
    Path(folder).mkdir(exist_ok=True)
    for k, part in enumerate(np.split(values, np.cumsum(sizes)[:-1])):
        np.save(f"{folder}/part-{k}.npy", part)
    return folder


def write_tables(folder, columns, sizes):
    """The columns in files part-0.csv … of the given numbers of rows."""
    Path(folder).mkdir(exist_ok=True)
    stops = np.cumsum(sizes)
    for k, (stop, size) in enumerate(zip(stops, sizes, strict=True)):
        rows = zip(*(values[stop - size : stop] for values in columns.values()), strict=True)
        lines = [",".join(columns), *(",".join(map(repr, map(float, row))) for row in rows)]
        Path(f"{folder}/part-{k}.csv").write_text("\n".join(lines) + "\n")
    return folder


# --- rows


SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=6)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(SIZES, SIZES, st.integers(1, 9), st.booleans())
def test_boundaries_of_shards_change_nothing(read, ours, theirs, block_rows, as_text):
    """Predictions and targets are cut into files and blocks independently of each other."""
    rows = min(sum(ours), sum(theirs))
    ours, theirs = cut_to(ours, rows), cut_to(theirs, rows)
    values = np.arange(rows) / 7
    folders = [f"{os.urandom(4).hex()}-{k}" for k in range(2)]
    preds = write_arrays(folders[0], values, ours)
    if as_text:
        targets = write_tables(folders[1], {"t": values + 1}, theirs)
    else:
        targets = write_arrays(folders[1], values + 1, theirs)
    found = read(preds, targets, block_rows=block_rows)
    assert np.array_equal(found["preds"], values)
    assert np.array_equal(found["targets"], values + 1)


def cut_to(sizes, rows):
    """The sizes of shards that hold exactly so many rows."""
    found = []
    for size in sizes:
        found.append(min(size, rows - sum(found)))
    return [size for size in found if size]


def test_the_bits_of_a_mean_are_those_of_one_file():
    """Whatever the shards and the format."""
    rng = np.random.default_rng(1)
    preds, targets = rng.normal(size=(2, 5000)) * np.exp(rng.normal(size=5000) * 5)
    np.save("p.npy", preds)
    np.save("t.npy", targets)
    write_arrays("ps", preds, [1, 4000, 999])
    write_tables("ts", {"t": targets}, [2500, 2500])
    whole, parts = (evaluate(*pair, loss="mse").losses[0] for pair in (("p.npy", "t.npy"),
                                                                       ("ps", "ts")))  # fmt: skip
    assert (parts.value, parts.stderr, parts.max_row) == (whole.value, whole.stderr, whole.max_row)


def test_columns_are_found_by_name(read):
    """The second shard has them in another order."""
    Path("a").mkdir()
    Path("a/1.csv").write_text("p,t\n1,2\n")
    Path("a/2.csv").write_text("t,p\n4,3\n")
    found = read("a", pred=["p"], target=["t"])
    assert found["preds"].tolist() == [1, 3]
    assert found["targets"].tolist() == [2, 4]


def test_rows_of_several_numbers_stay_rows(read):
    """A matrix in shards is the matrix."""
    matrix = np.arange(24.0).reshape(8, 3)
    found = read(write_arrays("m", matrix, [3, 1, 4]), targeted=False, block_rows=5)
    assert np.array_equal(found["preds"], matrix)


def write_parquet(path, columns):
    pq.write_table(pa.table(columns), path, row_group_size=2)


def write_arrow(path, columns):
    with pa.ipc.new_file(path, pa.table(columns).schema) as writer:
        writer.write_table(pa.table(columns), max_chunksize=2)


def write_jsonl(path, columns):
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    Path(path).write_text(
        "".join(json.dumps(dict(zip(columns, r, strict=True))) + "\n" for r in rows)
    )


def write_npz(path, columns):
    np.savez_compressed(path, **columns)


def write_safetensors(path, columns):
    pytest.importorskip("safetensors.numpy").save_file(columns, path)


WRITERS = {
    "parquet": write_parquet, "arrow": write_arrow, "jsonl": write_jsonl, "npz": write_npz,
    "safetensors": write_safetensors,
}  # fmt: skip


@pytest.mark.parametrize("block_rows", [2, 5, 100])
@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_may_be_cut_into_files(read, suffix, block_rows):
    """A format knows nothing of shards."""
    folder = Path("a/kind=x")
    folder.mkdir(parents=True)
    for k, rows in enumerate((slice(0, 3), slice(3, 4), slice(4, 7))):
        WRITERS[suffix](f"a/kind=x/part-{k}.{suffix}", {"p": P[rows].copy(), "t": T[rows].copy()})
    found = read("a", pred=["p"], target=["t"], by=["kind"], block_rows=block_rows)
    assert np.array_equal(found["preds"], P)
    assert np.array_equal(found["targets"], T)
    with pytest.raises(DataError, match=r"part-1\.|no column"):
        read("a", pred=["p"], target=["nope"])


# --- names


def test_numbers_in_names_are_numbers():
    """part-2 comes before part-10, wherever the numbers stand."""
    names = ["b/part-10.csv", "b/part-2.csv", "a12/x", "a2/x", "part-01", "part-1", "part"]
    assert sorted(["a1t5", "a1t", "a1"], key=natural_order) == ["a1", "a1t", "a1t5"]
    assert sorted(names, key=natural_order) == [
        "a2/x", "a12/x", "b/part-2.csv", "b/part-10.csv", "part", "part-01", "part-1",
    ]  # fmt: skip


@pytest.mark.parametrize("thing", ["parts", "parts/", "parts/part-*.npy", "par*/*", "**/*.npy"])
def test_a_folder_and_a_pattern_are_read_in_natural_order(read, thing):
    """Twelve files: 10 and 11 come last."""
    write_arrays("parts", np.arange(12.0), [1] * 12)
    assert read(thing, targeted=False)["preds"].tolist() == list(range(12))


def test_the_files_are_noted():
    """How many, and in what order."""
    write_arrays("parts", P, [1] * 7)
    result = evaluate("parts/*.npy", T, loss="mse")
    assert [note.message for note in result.notes if note.code == "shards"] == [
        "parts/*.npy is 7 files in natural order, parts/part-0.npy … parts/part-6.npy"
    ]


def test_what_a_writer_leaves_beside_the_data_is_not_read(read):
    """Hidden files, those that begin with `_`, and other kinds of files."""
    folder = Path(write_arrays("parts", P, [3, 4]))
    for name in ("_SUCCESS", ".part-0.npy.crc", "README.md"):
        (folder / name).write_text("x")
    (folder / "_temporary").mkdir()
    np.save(folder / "_temporary/part-9.npy", P)
    assert np.array_equal(read("parts", targeted=False)["preds"], P)


def test_a_file_of_two_names_is_read_once(read):
    """As a link beside its target, and in a folder that links to itself."""
    folder = Path(write_arrays("parts", P, [3, 4]))
    (folder / "part-7.npy").symlink_to("part-1.npy")
    (folder / "again").symlink_to(".")
    assert np.array_equal(read("parts", targeted=False)["preds"], P)
    assert np.array_equal(read("parts/**/*.npy", targeted=False)["preds"], P)


def test_a_file_whose_name_has_the_characters_of_a_pattern_is_that_file(read):
    """An existing path wins."""
    np.save("p[1].npy", P)
    np.save("p1.npy", T)
    assert np.array_equal(read("p[1].npy", targeted=False)["preds"], P)


def test_compressed_shards_are_read(read):
    """Each by a temporary file of its own."""
    Path("c").mkdir()
    for k in range(3):
        Path(f"c/{k}.csv.gz").write_bytes(gzip.compress(f"p,t\n{k},1\n{k},2\n".encode()))
    found = read("c/*.csv.gz", pred=["p"], target=["t"])
    assert found["preds"].tolist() == [0, 0, 1, 1, 2, 2]


# --- partitions


@pytest.fixture
def partitioned():
    """Two years and two regions, one of which has no name."""
    values = iter(range(8))
    for folder in ("year=2023/region=eu", "year=2023/region=north%20us", "year=2024/region=eu",
                   "year=2024/region=__HIVE_DEFAULT_PARTITION__"):  # fmt: skip
        path = Path("hive", folder)
        path.mkdir(parents=True)
        (path / "part-0.csv").write_text(
            f"id,p,t\na,{next(values)},1\nb,{next(values)},{path.parent.name[-1]}\n"
        )
    return "hive"


def groups(**arguments):
    """The count of each group, by its key."""
    result = evaluate("hive", pred="p", target="t", loss="mae", **arguments)
    return {tuple(group.by.values()): group.losses[0].n for group in result.groups}


def test_folders_are_columns_of_text(partitioned):
    """Alone, with each other and with columns of the files, in the order that is asked for."""
    assert groups(by=["year"]) == {("2023",): 4, ("2024",): 4}
    assert groups(by=["region", "year"]) == {
        ("eu", "2023"): 2, ("north us", "2023"): 2, ("eu", "2024"): 2, ("", "2024"): 2,
    }  # fmt: skip
    assert groups(by=["id", "year"]) == {
        ("a", "2023"): 2, ("b", "2023"): 2, ("a", "2024"): 2, ("b", "2024"): 2,
    }  # fmt: skip
    assert groups(by=["year", "id"])[("2024", "b")] == 2


def test_folders_are_part_of_ids(partitioned):
    """An id is unique in its folder only."""
    rows = [f"{key},{year},{region},1" for year in (2024, 2023) for region in ("eu", "north us", "")
            for key in "ba"]  # fmt: skip
    Path("t.csv").write_text("\n".join(["id,year,region,y", *rows]) + "\n")
    arguments = {"pred": "p", "target": "y", "unmatched": "skip", "loss": "mae"}
    found = evaluate("hive", "t.csv", id=["id", "year", "region"], **arguments)
    assert found.losses[0].n == 8
    with pytest.raises(DataError, match="several rows of one id"):
        evaluate("t.csv", "hive", id=["id", "year"], **arguments | {"pred": "y", "target": "p"})


def test_folders_are_numbers_where_they_are_asked_for(partitioned, read):
    """A year is one, a region is not."""
    assert read("hive", pred=["year"], target=["t"])["preds"].tolist() == [2023] * 4 + [2024] * 4
    matrix = read("hive", pred=["p", "year"], target=["t"])["preds"]
    assert matrix[:, 1].tolist() == [2023] * 4 + [2024] * 4
    assert matrix[:, 0].tolist() == [0, 1, 2, 3, 6, 7, 4, 5]  # `_` comes before `e`
    with pytest.raises(DataError, match="no number in the name of its folder region=eu"):
        read("hive", pred=["region"], target=["t"])


def test_a_column_that_is_neither_is_named(partitioned, read):
    """The columns are listed with those of the folders."""
    with pytest.raises(DataError, match="has no column 'nope'"):
        read("hive", pred=["nope", "year"], target=["t"])


# --- limits


def test_few_files_are_open_at_a_time(read):
    """Two thousand shards where 64 more files may be open."""
    write_arrays("many", np.arange(2000.0), [1] * 2000)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken + 64, hard))
    try:
        found = read("many", targeted=False)["preds"]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert np.array_equal(found, np.arange(2000.0))


def test_buffers_do_not_grow_with_the_number_of_shards():
    """A workspace holds those of one shard and of a block."""
    write_arrays("many", np.arange(200.0), [1] * 200)
    source = open_source("many", targeted=False)
    workspace = Workspace()
    with source:
        for cut in source.blocks(4):
            cut.load(workspace)
    kept = [workspace, *(inner for _, inner in workspace._inner.values())]
    assert sum(len(each._memory) for each in kept) == 2


def test_damaged_rows_of_an_archive_are_found(read):
    """The checksum of a member is that of its last byte, also where a block spans shards."""
    Path("a").mkdir()
    for k in range(3):
        np.savez_compressed(f"a/{k}.npz", p=P + k, t=T)
    assert len(read("a", pred=["p"], target=["t"], block_rows=5)["preds"]) == 21
    with zipfile.ZipFile("a/1.npz") as archive:
        info = archive.getinfo("p.npy")
    data = bytearray(Path("a/1.npz").read_bytes())
    at = data.find(info.CRC.to_bytes(4, "little"))
    while at >= 0:
        data[at] ^= 1
        at = data.find(info.CRC.to_bytes(4, "little"))
    Path("a/1.npz").write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"a/1\.npz"):
        read("a", pred=["p"], target=["t"], block_rows=5)


# --- what does not fit together


def refusal(error, thing, **arguments):
    """The text of the error of reading a location."""
    with pytest.raises(error) as caught:
        evaluate(thing, loss="mse", **arguments)
    return str(caught.value)


def test_other_columns_are_refused():
    """Both files are named, and the columns that differ."""
    Path("a").mkdir()
    Path("a/1.csv").write_text("p,t,x\n1,2,3\n")
    Path("a/2.csv").write_text("p,t,y\n1,2,3\n")
    said = refusal(DataError, "a", pred="p", target="t")
    assert said.startswith("a/2.csv has other columns than a/1.csv\nit lacks 'x'; it also has 'y'")


@pytest.mark.parametrize("other", [np.ones((2, 2)), np.ones(2, np.float32)])
def test_rows_of_another_shape_or_type_are_refused(other):
    """Shards of an array are of one type."""
    write_arrays("a", P, [7])
    np.save("a/part-1.npy", other)
    said = refusal(DataError, "a", targets=np.ones(9))
    assert "a/part-1.npy has rows of" in said
    assert "a/part-0.npy of float64 ()" in said


def test_several_formats_are_refused():
    """The pattern to name is printed."""
    write_arrays("a", P, [7])
    Path("a/x.csv").write_text("p\n1\n")
    said = refusal(UsageError, "a", targets=T)
    assert re.search(r"a holds files in several formats: 1 \.(npy|csv), 1 \.(npy|csv)", said)
    assert "'a/*.npy'" in said or "'a/*.csv'" in said


def test_a_file_that_is_not_what_its_name_says_is_refused():
    """The content decides about the format."""
    write_arrays("a", P, [7])
    Path("a/part-1.npy").write_text("p\n1\n")
    said = refusal(DataError, "a", targets=np.ones(8))
    assert "a/part-1.npy" in said


@pytest.mark.parametrize(
    ("thing", "words"),
    [("nope/*.csv", "no file matches nope/*.csv"), ("empty", "empty is a directory of no files")],
)
def test_a_location_without_files_is_refused(thing, words):
    """It is named as it was given."""
    Path("empty").mkdir()
    assert words in refusal(DataError, thing, targets=T)


def test_an_empty_shard_is_named():
    """The step that wrote it may have failed."""
    write_arrays("a", P, [3, 4])
    Path("a/part-1.npy").write_bytes(b"")
    assert "a/part-1.npy is empty" in refusal(DataError, "a", targets=T)


def test_a_number_of_rows_that_differs_is_of_the_whole():
    """Not of a shard."""
    write_arrays("a", P, [3, 4])
    write_arrays("b", T[:6], [3, 3])
    said = refusal(DataError, "a", targets="b")
    assert "a has 7 rows, b has 6 rows" in said


def test_a_bad_cell_is_placed_in_its_shard():
    """By the name and the line of the shard, also where a block spans several."""
    write_tables("a", {"p": P, "t": T}, [3, 4])
    text = Path("a/part-1.csv").read_text().splitlines()
    Path("a/part-1.csv").write_text("\n".join([*text[:3], "x,1", *text[4:]]) + "\n")
    assert "a/part-1.csv, line 4" in refusal(DataError, "a", pred="p", target="t")


def test_a_value_outside_the_domain_is_placed_in_its_shard():
    """A missing number in the second shard, by the shard's own rows."""
    values = P.copy()
    values[5] = np.nan
    write_arrays("a", values, [3, 4])
    assert "a/part-1.npy, row 2" in refusal(DataError, "a", targets=T)


# --- changes while they are read


@pytest.mark.parametrize("change", ["written", "replaced", "removed"])
def test_a_shard_that_changes_is_an_error(change):
    """At the end, or when it is opened again."""
    table = open_table(write_arrays("a", P, [3, 4]), "preds")
    path = Path("a/part-1.npy")
    if change == "written":
        np.save(path, T[:4])
        os.utime(path, ns=(1, 1))
    elif change == "replaced":
        np.save("other.npy", P[3:])
        Path("other.npy").rename(path)
    else:
        path.unlink()
    with pytest.raises(DataError, match=r"part-1\.npy"):
        table.verify()
    table.close()


# --- shards without rows


def _part(name, values):
    """A file of predictions and targets, of their numbers or of none."""
    columns = {"p": np.array(values, float), "t": np.zeros(len(values))}
    suffix = Path(name).suffix
    if suffix == ".csv":
        rows = [f"{p!r},0" for p in map(float, values)]
        Path(name).write_text("\n".join(["p,t", *rows]) + "\n")
    elif suffix == ".jsonl":
        Path(name).write_text("".join(f'{{"p": {p}, "t": 0}}\n' for p in values))
    elif suffix == ".npz":
        np.savez(name, **columns)
    elif suffix == ".parquet":
        pq.write_table(pa.table(columns), name)
    else:
        with pa.ipc.new_file(name, pa.table(columns).schema) as writer:
            writer.write_table(pa.table(columns))
    return name


@pytest.mark.parametrize(
    ("suffix", "empty"),
    [
        (suffix, empty)
        for suffix in ("csv", "jsonl", "parquet", "arrow", "npz")
        for empty in ((1,), (3,), (1, 2), (0,))
        if (suffix, empty) != ("npz", (0,))
    ],
)
def test_shards_without_rows_are_left_out_and_noted(suffix, empty):
    """Wherever they stand among the others; of arrays in archives only the first must have rows."""
    Path("a").mkdir()
    wanted = []
    for k in range(4):
        values = [] if k in empty else [k, k + 0.5]
        wanted += values
        _part(f"a/part-{k}.{suffix}", values)
    found = evaluate("a", pred="p", target="t", loss="mae")
    assert found.losses[0].n == len(wanted)
    assert found.value == np.mean(wanted)
    (note,) = [note for note in found.notes if note.code == "empty_shards"]
    assert all(f"a/part-{k}.{suffix}" in note.message for k in empty)
    for k in range(4):
        _part(f"a/part-{k}.{suffix}", [])
    assert "rows" in refusal(DataError, "a", pred="p", target="t")


def test_arrays_without_rows_and_text_without_bytes_are_left_out():
    """As writers of parts leave them."""
    write_arrays("a", P, [3, 0, 4])
    assert evaluate("a", T, loss="mae").value == evaluate(P, T, loss="mae").value
    for name in ("b/1.jsonl", "c/1.csv", "d/1.txt"):
        Path(name).parent.mkdir()
        Path(name).write_text("")
        suffix = Path(name).suffix
        _part(name.replace("1", "2") if suffix == ".jsonl" else f"{name[0]}/2.csv", [1.0, 3.0])
        if suffix == ".txt":
            Path("d/2.csv").rename("d/2.txt")
        found = evaluate(name[0], pred="p", target="t", loss="mae")
        assert found.value == 2.0
        assert "empty_shards" in [note.code for note in found.notes]


def test_a_shard_that_gets_its_rows_later_is_an_error():
    """It may be one that is still being written."""
    Path("a").mkdir()
    _part("a/1.csv", [1.0])
    _part("a/2.csv", [])
    with open_source("a", None, pred=["p"], target=["t"]) as source:
        assert sum(cut.load(Workspace()).rows for cut in source.blocks()) == 1
        source.verify()
        _part("a/2.csv", [2.0])
        with pytest.raises(DataError, match="had no rows and has some now"):
            source.verify()


def test_notes_on_later_shards_are_given_too():
    """The first of each kind."""
    Path("a").mkdir()
    _part("a/1.csv", [1.0])
    for name in ("2", "3"):
        Path(f"a/{name}.csv").write_text("p,t\n9007199254740993,0\n")
    found = evaluate("a", pred="p", target="t", loss="mae")
    (note,) = [note for note in found.notes if note.code == "integers_rounded"]
    assert "a/2.csv" in note.message
