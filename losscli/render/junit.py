"""JUnit XML, as Jenkins, GitLab and others read it: one test case a gate, a row or a loss.

A case has the time of its run, which several may share; the suite has that of all.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from losscli.errors import LossCliError
from losscli.render import Result
from losscli.render.outcomes import outcomes_of
from losscli.render.page import Outcome
from losscli.results.text import escape, truncate

if TYPE_CHECKING:
    from collections.abc import Iterator


def render(result: Result) -> str:
    """The report; a failure is of type `fail` or `undecided`, and what only warns passes."""
    properties = list(_properties(result))
    return _document(outcomes_of(result), getattr(result, "wall_s", 0.0), properties)


def render_error(error: LossCliError) -> str:
    """A report of one test case, which is in error."""
    return _document([Outcome("carried out", "error", "; ".join(error.lines()))], 0.0, [])


def _properties(result: Result) -> "Iterator[tuple[str, str]]":
    """What the numbers depend on: the version, the config and commit of a run, digests of data."""
    from losscli.version import __version__

    yield "losscli", __version__
    yield from getattr(result, "facts", ())
    for part in getattr(result, "inputs", ()):
        if part.digest:
            yield part.role, part.digest


def _document(
    outcomes: Sequence[Outcome], wall_s: float, properties: Sequence[tuple[str, str]]
) -> str:
    tags = [_tag(each) for each in outcomes]
    counts = {
        "name": "losscli",
        "tests": str(len(outcomes)),
        "failures": str(tags.count("failure")),
        "errors": str(tags.count("error")),
        "time": f"{wall_s:.3f}",
    }
    root = ET.Element("testsuites", counts)
    # Jenkins' schema knows no `skipped` of all suites together.
    suite = ET.SubElement(root, "testsuite", counts, skipped="0")
    if properties:
        listed = ET.SubElement(suite, "properties")
        for name, value in properties:
            ET.SubElement(listed, "property", name=_text(name), value=_text(value))
    for each, tag in zip(outcomes, tags, strict=True):
        _case(suite, each, tag)
    ET.indent(root)
    # ASCII with references reads the same in whatever encoding stdout turns out to have.
    # `##[` in a log is a command of CI runners; a reference is none, and reads the same.
    body = ET.tostring(root, encoding="us-ascii").decode().replace("##", "#&#35;")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _tag(each: Outcome) -> str | None:
    """The element that says what is wrong; none where a build should not break."""
    if not each.counts or each.status in ("pass", "warn"):
        return None
    return "error" if each.status == "error" else "failure"


def _case(suite: ET.Element, each: Outcome, tag: str | None) -> None:
    place = "losscli" if each.run is None else f"losscli.{_text(each.run)}"
    case = ET.SubElement(suite, "testcase", classname=place, name=_text(each.name))
    if each.wall_s is not None:
        case.set("time", f"{each.wall_s:.3f}")
    words = _text(each.words)
    if tag is not None:
        ET.SubElement(case, tag, type=each.status, message=words).text = words
    elif words:
        status = "" if each.status == "pass" else f"{each.status}: "
        ET.SubElement(case, "system-out").text = f"{status}{words}"


def _text(text: str) -> str:
    """XML has no way to write most controls: one of them would cost the whole report."""
    return escape(truncate(text))
