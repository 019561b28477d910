"""Tables of text that readers shorten, shift or misread without a word: lines, quotes, numbers."""

import gzip
import io
import lzma
import zipfile

from tests.sources.malformed.case import COLUMNS, Malformed, P, table

GOOD = "p,t\n1,1\n2,3\n4,2\n"
_NUMBERS = {
    "binary-digits": "0b101",
    "octal-digits": "0o17",
    "two-underscores": "1__0",
    "swiss-thousands": "1'000",
    "german-thousands": '"1.000,5"',
    "indian-thousands": '"1,00,000"',
    "devanagari-digits": "१२",
    "roman-numeral": "Ⅳ",
    "fraction-sign": "½",
    "per-mille": "5‰",
    "percent-with-blank": "50 %",
    "euro": "1.5€",
    "minus-behind": "1.5-",
    "signs-mixed": "+-1",
    "sign-alone": "+",
    "sign-and-blank": "- 1",
    "blank-in-fraction": "1. 5",
    "exponent-of-fraction": "1e5.5",
    "exponent-sign-only": "1e+",
    "exponent-with-blank": "1e 5",
    "fortran-small": "1d5",
    "fortran-q": "1q5",
    "fortran-without-letter": "1.5+01",
    "fortran-stars": "*****",
    "not-a-number-of-payload": "nan(0x1)",
    "number-twice": "1.5 1.5",
    "unit-micro": "5µ",
    "unit-kilo": "5k",
    "duration": "1h30m",
    "angle": "12°30'",
    "bytes-of-python": "b'1.5'",
    "type-of-numpy": "np.float64(1.5)",
    "tuple": '"(1.5,)"',
    "markdown-bold": "**1.5**",
    "markup-tag": "<b>1.5</b>",
    "byte-order-mark": "\ufeff1.5",
    "no-break-space-before": "\u00a01.5",
    "thin-space": "1\u2009000",
    "soft-hyphen": "1\u00ad.5",
    "right-to-left-mark": "\u200f1.5",
    "replacement-sign": "\ufffd1.5",
    "form-feed": "\x0c1.5",
    "vertical-tab": "\x0b1.5",
    "line-separator": "1.5\u2028",
    "backspace": "1\x08.5",
    "bell": "1.5\a",
    "column-of-words": "approx. 1.5",
    "decimal-comma-and-semicolon": "1;5",
    "boolean-of-yes": "yes",
    "boolean-of-t": "T",
    "hash-of-excel": "#######",
    "reference": "=A1",
    "less-than": "<0.01",
    "about": "~1.5",
    "range": "1-2",
    "plus-minus": "1.5±0.2",
    "scientific-times": "1.5×10^3",
    "exponent-of-ten": "10^3",
}
_READ = {
    "many-zeros": ("0" * 300 + "2", 2.0),
    "many-digits": ("2." + "0" * 5000 + "1", 2.0),
    "halfway": ("9007199254740993.0", 9007199254740992.0),
    "just-above-halfway": ("9007199254740993.0000000000000000000000001", 9007199254740994.0),
    "beyond-2-64": ("18446744073709551617", 18446744073709551616.0),
    "largest": ("1.7976931348623157e308", 1.7976931348623157e308),
    "smallest": ("4.9406564584124654e-324", 5e-324),
    "exponent-with-zeros": ("1e+0000000000002", 100.0),
    "tab-behind": ("2\t", 2.0),
    "quotes-and-blanks": ('" 2"', 2.0),
    "minus-zero-of-digits": ("-0.000", 0.0),
}


def number_cases():
    """Spellings that programs and locales have, each an error with its line, or the number."""
    for key, cell in _NUMBERS.items():
        yield table(f"p,t\n1,1\n{cell},3\n4,2\n", f"csv-number-{key}", "line 3")
    for key, (cell, value) in _READ.items():
        text = f"p,t\n1,1\n{cell},3\n4,2\n"
        yield table(text, f"csv-number-read-{key}", code=0, preds=(1.0, value, 4.0))


