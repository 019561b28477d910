"""Names that mean harm come from files, columns, groups, labels and saved results, and stay names.

Whatever the format: a terminal obeys nothing in them, documents read back, a spreadsheet runs
nothing, GitHub takes no command. How the renderers alone treat them is in tests/render.
"""

import codecs
import csv
import io
import json
import os
import re
import unicodedata
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from tests.cli.test_processes import SGR, terminal

NAMES = {
    "escapes": "a\x1b[31m\x1b]0;t\x07\x1b[2Jz",
    "C1": "a\x9b31mz\x90q\x9c",
    "turned around": "a\u202egpj.exe\u202c\u2066z",
    "of no width": "a\u200b\u200d\ufeff\u2060z",
    "rich's markup": "[bold red]a[/b][link=x]",
    "a closing tag alone": "[/b]",
    "emoji words": ":smile::tada:",
    "HTML": "<script>alert(1)</script><img src=x>",
    "the end of CDATA": "a]]>b<![CDATA[",
    "entities": "&amp;&#27;&lt;",
    "a bar": "a|b\\|c",
    "code": "`a` ```b",
    "a command": "::error::owned",
    "a command after blanks": " \u3000::error::owned",
    "a command of old": "##[group]a ##vso[task.complete]b",
    "percents": "100%0A::error::owned%0D%25",
    "the end of a comment": "a --> b <!-- c",
    "a mention": "@user #123 gh-45 www.a.b",
    "a formula": "=1+1",
    "another formula": "@SUM(A1)",
    "a negative formula": "-1+cmd|' /C calc'!A0",
    "10,000 characters": "x" * 10_000,
    "letters of many marks": "a" + "\u0301" * 500,
    "quotes": "'\"''\"\"",
    "braces": "{0} {name} %s %(x)s ${HOME} $(id)",
    "a path": "../../etc/passwd",
    "digits of another script": "١٢٣",
    "tabs": "a\tb",
    "lines": "a\n::error::owned\r\n\x85\u2028::warning::b",
    "a zero": "a\x00b",
    "half a pair": "a\ud83db",
    "no UTF-8": os.fsdecode(b"a\xff\xfe\x80b"),
    "no characters": "a\ufffe\uffff\U0001ffffb",
    "private": "a\ue000\U00100000b",
}
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
ANNOTATION = re.compile(r"::(error|warning) title=losscli[^:]*::[^\n]*")
FORMS = ("table", "json", "csv", "markdown", "junit", "github")


def assert_tame(text):
    """Nothing that a terminal would obey or hide, and no command of GitHub but our own."""
    hidden = {c for c in text if c != "\n" and unicodedata.category(c) in HIDDEN}
    assert not hidden, hidden
    for line in text.split("\n"):
        if line.lstrip().startswith("::"):
            assert ANNOTATION.fullmatch(line)
        assert not re.search(r"##\w*\[", line)
    assert "losscli itself failed" not in text


def assert_reads(form, text):
    """A document reads back, by a parser that is not ours."""
    if form == "json":
        json.loads(text)
    elif form == "junit":
        root = ET.fromstring(text)
        cases = list(root.iter("testcase"))
        assert int(root.get("tests")) == len(cases) > 0
        junitparser = pytest.importorskip("junitparser")
        (suite,) = junitparser.JUnitXml.fromstring(text.encode())
        assert len(list(suite)) == len(cases)
    elif form == "csv":
        table = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in table}) == 1
        for cell in (cell for row in table for cell in row):
            assert cell[:1] not in "=+-@\t\r" or not cell or re.fullmatch(r"-?[\d.e+-]+|-inf", cell)
    elif form == "markdown":
        assert_markdown(text)


