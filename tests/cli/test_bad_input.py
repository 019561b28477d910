"""Bad data is exit 3 and one message that names the file, the place and the mend."""

import math
import os
import re
import struct
from pathlib import Path

import numpy as np
import pytest

from losscli.sources.csv import CsvTable
from losscli.sources.npy import NpyTable

BOTH = ("--pred", "p", "--target", "t")


@pytest.fixture
def refused(losscli):
    """The lines of the message of an evaluation that ends with exit code 3, and prints nothing."""

    def call(*arguments, loss="mse"):
        said = losscli("eval", *arguments, "-l", loss)
        assert said.code == 3
        assert said.out == ""
        assert len(said.error) > 1, "no place and no mend"
        return said.error

    return call


def npy(header, version=(1, 0), payload=bytes(24)):
    """A file of a header as it is given, and 24 bytes of data."""
    text = header.encode("latin-1")
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text + payload


def described(dtype="'<f8'", shape="(3,)"):
    return f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}\n"


# --- what is no file of data


def test_a_missing_file_is_named_with_the_nearest_name_there(refused, pair):
    """A slip of the finger is mended by the message."""
    lines = refused("pp.npy", "t.npy")
    assert lines == ["error: there is no file pp.npy", "  did you mean p.npy?"]


def test_a_missing_folder_is_said_to_be_missing(refused, pair):
    """The file's folder is where the slip is."""
    assert refused("data/p.npy", "t.npy")[1] == "  there is no folder data either"


@pytest.mark.parametrize("name", ["empty.npy", "empty.csv"])
def test_an_empty_file_is_refused(refused, pair, table, name):
    """A file of no bytes was left by a step that failed."""
    lines = refused(table("", name), "t.npy")
    assert name in lines[0]
    assert "empty" in lines[0]


def test_a_directory_is_refused(refused, pair):
    """A folder is named as one."""
    Path("folder.npy").mkdir()
    assert "folder.npy is a directory" in refused("folder.npy", "t.npy")[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("fifo", "t.npy"),
        ("p.npy", "fifo"),
        ("p.npy", "t.npy", "--weights", "./fifo"),
        ("p.npy", "t.npy", "-l", "bce_with_logits:pos_weight=@fifo"),
    ],
    ids=["preds", "targets", "weights", "parameter"],
)
def test_a_fifo_is_refused_and_not_waited_for(process, pair, arguments):
    """Nobody will ever write into it."""
    os.mkfifo("fifo")
    said = process("eval", *arguments, "-l", "mse", timeout=10)
    assert said.code == 3
    assert "fifo" in said.error[0]


def test_a_loop_of_links_is_refused(refused, pair):
    """The system's own words say what it is."""
    Path("loop.npy").symlink_to("loop.npy")
    said = " ".join(refused("loop.npy", "t.npy"))
    assert "loop.npy" in said
    assert "symbolic links" in said


# --- NPY


@pytest.mark.parametrize("kept", [3, 9, 40, 127, 128, 151], ids="{} bytes".format)
def test_a_truncated_npy_file_is_refused(refused, pair, table, kept):
    """Wherever it was cut: in the magic, the header or the data."""
    name = table(Path("p.npy").read_bytes()[:kept], "cut.npy")
    assert "cut.npy" in refused(name, "t.npy")[0]


def test_the_message_of_a_truncated_file_says_what_was_promised_and_what_is_there(
    refused, pair, table
):
    """Both numbers of bytes tell how far the copy came."""
    lines = refused(table(Path("p.npy").read_bytes()[:-5], "cut.npy"), "t.npy")
    assert "24 bytes" in lines[0]
    assert "19 are there" in lines[0]
    assert "(3,)" in lines[0]


def test_bytes_after_the_array_are_refused(refused, pair, table):
    """NumPy reads the first of two arrays in silence; here nothing is left unread."""
    whole = Path("p.npy").read_bytes()
    lines = refused(table(whole + whole, "twice.npy"), "t.npy")
    assert "152 bytes follow the array of twice.npy" in lines[0]


class Creates:
    """A pickle that leaves a file behind when it is loaded."""

    def __reduce__(self):
        return Path.touch, (Path("loaded"),)


