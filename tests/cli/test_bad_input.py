"""A bad file is exit 3 and one message that names it, the place and the mend."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest

BOTH = ("--pred", "p", "--target", "t")


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
    said = process("eval", *arguments, "-l", "mse")
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
    assert "numpy.save" in lines[-1]


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
    """A mean over nothing is not a number."""
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
    assert "not an NPY file" in refused(table("p\n1\n2\n3\n", "text.npy"), "t.npy")[0]


# --- CSV: (what, content, words of the message)

TABLES = {
    "a missing column": ("yhat,t\n1,2\n", ["no column 'p'", "yhat, t"]),
    "a column nearly named": ("P,t\n1,2\n", ["no column 'p'", "P, t"]),
    "a duplicate column": ("p,p,t\n1,1,2\n", ["2 columns called 'p'", "columns 1, 2"]),
    "a long row": ("p,t\n1,2\n1,2,3\n", ["3 cells", "2 columns", "line 3"]),
    "a short row": ("p,t\n1,2\n1\n1,2\n", ["1 cells", "2 columns", "line 3"]),
    "text in a number": ("p,t\n1,2\nhigh,3\n", ["'high' is not a number", "line 3, column p"]),
    "a thousands separator": ("p,t\n1,2\n1_000,3\n", ["'1_000' is not", "line 3, column p"]),
    "a unit": ("p,t\n1,2\n3,1.5kg\n", ["'1.5kg' is not a number", "line 3, column t"]),
    "hexadecimal": ("p,t\n1,2\n0x10,3\n", ["'0x10' is not a number", "line 3, column p"]),
    "Arabic digits": ("p,t\n1,2\n١٢٣,3\n", ["is not a number", "line 3, column p"]),
    "an empty cell": ("p,t\n1,2\n,3\n", ["nan", "line 3, column p", "--nan skip"]),
    "an empty last cell": ("p,t\n1,2\n3,\n", ["nan", "line 3, column t", "--nan skip"]),
    "a cell of blanks": ("p,t\n1,2\n  ,3\n", ["line 3, column p", "--nan skip"]),
    "NA": ("p,t\n1,2\nNA,3\n", ["nan", "line 3, column p", "--nan skip"]),
    "null": ("p,t\n1,2\nnull,3\n", ["nan", "line 3, column p", "--nan skip"]),
    "N/A": ("p,t\n1,2\n3,N/A\n", ["nan", "line 3, column t", "--nan skip"]),
    "decimal commas": ("p;t\n1;2\n1,5;3\n", ["'1,5' is not a number", "--decimal ,", "line 3"]),
    "no header": ("1,2\n3,4\n", ["no header line", "called 1", "--no-header"]),
    "a header only": ("p,t\n", ["header and no rows"]),
    "a header without its newline": ("p,t", ["header and no rows"]),
    "a header and blank lines": ("p,t\n\n\r\n\n", ["header and no rows"]),
    "newlines only": ("\n\n\n", ["no rows"]),
    "a blank line in the middle": ("p,t\n1,2\n\n3,4\n", ["blank line", "line 3"]),
    "a line of blanks in the middle": ("p,t\n1,2\n   \n3,4\n", ["line 3"]),
    "UTF-16 without a mark": ("p,t\n1,2\n".encode("utf-16-le"), ["--encoding utf-16-le"]),
    "UTF-16 with its high bytes first": ("p,t\n1,2\n".encode("utf-16-be"), ["utf-16-be"]),
    "a NUL byte": (b"p,t\n1,2\n\x003,4\n", ["not text", "NUL bytes"]),
    "a header in Latin-1": ("pr\xe9d,t\n1,2\n".encode("latin-1"), ["not UTF-8", "line 1"]),
    "a quote that swallows rows": ('p,t,c\n1,2,"b\n3,4,c\n5,6,"d\n7,8,e\n', ["quote", "line 2"]),
    "a quote that swallows the rest": ('p,t,c\n1,2,a\n3,4,"b\n5,6,c\n7,8,d\n', ["quote", "line 3"]),
    "a quote in the header": ('"p,t\n1,2\n', ["quote", "not closed", "line 1"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "words"), TABLES.values(), ids=TABLES)
def test_a_bad_table_is_refused_with_its_line_and_column(refused, table, content, words):
    """A wrong file gives no number, and the message leads to the cell."""
    message = "\n".join(refused(table(content), *BOTH))
    assert "table.csv" in message
    for word in words:
        assert word in message


# Tables that are read, with what is said of them.
NOTED = {
    "UTF-16 with its mark": ("p,t\n1,2\n3,5\n".encode("utf-16"), [1, 4], ["UTF-16"]),
    "bare CR line ends": (b"p,t\r1,2\r3,5\r", [1, 4], ["carriage return"]),
    "a bare CR in the middle": (b"p,t\n1,2\n3,5\r5,5\n", [1, 4, 0], ["carriage return"]),
    "a newline in quotes": ('p,t,c\n1,2,"a\nb"\n3,5,c\n', [1, 4], ["1 newline is inside quotes"]),
    "as many newlines in quotes as bare CR": (
        'p,t,c\n1,2,"b\n3,4,c"\n5,7,d\r7,8,e\n',
        [1, 4, 1],
        ["1 newline is inside quotes", "carriage return"],
    ),
}


@pytest.mark.parametrize(("content", "losses", "words"), NOTED.values(), ids=NOTED)
def test_an_unusual_table_is_read_whole_and_noted(losscli, table, content, losses, words):
    """No row is lost or made up, also where one newline less and one more are as many lines."""
    said = losscli("eval", table(content), *BOTH, "-l", "mse", "--per-sample", "rows.npy")
    assert said.code == 0
    assert np.load("rows.npy").tolist() == losses
    for word in words:
        assert word in said.err


def test_an_unreadable_id_is_blamed_on_its_text(refused, table):
    """An id that is not UTF-8 is not called an empty cell."""
    name = table(b"id,p,t\na,1,2\n\xff,2,3\n")
    other = table(b"id,p,t\na,1,2\n\xff,2,3\n", "other.csv")
    lines = refused(name, other, "--id", "id", *BOTH)
    assert "line 3, column id" in lines[1]
    assert "empty" not in lines[0]


def test_ids_without_a_partner_are_named_with_their_line(refused, table):
    """Those of both tables, with the flag that leaves them out."""
    name = table("id,p\na,1\nb,2\nc,3\n", "preds.csv")
    other = table("id,t\nd,1\nc,2\na,3\n", "targets.csv")
    lines = refused(name, other, "--id", "id", *BOTH)
    assert "1 id of preds.csv not in targets.csv: 'b'" in lines[0]
    assert "1 id of targets.csv not in preds.csv: 'd'" in lines[0]
    assert "--unmatched skip" in lines[2]
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