def assert_markdown(text):
    """Rows keep their cells, and there is no HTML but the marker of a comment."""
    body = text.split("\n", 1)[1] if text.startswith("<!--") else text
    assert "<" not in body
    assert not re.search(r"@\w|#\d|(?<!\\)`", re.sub(r"&#?\w+;", "·", body))
    widths = []
    for line in body.split("\n"):
        if line.startswith("|"):
            widths.append(len(re.findall(r"(?<!\\)\|", line)))
            assert widths[-1] == widths[0]
        else:
            widths = []


def written(name, names=()):
    """A config of a table: its column of groups is called so, as are a group, and its gates."""
    cells = [name, *names, "plain"]
    with Path("t.csv").open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([name, "y", "yhat"])
        out.writerows([cell, k, k + 1] for k, cell in enumerate(cells * 2))
    gates = [f"mae[{key}={value}] <= 0" for key in ("k", "*") for value in ("*", quoted(name))]
    part = {"preds": "t.csv", "pred": "yhat", "target": "y", "by": [name], "losses": ["mae"]}
    document = {"version": 1, "evals": {"e": part}, "gates": gates}
    Path("c.yaml").write_text(json.dumps(document))


def quoted(name):
    """A value as gates quote it."""
    doubled = name.replace("'", "''")
    return f"'{doubled}'"


