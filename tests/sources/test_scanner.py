"""The two scanners of text agree with each other, with the csv module, and with float()."""

import csv
import io
import random
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli import DataError, UsageError, evaluate
from losscli.kernels import machine
from losscli.sources import plain, scanner
from losscli.sources.dialect import Dialect
from losscli.sources.powers import powers_of_ten

compiled = machine.scanner()
both = pytest.mark.parametrize("scan", [plain] if compiled is None else [plain, compiled])

TEXT = st.text(st.sampled_from('01.e-+a,"\n\r \t;'), max_size=40).map(str.encode)
# Words of eight bytes: digits beside every byte that is close to one, or not ASCII.
DIGITS = st.text(st.sampled_from("0123456789.-,\n/:;\x7fé\u20ac"), max_size=60).map(str.encode)


def scanned(scan, text, delimiter, width):
    """Everything that a scanner finds in a text: its rows, then their cells as both kinds."""
    split = tuple(scan.split_rows(text, ord(delimiter), 100, True))
    rows, length = split[:2]
    if not rows:
        return split, None
    columns = [scanner.Column(k, kind, k * rows, 1) for k in range(width) for kind in (0, 1)]
    numbers, spans = np.zeros(width * rows), np.zeros((width * rows, 2), np.int64)
    failed, cells, odd = scan.scan_rows(
        text[:length], ord(delimiter), ord("."), False, width, rows,
        np.array(columns, np.int64), powers_of_ten(), scanner._WORDS, numbers, spans,
    )  # fmt: skip
    if failed >= 0:
        return split, (failed, cells)
    codes, firsts = scan.distinct(text, spans)
    return split, (
        numbers.tobytes(), spans.tolist(), bytes(odd), scan.texts(text, spans),
        bytes(codes), bytes(firsts),
    )  # fmt: skip


@pytest.mark.skipif(compiled is None, reason="one scanner only")
@given(TEXT | DIGITS, st.sampled_from(",; \t"), st.integers(1, 3))
def test_both_scanners_find_the_same(text, delimiter, width):
    """Rows, spans, numbers, odd cells, texts, and what is refused."""
    assert scanned(compiled, text, delimiter, width) == scanned(plain, text, delimiter, width)


@pytest.mark.skipif(compiled is None, reason="one scanner only")
@pytest.mark.parametrize("ends", [["\n"], ["\r\n"], ["\r"], ["\n", "\r\n", "\r", "\r\r\n", ""]])
@pytest.mark.parametrize("quotes", [0, 0.002])
def test_both_scanners_split_long_texts_alike(ends, quotes):
    """Longer than what is looked at in one go, cut anywhere."""
    generator = random.Random(3)
    cells = ["1", "x,y", "0.25,", "a" * 30]
    if quotes:
        cells += ['"', '"a\nb"', '"a""\r\n,"']
    weights = [1] * 4 + [quotes] * (len(cells) - 4)
    for _ in range(20):
        lines = generator.choices(cells, weights, k=6000)
        text = "".join(line + generator.choice(ends) for line in lines).encode()
        text = text[: generator.randrange(len(text))]
        most = generator.choice([1, 100, 3000, 10**9])
        for last in (False, True):
            found = tuple(compiled.split_rows(text, ord(","), most, last))
            assert found == tuple(plain.split_rows(text, ord(","), most, last))


