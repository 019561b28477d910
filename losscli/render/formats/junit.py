"""JUnit XML, as Jenkins, GitLab and others read it: one test case a gate, a row or a loss.

A case has the time of its run, which several may share; the suite has that of all.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.page import ReportCase, Result
from losscli.render.pages import report_cases_of
from losscli.results.text import escape, truncate

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def _render(result: Result, _encoding: str) -> str:
    """The report; a failure is of type `fail` or `undecided`, and a warning passes."""
    properties = list(_properties(result))
    return _document(report_cases_of(result), getattr(result, "wall_s", None) or 0.0, properties)


def _render_error(error: LossCliError) -> str:
    return _document([ReportCase("carried out", "error", "; ".join(error.lines()))], 0.0, [])


FORMAT = Format(_render, _render_error, suffix=".xml", machine_readable=True)


def _properties(result: Result) -> Iterator[tuple[str, str]]:
    """The facts that the numbers depend on: version, config, commit, digests."""
    from losscli.version import __version__

    yield "losscli", __version__
    yield from getattr(result, "facts", ())
    for part in getattr(result, "inputs", ()):
        if part.digest:
            yield part.role, part.digest


def _document(
    cases: Sequence[ReportCase], wall_s: float, properties: Sequence[tuple[str, str]]
) -> str:
    from xml.etree import ElementTree as ET

    tags = [_tag(case) for case in cases]
    counts = {
        "name": "losscli",
        "tests": str(len(cases)),
        "failures": str(tags.count("failure")),
        "errors": str(tags.count("error")),
        "time": f"{wall_s:.3f}",
    }
    root = ET.Element("testsuites", counts)
    # Jenkins' schema has no `skipped` for all suites together.
    suite = ET.SubElement(root, "testsuite", counts, skipped="0")
    if properties:
        listed = ET.SubElement(suite, "properties")
        for name, value in properties:
            ET.SubElement(listed, "property", name=_text(name), value=_text(value))
    for case, tag in zip(cases, tags, strict=True):
        _add_case(suite, case, tag)
    ET.indent(root)
    # ASCII with references reads the same in whatever encoding stdout turns out to have.
    # `##[` in a log is a command of CI runners; a reference is not, and reads the same.
    body = ET.tostring(root, encoding="us-ascii").decode().replace("##", "#&#35;")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _tag(case: ReportCase) -> str | None:
    """The element of a case that breaks a build, else None."""
    if not case.counts or case.status in ("pass", "warn"):
        return None
    return "error" if case.status == "error" else "failure"


def _add_case(suite: "Element", case: ReportCase, tag: str | None) -> None:
    from xml.etree import ElementTree as ET

    place = "losscli" if case.run is None else f"losscli.{_text(case.run)}"
    element = ET.SubElement(suite, "testcase", classname=place, name=_text(case.name))
    if case.wall_s is not None:
        element.set("time", f"{case.wall_s:.3f}")
    message = _text(case.message)
    if tag is not None:
        ET.SubElement(element, tag, type=case.status, message=message).text = message
    elif message:
        status = "" if case.status == "pass" else f"{case.status}: "
        ET.SubElement(element, "system-out").text = f"{status}{message}"


def _text(text: str) -> str:
    """XML has no way to write most controls: one of them would cost the whole report."""
    return escape(truncate(text))
