"""Parquet, Arrow files and Arrow streams: the same tables, written by pyarrow."""

import datetime
import decimal
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather, ipc, parquet

from losscli import DataError, evaluate

ROWS = 10_000


def _parquet(table, path, **options):
    parquet.write_table(table, path, **{"row_group_size": 3_000, **options})


def _file(table, path):
    with ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=1_500)


def _stream(table, path):
    with ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=1_500)


def _feather(table, path):
    feather.write_feather(table, path, compression="zstd", chunksize=2_000)


WRITERS = {
    "t.parquet": _parquet, "t.arrow": _file, "t.arrows": _stream, "t.feather": _feather,
    "parquet.csv": _parquet, "stream.bin": _stream,
}  # fmt: skip


@pytest.fixture(params=WRITERS)
def written(request):
    """Writes columns in one of the formats, and gives the file's name."""

    def write(**columns):
        WRITERS[request.param](pa.table(columns), request.param)
        return request.param

    return write


def random_rows():
    rng = np.random.default_rng(3)
    return rng.normal(size=ROWS), rng.normal(size=ROWS).astype(np.float32)


@pytest.mark.parametrize("block_rows", [None, 1, 7, 1000, 2999, 3000, 3001])
def test_rows_are_read_in_order_whatever_the_blocks(written, read, block_rows):
    """Blocks begin and end within row groups and batches."""
    pred, target = (values[:20] if block_rows == 1 else values for values in random_rows())
    path = written(text=["x"] * len(pred), pred=pred, target=target)
    found = read(path, pred=["pred"], target=["target"], block_rows=block_rows)
    np.testing.assert_array_equal(found["preds"], pred)
    np.testing.assert_array_equal(found["targets"], target)
    assert found["targets"].dtype == np.float32


def test_cuts_of_a_row_group_may_be_read_in_any_order(read):
    """Workers race, and a cut may be read twice."""
    from losscli.sources.opening import open_source
    from losscli.sources.table import Workspace

    pred, target = random_rows()
    _parquet(pa.table({"p": pred, "t": target}), "t.parquet", row_group_size=ROWS)
    with open_source("t.parquet", pred=["p"], target=["t"]) as source:
        cuts = list(source.blocks(700))
        random.Random(0).shuffle(cuts)
        for cut in [*cuts, *cuts[:3]]:
            block = cut.load(Workspace())
            rows = slice(cut.first, cut.first + cut.rows)
            np.testing.assert_array_equal(block.arrays["preds"], pred[rows])
            np.testing.assert_array_equal(block.arrays["targets"], target[rows])


def test_threads_give_the_same_bits(written):
    """As arrays do, in every statistic."""
    pred, target = random_rows()
    path = written(pred=pred, target=target, group=[str(k % 7) for k in range(ROWS)])
    losses = ["mse", "mae"]
    expected = evaluate(pred, target, loss=losses, by={"group": np.arange(ROWS) % 7})
    for threads in (1, 2, 5):
        found = evaluate(
            path, pred="pred", target="target", loss=losses, by="group", threads=threads
        )
        assert [
            (loss.mean, loss.stderr, loss.ci) for part in found.groups for loss in part.losses
        ] == [(loss.mean, loss.stderr, loss.ci) for part in expected.groups for loss in part.losses]
        assert found.losses[0].stderr == expected.losses[0].stderr


NUMBERS = {
    "int8": (pa.array([1, -2, 3], pa.int8()), [1, -2, 3]),
    "uint64": (pa.array([1, 2**64 - 1], pa.uint64()), np.array([1, 2**64 - 1], np.uint64)),
    "half": (pa.array(np.array([0.5, 1.25], np.float16)), [0.5, 1.25]),
    "bool": (pa.array([True, False, True]), [True, False, True]),
    "bool with null": (pa.array([True, None, False]), [1.0, np.nan, 0.0]),
    "decimal": (pa.array([decimal.Decimal("0.1"), None, decimal.Decimal("-12.3")]),
                [0.1, np.nan, -12.3]),
    "nulls": (pa.array([1.5, None, 2.5]), [1.5, np.nan, 2.5]),
    "integers with null": (pa.array([1, None, 3]), [1.0, np.nan, 3.0]),
    "nothing": (pa.nulls(2), [np.nan, np.nan]),
    "dictionary": (pa.array([0.5, 0.25, 0.5]).dictionary_encode(), [0.5, 0.25, 0.5]),
    "texts": (pa.array(["1.5", None, "-2e3"]), [1.5, np.nan, -2000.0]),
    "missing texts": (pa.array(["1.5", "", "NA", "<NA>", "-inf"]), [1.5, *[np.nan] * 3, -np.inf]),
}  # fmt: skip


@pytest.mark.parametrize("kind", NUMBERS)
def test_types_of_numbers(written, read, kind):
    """A null is a missing value."""
    column, expected = NUMBERS[kind]
    path = written(pred=column, target=np.zeros(len(column)))
    found = read(path, pred=["pred"], target=["target"])["preds"]
    np.testing.assert_array_equal(found, expected)