def quote_cases():
    """Quotes that open, close or stand where they should not."""
    cases = {
        "two-stray": (
            'p,t,x\n1,1,a\n2,2,"b\n3,3,c\n4,4,"d\n5,5,e\n',
            "text after its closing quote\ntable.csv, line 3",
        ),
        "one-stray-at-the-end": ('p,t,x\n1,1,a\n2,3,b\n4,2,"\n', "not closed.*\n.*line 4"),
        "open-in-the-header": ('"p,t\n1,1\n2,3\n4,2\n', "not closed.*\n.*line 1"),
        "open-in-a-later-name": ('p,t,"note\n1,1,a\n2,3,b\n4,2,c\n', "not closed.*\n.*line 1"),
        "closed-in-a-row": ('p,t,"note\n1,1,a\n2,3,b"\n4,2,c\n', "not closed.*\n.*line 1"),
        "only-one": ('"', "not closed.*\n.*line 1"),
        "odd-number": ('p,t,x\n1,1,"""\n2,3,c\n4,2,d\n', "not closed.*\n.*line 2"),
        "single": ("p,t\n'1',1\n2,3\n4,2\n", "is not a number\n.*line 2"),
        "curly": ("p,t\n“1”,1\n2,3\n4,2\n", "is not a number\n.*line 2"),
        "number-over-two-lines": ('p,t\n1,1\n"2\n",3\n4,2\n"x",1\n', "is not a number\n.*line 3"),
    }
    for key, (text, words) in cases.items():
        yield table(text, f"csv-quote-{key}", words)
    for key, text in {
        "newlines-in-every-row": 'p,t,x\n1,1,"a\nb"\n2,3,"c\n\nd"\n4,2,"\n"\n',
        "line-end-of-windows": 'p,t,x\r\n1,1,"a\r\nb"\r\n2,3,c\r\n4,2,d\r\n',
        "in-the-middle-of-a-cell": 'p,t,x\n1,1,5" disk\n2,3,a\n4,2,b\n',
        "text-behind": 'p,t,x\n1,1,"a"b\n2,3,c\n4,2,d\n',
        "backslash": 'p,t,x\n1,1,"a\\"b"\n2,3,c\n4,2,d\n',
        "empty": 'p,t,x\n1,1,""\n2,3,""\n4,2,""\n',
        "names-with-newlines": '"p","t","a\nb"\n1,1,x\n2,3,y\n4,2,z\n',
        "all-cells": '"p","t"\n"1","1"\n"2","3"\n"4","2"\n',
    }.items():
        yield table(text, f"csv-quote-read-{key}", code=0, preds=tuple(P))


def line_cases():
    """Line ends, blank lines and characters that some libraries take for line ends."""
    bad = {
        "blank-line-in-one-column": ("p\n1\n\n4\n", "an empty cell is a missing value\n.*line 3"),
        "rows-of-separators-only": (
            "p,t\n1,1\n,\n4,2\n",
            "an empty cell is a missing value\n.*line 3",
        ),
        "separator-line": ("p,t\n---,---\n1,1\n2,3\n", "'---' is not a number\n.*line 2"),
        "two-tables": ("p,t\n1,1\n2,3\n\np,t\n4,2\n", "a blank line between its rows\n.*line 4"),
        "second-table-of-another-width": (
            "p,t\n1,1\n2,3\na,b,c\n4,2,1\n",
            "a line of 3 cells in a table of 2 columns\n.*line 4",
        ),
        "nuls-at-the-end": (GOOD + "\0" * 4096, "it holds NUL bytes"),
        "control-z-at-the-end": (GOOD + "\x1a", "a line of 1 cells in a table of 2.*\n.*line 5"),
        "text-at-the-end": (GOOD + "3 rows\n", "a line of 1 cells in a table of 2.*\n.*line 5"),
        "cut-in-a-number": ("p,t\n1,1\n2,3\n4", "a line of 1 cells.*\n.*line 4\nwas the line cut"),
        "cut-behind-a-separator": (
            "p,t\n1,1\n2,3\n4,",
            "an empty cell is a missing value\n.*line 4, column t",
        ),
        "log-line-inside": (
            "p,t\n1,1\nWARNING: slow, very\n4,2\n",
            "'WARNING: slow' is not a number\n.*line 3",
        ),
        "progress-bar-inside": (
            "p,t\n1,1\n 50%|#####     |\r100%|##########|\n4,2\n",
            "a line of 1 cells.*\n.*line 3",
        ),
        "diff-marks": ("p,t\n-1,1\n+2,3\n@@ -1,3 +1,3 @@\n", "a line of 3 cells.*\n.*line 4"),
        "two-byte-order-marks": ("\ufeff\ufeff" + GOOD, "no column 'p'"),
    }
    for key, (text, words) in bad.items():
        yield table(text, f"csv-line-{key}", words, arguments=COLUMNS if "t" in text[:5] else {})
    for key, text in {
        "return-return-newline": GOOD.replace("\n", "\r\r\n"),
        "ends-of-three-systems": "p,t\r\n1,1\n2,3\r4,2\r\n",
        "form-feed-in-text": "p,t,x\n1,1,a\x0cb\n2,3,c\n4,2,d\n",
        "vertical-tab-in-text": "p,t,x\n1,1,a\x0bb\n2,3,c\n4,2,d\n",
        "next-line-in-text": "p,t,x\n1,1,a\x85b\n2,3,c\n4,2,d\n",
        "separators-of-unicode": "p,t,x\n1,1,a\u2028b\u2029c\n2,3,c\n4,2,d\n",
        "separators-of-records": "p,t,x\n1,1,a\x1cb\x1dc\x1ed\n2,3,c\n4,2,d\n",
        "returns-in-quotes": 'p,t,x\n1,1,"a\rb"\n2,3,c\n4,2,d\n',
        "blank-lines-above": "\n\n" + GOOD,
        "comments-above": "# by us\n# p,t are columns\n" + GOOD,
    }.items():
        yield table(text, f"csv-line-read-{key}", code=0, preds=tuple(P))


