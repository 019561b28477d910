"""A comment that can be found again, and that no name can break."""

import re
from html import unescape

import pytest

from losscli import evaluate
from losscli.render import text
from losscli.results.documents.eval import Evaluation
from losscli.results.documents.run import ConfigRecord
from losscli.results.text import LONGEST, escape
from tests.render.conftest import HOSTILE, named

MARKER = r"<!-- losscli:[0-9a-f]{16} -->"


def marker(result):
    """The first line of a result's Markdown."""
    return text(result, "markdown").splitlines()[0]


def configured(result):
    """The same as the result of a config, whose name says what was asked."""
    given = {name: getattr(result, name) for name in result.__struct_fields__}
    kind = type("Evaluation", (Evaluation,), {"config": ConfigRecord(name="ci-gate")})
    return kind(**given)


def test_a_marker_is_of_the_question_and_not_of_the_answer():
    """So that the comment of the last push is the one that is updated."""
    asked = {"loss": ["mae", "mse"], "max": "mae=1"}
    first = evaluate([1.0, 2.0], [0.0, 0.0], **asked)
    again = evaluate([7.0, 2.0, 3.0], [1.0, 0.0, 0.0], **asked)
    assert re.fullmatch(MARKER, marker(first))
    assert marker(first) == marker(again)
    other = evaluate([1.0], [0.0], loss="mse", max="mse=1")
    weighted = evaluate([1.0], [0.0], weights=[1.0], **asked)
    assert len({marker(each) for each in (first, other, weighted)}) == 3
    assert len({marker(each) for each in map(configured, (first, other))}) == 1


def test_without_gates_there_is_no_marker():
    """Nothing is judged, so nothing will be updated."""
    assert marker(evaluate([1.0], [0.0], loss="mae")).startswith("| loss |")


def cells(line):
    """The cells of a row, as GitHub splits it: at each bar that no backslash stands before."""
    return re.split(r"(?<!\\)\|", line.strip().strip("|"))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_cell(name):
    """Rows keep their cells, nothing is markup or a mention, and what is read is the name."""
    hostile = HOSTILE[name]
    document = text(named(hostile), "markdown")
    first, *lines = document.splitlines()
    assert re.fullmatch(MARKER, first)
    gate, loss = lines[2], lines[6]
    assert (len(cells(gate)), len(cells(loss))) == (4, 6)
    for found, words in ((cells(gate)[2], f"{hostile} <= 1"), (cells(loss)[0], hostile)):
        read = unescape(found.replace("\\|", "|")).replace("\u200d", "").strip()
        assert read.split() == escape(words).split()
    assert document.count("<") == 1  # the marker's
    assert not re.search(r"@\w|(?<!&)#\d|\bgh-\d|://|www\.|\]\(|:\w+:|[`*~]", "\n".join(lines))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\ud800-\udfff]", document)


def test_a_label_of_10_megabytes_is_cut():
    """A comment holds 65,536 characters."""
    assert len(text(named("x" * 10_000_000), "markdown")) < 10 * LONGEST


def test_gates_of_several_runs_have_a_column():
    """Of the run, where there is more than one."""
    result = named("mae", ["pass", "fail"])
    first, second = result.gates
    gates = (first.replace(run="a"), second.replace(run="b"))
    lines = text(result.replace(gates=gates), "markdown").splitlines()
    assert [cells(line)[:3] for line in lines[3:5]] == [
        [" FAIL ", " b ", " mae &lt;= 1 "],
        [" pass ", " a ", " mae &lt;= 1 "],
    ]
