"""CSV files are read right or not at all: any dialect, any block, every bit of every number."""

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from losscli import DataError, UsageError, evaluate
from losscli.accumulators import moments
from losscli.sources import header as header_module
from losscli.sources import lines as lines_module
from losscli.sources.dialect import Dialect
from losscli.sources.files import OpenFile
from losscli.sources.formats import csv as csv_module
from losscli.sources.opening import open_source
from losscli.sources.table import Workspace
from tests.notes import codes_of_reading

BOTH = {"pred": ["p"], "target": ["t"]}
PLAIN = "id,p,t\na,1.5,2\nb,-0.25,3e1\nc,1e-3,-4\n"
PREDS, TARGETS = [1.5, -0.25, 1e-3], [2.0, 30.0, -4.0]

DIALECTS = {
    "plain": (PLAIN, []),
    "a byte order mark": (b"\xef\xbb\xbf" + PLAIN.encode(), []),
    "CRLF": (PLAIN.replace("\n", "\r\n"), []),
    "a byte order mark and CRLF": (b"\xef\xbb\xbf" + PLAIN.replace("\n", "\r\n").encode(), []),
    "semicolons": (PLAIN.replace(",", ";"), ["separator"]),
    "tabs": (PLAIN.replace(",", "\t"), ["separator"]),
    "bars": (PLAIN.replace(",", "|"), ["separator"]),
    "quoted numbers": ('"id","p","t"\n"a","1.5","2"\n"b","-0.25","3e1"\n"c","1e-3","-4"\n', []),
    "quoted separators": (PLAIN.replace("a,", '"a, or ""A""",'), []),
    "blanks around numbers": (PLAIN.replace("1.5,2", " 1.5 ,  2 "), []),
    "signs and bare points": (PLAIN.replace("1.5,2", "+1.5,+2.").replace("-0.25", "-.25"), []),
    "leading zeros": (PLAIN.replace("1.5,2", "0001.50,00002"), []),
    "a header with blanks": (PLAIN.replace("id,p,t", " id , p,t "), []),
    "trailing blank lines": (PLAIN + "\n\r\n\n", []),
    "no final newline": (PLAIN.rstrip("\n"), []),
    "CRLF and no final newline": (PLAIN.replace("\n", "\r\n").rstrip("\r\n"), []),
    "an index without a name": (PLAIN.replace("id,", ","), []),
    "text beyond ASCII": (PLAIN.replace("a,", "预测é,"), []),
    "an unused column in Latin-1": (PLAIN.replace("a,", "é,").encode("latin-1"), []),
    "an unused column of holes": ("id,p,t,x\n,1.5,2,\n,-0.25,3e1,NA\n,1e-3,-4,\n", []),
    "another order": ("t,x,p\n2,?,1.5\n3e1,?,-0.25\n-4,?,1e-3\n", []),
}


@pytest.mark.parametrize(("content", "codes"), DIALECTS.values(), ids=DIALECTS)
def test_a_dialect_is_read_as_the_plain_table(table, read, content, codes):
    """The same numbers; what the suffix did not promise is noted."""
    found = read(table(content), **BOTH)
    assert found["preds"].tolist() == PREDS
    assert found["targets"].tolist() == TARGETS
    notes = evaluate("table.csv", loss="mae", **BOTH).notes
    assert [note.code for note in notes] == codes