def test_decimals_are_rounded_correctly(written, read):
    """As Python converts them."""
    rng = random.Random(5)
    values = [decimal.Decimal(rng.randrange(10**30)).scaleb(-17) for _ in range(500)]
    path = written(pred=pa.array(values, pa.decimal128(38, 17)), target=np.zeros(500))
    np.testing.assert_array_equal(
        read(path, pred=["pred"], target=["target"])["preds"], [float(value) for value in values]
    )


LISTS = {
    "list": pa.list_(pa.float64()),
    "large": pa.large_list(pa.float64()),
    "fixed": pa.list_(pa.float64(), 3),
    "float32": pa.list_(pa.float32()),
}


@pytest.mark.parametrize("kind", LISTS)
def test_lists_are_rows_of_a_matrix(written, read, kind):
    """A null list is a row of missing values, a null in it one of them."""
    rows = np.round(np.random.default_rng(1).normal(size=(ROWS, 3)), 2).astype(np.float32).tolist()
    rows[0], rows[10], rows[20][1] = None, None, None
    path = written(p=pa.array(rows, LISTS[kind]), y=pa.array([k % 3 for k in range(ROWS)]))
    found = read(path, pred=["p"], target=["y"], block_rows=999)
    expected = [
        [np.nan] * 3 if r is None else [np.nan if v is None else v for v in r] for r in rows
    ]
    np.testing.assert_array_equal(found["preds"], expected)
    assert found["targets"].dtype == np.int64


def test_lists_of_lists_are_arrays(written, read):
    """Of a fixed shape a row."""
    values = np.arange(240.0).reshape(40, 2, 3)
    path = written(p=pa.array(values.tolist()), y=np.zeros(40))
    np.testing.assert_array_equal(read(path, pred=["p"], target=["y"])["preds"], values)


def test_a_list_of_another_length_is_an_error_with_its_row(written):
    rows = [[0.5, 0.5]] * ROWS
    rows[7_777] = [0.5, 0.25, 0.25]
    path = written(p=pa.array(rows), y=np.zeros(ROWS, np.int64))
    with pytest.raises(DataError, match="a list of 3 numbers; the first row has 2") as caught:
        evaluate(path, pred="p", target="y", loss="log_loss")
    assert caught.value.place.row == 7_777
    assert caught.value.place.column == "p"


def test_structs_have_columns_of_their_fields(written, read):
    """Under names with a dot; a null struct has nulls."""
    rows = [{"score": {"x": 0.5, "y": 1.0}, "id": "a"}, None, {"score": None, "id": "c"}] * 9
    path = written(out=pa.array(rows), score=np.arange(27.0), y=np.zeros(27))
    found = read(path, pred=["out.score.x"], target=["score"])
    np.testing.assert_array_equal(found["preds"], [0.5, np.nan, np.nan] * 9)
    np.testing.assert_array_equal(found["targets"], np.arange(27.0))


def test_a_name_with_a_dot_is_itself_beside_a_struct(written):
    """Columns of one name are refused; others are taken by their place."""
    path = written(**{"a.b": np.ones(3), "a": pa.array([{"c": 5.0}] * 3), "y": np.zeros(3)})
    assert evaluate(path, pred="a.b", target="y", loss="mae").value == 1.0
    assert evaluate(path, pred="a.c", target="y", loss="mae").value == 5.0


def test_text_is_no_number(written):
    """The message shows it, and its row."""
    path = written(p=pa.array(["0.5", "cat"]), y=np.zeros(2))
    with pytest.raises(DataError, match="'cat' is not a number") as caught:
        evaluate(path, pred="p", target="y", loss="mae")
    assert (caught.value.place.row, caught.value.place.column) == (1, "p")


def test_times_are_no_numbers(written):
    day = datetime.datetime(2026, 1, 2)
    path = written(p=pa.array([day, day]), y=np.zeros(2))
    with pytest.raises(DataError, match=r"timestamp.* is not a number"):
        evaluate(path, pred="p", target="y", loss="mae")


