"""Excel workbooks, written by openpyxl."""

import datetime
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from losscli import DataError, UsageError, evaluate
from losscli.errors import MissingError


def write(path="t.xlsx", first=1, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, first):
            for place, cell in enumerate(row, 1):
                sheet.cell(number, place, cell)
    book.save(path)
    return path


ROWS = [["id", "p", "t"], [1, 0.5, 1], [2, 1.25, 2], [3, -3, 0]]


def test_the_only_sheet_with_cells_is_the_table(read):
    """Its first row names the columns; whole numbers are ids without a point."""
    path = write(notes=[], data=ROWS)
    found = read(path, pred=["p"], target=["t"], ids=["id"])
    assert found["preds"].tolist() == [0.5, 1.25, -3.0]
    assert found["ids"].tolist() == ["1", "2", "3"]


def test_a_sheet_is_named_after_a_colon():
    """Where several have cells it must be."""
    path = write(one=ROWS, two=[["p", "t"], [1, 3]])
    assert evaluate(f"{path}:two", pred="p", target="t", loss="mae").value == 2.0
    with pytest.raises(UsageError, match=r"several sheets: one, two\nname one: t\.xlsx:one"):
        evaluate(path, pred="p", target="t", loss="mae")
    with pytest.raises(DataError, match="no sheet 'three'\nits sheets: one, two"):
        evaluate(f"{path}:three", pred="p", target="t", loss="mae")


def test_empty_cells_are_missing_and_blank_rows_at_the_end_are_none():
    path = write(data=[*ROWS, [4, None, 1], [5, True, 1], [None, None, None], [None, " ", None]])
    with pytest.raises(DataError, match="line 5"):
        evaluate(path, pred="p", target="t", loss="mae")
    path = write(data=[*ROWS, [4, None, 1], [5, 1, 1], [None, None, None], ["", "", ""]])
    found = evaluate(path, pred="p", target="t", loss="mae", nan="skip")
    assert (found.losses[0].n, found.losses[0].skipped) == (4, 1)


@pytest.mark.parametrize("cell", ["n/k", datetime.date(2026, 1, 2)])
def test_other_cells_are_errors_with_the_row_of_the_sheet(cell):
    """As Excel counts it, also where the table begins further down."""
    path = write(first=4, data=[*ROWS, [4, cell, 1]])
    with pytest.raises(DataError, match="is not a number") as caught:
        evaluate(path, pred="p", target="t", loss="mae")
    assert (caught.value.place.line, caught.value.place.column) == (8, "p")


def test_texts_and_numbers_are_keys():
    path = write(data=[["k", "p", "t"], ["a", 0, 1], [7, 0, 2], [None, 0, 3], ["a", 0, 4]])
    found = evaluate(path, pred="p", target="t", by="k", loss="mae").groups
    assert {dict(group.by)["k"]: group.losses[0].mean for group in found} == {
        "a": 2.5, "7": 2.0, "": 3.0,
    }  # fmt: skip


def test_a_sheet_without_a_header():
    path = write(data=[[0.5, 1], [1.5, 2]])
    assert evaluate(path, pred="1", target="2", loss="mae", header=False).value == 0.5


def test_workbooks_without_rows_and_damaged_ones_are_refused():
    for rows in ([], [["p", "t"]]):
        with pytest.raises(DataError, match="no rows"):
            evaluate(write(data=rows), pred="p", target="t", loss="mae")
    whole = Path(write(data=ROWS)).read_bytes()
    rng = np.random.default_rng(0)
    for size in rng.integers(100, len(whole), 30):
        Path("t.xlsx").write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"t\.xlsx"):
            evaluate("t.xlsx", pred="p", target="t", loss="mae")


def test_without_the_library_the_line_that_installs_it_is_shown(monkeypatch):
    """The exit code is that of a missing package."""
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingError, match=r"losscli\[excel\]"):
        evaluate(write(data=ROWS), pred="p", target="t", loss="mae")


def test_a_table_below_other_rows_is_found_with_the_flag_that_is_proposed():
    """Reports have a title above their table."""
    rows = [["Forecast of May"], [], ["day", "forecast", "actual"], [1, 1.0, 1.5], [2, 2.0, 2.0]]
    write("report.xlsx", sheet=rows)
    flags = {"pred": "forecast", "target": "actual", "loss": "mae"}
    with pytest.raises(DataError, match="no column 'forecast'") as raised:
        evaluate("report.xlsx", **flags)
    assert "skip_lines=2" in raised.value.hint
    found = evaluate("report.xlsx", **flags, skip_lines=2)
    assert found.value == 0.25
    bad = [*rows[:4], [2, "x", 2.0]]
    write("report.xlsx", sheet=bad)
    with pytest.raises(DataError) as raised:
        evaluate("report.xlsx", **flags, skip_lines=2)
    assert raised.value.place.line == 5


def test_a_workbook_that_would_unpack_to_more_than_one_can_be_is_refused():
    """Before any of it is unpacked: its directory says so."""
    path = write(data=ROWS)
    content = bytearray(Path(path).read_bytes())
    place = content.index(b"PK\x01\x02")  # of the first member; its size is 24 bytes further on
    content[place + 24 : place + 28] = b"\xf0\xff\xff\xff"
    Path(path).write_bytes(content)
    with pytest.raises(DataError, match="would unpack to 4,29"):
        evaluate(path, pred="p", target="t", loss="mae")