@pytest.mark.parametrize(
    ("separator", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")]
)
def test_a_separator_is_noted_in_words(table, separator, word):
    """The file is named, once though it serves two roles."""
    result = evaluate(table(PLAIN.replace(",", separator)), loss="mae", **BOTH)
    assert [note.message for note in result.notes] == [
        f"table.csv was read with {word} between its cells"
    ]


def test_a_tsv_has_tabs_and_no_note(table, read):
    """Its suffix says so; commas in it are noted."""
    name = table(PLAIN.replace(",", "\t"), "table.tsv")
    assert read(name, **BOTH)["preds"].tolist() == PREDS
    assert evaluate(name, loss="mae", **BOTH).notes == ()
    (note,) = evaluate(table(PLAIN, "other.tsv"), loss="mae", **BOTH).notes
    assert (note.code, "commas" in note.message) == ("separator", True)


def test_a_text_file_of_any_suffix_is_a_table(table, read):
    """The content counts."""
    assert read(table(PLAIN, "table.txt"), **BOTH)["preds"].tolist() == PREDS
    assert read(table(PLAIN, "table"), **BOTH)["preds"].tolist() == PREDS


def test_without_a_header_columns_are_counted_from_one(table, read):
    """And no row is lost."""
    name = table("a,1.5,2\nb,-0.25,3e1\nc,1e-3,-4")
    found = read(name, pred=["2"], target=["3"], header=False)
    assert (found["preds"].tolist(), found["targets"].tolist()) == (PREDS, TARGETS)


def test_one_column_without_a_header_is_found(table, read):
    """A file of numbers, one a line."""
    name = table("1.5\n-0.25\n1e-3\n")
    assert read(name, name, header=False)["preds"].tolist() == PREDS


def test_the_one_column_of_numbers_is_found_beside_text(table, read):
    """Text columns, ids and weights are none of the predictions."""
    preds = table("name,y_hat,k\na,1.5,7\nb,-0.25,8\nc,1e-3,9\n", "p.csv")
    targets = table("y,comment\n2,fine\n30,\n-4,7\n", "t.csv")
    found = read(preds, targets, ids=[], weights="k")
    assert found["preds"].tolist() == PREDS
    assert found["targets"].tolist() == TARGETS
    assert found["weights"].tolist() == [7.0, 8.0, 9.0]


def test_a_column_that_begins_with_nan_holds_numbers(table, read):
    """The spellings of nan and inf are numbers, and read as NumPy's."""
    name = table("x\nnan\nNaN\n-inf\nInfinity\n-1\n")
    found = read(name, name)["preds"]
    truth = [float("nan"), float("nan"), float("-inf"), float("inf"), -1.0]
    assert np.array_equal(found, truth, equal_nan=True)


def test_a_matrix_has_its_columns_in_the_order_asked_for(table, read):
    """Not in that of the table."""
    name = table("y,c,a,b\n0,3,1,2\n1,6,4,5\n")
    found = read(name, pred=["a", "b", "c"], target=["y"])["preds"]
    assert found.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert found.flags.c_contiguous


def test_all_columns_of_numbers_are_a_matrix_where_the_loss_takes_rows(table):
    """Without names: logits as they are usually saved."""
    logits = table("z0,z1\n0,1\n2,1\n", "z.csv")
    labels = table("label\n1\n1\n", "y.csv")
    result = evaluate(logits, labels, loss="cross_entropy")
    assert result.inputs[0].columns == ("z0", "z1")
    assert result.value == pytest.approx(np.log1p(np.exp([-1.0, 1.0])).mean(), rel=1e-15)


def test_a_column_may_serve_two_roles(table, read):
    """Targets that are weights too; but predictions that are the targets are a slip."""
    found = read(table(PLAIN), pred=["p"], target=["t"], weights="t")
    assert found["weights"].tolist() == found["targets"].tolist()
    name = table(PLAIN)
    for names in ((name,), (name, f"./{name}")):
        with pytest.raises(UsageError, match="--pred and --target are both p"):
            read(*names, pred=["p"], target=["p"])
        with pytest.raises(UsageError, match="--pred and --target are both t"):
            read(*names, pred=["p", "t"], target=["t"])


def test_all_columns_of_rows_longer_than_a_sample_are_found(table, read):
    """Their types are told from a whole row."""
    cells = [f"{k}.25" for k in range(30_000)]
    name = table("\n".join([",".join(f"c{k}" for k in range(30_000)), *[",".join(cells)] * 2]))
    assert read(name, np.zeros((2, 30_000)))["preds"].tolist() == [[float(c) for c in cells]] * 2


def test_wide_tables_are_paired_by_position(table, read):
    """A few of their columns are looked at for keys, not each."""
    line = ",".join(f"c{k}" for k in range(30_000))
    for name, first in (("p.csv", 1), ("t.csv", 2)):
        row = ",".join(str(k + first) for k in range(30_000))
        table(f"{line}\n{row}\n", name)
    found = read("p.csv", "t.csv", pred=["c29999"], target=["c29998"])
    assert (found["preds"].tolist(), found["targets"].tolist()) == ([30_000], [30_000])


def test_blocks_are_loaded_in_any_order(table):
    """Memory of a text is used again only when nobody has it."""
    name = table("p,t\n" + "".join(f"{k},{-k}\n" for k in range(5000)))
    source = open_source(name, pred=["p"], target=["t"])
    cuts = list(source.blocks(100))
    for place, cut in reversed(list(enumerate(cuts))):
        rows = cut.load(Workspace()).arrays["preds"]
        assert rows.tolist() == list(range(100 * place, 100 * place + 100))
    for place, cut in enumerate(source.blocks(100)):
        assert cut.load(Workspace()).arrays["targets"][0] == -100 * place
    source.close()


def test_a_wide_table_is_read(table, read):
    """Ten thousand columns have a header of more than 64 KiB."""
    names = [f"feature_{k:05}" for k in range(10_000)]
    row = ",".join(["0"] * 10_000)
    name = table(",".join([*names, "p", "t"]) + "\n" + f"{row},1.5,2\n{row},-0.25,30\n")
    found = read(name, **BOTH)
    assert found["preds"].tolist() == [1.5, -0.25]


# --- weights and ids


def test_weights_are_a_column_where_a_table_has_it_and_else_a_file(table, array):
    """`./w` is always the file; where both exist, a note says which was taken."""
    weights = np.array([1.0, 2.0, 4.0])
    name = table("p,t,w\n1,0,1\n1,0,0\n5,0,0\n")
    array(weights, "file.npy")
    Path("file.npy").rename("w")
    column = evaluate(name, loss="mae", weights="w", **BOTH)
    assert column.value == 1.0
    assert [note.code for note in column.notes] == ["column_taken"]
    assert "./w" in column.notes[0].message
    file = evaluate(name, loss="mae", weights="./w", **BOTH)
    assert file.value == (1 + 2 + 20) / 7
    assert file.notes == ()
    assert evaluate(name, loss="mae", weights=weights, **BOTH).value == file.value


def test_weights_may_stand_beside_the_targets(table):
    """Either table may have the column."""
    preds = table("p\n1\n5\n", "p.csv")
    targets = table("t,w\n0,3\n0,1\n", "t.csv")
    result = evaluate(preds, targets, target="t", loss="mae", weights="w")
    assert result.value == 2.0
    assert [(part.role, part.path) for part in result.inputs] == [
        ("preds", "p.csv"), ("targets", "t.csv"), ("weights", "t.csv"),
    ]  # fmt: skip


def test_ids_that_agree_are_digested_and_change_nothing(table):
    """Ids are texts: 007 is not 7."""
    preds = table("id,p\n007,1\n7,5\n", "p.csv")
    targets = table("t,id\n0,007\n0,7\n", "t.csv")
    result = evaluate(preds, targets, loss="mae", id="id", digest=True)
    assert result.value == 3.0
    assert [part.role for part in result.inputs] == ["preds", "targets", "ids"]
    assert result.inputs[2].digest.startswith("sha256:")


def test_ids_that_only_look_alike_differ(table):
    """007 and 7, and long whole numbers that one double holds."""
    for ours, theirs in (("007", "7"), ("9007199254740993", "9007199254740992"), ("1", "1.0")):
        preds, targets = table(f"id,p\n{ours},1\n", "p.csv"), table(f"id,t\n{theirs},1\n", "t.csv")
        with pytest.raises(DataError, match=r"1 id of p\.csv not in t\.csv"):
            evaluate(preds, targets, loss="mae", id="id")


def test_ids_of_several_columns_are_compared_column_by_column(table):
    """`a,bc` is not `ab,c`."""
    preds = table("x,y,p\na,bc,1\n", "p.csv")
    targets = table("x,y,t\nab,c,1\n", "t.csv")
    with pytest.raises(DataError, match=r"1 id of p\.csv not in t\.csv: 'a,bc'"):
        evaluate(preds, targets, loss="mae", id=["x", "y"])
    assert evaluate(preds, preds, loss="mae", id=["x", "y"]).value == 0.0


# --- blocks


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """A table whose lines are of 6 to 2,000 bytes, with quotes and CRLF here and there."""
    generator = np.random.default_rng(6)
    numbers = generator.standard_normal((2, 3000))
    lines = ["p,note,t"]
    for k, (p, t) in enumerate(numbers.T.tolist()):
        note = "x" * (2000 if k % 97 == 0 else k % 7)
        note = f'"{note}, ""quoted"""' if k % 5 == 0 else note
        lines.append(f"{p!r},{note},{t!r}" + ("\r" if k % 11 == 0 else ""))
    path = tmp_path_factory.mktemp("uneven") / "uneven.csv"
    path.write_bytes("\n".join(lines).encode())
    return path, numbers


@pytest.mark.parametrize("block_rows", [1, 13, 1000, 2999, 3000, 3001])
def test_uneven_lines_are_cut_at_their_ends(uneven, read, block_rows):
    """Every number of every block is there, in its order."""
    path, numbers = uneven
    found = read(path, block_rows=block_rows, **BOTH)
    assert np.array_equal(found["preds"], numbers[0])
    assert np.array_equal(found["targets"], numbers[1])


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("block_rows", [7, 256, 3000])
def test_no_block_size_and_no_thread_changes_a_bit(monkeypatch, uneven, block_rows, threads):
    """Means, sums, extremes, digests."""
    asked = {"loss": "mae,mse", "digest": True, **BOTH}
    whole = evaluate(uneven[0], threads=1, **asked)
    monkeypatch.setattr(moments, "UNIT", 1)
    monkeypatch.setattr(csv_module.CsvTable, "block_rows", lambda self, width: block_rows)
    found = evaluate(uneven[0], threads=threads, **asked)
    assert found.threads == threads
    keep = ("label", "value", "sum", "n", "min", "max", "max_row", "max_line", "weight_sum")
    for ours, theirs in zip(found, whole, strict=True):
        assert [getattr(ours, name) for name in keep] == [getattr(theirs, name) for name in keep]
    assert [part.digest for part in found.inputs] == [part.digest for part in whole.inputs]


@pytest.mark.parametrize("piece", [64, 1000, 5000])
def test_pieces_of_any_length_give_the_same_rows(monkeypatch, uneven, read, piece):
    """Lines longer than the piece that was guessed are read again, whole."""
    monkeypatch.setattr(lines_module, "PIECE", piece)
    path, numbers = uneven
    found = read(path, **BOTH)
    assert np.array_equal(found["preds"], numbers[0])


def test_long_lines_after_short_ones_do_not_part_two_tables(monkeypatch, table, read):
    """A block that would grow too long is cut short in both tables, not in one."""
    monkeypatch.setattr(lines_module, "PIECE", 1 << 12)
    monkeypatch.setattr(lines_module, "LONGEST", 1 << 14)
    monkeypatch.setattr(header_module, "SAMPLE", 1 << 12)
    monkeypatch.setattr(csv_module, "SAMPLE", 1 << 12)
    notes = [""] * 2000 + ["x" * 500] * 2000
    preds = table("p,note\n" + "".join(f"{k},{n}\n" for k, n in enumerate(notes)), "p.csv")
    targets = table("t\n" + "".join(f"{k}\n" for k in range(4000)), "t.csv")
    found = read(preds, targets)
    assert np.array_equal(found["preds"], np.arange(4000))
    assert np.array_equal(found["targets"], np.arange(4000))


def test_a_line_longer_than_the_longest_block_is_refused(monkeypatch, table):
    """Not read for ever."""
    monkeypatch.setattr(header_module, "LONGEST", 1 << 12)
    monkeypatch.setattr(lines_module, "LONGEST", 1 << 12)
    monkeypatch.setattr(lines_module, "PIECE", 1 << 10)
    name = table("p,t,note\n1,2,a\n3,4," + "x" * 5000 + "\n")
    with pytest.raises(DataError, match="line"):
        evaluate(name, loss="mae", **BOTH)


def test_blank_lines_of_more_than_a_page_at_the_end_are_no_rows(table, read):
    """However many an editor left."""
    assert read(table(PLAIN + "\r\n" * 5000), **BOTH)["preds"].tolist() == PREDS


# --- numbers

HARD = [
    "9007199254740993", "9007199254740993.0000000000000000000000000000001", "0.1",
    "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9406564584124654e-324",
    "2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623157e308",
    "179769313486231580793e289", "6.0221409e+23", "8.41e21", "9.5367431640625e-07",
    "1.00000000000000011102230246251565404236316680908203125",
    "1.00000000000000011102230246251565404236316680908203124",
    "1.00000000000000011102230246251565404236316680908203126" + "0" * 700 + "1",
    "0." + "0" * 300 + "123456789012345678901234567890", "-0.0", "123456789012345678901234567890",
    "7.0420557077594588669468784357561207962098443483187940792729600000e59",
]  # fmt: skip


@pytest.mark.parametrize("text", HARD, ids=[text[:30] for text in HARD])
def test_hard_decimals_are_rounded_correctly(table, read, text):
    """Halfway cases, subnormal numbers, hundreds of digits: as Python's float, to the bit."""
    found = read(table(f"p,t\n{text},0\n-{text.lstrip('-')},0\n"), **BOTH)["preds"]
    assert found.tobytes() == struct.pack("<2d", float(text), -float(text.lstrip("-")))


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=50), st.sampled_from("ref"))
@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_every_float_survives_the_way_through_text(table, read, numbers, form):
    """Shortest, seventeen digits, or all of them: the bits come back."""
    write = {"r": repr, "e": "{:.17e}".format, "f": "{:.1080f}".format}[form]
    name = table("x\n" + "".join(f"{write(number)}\n" for number in numbers))
    found = read(name, name)["preds"]
    assert found.tobytes() == np.array(numbers).tobytes()


