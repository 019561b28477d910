"""JSON in every form that predictions come in: lines, arrays, records by key, columns."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from losscli import DataError, evaluate
from losscli.sources import json_text, json_values
from losscli.sources.rows import CellError

ROWS = 1_500
RECORDS = [
    {"id": f"r{k}", "pred": k / 7, "y": k % 5, "out": {"p": [k / 3, 1.5], "ok": k % 2 == 0}}
    for k in range(ROWS)
]


def _indented(records):
    return "\n".join(json.dumps(record, indent=2) for record in records)


FORMS = {
    "lines.jsonl": lambda rows: "".join(json.dumps(row) + "\n" for row in rows),
    "no newline.ndjson": lambda rows: "\n".join(json.dumps(row) for row in rows),
    "indented.jsonl": _indented,
    "one line.jsonl": lambda rows: " ".join(json.dumps(row) for row in rows),
    "blank lines.jsonl": lambda rows: "\n\r\n".join(json.dumps(row) for row in rows),
    "lines.json": lambda rows: "\n".join(json.dumps(row) for row in rows),
    "array.json": json.dumps,
    "indented.json": lambda rows: json.dumps(rows, indent=4) + "\n",
    "array.jsonl": json.dumps,
    "mark.json": lambda rows: "\ufeff" + json.dumps(rows),
    "records.txt": lambda rows: "\n".join(json.dumps(row) for row in rows),
}


@pytest.fixture(params=FORMS)
def written(request):
    """Writes records in one of the forms, and gives the file's name."""

    def write(rows):
        Path(request.param).write_text(FORMS[request.param](rows), encoding="utf-8")
        return request.param

    return write


@pytest.fixture(params=["compiled", "python"])
def reader(request, monkeypatch):
    """The compiled reader, and the one for installations without a compiler."""
    if request.param == "python":
        monkeypatch.setattr(json_text, "_machine", None)
    elif json_text._machine is None:
        pytest.skip("installed without a compiler")


@pytest.mark.parametrize("block_rows", [None, 1, 7, 999])
def test_records_are_rows(written, read, reader, block_rows):
    """Whatever the form and the blocks; fields of objects are columns."""
    rows = RECORDS[:50] if block_rows == 1 else RECORDS
    path = written(rows)
    found = read(path, pred=["pred"], target=["out.ok"], ids=["id"], block_rows=block_rows)
    np.testing.assert_array_equal(found["preds"], [row["pred"] for row in rows])
    np.testing.assert_array_equal(found["targets"], [row["out"]["ok"] for row in rows])
    assert found["ids"].tolist() == [row["id"] for row in rows]


def test_arrays_are_rows_of_a_matrix(written, read, reader):
    path = written([*RECORDS, {"id": "last", "out": {"p": None}, "y": 3}])
    found = read(path, pred=["out.p"], target=["y"])
    expected = [*(row["out"]["p"] for row in RECORDS), [np.nan, np.nan]]
    np.testing.assert_array_equal(found["preds"], expected)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("prefix", ["", "test", "a.b"])
def test_records_by_key_have_their_keys_as_ids(read, reader, indent, prefix):
    """In a column that is called id, or key where they have an id; within objects too."""
    by_key = {row["id"]: {"pred": row["pred"], "y": row["y"]} for row in RECORDS}
    document = by_key
    for name in reversed(prefix.split(".") if prefix else []):
        document = {name: document}
    Path("p.json").write_text(json.dumps(document, indent=indent))
    before = f"{prefix}." if prefix else ""
    found = read("p.json", pred=[f"{before}pred"], target=[f"{before}y"], ids=["id"])
    np.testing.assert_array_equal(found["preds"], [row["pred"] for row in RECORDS])
    assert found["ids"].tolist() == list(by_key)
    Path("q.json").write_text(json.dumps({row["id"]: row for row in RECORDS}))
    found = read("q.json", pred=["pred"], target=["y"], ids=["key"])
    assert found["ids"].tolist() == list(by_key)


def test_numbers_by_key_are_a_column(read, reader):
    """Called value."""
    Path("p.json").write_text(json.dumps({f"image {k}": k / 3 for k in range(ROWS)}))
    lines = (json.dumps({"id": f"image {k}", "t": 1}) for k in range(ROWS))
    Path("t.jsonl").write_text("\n".join(lines))
    found = read("p.json", "t.jsonl", target=["t"], ids=["id"])
    np.testing.assert_array_equal(found["preds"], np.arange(ROWS) / 3)
    assert found["ids"][-1] == f"image {ROWS - 1}"