@pytest.mark.parametrize("role", ["preds", "targets", "weights", "parameter"])
def test_an_array_of_objects_is_refused_and_never_unpickled(losscli, pair, array, role):
    """Unpickling runs code; no role of an evaluation does it."""
    name = array(np.array([Creates(), Creates(), Creates()], dtype=object), "objects.npy")
    arguments = {
        "preds": (name, "t.npy", "-l", "mse"),
        "targets": ("p.npy", name, "-l", "mse"),
        "weights": ("p.npy", "t.npy", "-l", "mse", "--weights", name),
        "parameter": ("p.npy", "t.npy", "-l", f"bce_with_logits:pos_weight=@{name}"),
    }[role]
    said = losscli("eval", *arguments)
    assert said.code == 3
    assert "objects.npy" in said.error[0]
    assert not Path("loaded").exists()
    assert "pickle" not in said.err  # nobody is led to load it unsafely


ODD_TYPES = {
    "text": (np.array(["1", "2", "3"]), "text"),
    "bytes": (np.array([b"1", b"2", b"3"]), "bytes"),
    "complex": (np.array([1j, 2, 3]), "complex"),
    "records": (np.zeros(3, [("score", "f8"), ("label", "i4")]), "score, label"),
    "void": (np.zeros(3, "V2"), "V2"),
    "dates": (np.zeros(3, "M8[D]"), "M8[D]"),
    "durations": (np.zeros(3, "m8[s]"), "m8[s]"),
    "long double": (np.zeros(3, np.longdouble), "wider than 64 bits"),
}


@pytest.mark.parametrize(("values", "words"), ODD_TYPES.values(), ids=ODD_TYPES)
def test_an_array_that_holds_no_plain_numbers_is_refused(refused, pair, array, values, words):
    """The message says what it holds and how to save it right."""
    lines = refused(array(values, "odd.npy"), "t.npy")
    assert "odd.npy" in lines[0]
    assert words in lines[0]
    assert "np.save" in lines[-1]


@pytest.mark.parametrize("unit", ["M8[D]", "m8[s]"])
def test_dates_are_not_called_wide_numbers(refused, pair, array, unit):
    """A message that names the wrong fault is worse than none."""
    assert "wider" not in refused(array(np.zeros(3, unit)), "t.npy")[0]


@pytest.mark.parametrize(
    "values",
    [np.array(1.0), np.zeros(0), np.zeros((0, 4)), np.zeros((3, 0))],
    ids=["0-d", "no rows", "no rows of four", "rows of nothing"],
)
def test_an_array_without_rows_is_refused(refused, pair, array, values):
    """A mean over nothing is no number."""
    lines = refused(array(values, "none.npy"), "t.npy")
    assert "none.npy" in lines[0]
    assert "rows" in lines[0]


SHAPES = ["(4,)", "(2,)", "(-3,)", "(3, -1)", "(-1, -3)", "(True, 3)", "(3.0,)", "[3]", "3", "()"]
HUGE = [
    "(99999999999999999999,)",
    "(9223372036854775807, 4)",
    "(2**62,)",
    "(0, 9223372036854775808)",
]


@pytest.mark.parametrize("shape", [*SHAPES, *HUGE, f"({'1, ' * 64}3)"])
def test_a_header_that_lies_about_the_shape_is_refused(refused, pair, table, shape):
    """Larger, smaller, negative, huge or no shape at all: nothing is allocated by it."""
    lines = refused(table(npy(described(shape=shape)), "liar.npy"), "t.npy")
    assert "liar.npy" in lines[0]


HEADERS = {
    "9,999 dashes": "-" * 9_999,
    "an open brace": "{",
    "9,000 open brackets": "(" * 9_000,
    "an empty dictionary": "{}",
    "a list": "[]",
    "nothing": "",
    "a key too many": described()[:-3] + "'x': 1}",
    "no type": described("'zz'"),
    "an order that is no truth": described().replace("False", "7"),
    "a call": described("__import__('pathlib').Path('loaded').touch()"),
    "bytes that are no text": "\xff\xfe\xfd",
    "NUL bytes": "\0" * 100,
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)], ids=["v1", "v2", "v3"])
def test_a_garbage_header_is_refused(refused, pair, table, header, version):
    """Whatever NumPy's parser raises, it is the file that is damaged; nothing in it is run."""
    lines = refused(table(npy(header, version), "garbage.npy"), "t.npy")
    assert "garbage.npy" in lines[0]
    assert not Path("loaded").exists()


@pytest.mark.parametrize(
    "dtype",
    ["'O'", "('<f4', (2,))", "[('a', 'O')]", "'V2'"],
    ids=["objects", "pairs", "field", "void"],
)
def test_a_header_of_another_type_is_refused(refused, pair, table, dtype):
    """Types that only a header can have are no numbers either."""
    assert "odd.npy" in refused(table(npy(described(dtype)), "odd.npy"), "t.npy")[0]