@pytest.mark.parametrize("before", [1, 2, 3, 4, 5])
def test_a_newline_inside_quotes_is_read_wherever_blocks_meet(tmp_path, monkeypatch, before):
    """It is part of its cell, and no row begins there; lines are counted with it."""
    path = tmp_path / "edge.csv"
    rows = "1,0,a\n" * before + '1,0,"x\n1000,0,y"\n' + "1,0,b\n" * 9 + "7,0,c\n"
    path.write_text("p,t,note\n" + rows)
    monkeypatch.setattr(moments, "UNIT", 1)
    monkeypatch.setattr(csv_module.CsvTable, "block_rows", lambda *_: 3)
    result = evaluate(path, pred="p", target="t", loss="mae")
    assert (result["mae"].n, result.value) == (before + 11, (before + 10 + 7) / (before + 11))
    assert result["mae"].max_line == before + 13
    assert codes_of_reading(result) == ["quoted_newlines"]


def test_a_quote_within_a_cell_is_text_at_the_edge_of_a_block_too(tmp_path, monkeypatch):
    """Inches, in a cell that is not quoted."""
    path = tmp_path / "inches.csv"
    path.write_text("p,t,note\n" + '1,0,5" pipe\n' * 10)
    monkeypatch.setattr(moments, "UNIT", 1)
    monkeypatch.setattr(csv_module.CsvTable, "block_rows", lambda *_: 3)
    assert evaluate(path, pred="p", target="t", loss="mae").value == 1.0


