"""JUnit XML holds against a schema, reads back, and survives any text."""

from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli import DataError, evaluate
from losscli.errors import Place
from losscli.gates import COUNTS
from losscli.render import error_text, pages, text
from losscli.results.documents.error import ErrorReport
from losscli.results.text import LONGEST, escape
from tests.render.conftest import HOSTILE, many, named

SCHEMA = Path(__file__).parents[1] / "data" / "junit.xsd"


def suite_of(document):
    """The only suite of a document, whose counts are those of its cases and of the whole."""
    root = ET.fromstring(document)
    (suite,) = root
    for tag, name in (("testcase", "tests"), ("failure", "failures"), ("error", "errors")):
        count = str(len(list(suite.iter(tag))))
        assert suite.get(name) == root.get(name) == count
    assert suite.get("time") == root.get("time")
    return suite


@pytest.fixture(scope="module")
def valid():
    """Asserts that a document is what the schema describes."""
    schema = pytest.importorskip("xmlschema").XMLSchema(SCHEMA)
    return lambda document: schema.validate(document)


def test_statuses_become_what_ci_counts(every_status, valid):
    """Fail and undecided are failures, error an error; a warning passes, with its text."""
    document = text(every_status, "junit")
    valid(document)
    cases = {case.get("name"): case for case in suite_of(document).iter("testcase")}
    found = {name: [(e.tag, e.get("type")) for e in case] for name, case in cases.items()}
    assert found == {
        "mae <= 9": [("system-out", None)],
        "mae <= 2.5": [("system-out", None)],
        "gone <= 1": [("error", "error")],
        "mae <= 2": [("failure", "fail")],
        "rows >= 1": [("system-out", None)],
        "mse <= 12": [("failure", "undecided")],
    }
    assert cases["mae <= 2.5"][0].text.startswith("warn: 3.00000, over by 0.5")
    assert cases["mae <= 2"][0].get("message").startswith("3.00000, over by 1")


def test_an_error_of_level_warn_breaks_no_build(valid):
    """As it is not in the exit code; what it says is there."""
    result = many(error=1)
    gate = result.gates[0].replace(level="warn")
    document = text(result.replace(gates=(gate,)), "junit")
    valid(document)
    (case,) = suite_of(document).iter("testcase")
    assert [(part.tag, part.text) for part in case] == [
        ("system-out", "error: 2.00000, error 0"),
    ]


def test_a_library_reads_it_back(every_status):
    """Statuses by junitparser, which many tools of CI use."""
    junitparser = pytest.importorskip("junitparser")
    found = junitparser.JUnitXml.fromstring(text(every_status, "junit").encode())
    (suite,) = found
    assert (suite.tests, suite.failures, suite.errors, suite.time) == (6, 2, 1, 0.25)
    failed = [case.name for case in suite if not case.is_passed]
    assert failed == ["gone <= 1", "mae <= 2", "mse <= 12"]
    properties = {each.name: each.value for each in suite.properties()}
    assert properties["targets"] == every_status.inputs[1].digest


def test_a_result_without_gates_is_not_empty(valid):
    """Each loss was evaluated, and its case says what it is."""
    document = text(evaluate([1.0, 2.0], [0.0, 0.0], loss=["mae", "tight=mse"]), "junit")
    valid(document)
    cases = list(suite_of(document).iter("testcase"))
    assert [case.get("name") for case in cases] == ["mae evaluated", "tight evaluated"]
    assert [case[0].text.split(",")[0] for case in cases] == ["1.50000", "2.50000"]


def test_an_error_is_one_case(valid):
    """With what, where and mend."""
    error = DataError("no number: '\x1b[31m'", place=Place("p.csv", line=3), hint="mend it")
    document = error_text(error, "junit")
    valid(document)
    (found,) = suite_of(document).iter("error")
    assert found.get("message") == r"no number: '\x1b[31m'; p.csv, line 3; mend it"


def test_steps_that_failed_and_runs_are_told_apart(monkeypatch, valid):
    """A result of several runs: the class of a case names its run, a failed step is an error."""
    result = named("mae", ["pass", "fail"])
    gates = tuple(gate.replace(run="val") for gate in result.gates)
    failures = {"digits": ErrorReport.of(DataError("no file", hint="make it"))}
    several = SimpleNamespace(gates=gates, failures=failures, wall_s=1.5)
    nothing = SimpleNamespace(report_cases=lambda _: [])
    monkeypatch.setattr(pages, "builder_of", lambda _: nothing)
    document = text(several, "junit")
    valid(document)
    cases = [(case.get("classname"), [e.tag for e in case]) for case in suite_of(document)[1:]]
    assert cases == [
        ("losscli.digits", ["error"]),
        ("losscli.val", ["system-out"]),
        ("losscli.val", ["failure"]),
    ]
    assert suite_of(document)[1][0].get("message") == "no file; make it"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_breaks_no_report(name, valid):
    """It is shown as a terminal shows it, and nothing is lost."""
    hostile = HOSTILE[name]
    document = text(named(hostile), "junit")
    assert document.isascii()
    valid(document)
    (case,) = suite_of(document).iter("testcase")
    assert case.get("classname") == f"losscli.{escape(hostile)}"
    assert case.get("name") == f"{escape(hostile)} <= 1"
    assert case[0].text == f"2.00000, over {escape(hostile)}"


@given(st.text(st.characters(codec=None), max_size=300).filter(lambda words: words not in COUNTS))
def test_any_text_reads_back_as_it_is_shown(words):
    """Whatever its characters, surrogates and those that XML forbids among them."""
    (case,) = suite_of(text(named(words), "junit")).iter("testcase")
    assert case.get("name") == escape(f"{words} <= 1")
    assert case[0].get("message") == case[0].text == escape(f"2.00000, over {words}")


def test_a_text_of_10_megabytes_is_cut():
    """Readers refuse attributes of that size; what is left out is counted."""
    document = text(named("x" * 10_000_000), "junit")
    assert len(document) < 10 * LONGEST
    (case,) = suite_of(document).iter("testcase")
    assert case.get("name") == "x" * LONGEST + "… (9,998,005 more)"
