"""Tables of text, JSON and JSON Lines as programs and people should not write them."""

from tests.sources.malformed.case import P, table

_SPELLINGS = {
    "hex": "0x10",
    "underscore": "1_000",
    "arabic-digits": "٣",
    "fullwidth-digits": "１２",
    "unit": "1.5kg",
    "percent": "50%",
    "fortran": "1.5D+01",
    "currency": "$1.5",
    "words": "one",
    "minus-sign": "−1.5",
    "two-points": "1.2.3",
    "two-signs": "--1",
    "exponent-only": "e5",
    "no-exponent": "1e",
    "fraction": "1/2",
    "parentheses": "(1.5)",
    "date": "2024-01-02",
    "time": "12:30",
    "question": "?",
    "dash": "-",
    "point": ".",
    "comment": "1.5 # about",
    "space-inside": "1 000",
    "no-break-space": "1\u00a0000",
    "suffix-f": "1.5f",
    "suffix-L": "15L",
    "thousands": '"1,000"',
    "decimal-comma": '"1,5"',
    "complex": "1+2j",
    "list": '"[1.5]"',
    "tensor": "tensor(1.5)",
    "apostrophe": "'1.5",
    "hex-float": "0x1p3",
    "plus-nan": "not a number",
    "superscript": "1²",
    "infinity-sign": "∞",
    "formula": "=1+1",
    "excel-error": "#DIV/0!",
    "escape": "\x1b[31m1",
    "markup": "[bold]1[/bold]",
    "zero-width": "1\u200b",
}
_READ_AS = {
    "plus": ("+1.5", 1.5),
    "no-zero": (".5", 0.5),
    "no-fraction": ("1.", 1.0),
    "blanks": ("  2 ", 2.0),
    "quotes": ('"2"', 2.0),
    "leading-zeros": ("0012", 12.0),
    "capital-exponent": ("1E2", 100.0),
    "minus-zero": ("-0", 0.0),
    "true": ("True", 1.0),
    "false": ("FALSE", 0.0),
    "beyond-2-53": ("9007199254740993", 9007199254740992.0),
    "subnormal": ("5e-324", 5e-324),
    "too-small": ("1e-400", 0.0),
    "long": ("0." + "3" * 400, 1 / 3),
}


def csv_cases():
    """Cells, rows, quotes, lines, headers and encodings."""
    for key, cell in _SPELLINGS.items():
        yield table(f"p,t\n1,1\n{cell},3\n4,2\n", f"csv-cell-{key}", r"line 3")
    for key, (cell, value) in _READ_AS.items():
        yield table(
            f"p,t\n1,1\n{cell},3\n4,2\n", f"csv-reads-{key}", code=0, preds=(1.0, value, 4.0)
        )
    for cell in ("", "NA", "nan", "NULL", "None", "N/A", "<NA>", "#N/A", "-nan", "null"):
        yield table(
            f"p,t\n1,1\n{cell},3\n4,2\n", f"csv-missing-{cell or 'empty'}", "missing|NaN|nan"
        )
    for cell in ("inf", "-Infinity", "1e400"):
        yield table(f"p,t\n1,1\n{cell},3\n4,2\n", f"csv-infinite-{cell}", "infinit|inf")
    rows = {
        "short-row": ("p,t\n1,1\n2\n4,2\n", "line 3"),
        "long-row": ("p,t\n1,1\n2,3,9\n4,2\n", "line 3"),
        "blank-row": ("p,t\n1,1\n\n4,2\n", "line 3"),
        "words-at-the-end": ("p,t\n1,1\n2,3\nTotal: 2\n", "line 4"),
        "header-again": ("p,t\n1,1\np,t\n4,2\n", "line 3"),
        "header-only": ("p,t\n", "header and no rows|no rows"),
        "header-without-end": ("p,t", "no rows"),
        "names-twice": ("p,t,p\n1,1,1\n", "p"),
        "no-such-column": ("a,b\n1,1\n", "no column 'p'"),
        "blank": ("\n\n\n", "has no rows"),
        "one-blank": (" ", "has no rows"),
        "names-of-case": ("P,T\n1,1\n2,3\n4,2\n", "no column 'p'"),
        "conflict-marks": ("p,t\n1,1\n<<<<<<< HEAD\n2,3\n", "line 3"),
        "quote-open": ('p,t,x\n1,1,"a\n2,3,b\n4,2,c\n', "quote|line"),
        "quote-open-in-header": ('p,t,"x\n1,1,a\n2,3,b\n', "quote|no column|line 1|no rows"),
        "quote-then-text": ('p,t\n1,1\n"2"x,3\n4,2\n', "line 3"),
        "nul": ("p,t\n1,1\n2\0,3\n4,2\n", "NUL|line 3"),
        "nul-only": ("\0" * 64, "NUL"),
        "byte-order-mark-in-the-middle": ("p,t\n1,1\n\ufeff2,3\n4,2\n", "line 3"),
        "control-characters": ("p,t\n1,1\n\x01\x02,3\n4,2\n", "line 3"),
        "other-separator": ("p,t\n1;1\n2;3\n4;2\n", "line 2"),
    }
    for key, (text, words) in rows.items():
        yield table(text, f"csv-{key}", words)
    contents = {
        "utf-16-cut": ("p,t\n1,1\n2,3\n".encode("utf-16")[:-1], "is not utf-16 text"),
        "utf-16-without-mark": ("p,t\n1,1\n2,3\n".encode("utf-16-le"), "UTF-16|NUL|encoding"),
        "not-text-in-the-cell": (b"p,t\n1,1\n\xff\xfe,3\n4,2\n", "line 3"),
        "not-text-in-the-header": (b"p,t,\xff\xff\n1,1,1\n", "UTF-8"),
    }
    for key, (content, words) in contents.items():
        yield table(content, f"csv-{key}", words)
    good = "p,t\n1,1\n2,3\n4,2\n"
    for name in ("utf-16", "utf-32"):
        yield table(good.encode(name), f"csv-reads-{name}", code=0, preds=tuple(P))
    for key, text in {
        "crlf": good.replace("\n", "\r\n"),
        "no-last-newline": good[:-1],
        "byte-order-mark": "\ufeff" + good,
        "blank-lines-at-the-end": good + "\n\n\r\n",
        "semicolons": good.replace(",", ";"),
        "tabs": good.replace(",", "\t"),
        "bars": good.replace(",", "|"),
        "returns": good.replace("\n", "\r"),
        "newline-in-quotes": 'p,t,x\n1,1,"a\nb"\n2,3,c\n4,2,d\n',
        "quotes-doubled": 'p,t,x\n1,1,"a""b"\n2,3,\n4,2,d\n',
        "separator-in-quotes": 'p,t,x\n1,1,"a,b"\n2,3,c\n4,2,d\n',
        "comment": "# by us\n" + good,
        "blank-names": "p , t\n1,1\n2,3\n4,2\n",
        "not-text-elsewhere": good,
        "excel-separator": "sep=;\n" + good.replace(",", ";"),
        "trailing-separators": good.replace("\n", ",\n"),
        "escapes-elsewhere": "p,t,x\n1,1,\x1b[31m\n2,3,[red]\n4,2,{0}\n",
    }.items():
        yield table(text, f"csv-reads-{key}", code=0, preds=tuple(P))