def test_separators_inside_quotes_do_not_count(table, read):
    """A name with commas in a table of semicolons."""
    for head in ('"a, b, c, d"', 'len 5"', "x"):
        name = table(f'{head};p;t;"u, v, w, x"\n0;1;2;0\n0;3;4;0\n')
        found = read(name, pred=["p"], target=["t"])
        assert found["preds"].tolist() == [1.0, 3.0]


def test_as_many_tabs_as_commas_are_what_the_suffix_says(table, read):
    """One of each in the header line."""
    content = "p,x\tt\n1\t2\n3\t4\n"
    found = read(table(content, "table.tsv"), pred=["p,x"], target=["t"])
    assert found["preds"].tolist() == [1.0, 3.0]


@pytest.mark.parametrize("blank", [4093, 4094, 4095, 4096, 4097])
def test_blank_ends_that_straddle_a_page_are_no_rows(table, read, blank):
    """Whatever the page's edge cuts in two, a CRLF among it."""
    end = "\r\n" * blank
    found = read(table(f"p,t\r\n1,2\r\n3,4{end}"), pred=["p"], target=["t"])
    assert found["preds"].tolist() == [1.0, 3.0]


@pytest.mark.parametrize("end", ["\n", ""], ids=["ended", "open"])
def test_lines_that_grow_long_unseen_are_held_a_piece_at_a_time(monkeypatch, table, end):
    """Whatever the first lines promised; and every line is there once."""
    monkeypatch.setattr(lines_module, "PIECE", 1 << 12)
    lines = [f"{k},2" for k in range(500)] + [f"{k},{'x' * 700}" for k in range(500)]
    content = "\n".join(lines) + end
    with contextlib.closing(OpenFile(table(content))) as file:
        whole = lines_module.Lines(file, 0, Dialect())
        runs = list(whole.runs(400))
        assert [run.rows for run in runs] == [400, 400, 200]
        assert [run.first for run in runs] == [0, 400, 800]
        assert runs[-1].text is None
        parts = [part for run in runs for part in whole.pieces(run)]
        assert max(part.size for part in parts) <= 3 << 12
        assert sum(part.rows for part in parts) == 1000
        assert b"".join(bytes(part.text) for part in parts).decode() == content


