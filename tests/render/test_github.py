"""Annotations that the runner reads as they were meant, and lines that it reads as nothing."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli import DataError
from losscli.errors import Place
from losscli.render import error_text, text
from losscli.render.formats.github import summary
from losscli.results.text import LONGEST, escape
from tests.render.conftest import HOSTILE, many, named


def read(line):
    """The command of a line as GitHub's runner parses it: (kind, title, message), or None."""
    line = line.lstrip()
    if not line.startswith("::") or "::" not in line[2:]:
        return None
    head, message = line[2:].split("::", 1)
    kind, _, rest = head.partition(" ")
    found = dict(part.split("=", 1) for part in rest.strip().split(",") if "=" in part)
    assert set(found) <= {"title"}
    title = found.get("title", "")
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        title = title.replace(code, sign)
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        message = message.replace(code, sign)
    return kind, title, message


def commands(document):
    """The commands of a log; a line of the old form, anywhere in it, is none of ours."""
    lines = document.split("\n")
    assert not re.search(r"##\w*\[", document)
    return [found for found in map(read, lines) if found]


def test_what_is_not_pass_is_annotated(every_status):
    """Worst first; an undecided gate and a warning are warnings."""
    found = commands(text(every_status, "github"))
    assert [(kind, title) for kind, title, _ in found] == [
        ("error", "losscli mae <= 2"),
        ("error", "losscli gone <= 1"),
        ("warning", "losscli mse <= 12"),
        ("warning", "losscli mae <= 2.5"),
    ]
    assert found[0][2] == "3.00000, over by 1 (50 %, 1 standard error)"


def test_at_most_ten_of_a_kind_are_annotated():
    """The worst of them; a line says how many there are more."""
    document = text(many(warn=11, undecided=2, error=9, fail=5, **{"pass": 30}), "github")
    found = commands(document)
    assert Counter(kind for kind, *_ in found) == {"error": 10, "warning": 10}
    words = [message.split(", ")[1].split()[0] for *_, message in found]
    assert words == ["fail"] * 5 + ["error"] * 5 + ["undecided"] * 2 + ["warn"] * 8
    last = document.splitlines()[-1]
    assert last.endswith("4 errors, 3 warnings")
    assert read(last) is None


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_gives_no_command(name):
    """In the table, in a title and in a message: one annotation a gate, and each as it is shown."""
    hostile = HOSTILE[name]
    found = commands(text(named(hostile, ["fail", "undecided"]), "github"))
    title = f"losscli {escape(hostile)} {escape(hostile)} <= 1"
    message = f"2.00000, over {escape(hostile)}"
    if "##" in hostile:
        title, message = (words.replace("[", r"\x5b") for words in (title, message))
    assert found == [("error", title, message), ("warning", title, message)]


@given(st.text(st.characters(codec=None), max_size=60))
def test_annotations_are_a_line_each(words):
    """Whatever the text; and the runner reads back what is shown."""
    found = commands(text(named(words, ["fail", "error", "pass"]), "github"))
    title = " ".join(filter(None, ("losscli", escape(words), escape(f"{words} <= 1"))))
    assert [(kind, t) for kind, t, _ in found] == [("error", title)] * 2


def test_a_label_of_10_megabytes_is_cut():
    """In the annotation; GitHub takes some kilobytes."""
    line = text(named("%" * 10_000_000), "github").splitlines()[-1]
    assert line.startswith("::error title=losscli %25%25")
    assert len(line) < 4 * LONGEST


def test_an_error_is_one_annotation():
    """What, where and mend, in a line."""
    error = DataError("50% of it", place=Place("a\n::error::b", row=2), hint="mend it")
    assert commands(error_text(error, "github")) == [
        ("error", "losscli", r"50% of it; a\n::error::b, row 2; mend it")
    ]
    assert error_text(error, "github").count("\n") == 1


def test_a_summary_fits_its_room(every_status):
    """All of it, or some lines and a word about the others, or nothing."""
    whole = text(every_status, "markdown")
    assert summary(every_status, len(whole.encode())) == whole
    for room in range(len(whole.encode())):
        found = summary(every_status, room)
        assert len(found.encode()) <= room
        if found:
            *rows, empty, word = found.splitlines()
            assert rows == whole.splitlines()[: len(rows)]
            left = len(whole.splitlines()) - len(rows)
            assert (empty, word.split(":")[0]) == ("", "> truncated")
            assert f" {left} of {len(whole.splitlines())} lines" in word
    assert summary(every_status, 0) == ""
    assert summary(DataError("gone"), 5) == ""