@pytest.mark.parametrize("name", NAMES)
def test_a_group_and_its_key_stay_names(name, losscli, monkeypatch):
    """In a run with gates, or in the error that refuses them, in every format."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "step.md")
    try:
        written(NAMES[name])
    except UnicodeEncodeError:
        pytest.skip("no file can hold half a pair")
    for form in FORMS:
        if form == "csv":
            flags = ("--pred", "yhat", "--target", "y", "--by", NAMES[name], "-l", "mae")
            said = losscli("eval", "t.csv", *flags, "--format", form)
        else:
            said = losscli("run", "c.yaml", "--format", form)
        assert said.code in (1, 2, 3) if form != "csv" else said.code in (0, 2, 3)
        assert_tame(said.err)
        assert_tame(said.out)
        if said.out:
            assert_reads(form, said.out)
    assert_tame(Path("step.md").read_text())
    assert_markdown(Path("step.md").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_json_gives_the_name_back(name, losscli):
    """To the character, where the file could be read; it is what is shown that is escaped."""
    try:
        written(NAMES[name])
    except UnicodeEncodeError:
        pytest.skip("no file can hold half a pair")
    flags = ("--pred", "yhat", "--target", "y", "--by", NAMES[name], "-l", "mae")
    said = losscli("eval", "t.csv", *flags, "--format", "json")
    document = json.loads(said.out)
    if said.code == 0:
        assert {NAMES[name].strip(): NAMES[name]} in [group["by"] for group in document["groups"]]
    else:
        assert document["code"] in (2, 3)


@pytest.mark.parametrize("name", NAMES)
def test_labels_flags_and_files_stay_names(name, losscli, pair, monkeypatch):
    """On the command line of every command that takes one, mostly in an error."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    text = NAMES[name]
    label = re.sub(r"[=:\s,]", "_", text)
    requests = [
        ("eval", *pair, "-l", f"{label}=mae", "--max", f"{label}=0", "--gate", f"{text} <= 1"),
        ("eval", *pair, "-l", f"{label}=mae", "--max", f"{label}=0", "--max", "gone=1"),
        ("eval", *pair, "-l", text),
        ("eval", *pair, "-l", f"smooth_l1:{text}"),
        ("eval", text, "t.npy", "-l", "mae"),
        ("eval", *pair, "-l", "mae", "--by", text, "--weights", text),
        ("eval", *pair, "-l", "mae", "--nan", text),
        ("eval", *pair, "-l", "mae", "-o", f"no/{text}.json"),
        ("run", text),
        ("run", "c.yaml", "--only", text),
        ("run", "c.yaml", "--set", f"evals.e.losses={text}"),
        ("run", "c.yaml", "--set", f"{text}=1"),
        ("results", "show", text),
        ("bless", text, "--reason", text),
        ("diff", text, "b.json"),
        ("bench", "--impl", text),
        ("bench", "-l", text),
        ("check", text),
        (text,),
    ]
    part = {"preds": pair[0], "targets": pair[1], "losses": ["mae"]}
    Path("c.yaml").write_text(json.dumps({"version": 1, "evals": {"e": part}}))
    for request in requests:
        said = losscli(*request, "--format", "github")
        assert said.code in (0, 1, 2, 3, 4), (request, said.err)
        assert_tame(said.err)
        assert_tame(said.out)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_saved_result_says_stays_a_name(name, losscli, pair, monkeypatch):
    """Shown, listed and made the baseline, though it was written by somebody else."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    Path("g.csv").write_text("g\na\nb\nb\n")
    part = {"preds": pair[0], "targets": pair[1], "losses": ["mae"], "by": ["./g.csv"]}
    Path("c.yaml").write_text(
        json.dumps({"version": 1, "evals": {"e": part}, "gates": ["mae <= 0"]})
    )
    assert losscli("run", "c.yaml").code == 1
    text = Path("results/c/latest.json").read_text()
    document = json.loads(text, object_hook=lambda found: spoilt(found, NAMES[name]))
    document["evals"] = {NAMES[name]: document["evals"]["e"]}
    document["evals"]["failed"] = {
        "schema": "losscli/error/1", "code": 3, "message": NAMES[name], "place": NAMES[name],
    }  # fmt: skip
    Path("results/c/20200101T000000Z-00000000.json").write_text(json.dumps(document))
    Path("x.json").write_text(json.dumps(document))
    for form in FORMS:
        for request in (("results", "show", "x.json"), ("results", "list")):
            said = losscli(*request, "--format", form)
            assert said.code in (0, 2, 3), said.err
            assert_tame(said.err)
            assert_tame(said.out)
            if said.out and said.code == 0:
                assert_reads(form, said.out)
    said = losscli("bless", "x.json", "--reason", NAMES[name], "--to", "b.json")
    assert said.code in (0, 2, 3)
    assert_tame(said.err + said.out)
    said = losscli("diff", "x.json", "results/c/latest.json")
    assert said.code in (0, 2, 3, 4)
    assert_tame(said.err + said.out)


def spoilt(found, text):
    """An object of a document with its names changed."""
    names = {"label", "loss", "message", "path", "run", "reason", "name", "text", "hint"}
    kept = {
        key: text if key in names and isinstance(found[key], str) else found[key] for key in found
    }
    if isinstance(kept.get("by"), dict):
        kept["by"] = {text: text}
    return kept


def test_a_terminal_obeys_nothing_in_names(environment, pair):
    """All of them at once: the only escapes are colours, and none of them from a name."""
    names = [text for text in NAMES.values() if not set(text) & set("\n\0\r\ud83d\udcff")]
    written("key", [name for name in names if name != "\ufeff"])
    code, shown = terminal(["run", "c.yaml", "--no-progress"], environment(), 120)
    assert code in (1, 3)
    plain = SGR.sub("", shown)
    assert_tame(plain)
    assert "\\x1b" in plain
    label = "\x1b[2J\x9b[b]\u202e=mae"
    arguments = ["eval", *pair, "-l", label, "--max", "x=1", "--no-progress"]
    code, shown = terminal(arguments, environment(), 60)
    assert code == 1
    assert_tame(SGR.sub("", shown))
    assert "\\x1b[2J\\x9b[b]\\u202e" in SGR.sub("", shown)


def test_a_file_of_samples_is_tame_too(losscli, pair):
    """Its header is of labels."""
    for text in NAMES.values():
        label = re.sub(r"[=:\s,]", "_", text)
        said = losscli("eval", *pair, "-l", f"{label}=mae", "--per-sample", "s.csv")
        if said.code == 0:
            assert_tame(Path("s.csv").read_text())
            header, *rest = csv.reader(Path("s.csv").read_text().splitlines())
            assert len(header) == 2
            assert header[1][:1] not in "=+-@"
            assert np.array(rest).shape == (3, 2)


# --- names of files, in every stream

HOSTILE = {
    "colour": "p\x1b[31mred.npy",
    "title": "p\x1b]0;owned\x07.npy",
    "C1": "p\x9b31m.npy",
    "bidi": "p\u202eypn.npy",
    "newline": "p\nerror: fine.npy",
    "carriage return": "p\rerror.npy",
    "markup": "p[bold]x[red].npy",
    "no text": os.fsdecode(b"p\xff.npy"),
}


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("there", [True, False], ids=["read", "missing"])
def test_a_hostile_file_name_is_shown_escaped(process, pair, environment, name, there):
    """In the table, in messages, in a pipe and on a terminal: only losscli's own escapes."""
    if there:
        os.rename("p.npy", name)  # noqa: PTH104 - the name is not always text
    done = process("eval", name, "t.npy", "-l", "mse", text=False)
    assert done.code == (0 if there else 3)
    shown = (done.out + done.err).decode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
    assert len(done.err.splitlines()) == (0 if there else 2)
    _, seen = terminal(["eval", name, "t.npy", "-l", "mse"], environment())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", SGR.sub("", seen))
    if name == HOSTILE["markup"]:
        assert name in shown
        assert name in SGR.sub("", seen)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_name_spoils_no_document(process, pair, name):
    """JSON and CSV read back to the name, Markdown keeps its lines."""
    os.rename("p.npy", name)  # noqa: PTH104 - the name is not always text
    flags = [part for suffix in ("json", "csv", "md") for part in ("-o", f"r.{suffix}")]
    said = process("eval", name, "t.npy", "-l", "mse", "--format", "json", *flags)
    assert said.code == 0
    assert json.loads(said.out)["inputs"][0]["path"] == name
    assert json.loads(Path("r.json").read_text(encoding="utf-8"))["inputs"][0]["path"] == name
    records = csv.DictReader(Path("r.csv").read_text(encoding="utf-8").splitlines())
    assert [record["loss"] for record in records] == ["mse"]
    assert "\x1b" not in Path("r.md").read_text(encoding="utf-8")