GROUPS = {
    "text": (pa.array(["b", None, "a", "b"]), ["", "a", "b"]),
    "dictionary": (pa.array(["b", None, "a", "b"]).dictionary_encode(), ["", "a", "b"]),
    "integers": (pa.array([2**60 + 1, 2**60, None, 2**60]), [str(2**60), str(2**60 + 1), ""]),
    "floats": (pa.array([1.0, 0.5, None, 0.5]), ["0.5", "1.0", ""]),
    "booleans": (pa.array([True, False, True, True]), ["False", "True"]),
    "days": (pa.array([datetime.date(2026, 1, 2)] * 4), ["2026-01-02"]),
    "times": (pa.array([datetime.datetime(2026, 1, 2)] * 4, pa.timestamp("ns")),
              ["2026-01-02 00:00:00"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", GROUPS)
def test_columns_of_any_type_are_keys(written, kind):
    """As Python writes them; a null is a missing key."""
    column, expected = GROUPS[kind]
    path = written(p=np.zeros(4), y=np.ones(4), key=column)
    found = evaluate(path, pred="p", target="y", by="key", loss="mse").groups
    assert sorted(dict(group.by)["key"] or "" for group in found) == sorted(expected)


def test_a_stream_without_its_end_is_refused():
    """Cut between two batches it would read as a shorter one."""
    table = pa.table({"p": np.zeros(ROWS), "y": np.ones(ROWS)})
    _stream(table, "t.arrows")
    whole = Path("t.arrows").read_bytes()
    for size in range(len(whole) - 1, 0, -997):
        Path("t.arrows").write_bytes(whole[:size])
        with pytest.raises(DataError):
            evaluate("t.arrows", pred="p", target="y", loss="mse")


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.feather"])
def test_a_file_that_is_cut_short_is_refused(name):
    """At any byte."""
    pred, target = random_rows()
    WRITERS[name](pa.table({"p": pred, "y": target}), name)
    whole = Path(name).read_bytes()
    for size in range(len(whole) - 1, 0, -len(whole) // 40):
        Path(name).write_bytes(whole[:size])
        with pytest.raises(DataError, match=name):
            evaluate(name, pred="p", target="y", loss="mse")


def test_checksums_of_pages_are_verified():
    """A flipped bit is an error where the writer made checksums."""
    pred, target = random_rows()
    _parquet(pa.table({"p": pred, "y": target}), "t.parquet", write_page_checksum=True)
    whole = Path("t.parquet").read_bytes()
    rng = random.Random(2)
    for _ in range(20):
        at = rng.randrange(200, 100_000)  # within the pages of the columns
        damaged = bytearray(whole)
        damaged[at] ^= 1 << rng.randrange(8)
        Path("t.parquet").write_bytes(damaged)
        with pytest.raises(DataError, match=r"cannot read t\.parquet"):
            evaluate("t.parquet", pred="p", target="y", loss="mse")


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.arrows"])
def test_any_flipped_bit_gives_an_error_or_a_number(name):
    """Never a crash or a traceback."""
    table = pa.table({"p": [0.5, None, 1.5], "y": [1.0, 2.0, 3.0], "k": ["a", "b", "a"]})
    WRITERS[name](table, name)
    whole = Path(name).read_bytes()
    rng = random.Random(4)
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        Path(name).write_bytes(damaged)
        try:
            evaluate(name, pred="p", target="y", loss="mse", by="k", nan="skip")
        except DataError:
            continue


class OtherReader:
    """A reader of Parquet whose `open` takes other arguments."""

    def open(self, source):
        """Open a file."""


@pytest.mark.parametrize("change", ["gone", "other"])
@pytest.mark.parametrize("block_rows", [None, 700])
def test_the_reader_inside_of_pyarrow_may_be_another_one(read, monkeypatch, change, block_rows):
    """It is private to pyarrow: without it, pyarrow.parquet reads the same."""
    p, y = random_rows()
    _parquet(pa.table({"p": p, "y": y}), "t.parquet")
    if change == "gone":
        monkeypatch.delattr("pyarrow._parquet.ParquetReader")
    else:
        monkeypatch.setattr("pyarrow._parquet.ParquetReader", OtherReader)
    found = read("t.parquet", pred=("p",), target=("y",), block_rows=block_rows)
    np.testing.assert_array_equal(found["preds"], p)
    np.testing.assert_array_equal(found["targets"], y)


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.arrows"])
def test_a_table_without_rows_is_refused(name):
    WRITERS[name](pa.table({"p": pa.array([], pa.float64()), "y": pa.array([], pa.int64())}), name)
    with pytest.raises(DataError, match="no rows"):
        evaluate(name, pred="p", target="y", loss="mse")


def test_integers_beyond_floats_are_noted(written):
    """As those of an array."""
    path = written(p=pa.array([2**53 + 1, 0]), y=np.zeros(2))
    found = evaluate(path, pred="p", target="y", loss="mae")
    assert [note.code for note in found.notes] == ["integers_rounded"]


def test_integers_beside_nulls_are_noted_too(written):
    """A null does not make floats of them without a word."""
    path = written(p=pa.array([2**53 + 1, None, 4]), y=pa.array([2**53, 0, 0]))
    found = evaluate(path, pred="p", target="y", loss="mae", nan="skip")
    assert found.losses[0].value == 2.0
    assert {note.code for note in found.notes} >= {"integers_rounded", "skipped"}


def test_columns_of_one_name_are_asked_for_by_position(written, read):
    """The name alone is an error."""
    columns = [pa.array([1.0, 2.0]), pa.array([3.0, 4.0]), pa.array([5.0, 6.0])]
    table = pa.table(columns, names=["p", "p", "t"])
    path = written()
    WRITERS[path](table, path)
    for data in (path, table, table.to_pandas()):
        found = read(data, pred=["2"], target=["3"])
        assert (found["preds"].tolist(), found["targets"].tolist()) == ([3.0, 4.0], [5.0, 6.0])
        with pytest.raises(DataError, match="2 columns called 'p'"):
            read(data, pred=["p"], target=["t"])