@pytest.mark.parametrize("nested", [False, True])
def test_arrays_of_an_object_are_columns(read, reader, nested):
    """Within objects under a name with a dot; other values are left out."""
    columns = {"p": [row["pred"] for row in RECORDS], "m": [row["out"]["p"] for row in RECORDS]}
    document = {"model": "x", **({"out": columns, "v": 1} if nested else columns), "short": [1]}
    Path("p.json").write_text(json.dumps(document))
    before = "out." if nested else ""
    found = read("p.json", pred=[f"{before}m"], target=[f"{before}p"], block_rows=77)
    np.testing.assert_array_equal(found["preds"], columns["m"])
    np.testing.assert_array_equal(found["targets"], columns["p"])
    with pytest.raises(DataError, match=r"different lengths: .*short has 1"):
        read("p.json", pred=[f"{before}p"], target=["short"])


def test_an_array_of_records_in_an_object(read, reader):
    """Its columns have its name."""
    Path("p.json").write_text(json.dumps({"version": 1, "data": RECORDS, "n": 5}))
    found = read("p.json", pred=["data.pred"], target=["data.y"])
    np.testing.assert_array_equal(found["preds"], [row["pred"] for row in RECORDS])
    Path("q.json").write_text(json.dumps({"a": RECORDS[:3], "b": RECORDS[:2]}))
    with pytest.raises(DataError, match=r"several tables: a, b\n.*jq '\.a'"):
        read("q.json", pred=["a.pred"], target=["a.y"])


@pytest.mark.parametrize("shape", [(40,), (40, 3), (40, 2, 3)])
def test_an_array_of_numbers_needs_no_names(read, reader, shape):
    """Nor does one of rows."""
    values = np.random.default_rng(0).normal(size=shape)
    Path("p.json").write_text(json.dumps(values.tolist()))
    Path("t.jsonl").write_text("\n".join(map(json.dumps, values.tolist())))
    found = read("p.json", "t.jsonl")
    np.testing.assert_array_equal(found["preds"], values)
    np.testing.assert_array_equal(found["targets"], values)


NUMBERS = {
    "1": 1.0, "-0.0": -0.0, "1e3": 1000.0, "1E-5": 1e-5, "0.1": 0.1, "null": np.nan, "NaN": np.nan,
    "1e400": np.inf,
    '"-1.5e1"': -15.0, '" 7 "': 7.0, '"\\u0031"': 1.0, '"True"': 1.0,
    "-Infinity": -np.inf, "true": 1.0, "false": 0.0, '"0.5"': 0.5,
    '""': np.nan, '"N/A"': np.nan, '"nan"': np.nan,
    "123456789012345678901234567890": 123456789012345678901234567890.0,
    "0.3000000000000000444089209850062616169452667236328125000000001": 0.30000000000000004,
}  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_are_read_as_python_reads_them(read, reader, text):
    """Correctly rounded; true and false are 1 and 0, null and NaN are missing."""
    Path("p.jsonl").write_text(f'{{"p": 0.25, "t": 1}}\n{{"p": {text}, "t": 1}}\n{{"t": 1}}')
    found = read("p.jsonl", pred=["p"], target=["t"])["preds"]
    np.testing.assert_array_equal(found, [0.25, NUMBERS[text], np.nan])
    assert np.signbit(found[1]) == np.signbit(NUMBERS[text])


BAD_VALUES = {
    '"cat"': "'cat' is not a number", "[1]": r"\[1\] is not a number",
    '{"a":1}': r'\{"a":1\} is not a number',
}  # fmt: skip


@pytest.mark.parametrize("text", BAD_VALUES)
def test_other_values_are_errors_with_their_row(reader, text):
    lines = ['{"p": 0.25, "t": 1}'] * 3000
    lines[2345] = f'{{"p": {text}, "t": 1}}'
    Path("p.jsonl").write_text("\n".join(lines))
    with pytest.raises(DataError, match=BAD_VALUES[text]) as caught:
        evaluate("p.jsonl", pred="p", target="t", loss="mse")
    assert (caught.value.place.row, caught.value.place.column) == (2345, "p")


INVALID = {
    "leading zero": '{"p": 01}', "hexadecimal": '{"p": 0x10}', "plus": '{"p": +1}',
    "point first": '{"p": .5}', "point last": '{"p": 1.}', "trailing comma": '{"p": 1,}',
    "single quotes": "{'p': 1}", "no value": '{"p": }', "no comma": '{"p": 1 "q": 2}',
    "comma between": '{"p": 1},{"p": 2}', "word": '{"p": nul}', "nan": '{"p": nan}',
    "control character": '{"p": 1, "s": "a\tb"}', "escape": '{"p": 1, "s": "\\q"}',
    "digits of an escape": '{"p": 1, "s": "\\u12g4"}', "name twice": '{"p": 1, "p": 2}',
    "bracket": '{"p": [1, 2}', "text after": '{"p": 1} x', "surrogate": '{"p": "\\ud800"}',
    "underscore": '{"p": 1_0}', "no quotes": "{p: 1}", "infinity": '{"p": -Inf}',
    "exponent": '{"p": 1e}', "bracket that closes nothing": '{"p": 1}]', "colon": '{"p" 1}',
}  # fmt: skip