def name_cases():
    """Header lines with names that are long, empty, hostile or there twice."""
    for key, (header, words) in {
        "empty": (",t", "no column 'p'\nits columns: , t"),
        "blank": (" ,t", "no column 'p'\nits columns: , t"),
        "nul": ("p\0,t", "it holds NUL bytes"),
        "escape": ("\x1b[31mp,t", "no column 'p'"),
        "markup": ("[red]p[/red],t", r"its columns: \[red\]p"),
        "newline": ('"p\n",u', "no column 't'\nits columns: p, u"),
        "right-to-left": ("\u202ep,t", r"did you mean '\\u202ep'"),
        "look-alike": ("р,t", "no column 'p'"),
        "decomposed": ("p\u0301,t", "no column 'p'"),
        "twice": ("p,p", "2 columns called 'p'\nits columns 1, 2"),
        "long": ("p" * 100_000 + ",t", r"its columns: p{60}\.\.\., t$"),
        "many": (",".join(f"c{k}" for k in range(20_000)), "c11 and 19,988 more"),
        "format-of-python": ("{p},t", r"its columns: \{p\}"),
        "percent": ("%s,t", "its columns: %s"),
        "numbers": ("0.5,0.7", "no header line: a column is called 0.5"),
    }.items():
        yield table(f"{header}\n1,1\n2,3\n4,2\n", f"csv-name-{key}", words)
    for key, header in {
        "blanks-around": "  p  , t ",
        "quoted": '"p","t"',
        "escape-elsewhere": "p,t,\x1b[31m",
        "newline-elsewhere": 'p,t,"a\nb"',
        "twice-elsewhere": "p,t,x,x",
        "empty-elsewhere": "p,t,,",
        "comma-elsewhere": 'p,t,"a,b"',
    }.items():
        width = header.count(",") + 1 - ('"a,b"' in header)
        rows = "".join(",".join([*row, *["z"] * (width - 2)]) + "\n" for row in ("11", "23", "42"))
        yield table(f"{header}\n{rows}", f"csv-name-read-{key}", code=0, preds=tuple(P))