def json_cases():
    """Records that are no records."""
    lines = '{"p": 1, "t": 1}\n{"p": 2, "t": 3}\n{"p": 4, "t": 2}\n'
    bad = {
        "cut": (lines[:-4], "ends within a value"),
        "no-brace": (lines.replace("}", "", 1), "a comma was expected"),
        "trailing-comma": (lines.replace("1}", "1,}"), "a name in quotes"),
        "single-quotes": (lines.replace('"', "'"), "a name in quotes"),
        "words": ("not json\n" + lines, "not a value"),
        "comment": ("// x\n" + lines, "not a value"),
        "hex": (lines.replace("2", "0x10", 1), "row 1"),
        "leading-zero": (lines.replace("2", "02", 1), "row 1"),
        "plus": (lines.replace("2", "+2", 1), "row 1"),
        "no-digit": (lines.replace("2", "2.", 1), "not a number"),
        "text-number": (lines.replace("2", '"two"', 1), "'two' is not a number"),
        "list": (lines.replace("2", "[2, 3]", 1), "is not a number"),
        "object": (lines.replace("2", '{"x": 2}', 1), "is not a number"),
        "key-twice": (lines.replace('{"p": 2', '{"p": 2, "p": 3'), "a name that stands twice"),
        "missing-key": (lines.replace('"p": 2, ', ""), "missing value\n.*row 1"),
        "null": (lines.replace("2", "null", 1), "missing value\n.*row 1"),
        "nul": (lines.replace("2", "2\0", 1), "row 1"),
        "deep": ('{"p": ' + "[" * 30_000 + "\n", "nested more than 512 deep"),
        "deep-elsewhere": (
            lines.replace("}", ', "x": ' + "[" * 30_000 + "}", 1),
            "nested more than 512 deep",
        ),
        "array-of-numbers": ("[1, 2, 3]\n", "no column 'p'"),
        "number": ("12\n", "no column 'p'"),
        "empty-objects": ("{}\n{}\n", "no column 'p'"),
        "control": (lines.replace("p", "p\x01", 1), "a control character"),
        "byte-order-mark-inside": (lines.replace("\n", "\n\ufeff", 1), "row 1"),
        "half-surrogate": (lines.replace('"p"', '"\\ud800"', 1), "missing value\n.*row 0"),
    }
    for key, (text, words) in bad.items():
        yield table(text, f"jsonl-{key}", words, name="table.jsonl")
    yield table(lines, "jsonl-good", code=0, preds=tuple(P), name="table.jsonl")
    records = "[" + lines.replace("\n", ",")[:-1] + "]"
    for key, (text, words) in {
        "cut": (records[:-1], "ends before its last bracket"),
        "bracket-alone": ("[", "ends before its last bracket"),
        "cut-inside": (records[:20], "ends within a value"),
        "two": (records + records, "no column 'p'"),
        "trailing-comma": (records[:-1] + ",]", "row 3"),
        "deep": ("[" * 30_000, "nested more than 512 deep"),
        "deep-object": ('{"a":' * 30_000, "is not valid JSON"),
        "empty": ("[]", "has no rows"),
        "empty-object": ("{}", "has no rows"),
        "text": ('"p"', "no column 'p'"),
        "null": ("null", "no column 'p'"),
        "unequal-columns": ('{"p": [1, 2], "t": [1]}', "p has 2, t has 1"),
        "scalars": ('{"p": 1, "t": 2}', "no column 'p'"),
        "nan-text": (records.replace("2", '"nan?"', 1), "row 1, column p"),
        "columns-of-words": ('{"p": ["a", "b"], "t": [1, 2]}', "'a' is not a number"),
        "words": ("p,t but not json", "is not valid JSON"),
    }.items():
        yield table(text, f"json-{key}", words, name="table.json")
    yield table(records, "json-good", code=0, preds=tuple(P), name="table.json")


def cases():
    """All of them."""
    yield from csv_cases()
    yield from json_cases()