@pytest.mark.parametrize("version", [(0, 0), (4, 0), (1, 7), (9, 9)], ids=str)
def test_an_unknown_format_version_is_refused(refused, pair, table, version):
    """What version 4 will mean is not known, so its data are not guessed at."""
    assert "new.npy" in refused(table(npy(described(), version), "new.npy"), "t.npy")[0]


def test_a_header_longer_than_the_limit_is_refused(refused, pair, table):
    """A declared length of four gigabytes allocates nothing."""
    content = b"\x93NUMPY\x02\x00" + b"\xff" * 4 + b"x" * 100
    assert "long.npy" in refused(table(content, "long.npy"), "t.npy")[0]


def test_text_under_the_name_of_an_array_is_refused(refused, pair, table):
    """The suffix promises what the content is not."""
    assert "no NPY file" in refused(table("p\n1\n2\n3\n", "text.npy"), "t.npy")[0]


# --- CSV: (what, content, words of the message)

TABLES = {
    "a missing column": ("yhat,t\n1,2\n", ["no column 'p'", "yhat, t"]),
    "a column nearly named": ("P,t\n1,2\n", ["no column 'p'", "P, t"]),
    "a duplicate column": ("p,p,t\n1,1,2\n", ["2 columns called 'p'", "line 1"]),
    "a long row": ("p,t\n1,2\n1,2,3\n", ["3 cells", "2 columns", "line 3"]),
    "a short row": ("p,t\n1,2\n1\n1,2\n", ["1 cells", "2 columns", "line 3"]),
    "text in a number": ("p,t\n1,2\nhigh,3\n", ["'high' is no number", "line 3, column p"]),
    "a thousands separator": ("p,t\n1,2\n1_000,3\n", ["'1_000' is no number", "line 3, column p"]),
    "a unit": ("p,t\n1,2\n3,1.5kg\n", ["'1.5kg' is no number", "line 3, column t"]),
    "hexadecimal": ("p,t\n1,2\n0x10,3\n", ["'0x10' is no number", "line 3, column p"]),
    "Arabic digits": ("p,t\n1,2\n١٢٣,3\n", ["is no number", "line 3, column p"]),
    "an empty cell": ("p,t\n1,2\n,3\n", ["empty cell", "line 3, column p", "--nan skip"]),
    "an empty last cell": ("p,t\n1,2\n3,\n", ["empty cell", "line 3, column t", "--nan skip"]),
    "a cell of blanks": ("p,t\n1,2\n  ,3\n", ["line 3, column p", "--nan skip"]),
    "NA": ("p,t\n1,2\nNA,3\n", ["'NA' is no number", "line 3, column p", "--nan skip"]),
    "null": ("p,t\n1,2\nnull,3\n", ["'null' is no number", "line 3, column p", "--nan skip"]),
    "N/A": ("p,t\n1,2\n3,N/A\n", ["'N/A' is no number", "line 3, column t", "--nan skip"]),
    "decimal commas": ("p;t\n1;2\n1,5;3\n", ["'1,5' is no number", "decimal points", "line 3"]),
    "no header": ("1,2\n3,4\n", ["no header line", "'1,2'", "--no-header"]),
    "a header only": ("p,t\n", ["header and no rows"]),
    "a header without its newline": ("p,t", ["header and no rows"]),
    "a header and blank lines": ("p,t\n\n\r\n\n", ["header and no rows"]),
    "newlines only": ("\n\n\n", ["line"]),
    "a blank line in the middle": ("p,t\n1,2\n\n3,4\n", ["blank line", "line 3"]),
    "a line of blanks in the middle": ("p,t\n1,2\n   \n3,4\n", ["line 3"]),
    "UTF-16": ("p,t\n1,2\n".encode("utf-16"), ["UTF-16", "UTF-8"]),
    "UTF-16 without a mark": ("p,t\n1,2\n".encode("utf-16-le"), ["NUL bytes", "UTF-8"]),
    "a NUL byte": (b"p,t\n1,2\n\x003,4\n", ["NUL bytes", "UTF-8"]),
    "a header in Latin-1": ("pr\xe9d,t\n1,2\n".encode("latin-1"), ["not UTF-8", "line 1"]),
    "bare CR line ends": (b"p,t\r1,2\r3,4\r", ["\\n"]),
    "bare CR line ends in one column": (b"p\r1\r2\r3\r", ["\\n"]),
    "a bare CR in the middle": (b"p,t\n1,2\n3,4\r5,6\n", ["carriage return", "line"]),
    "a quote that swallows rows": ('p,t,c\n1,2,"b\n3,4,c\n5,6,"d\n7,8,e\n', ["quote", "line 2"]),
    "a quote that swallows the rest": ('p,t,c\n1,2,a\n3,4,"b\n5,6,c\n7,8,d\n', ["quote", "line 3"]),
    "a newline in quotes": ('p,t,c\n1,2,"a\nb"\n3,4,c\n', ["quote", "line 2"]),
    "a quote in the header": ('"p,t\n1,2\n', ["no column 'p'", "p,t"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), TABLES.values(), ids=TABLES)
def test_a_bad_table_is_refused_with_its_line_and_column(refused, table, content, words):
    """A wrong file gives no number, and the message leads to the cell."""
    message = "\n".join(refused(table(content), *BOTH))
    assert "table.csv" in message
    for word in words:
        assert word in message


def test_rows_that_a_quote_swallows_are_missed_even_where_a_bare_cr_makes_up_the_number(
    refused, table
):
    """One row lost and one row split are as many rows as lines, and still not the same rows."""
    refused(table('p,t,c\n1,2,"b\n3,4,c"\n5,6,d\r7,8,e\n'), *BOTH)


def test_an_unreadable_id_is_blamed_on_its_text(refused, table):
    """An id that is not UTF-8 is not called an empty cell."""
    name = table(b"id,p,t\na,1,2\n\xff,2,3\n")
    other = table(b"id,p,t\na,1,2\n\xff,2,3\n", "other.csv")
    lines = refused(name, other, "--id", "id", *BOTH)
    assert "line 3, column id" in lines[1]
    assert "empty" not in lines[0]


def test_ids_that_differ_are_named_with_their_line(refused, table):
    """Rows are paired by position, so one row more in the middle must not go unseen."""
    name = table("id,p\na,1\nb,2\nc,3\n", "preds.csv")
    other = table("id,t\na,1\nc,2\nb,3\n", "targets.csv")
    lines = refused(name, other, "--id", "id", *BOTH)
    assert "'b'" in lines[0]
    assert "'c'" in lines[0]
    assert "targets.csv" in lines[0]
    assert "preds.csv, line 3" in lines[1]


def test_a_table_without_a_column_of_numbers_lists_its_columns(refused, pair, table):
    """Nothing is guessed to be a number."""
    lines = refused(table("name,kind\nx,y\nz,w\nu,v\n"), "t.npy")
    assert "table.csv" in lines[0]
    assert "name, kind" in lines[1]
    assert "--pred" in lines[2]


def test_rows_without_a_header_are_not_lost_beside_a_column_of_text(losscli, table):
    """The first row of `a1,0.5` is data: taken as a header, both files lose a row in silence."""
    preds = table("a1,0.5\na2,0.7\na3,1.0\n", "preds.csv")
    targets = table("a1,0.0\na2,0.7\na3,1.0\n", "targets.csv")
    said = losscli("eval", preds, targets, "-l", "mae")
    assert said.code in (2, 3)
    assert "--no-header" in said.err


def test_two_columns_of_numbers_where_one_is_meant_are_named(losscli, pair, table):
    """The command line must choose; the file is not at fault."""
    said = losscli("eval", table("id,p\n1,1\n2,2\n3,3\n"), "t.npy", "-l", "mse")
    assert said.code == 2
    assert "2 columns of numbers" in said.error[0]
    assert "id, p" in said.error[1]
    assert "--pred p" in said.error[2]


# --- two files that do not fit

LENGTHS = {
    "arrays": ("a.npy", "b.npy"),
    "tables": ("a.csv", "b.csv"),
    "an array and a table": ("a.npy", "b.csv"),
    "a table and an array": ("a.csv", "b.npy"),
}


@pytest.mark.parametrize(("first", "second"), LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize(("rows", "others"), [(3, 4), (4, 3), (3, 3000)])
def test_lengths_that_differ_are_refused_with_both_numbers(
    refused, table, array, first, second, rows, others
):
    """A missing row at the end is no reason to leave the other one out."""
    for name, count in ((first, rows), (second, others)):
        if name.endswith(".npy"):
            array(np.zeros(count), name)
        else:
            table("x\n" + "0\n" * count, name)
    message = refused(first, second)[0]
    assert f"{first} has {rows:,} rows" in message
    assert f"{second} has {others:,} rows" in message


def test_weights_of_another_length_are_refused(refused, pair, array):
    """A weight a row, or none."""
    assert "w.npy has 4 rows" in refused(*pair, "--weights", array(np.ones(4), "w.npy"))[0]


@pytest.mark.parametrize(
    ("pred", "target"), [((3, 2), (3,)), ((3,), (3, 2)), ((3, 2), (3, 3)), ((3, 1, 2), (3, 2))]
)
def test_shapes_that_differ_are_never_broadcast(refused, array, pred, target):
    """(3, 1, 2) and (3, 2) would broadcast to nine losses of nobody's asking."""
    message = refused(array(np.zeros(pred), "p.npy"), array(np.zeros(target), "t.npy"))
    assert "one shape" in message[0]
    assert "broadcast" in message[1]


# --- a file that is written while it is read


def rewrite(path):
    """The same number of bytes, other values."""
    size = Path(path).stat().st_size
    with Path(path).open("r+b") as file:
        file.seek(size - 4)
        file.write(b"7\n7\n")


def shorten(path):
    os.truncate(path, Path(path).stat().st_size // 2)


def lengthen(path):
    with Path(path).open("ab") as file:
        file.write(b"7\n")


@pytest.fixture
def damaged(monkeypatch, refused, array, table):
    """The message where `damage` is done to the predictions once the third block is drawn."""

    def call(kind, damage):
        if kind is NpyTable:
            path = array(np.zeros(1000), "p.npy")
        else:
            path = table("p\n" + "0\n" * 1000, "p.csv")
        os.utime(path, (1e9, 1e9))  # long ago, so that any write shows
        whole = kind.cuts

        def cuts(self, rows):
            for number, cut in enumerate(whole(self, rows)):
                if number == 2 and self.path == path:
                    damage(path)
                yield cut

        monkeypatch.setattr(kind, "cuts", cuts)
        for one in (NpyTable, CsvTable):
            monkeypatch.setattr(one, "block_rows", lambda self, width: 100)
        return refused(path, array(np.zeros(1000), "t.npy"))

    return call


@pytest.mark.parametrize("damage", [shorten, rewrite, lengthen])
@pytest.mark.parametrize("kind", [NpyTable, CsvTable], ids=["npy", "csv"])
def test_a_file_that_changes_while_it_is_read_is_refused(damaged, kind, damage):
    """Half of one file and half of another have a mean that belongs to neither."""
    lines = damaged(kind, damage)
    assert "shrank" in lines[0] if damage is shorten else "changed" in lines[0]
    assert "while it was read" in lines[0]
    assert "run again" in lines[-1]


def test_a_file_that_is_replaced_while_it_is_read_is_read_to_its_end(
    monkeypatch, losscli, array, pair
):
    """A new file under the old name leaves the one that is open whole."""
    path, other = array(np.ones(1000), "p.npy"), array(np.full(1000, 9.0), "other.npy")
    whole = NpyTable.cuts

    def cuts(self, rows):
        for number, cut in enumerate(whole(self, rows)):
            if number == 2 and self.path == path:
                Path(other).replace(path)
            yield cut

    monkeypatch.setattr(NpyTable, "cuts", cuts)
    monkeypatch.setattr(NpyTable, "block_rows", lambda self, width: 100)
    said = losscli("eval", path, array(np.zeros(1000), "t.npy"), "-l", "mae", "--format", "csv")
    assert said.code == 0
    assert said.out.splitlines()[1].split(",")[3] == "1.0"


# --- values outside a loss's domain


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (3, "3 is past the last of 3 classes"),
        (-1, "-1 is negative"),
        (-100.5, "-100.5 is not a whole number"),
        (1.5, "1.5 is not a whole number"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (1e300, "1e+300 is past the last of 3 classes"),
    ],
)
def test_a_label_that_is_no_class_is_refused_with_its_row(refused, array, label, words):
    """Past the last, negative, fractional or infinite; the hint is how to leave one out."""
    logits = array(np.zeros((4, 3)), "logits.npy")
    labels = array(np.array([0.0, label, 2.0, label]), "labels.npy")
    lines = refused(logits, labels, loss="cross_entropy")
    assert words in lines[0]
    assert lines[1] == "  labels.npy, row 1; 2 such rows of 4"
    assert "ignore_index" in lines[2]


def test_a_label_of_a_table_is_refused_with_its_line_and_column(refused, array, table):
    """`row` counts from 0 and a line from 1, after the header."""
    labels = table("half,label\na,0\na,1\nb,7\n", "labels.csv")
    lines = refused(array(np.zeros((3, 3)), "logits.npy"), labels, loss="cross_entropy")
    assert "labels.csv, line 4, column label; 1 such row of 3" in lines[1]


@pytest.mark.parametrize(
    ("preds", "first"),
    [([0.1, 1.2, -0.3, 0.5], "1.2 is above"), ([0.1, -2.31, 1.5, 0.5], "-2.31 is below")],
)
def test_probabilities_outside_the_unit_interval_are_counted(refused, table, preds, first):
    """The screen of the documents: what, where, how many, and what was probably meant."""
    name = table("id,y_hat\n" + "".join(f"r{k},{p}\n" for k, p in enumerate(preds)), "preds.csv")
    targets = table("y\n" + "1\n0\n" * 2, "targets.csv")
    assert refused(name, targets, loss="bce") == [
        f"error: bce takes probabilities in [0, 1]; {first}",
        "  preds.csv, line 3, column y_hat; 2 such rows of 4",
        "  if these are logits: -l bce_with_logits",
    ]


def test_targets_outside_the_unit_interval_are_refused(refused, array):
    """A class index of 2 is no binary target."""
    preds, targets = array(np.full(3, 0.5), "p.npy"), array(np.array([0, 2, 1]), "t.npy")
    lines = refused(preds, targets, loss="bce")
    assert "targets in [0, 1]; 2 is above" in lines[0]
    assert "t.npy, row 1" in lines[1]


def test_the_end_of_an_open_interval_is_not_one_of_it(refused, array):
    """Nor is it below."""
    lines = refused(array(np.ones(2), "p.npy"), array(np.zeros(2), "t.npy"), loss="gamma_deviance")
    assert lines[0] == "error: gamma_deviance takes numbers > 0; 0 is not one"


@pytest.mark.parametrize(
    "spec",
    ["kl_div", "js_div", "kl_div:log_pred=true", "listnet", "multilabel_margin", "asymmetric"],
)
def test_labels_for_rows_lead_to_a_loss_of_labels(losscli, refused, array, spec):
    """Where a loss takes a row of targets, and the one that is named takes what is there."""
    shares = np.full((3, 2), 0.5)
    rows = array(np.log(shares) if "log" in spec else shares, "p.npy")
    labels = array(np.array([0, 1, 1]), "t.npy")
    hint = refused(rows, labels, loss=spec)[-1]
    named = re.fullmatch(r"  one label a row\? -l (\w+) takes such predictions", hint)[1]
    assert losscli("eval", rows, labels, "-l", named).code == 0


def test_boxes_without_boxes_to_meet_lead_to_what_fits(losscli, refused, array):
    """The command that is named says which losses do."""
    rows, targets = array(np.ones((3, 4)), "p.npy"), array(np.ones(3), "t.npy")
    hint = refused(rows, targets, loss="iou")[-1]
    assert hint == "  losscli eval without -l names the losses that fit them"
    assert "these fit" in losscli("eval", rows, targets).err


@pytest.mark.parametrize("name", ["rps", "coral", "multi_margin"])
def test_one_hot_rows_lead_to_class_indices(losscli, refused, array, name):
    """Where a loss takes nothing else, and the way there is named."""
    rows, targets = array(np.full((2, 2), 0.5), "p.npy"), np.eye(2)
    hint = refused(rows, array(targets, "t.npy"), loss=name)[-1]
    assert hint == "  targets are class indices, one a row; of one-hot rows: argmax(axis=1)"
    assert losscli("eval", rows, array(targets.argmax(axis=1), "y.npy"), "-l", name).code == 0


@pytest.mark.parametrize("weight", [-1.0, -math.inf, math.inf])
@pytest.mark.parametrize("nan", ["error", "skip", "propagate"])
def test_a_weight_below_zero_or_infinite_is_refused_under_every_policy(
    refused, pair, array, weight, nan
):
    """--nan is about what is missing, not about what is wrong."""
    weights = array(np.array([1.0, weight, 1.0]), "w.npy")
    lines = refused(*pair, "--weights", weights, "--nan", nan)
    assert "--weights" in lines[0]
    assert "w.npy, row 1; 1 such row of 3" in lines[1]


@pytest.mark.parametrize("policy", ["error", "skip", "propagate"])
@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_an_infinite_probability_is_refused_under_every_policy(refused, array, value, policy):
    """It lies outside [0, 1]; it is not missing."""
    preds, targets = array(np.array([0.5, value]), "p.npy"), array(np.ones(2), "t.npy")
    lines = refused(preds, targets, "--nan", policy, loss="bce")
    assert "p.npy, row 1; 1 such row of 2" in lines[1]


# --- missing numbers

VALUES = {
    "preds": [1.0, 2.0, 3.0, 4.0],
    "targets": [1.0, 2.5, 5.0, 4.0],
    "weights": [1.0, 2.0, 1.0, 3.0],
}


@pytest.fixture
def holed(table, array):
    """The arguments of an evaluation in which a number of one role is replaced by another."""

    def make(form, role, value):
        names = []
        for part, values in VALUES.items():
            filled = [value if part == role and k == 2 else v for k, v in enumerate(values)]
            if form == "npy":
                names.append(array(np.array(filled), f"{part}.npy"))
            else:
                text = "name,y\n" + "".join(f"r{k},{v}\n" for k, v in enumerate(filled))
                names.append(table(text, f"{part}.csv"))
        return (names[0], names[1], "--weights", names[2])

    return make


ROLES = pytest.mark.parametrize("role", VALUES)
FORMS = pytest.mark.parametrize("form", ["npy", "csv"])


@ROLES
@FORMS
def test_nan_is_an_error_that_names_the_file_that_holds_it(refused, holed, form, role):
    """Not the predictions where the targets or the weights lack the number."""
    lines = refused(*holed(form, role, math.nan))
    place = f"{role}.npy, row 2" if form == "npy" else f"{role}.csv, line 4, column y"
    assert "nan" in lines[0]
    assert lines[1] == f"  {place}; 1 such row of 4"
    assert "--nan skip" in lines[2]


@pytest.mark.parametrize("role", ["preds", "targets"])
@FORMS
def test_an_infinity_is_an_error_that_names_the_file_that_holds_it(refused, holed, form, role):
    """A squared error takes finite numbers."""
    lines = refused(*holed(form, role, -math.inf))
    place = f"{role}.npy, row 2" if form == "npy" else f"{role}.csv, line 4, column y"
    assert "-inf is not finite" in lines[0]
    assert lines[1] == f"  {place}; 1 such row of 4"


@pytest.mark.parametrize(
    ("role", "value"),
    [
        ("preds", math.nan),
        ("targets", math.nan),
        ("weights", math.nan),
        ("preds", math.inf),
        ("targets", -math.inf),
    ],
)
@FORMS
def test_a_skipped_row_is_out_of_every_number_and_noted(result, holed, form, role, value):
    """--nan skip is the evaluation of the other rows."""
    document = result(*holed(form, role, value), "-l", "mae", "--nan", "skip")
    loss = document["losses"][0]
    kept = [0, 1, 3]
    errors = np.abs(np.subtract(VALUES["preds"], VALUES["targets"]))[kept]
    weights = np.array(VALUES["weights"])[kept]
    assert loss["value"] == (errors * weights).sum() / weights.sum()
    assert (loss["rows"], loss["n"], loss["skipped"], loss["ignored"]) == (4, 3, 1, 0)
    assert [note["code"] for note in document["notes"]] == ["skipped"]


@ROLES
@FORMS
def test_a_propagated_nan_is_the_value(result, holed, form, role):
    """--nan propagate computes with it, and NumPy's answer is nan."""
    loss = result(*holed(form, role, math.nan), "-l", "mae", "--nan", "propagate")["losses"][0]
    assert loss["value"] == "nan"
    assert loss["ci"] is None
    assert (loss["rows"], loss["n"], loss["skipped"]) == (4, 4, 0)


@pytest.mark.parametrize("role", ["preds", "targets"])
@FORMS
def test_a_propagated_infinity_is_the_value(result, holed, form, role):
    """--nan propagate computes with it, and NumPy's answer is inf, in its row."""
    loss = result(*holed(form, role, math.inf), "-l", "mae", "--nan", "propagate")["losses"][0]
    assert loss["value"] == "inf"
    assert (loss["max"], loss["max_row"]) == ("inf", 2)


@pytest.mark.parametrize("policy", ["error", "skip", "propagate"])
def test_a_row_of_weight_zero_may_hold_anything(result, array, policy):
    """It does not count, so its missing number offends nobody."""
    names = (
        array(np.array([1.0, math.nan, 3.0, math.inf]), "p.npy"),
        array(np.array([1.5, 2.0, 3.0, 4.0]), "t.npy"),
        "--weights",
        array(np.array([1.0, 0.0, 1.0, 0.0]), "w.npy"),
    )
    loss = result(*names, "-l", "mae", "--nan", policy)["losses"][0]
    assert (loss["value"], loss["n"], loss["ignored"], loss["skipped"]) == (0.25, 2, 2, 0)


@pytest.mark.parametrize("policy", ["error", "skip", "propagate"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_missing_logits_in_an_ignored_row_do_not_offend(result, array, policy, value):
    """A padded row holds what the padding left there."""
    logits = np.array([[2.0, 0.0, 1.0], [value, value, value], [0.0, 0.0, 1.0]])
    names = (array(logits, "z.npy"), array(np.array([0, -100, 2]), "y.npy"))
    loss = result(*names, "-l", "cross_entropy", "--nan", policy)["losses"][0]
    kept = logits[[0, 2]]
    truth = np.log(np.exp(kept).sum(1)) - kept[[0, 1], [0, 2]]
    assert loss["value"] == pytest.approx(truth.mean(), rel=1e-15)
    assert (loss["n"], loss["ignored"], loss["skipped"]) == (2, 1, 0)


@pytest.mark.parametrize("policy", ["error", "skip", "propagate"])
def test_a_missing_label_follows_the_policy(losscli, array, policy):
    """A label that is nan is missing, and not a class that is not whole."""
    names = (array(np.zeros((3, 2)), "z.npy"), array(np.array([0, math.nan, 1]), "y.npy"))
    said = losscli("eval", *names, "-l", "cross_entropy", "--nan", policy, "--format", "csv")
    if policy == "error":
        assert said.code == 3
        assert said.error[1] == "  y.npy, row 1; 1 such row of 3"
        assert "--nan skip" in said.error[2]
    else:
        assert said.code == 0
        value = said.out.splitlines()[1].split(",")[3]
        assert value == (repr(math.log(2)) if policy == "skip" else "nan")


def test_nothing_but_skipped_rows_is_nan_and_noted(result, array):
    """There are rows, and none counts: no error, and no number either."""
    names = (array(np.full(3, math.nan), "p.npy"), array(np.zeros(3), "t.npy"))
    document = result(*names, "-l", "mae", "--nan", "skip")
    loss = document["losses"][0]
    assert loss["value"] == "nan"
    assert (loss["n"], loss["skipped"]) == (0, 3)
    assert (loss["min"], loss["max"], loss["max_row"], loss["stderr"]) == (None,) * 4
    assert {note["code"] for note in document["notes"]} == {"skipped", "all_ignored"}


def test_the_first_offending_row_of_all_blocks_is_named_and_all_are_counted(
    monkeypatch, refused, array
):
    """However the file was cut."""
    monkeypatch.setattr(NpyTable, "block_rows", lambda self, width: 7)
    preds = np.full(100, 0.5)
    preds[[33, 34, 80, 99]] = [1.5, -1.0, 2.0, 3.0]
    lines = refused(array(preds, "p.npy"), array(np.ones(100), "t.npy"), loss="bce")
    assert "1.5 is above" in lines[0]
    assert lines[1] == "  p.npy, row 33; 4 such rows of 100"


# --- as processes, where the machinery of a real start takes part


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("p\n1\nx\n3\n", "p.csv"),
        (npy("-" * 9_999), "p2.npy"),
        (npy(described(shape="(2**62,)")), "p2.npy"),
    ],
    ids=["text", "garbage", "huge"],
)
def test_a_process_ends_with_the_code_and_the_message_too(process, pair, table, content, name):
    """No traceback on the way out, and nothing on stdout."""
    said = process("eval", table(content, name), "t.npy", "-l", "mse")
    assert said.code == 3
    assert said.out == ""
    assert name in "".join(said.error)


def test_a_header_of_python_2_is_read_without_a_warning(process, pair, table):
    """`(3L,)` is old, not wrong."""
    name = table(npy(described(shape="(3L,)")), "old.npy")
    said = process("eval", name, "t.npy", "-l", "mae", "--format", "csv")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[1].split(",")[3] == repr(8.5 / 3)


def test_debug_shows_where_an_error_was_raised(process, pair):
    """The traceback is there for who asks."""
    said = process("eval", "missing.npy", "t.npy", "-l", "mse", "--debug")
    assert said.code != 0
    assert "Traceback" in said.err
    assert "there is no file missing.npy" in said.err