@pytest.mark.parametrize("kind", INVALID)
def test_text_that_is_not_json_is_an_error_with_its_row(reader, kind):
    lines = ['{"p": 0.25, "t": 1}'] * 3000
    lines[2345] = INVALID[kind]
    Path("p.jsonl").write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"p\.jsonl is not valid JSON: ") as caught:
        evaluate("p.jsonl", pred="p", target="t", loss="mse", nan="skip")
    assert 2345 <= caught.value.place.row <= 2346


@pytest.mark.parametrize("name", ["array.json", "keyed.json", "columns.json", "lines.jsonl"])
def test_a_file_that_is_cut_short_is_refused(reader, name):
    """At any byte; lines may end after any record."""
    rows = [{"p": 0.5, "t": [1]} for _ in range(20)]
    text = {
        "array.json": json.dumps(rows),
        "keyed.json": json.dumps({str(k): row for k, row in enumerate(rows)}),
        "columns.json": json.dumps({"p": [0.5] * 20, "t": [1.0] * 20}),
        "lines.jsonl": "\n".join(map(json.dumps, rows)),
    }[name]
    for size in range(1, len(text), 3):
        Path(name).write_text(text[:size])
        if name == "lines.jsonl" and text[:size].endswith(("}", "\n")):
            continue
        with pytest.raises(DataError):
            evaluate(name, pred="p", target="t", loss="mse")


@pytest.mark.parametrize("name", ["deep.jsonl", "deep.json"])
def test_deep_nesting_is_an_error_or_ignored(reader, name):
    """Never a crash: other parsers overflow the stack at 30,000 brackets."""
    for depth in (100, 400, 5_000, 100_000):
        deep = "[" * depth + "]" * depth
        Path(name).write_text(f'{{"p": 1, "t": 1, "x": {deep}}}\n{{"p": 1, "t": 2, "x": {deep}}}')
        if depth <= 400:
            assert evaluate(name, pred="p", target="t", loss="mae").value == 0.5
        else:
            with pytest.raises(DataError):
                evaluate(name, pred="p", target="t", loss="mae")
        Path(name).write_text("[" * depth)
        with pytest.raises(DataError):
            evaluate(name, pred="p", target="t", loss="mae")


def test_null_as_a_record_is_a_row_without_values(reader):
    """Pyarrow's parser crashes on it."""
    Path("p.jsonl").write_text('{"p": 1, "t": 1}\nnull\n{"p": 2, "t": 1}\n')
    found = evaluate("p.jsonl", pred="p", target="t", loss="mae", nan="skip")
    assert (found.value, found.losses[0].skipped) == (0.5, 1)


def test_an_array_of_another_length_is_an_error_with_its_row(reader):
    lines = ['{"p": [0.5, 0.5], "t": 1}'] * 2000
    lines[1234] = '{"p": [0.5], "t": 1}'
    Path("p.jsonl").write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"\[0.5\] is not an array of 2 numbers") as caught:
        evaluate("p.jsonl", pred="p", target="t", loss="log_loss")
    assert caught.value.place.row == 1234


def test_ids_are_compared_as_they_are_written(read, reader):
    """Digit by digit, escapes resolved."""
    ids = ["9007199254740993", '"9007199254740992"', '"\\u00e9\\ud83d\\ude00\\n\\/"', "1.50", '"a"']
    Path("p.jsonl").write_text("\n".join(f'{{"id": {each}, "p": 1, "t": 2}}' for each in ids))
    found = read("p.jsonl", pred=["p"], target=["t"], ids=["id"])["ids"]
    assert found.tolist() == ["9007199254740993", "9007199254740992", "é😀\n/", "1.50", "a"]


def test_names_with_escapes_and_dots(read, reader):
    Path("p.jsonl").write_text('{"a\\u00e9": 1, "a.b": 2, "c": {"d\\n": 3}}\n' * 2)
    assert read("p.jsonl", pred=["aé"], target=["a.b"])["preds"].tolist() == [1, 1]
    assert read("p.jsonl", pred=["c.d\n"], target=["a.b"])["preds"].tolist() == [3, 3]