def test_a_run_of_long_lines_is_read_as_any_other(monkeypatch, table):
    """Ids, numbers and the line of an violation."""
    monkeypatch.setattr(lines_module, "PIECE", 1 << 12)
    rows = [f"{k},{k % 7},1,{'x' * (0 if k < 500 else 700)}" for k in range(1000)]
    name = table("id,p,t,note\n" + "\n".join(rows) + "\n")
    found = evaluate(name, loss="mae", id=["id"], **BOTH)
    assert found.value == np.mean([abs(k % 7 - 1) for k in range(1000)])
    rows[990] = "990,many,1,"
    name = table("id,p,t,note\n" + "\n".join(rows) + "\n", "odd.csv")
    with pytest.raises(DataError, match=r"odd\.csv, line 992, column p"):
        evaluate(name, loss="mae", id=["id"], **BOTH)


@pytest.mark.parametrize(
    ("option", "value"), [("decimal", "xx"), ("thousands", "5"), ("delimiter", "ab")]
)
def test_what_cannot_be_a_mark_is_an_error_before_any_file_is_read(option, value):
    """In Python as on the command line."""
    with pytest.raises(UsageError, match=f"{option} takes"):
        evaluate("missing.csv", pred="p", target="t", loss="mae", **{option: value})


@pytest.mark.parametrize(
    ("cell", "words"),
    [("", "an empty cell"), (" ", "an empty cell"), ("NA", "'NA'"), ('"n/a"', "'n/a'"),
     ("nan", "'nan'")],
)  # fmt: skip
@pytest.mark.parametrize("rows", [3, 400_000])
def test_a_missing_value_is_named_as_the_file_has_it(cell, words, rows):
    """In any block, below newlines in quotes, with the flags that decide about it."""
    with open("t.csv", "w", encoding="utf-8") as file:
        file.write('note,p,t\n"a\nb",1,2\n')
        file.write("x,1,2\n" * rows)
        file.write(f"x,{cell},2\nx,1,2\n")
    with pytest.raises(DataError) as raised:
        evaluate("t.csv", pred="p", target="t", loss="mae")
    error = raised.value
    assert error.message.endswith(f"; {words} is a missing value")
    assert (error.place.line, error.place.column) == (rows + 4, "p")
    assert 'nan="skip"' in error.hint


def test_missing_outputs_of_a_row_have_a_flag_of_their_own():
    """Named before the others."""
    Path("t.csv").write_text("a,b,c,d\n1,NA,1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r'nan="mask" leaves out these outputs only; nan="skip"'):
        evaluate("t.csv", pred=["a", "b"], target=["c", "d"], loss="mae")