@both
@given(
    st.lists(
        st.lists(st.text(st.sampled_from('ab,"\n\r 1'), max_size=5), min_size=2, max_size=2),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_what_the_csv_module_writes_is_read_back(scan, rows):
    """Any text in any cell."""
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    text = out.getvalue().encode()
    count, length, breaks, *_ = scan.split_rows(text, ord(","), 99, False)
    assert (count, length) == (len(rows), len(text))
    assert breaks == sum(cell.count("\n") for row in rows for cell in row)
    assert scanned(scan, text, ",", 2)[1][3] == [row[k] for k in (0, 1) for row in rows]


@both
def test_every_number_is_rounded_as_float_rounds_it(scan):
    """Random bits in several forms, whole numbers, halfway cases, and the ends of the range."""
    generator = random.Random(7)
    texts = []
    for _ in range(3000):
        (number,) = struct.unpack("d", generator.randbytes(8))
        if number == number:
            texts += [repr(number), f"{number:.17e}", f"{number:.18e}"]
        half = (2 * generator.randrange(2**52, 2**53) + 1) * 5 ** (power := generator.randrange(4))
        texts += [
            f"{half}e-{power}",
            f"{generator.randrange(10**19)}e{generator.randrange(-345, 310)}",
        ]
    values = np.zeros(len(texts))
    failed, _, odd = scan.scan_rows(
        "\n".join(texts).encode(), ord(","), ord("."), False, 1, len(texts),
        np.array([0, 0, 0, 1], np.int64), powers_of_ten(), scanner._WORDS, values, values[:0],
    )  # fmt: skip
    assert (failed, bytes(odd)) == (-1, b"")
    assert values.tobytes() == np.array([float(text) for text in texts]).tobytes()


@both
def test_a_table_is_read_by_either_scanner(scan, table, read, monkeypatch):
    """Ids, numbers, missing values."""
    monkeypatch.setattr(scanner, "_scanner", lambda: scan)
    name = table('id,p,t\n"a ""b""",1,NA\n"c\nd",2,3\n')
    found = read(name, pred=["p"], target=["t"])
    assert found["preds"].tolist() == [1.0, 2.0]
    assert np.array_equal(found["targets"], [np.nan, 3.0], equal_nan=True)
    result = evaluate(name, pred="p", target="t", loss="mae", by="id", nan="skip")
    assert result["mae"].n == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_text_in_other_encodings_is_read(table, read, encoding):
    """By a mark at its beginning, or by name; ids have their letters."""
    content = "naïve,p,t\né,1,2\n".encode(encoding)
    marked = encoding in ("utf-16", "utf-32")
    columns = {"pred": "p", "target": "t", "loss": "mae"}
    result = evaluate(table(content), **columns, by="naïve", encoding="" if marked else encoding)
    assert result.value == 1.0
    assert [note.code for note in result.notes] == ["encoding"] * marked


def test_text_that_is_not_in_the_encoding_named_is_refused(table):
    """With its place; and an encoding that does not exist."""
    with pytest.raises(DataError, match="not shift_jis text"):
        evaluate(table(b"p,t\n1,\xff\n"), pred="p", target="t", loss="mae", encoding="shift_jis")
    with pytest.raises(UsageError, match="unknown encoding"):
        evaluate(table(b"p,t\n1,2\n"), pred="p", target="t", loss="mae", encoding="rot13")
    with pytest.raises(DataError, match="UTF-16") as caught:
        evaluate(table("p,t\n1,2\n3,4\n5,6\n".encode("utf-16-le")), pred="p", loss="mae")
    assert caught.value.hint == 'say so: encoding="utf-16-le"'


def test_a_stray_quote_that_would_swallow_rows_is_refused(table):
    """Two of them in a text column: the rows between are lost in most readers."""
    name = table('p,t,n\n1,1,a\n2,2,"b\n3,3,c\n4,4,"d\n5,5,e\n')
    with pytest.raises(DataError, match="quote") as caught:
        evaluate(name, pred="p", target="t", loss="mae")
    assert caught.value.place.line == 3


def test_a_mark_of_byte_order_within_the_text_is_no_number(table):
    """Wherever the pieces of the file are cut."""
    with pytest.raises(DataError, match="is not a number") as caught:
        evaluate(table("p,t\n1,2\n\ufeff3,4\n"), pred="p", target="t", loss="mae")
    assert caught.value.place.line == 3


@both
def test_a_blank_separates_however_many_there_are(scan):
    """At the beginnings and ends of lines too."""
    rows, length, *_ = scan.split_rows(b" 1  2\n3\t4 \n", 32, 9, True)
    assert (rows, length) == (2, 11)
    assert np.frombuffer(scanned(scan, b" 1  2\n3\t4 \n", " ", 2)[1][0]).tolist() == [1, 3, 2, 4]


def test_the_marks_of_numbers_are_those_of_the_dialect():
    """Groups have three digits; anything else is not a number."""
    from losscli.sources.dialect import number_of

    german = Dialect(";", ",", ".")
    assert number_of("-1.299.000,5", german) == -1299000.5
    assert [number_of(text, german) for text in ("1.29,5", "12.34", "1.5", "1,2,3")] == [None] * 4