def test_groups_of_json(reader):
    """Texts, numbers and truth values; a missing one is a missing key."""
    rows = [("a", 1, True), ("b", 2, False), (None, 1, True), ("a", None, True)]
    lines = (json.dumps({"p": 0, "t": 1, "s": s, "n": n, "b": b}) for s, n, b in rows)
    Path("p.jsonl").write_text("\n".join(lines))
    for by, expected in {"s": ["", "a", "b"], "n": ["", "1", "2"], "b": ["False", "True"]}.items():
        found = evaluate("p.jsonl", pred="p", target="t", by=by, loss="mse").groups
        assert sorted(dict(group.by)[by] or "" for group in found) == expected


def test_a_column_is_read_as_numbers_and_as_keys(reader):
    """At once, in one pass."""
    Path("p.jsonl").write_text("".join(f'{{"p": {k}, "t": {k % 2}}}\n' for k in range(9)))
    result = evaluate("p.jsonl", pred="p", target="t", by="t", loss="mae")
    assert result["mae"].mean == (4 * 5 + 3 * 4) / 9
    assert sorted(dict(group.by)["t"] for group in result.groups) == ["0", "1"]


def test_the_names_of_records_are_read_as_numbers(read, reader):
    Path("p.json").write_text(json.dumps({str(k / 2): {"p": k} for k in range(5)}))
    assert read("p.json", pred=["p"], target=["id"])["targets"].tolist() == [0, 0.5, 1, 1.5, 2]


@pytest.mark.parametrize("count", [63, 64, 65, 200])
def test_as_many_columns_as_there_are(read, reader, count):
    """In records on lines, and in records by their names."""
    row = {f"p{k}": k / 7 for k in range(count)}
    first, second = list(row)[: count // 2], list(row)[count // 2 :]
    Path("p.jsonl").write_text(f"{json.dumps(row)}\n" * 3)
    Path("p.json").write_text(json.dumps({"a": row, "b": row, "c": row}))
    for name in ("p.jsonl", "p.json"):
        found = read(name, pred=first[::-1], target=second)
        assert found["preds"].tolist() == [[row[each] for each in first[::-1]]] * 3
        assert found["targets"].tolist() == [[row[each] for each in second]] * 3


@pytest.mark.skipif(json_text._machine is None, reason="installed without a compiler")
@pytest.mark.parametrize("seed", range(300))
def test_both_readers_find_the_same(seed, monkeypatch):
    """In random values, of which a byte may be damaged."""
    rng = random.Random(seed)
    form = json_text.Form(seed % 3)

    def value(depth):
        kind = rng.randrange(9 if depth < 3 else 7)
        if kind < 7:
            return [None, True, False, rng.random(), rng.randrange(-5, 10**20), 'é\n"\\😀', ""][
                kind
            ]
        if kind == 7:
            return [value(depth + 1) for _ in range(rng.randrange(4))]
        return {rng.choice("abc"): value(depth + 1) for _ in range(rng.randrange(4))}

    items = [json.dumps(value(0), ensure_ascii=rng.random() < 0.5) for _ in range(6)]
    if form == json_text.Form.KEYED:
        items = [f'"{k}": {item}' for k, item in enumerate(items)]
    text = (" " if form == json_text.Form.PLAIN else ",\n").join(items).encode()
    if seed % 2:
        at = rng.randrange(len(text))
        text = text[:at] + rng.choice([b'"', b"[", b"}", b",", b"1", b"\\", b":"]) + text[at + 1 :]
    if text.decode(errors="ignore").encode() != text:
        return  # the compiled reader checks texts that are taken only
    paths = [(), (b"a",), (b"a", b"b")]
    skipped, found = json_text.skip_items(text, form, 4), json_text.read_items(text, form, paths)
    compiled = _as_numbers(text, form, paths)
    monkeypatch.setattr(json_text, "_machine", None)
    plain = json_text.read_items(text, form, paths)
    assert (found.error is None) == (plain.error is None)
    assert _as_numbers(text, form, paths) == compiled
    if found.error is None:
        assert json_text.skip_items(text, form, 4) == skipped
        assert found.rows == plain.rows
        for ours, theirs in zip(found.columns, plain.columns, strict=True):
            assert ours[0] == theirs[0]
            if 4 not in ours[0]:  # objects are written anew
                assert ours == theirs


def _as_numbers(text, form, paths):
    """The bits of the numbers of columns that have nothing else, or the first that is none."""
    items = json_text.read_items(text, form, paths, [True] * len(paths))
    found = []
    for column in items.columns[: len(paths)] if items.error is None else ():
        try:
            values = json_values.JsonValues.of(column)
            found.append(json_values.load("numbers", [values], ()).tobytes())
        except CellError as error:
            found.append(error.index)
    return found
