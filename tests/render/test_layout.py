"""Pages in terminals of any width and encoding."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.errors import LossCliError
from losscli.render.formats.table import lines_of
from losscli.render.layout import encodable, table_lines, wrap
from losscli.render.page import Table, TableRow
from tests.render.kinds import KINDS

TABLE = Table(
    ("loss", "old", "new", "verdict"),
    [TableRow(("mae", "1.0", "2.0", "worse than before")), TableRow(("all losses of a run",))],
    (1, 2),
    drop_order=("new", "old"),
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [80, 120])
def test_every_page_fits_its_terminal(tmp_path, monkeypatch, kind, width):
    """Lines to copy stay whole, and so does a word that is longer than a line."""
    monkeypatch.chdir(tmp_path)
    result = KINDS[kind]()
    if isinstance(result, LossCliError):
        return
    for line, _ in lines_of(result, width, "utf-8"):
        whole = line.startswith(" " * 6) or max(map(len, line.split() or [""])) > 24
        assert len(line) <= width or whole


@given(st.lists(st.text("ab1.", min_size=1, max_size=30), max_size=20), st.integers(1, 60))
def test_text_wraps_between_words(words, width):
    """No word is cut or lost, at any width."""
    lines = wrap(" ".join(words), width, 2)
    assert [word for line in lines for word in line.split()] == words
    assert all(len(line) <= max(width, 18) or len(line.split()) == 1 for line in lines)
    assert wrap(" ".join(words), math.inf) == [" ".join(words)]


@pytest.mark.parametrize(
    ("width", "dropped"), [(math.inf, []), (35, []), (34, []), (33, ["new"]), (20, ["new", "old"])]
)
def test_columns_are_dropped_in_their_order(width, dropped):
    """Only as many as needed; all fit a pipe."""
    table = TABLE if width != 34 else TABLE._replace(last_width=12)
    kept, gone = table.columns(width)
    assert gone == dropped
    assert [TABLE.headers[at] for at in kept] == [h for h in TABLE.headers if h not in dropped]


def test_the_last_column_wraps_where_it_is_text():
    """Below its first line, under the same column."""
    lines = [line for line, _ in table_lines(TABLE, [0, 3], 20)]
    assert lines == [
        "  loss  verdict",
        "  mae   worse than",
        "        before",
        "  all losses of a run",
    ]


def test_signs_have_ascii_where_an_encoding_lacks_them():
    """Only those that it lacks."""
    assert encodable("2 µs ± 1 · x²", "ascii") == "2 us +/- 1 - x^2"
    assert encodable("2 µs ± 1 · x²", "latin-1") == "2 µs ± 1 · x²"
    assert encodable("a ≤ b", "no-such-encoding") == "a <= b"
