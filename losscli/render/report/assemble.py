"""The page of a report: the verdict first, then a section a result."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from losscli.render.report.blocks import TONES, Report, Section, Summary
from losscli.render.report.gates import headline, ordered, reasons
from losscli.render.report.kinds import section_of, summary_of
from losscli.render.report.source import Source
from losscli.results.gate import GateResult
from losscli.results.text import escape, truncate
from losscli.version import __version__

_TEMPLATES = Path(__file__).parent / "templates"
_WORST_FIRST = ("fail", "error", "undecided", "pass")
_MOST_REASONS = 5
_LONGEST_SENTENCE = 400  # characters of a reason on the first screen


def html(sources: Sequence[Source], title: str | None = None) -> str:
    """The page; title: by default the name of the only result."""
    report = report_of(sources, title)
    template = _environment().get_template("report.html")
    style, script = _asset("report.css"), _asset("report.js")
    return str(
        template.render(
            report=report, style=style, script=script, hashes=(_hash(style), _hash(script))
        )
    )


def report_of(sources: Sequence[Source], title: str | None = None) -> Report:
    """The content of the page."""
    sections = [section_of(source) for source in sources]
    gates = [gate for source in sources for gate in getattr(source.result, "gates", ())]
    status = next((s for s in _WORST_FIRST if any(s == part.status for part in sections)), "")
    if len(sections) == 1:
        only = sections[0]
        sections = [*([Section("Result", only.blocks)] if only.blocks else []), *only.sections]
    said = _summary(sources, gates)
    names = " and ".join(source.name for source in sources[:3])
    return Report(
        title or (names if len(sources) <= 3 else f"{len(sources)} results"),
        status,
        said.headline,
        said.reasons,
        list(_facts(sources)),
        sections,
    )


def _summary(sources: Sequence[Source], gates: Sequence[GateResult]) -> Summary:
    """The gates in a line and those that did not pass; without gates, the results themselves."""
    found = Summary(f"{len(sources)} results")
    if len(sources) == 1:
        found = summary_of(sources[0].result)
    if gates:
        found = Summary(headline(ordered(gates)), reasons(gates))
    every = [*_failures(sources), *found.reasons]
    more = len(every) - _MOST_REASONS
    said = [(word, truncate(text, _LONGEST_SENTENCE)) for word, text in every[:_MOST_REASONS]]
    if more > 0:
        said.append(("", f"and {more:,} more below"))
    return found._replace(reasons=said)


def _failures(sources: Sequence[Source]) -> Iterator[tuple[str, str]]:
    """The steps of runs that gave no result."""
    for source in sources:
        for name, failure in getattr(source.result, "failures", {}).items():
            yield "ERROR", f"{name}: {failure.message}"


def _facts(sources: Sequence[Source]) -> Iterator[str]:
    """When it was made, of which commit, by which version, where all results agree."""
    results = [source.result for source in sources]
    started = sorted(filter(None, (getattr(result, "started", None) for result in results)))
    if started:
        yield started[-1].replace("T", " ").replace("Z", " UTC")
    commits = {git.commit for git in (getattr(each, "git", None) for each in results) if git}
    if len(commits) == 1:
        yield f"commit {commits.pop()[:10]}"
    yield f"losscli {__version__}"


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def inert(value: Any) -> Any:
        """Text without controls; what is HTML already stays."""
        return escape(truncate(value)) if type(value) is str else value

    found = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=inert,
    )
    found.filters |= {
        "kind": lambda block: type(block).__name__.lower(),
        "tone": lambda status: TONES.get(status, ""),
        "lines": lambda text: Markup("\n").join(escape(line) for line in text.split("\n")),
    }
    return found


@cache
def _asset(name: str) -> Any:
    from markupsafe import Markup

    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