STREAMS = {
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "LC_ALL=C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("variables", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("name", ["é.npy", "预测.npy", "🙂.npy"])
def test_a_narrow_encoding_does_not_end_a_run(process, pair, variables, name):
    """What it lacks is written as an escape; the numbers are the same."""
    Path("p.npy").rename(name)
    said = process(
        "eval", os.fsencode(name).decode(), "t.npy", "-l", "mae", text=False, **variables
    )
    assert (said.code, said.err) == (0, b"")
    out = said.out.decode("latin-1" if "latin-1" in variables.values() else "ascii")
    assert "0.833333" in out
    assert "3 of 3 rows" in out


@pytest.mark.parametrize("variables", STREAMS.values(), ids=STREAMS)
@pytest.mark.parametrize("name", ["é.npy", "预测.npy", "🙂.npy"])
def test_json_is_json_in_every_encoding(process, pair, variables, name):
    """An escape of the stream's own making is no JSON."""
    Path("p.npy").rename(name)
    said = process("eval", name, "t.npy", "-l", "mae", "--format", "json", text=False, **variables)
    codec = "latin-1" if "latin-1" in variables.values() else "ascii"
    document = json.loads(codecs.decode(said.out, codec))
    assert os.fsencode(document["inputs"][0]["path"]) == os.fsencode(name)


def test_a_missing_file_is_named_in_a_narrow_encoding(process, pair):
    """Messages go the same way as results."""
    said = process("eval", "é.npy", "t.npy", "-l", "mae", text=False, PYTHONIOENCODING="ascii")
    assert said.code == 3
    assert said.err.splitlines()[0] == b"error: there is no file \\xe9.npy"