def encoding_cases():
    """Bytes that are not UTF-8, and files in another format than their name says."""
    contents = {
        "latin-1-header": ("p,t,größe\n1,1,1\n".encode("latin-1"), "is not UTF-8 text\n.*line 1"),
        "utf-7-mark": (b"+/v8-" + GOOD.encode(), "no column 'p'"),
        "utf-16-in-the-middle": (GOOD.encode() + "5,5\n".encode("utf-16-le"), "it holds NUL bytes"),
        "utf-16-odd": (GOOD.encode("utf-16") + b"1", "is not utf-16 text\nbyte 34"),
        "overlong": (b"p,t\n1,1\n\xc0\xb1,3\n4,2\n", "is not a number\n.*line 3"),
        "surrogate": (b"p,t\n1,1\n\xed\xa0\x80,3\n4,2\n", "is not a number\n.*line 3"),
        "cut-character": (b"p,t\n1,1\n2,3\n\xe2\x82,2\n", "is not a number\n.*line 4"),
        "ebcdic": (GOOD.encode("cp500"), "is not UTF-8 text\n.*line 1"),
        "only-marks": (b"\xef\xbb\xbf", "has no rows"),
        "only-a-mark-of-utf-16": (b"\xff\xfe", "is empty"),
        "executable": (b"#!/bin/sh\nexit 1\n", "its columns: !/bin/sh"),
        "shell-error": (b"cat: preds.csv: No such file or directory\n", "a header and no rows"),
        "json-error": (b'{"error": {"code": 404, "message": "not found"}}\n', "no column 'p'"),
        "xml-error": (b"<Error><Code>AccessDenied</Code></Error>\n", "a header and no rows"),
        "nothing-but-nuls": (bytes(100_000), "it holds NUL bytes"),
    }
    for key, (content, words) in contents.items():
        yield table(content, f"csv-encoding-{key}", words)
    for key, content in {
        "utf-16-le": "\ufeff".encode("utf-16-le") + GOOD.encode("utf-16-le"),
        "utf-16-be": "\ufeff".encode("utf-16-be") + GOOD.encode("utf-16-be"),
        "utf-32-be": "\ufeff".encode("utf-32-be") + GOOD.encode("utf-32-be"),
        "latin-1-elsewhere": "p,t,x\n1,1,größe\n2,3,a\n4,2,b\n".encode("latin-1"),
        "bytes-elsewhere": b"p,t,x\n1,1,\xff\xfe\xfd\n2,3,a\n4,2,b\n",
        "gzip-under-csv": gzip.compress(GOOD.encode()),
        "xz-under-csv": lzma.compress(GOOD.encode()),
        "json-lines-under-csv": b'{"p": 1, "t": 1}\n{"p": 2, "t": 3}\n{"p": 4, "t": 2}\n',
    }.items():
        yield table(content, f"csv-encoding-read-{key}", code=0, preds=tuple(P))


def compressed_table_cases():
    """Compressed tables that are cut at a line, or expand without an end."""
    packed = gzip.compress(GOOD.encode() * 1000)
    for name, kept in (("half", len(packed) // 2), ("trailer", len(packed) - 8)):
        yield table(packed[:kept], f"csv-gz-cut-{name}", "ends too early", name="table.csv.gz")
    twice = gzip.compress(gzip.compress(GOOD.encode()))
    yield table(twice, "csv-gz-in-gz", "is compressed twice", name="table.csv.gz.gz")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", GOOD)
    yield table(file.getvalue(), "csv-zip", "is a zip archive", name="table.csv.zip")


def _two_links(path):
    path.symlink_to("other")
    path.with_name("other").symlink_to(path.name)


def _folder_of_itself(path):
    path.mkdir()
    (path / "part-0.csv").write_text(GOOD)
    (path / "again").symlink_to("..", target_is_directory=True)


def _folder_of_two_formats(path):
    path.mkdir()
    (path / "part-0.csv").write_text(GOOD)
    (path / "part-1.jsonl").write_text('{"p": 1, "t": 1}\n')


def _folder_of_two_headers(path):
    path.mkdir()
    (path / "part-0.csv").write_text(GOOD)
    (path / "part-1.csv").write_text("t,p\n1,2\n")


def _folder_with_an_empty_part(path):
    path.mkdir()
    (path / "part-0.csv").write_text(GOOD)
    (path / "part-1.csv").write_bytes(b"")


def folder_cases():
    """Links in circles, and folders whose files do not belong together."""
    for key, make, words, code in (
        ("links-in-a-circle", _two_links, "Too many levels of symbolic links", 3),
        ("formats", _folder_of_two_formats, "several formats: 1 .csv, 1 .jsonl", 2),
    ):
        yield Malformed(f"folder-of-two-{key}", "data", make, words, code=code, arguments=COLUMNS)
    for key, make, preds in (
        ("an-empty-part", _folder_with_an_empty_part, (1, 2, 4)),
        ("itself", _folder_of_itself, (1, 2, 4)),
        ("two-orders-of-columns", _folder_of_two_headers, (1, 2, 4, 2)),
    ):
        yield Malformed(f"folder-of-{key}", "data", make, code=0, preds=preds, arguments=COLUMNS)


def cases():
    """All of them."""
    yield from number_cases()
    yield from quote_cases()
    yield from line_cases()
    yield from name_cases()
    yield from encoding_cases()
    yield from compressed_table_cases()
    yield from folder_cases()
