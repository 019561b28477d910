"""Markdown: the tables of a terminal, for a comment or a page; gates first where there are any."""

import re
from collections.abc import Iterable, Iterator, Sequence

from losscli.errors import LossCliError
from losscli.render.formats import Format
from losscli.render.gates import gates_table
from losscli.render.layout import fit
from losscli.render.page import Page, Result, Table
from losscli.render.pages import page_of
from losscli.results.text import escape, truncate

# Characters of markup, and those that GitHub turns into mentions, links or emoji.
_MARKUP = {"&": "&amp;", "<": "&lt;", "|": "\\|", "`": "&#96;", "\\": "&#92;", "*": "&#42;"}
_MARKUP |= {"~": "&#126;", "_": "&#95;", "##": "#&#35;"}  # the last begins a command of CI runners
_LINKED = r"@(?=\w)|#(?=\d)|\bgh-(?=\d)|\bwww(?=\.)|:(?=//|[\w+-]+:)|\](?=[(\[:])"
_UNSAFE = re.compile(
    rf"##|[&<|`*~]|\\(?=[!-/:-@\[-`{{-~])|(?<!\w)_|_(?!\w)|{_LINKED}", re.IGNORECASE
)
_COLUMNS = 78  # of text and drawings in a block of code


def render(result: Result, _encoding: str = "utf-8") -> str:
    """Gates, tables, notes, and where the numbers come from.

    A result with gates or failed steps begins with a hidden marker, the same for later results of
    the same command or config, so that one comment can be found and updated.
    """
    page = page_of(result)
    gated = bool(page.gates) or bool(getattr(result, "failures", ()))
    marker = [_marker(result)] if gated else []
    return "\n".join([*marker, *_body(page), ""])


def render_error(error: LossCliError) -> str:
    """The lines of the error."""
    head, *rest = (_safe(line) for line in error.lines())
    return "\n".join([f"**error:** {head}", *rest, ""])


FORMAT = Format(render, render_error, suffix=".md")


def _body(page: Page) -> Iterator[str]:
    if page.gates:
        yield from [*_table(gates_table(page.gates)), ""]
    if page.lines:
        lines = [escape(line.text).replace("`", "'") for line in fit(page.lines, _COLUMNS)]
        yield from ["```text", *lines, "```"]
    yield from _broken(page.header)
    for at, table in enumerate(page.tables):
        if at or page.header:
            yield ""
        yield from _table(table)
    yield ""
    for note in page.notes:
        yield from (f"> note: {_safe(note)}", "")
    yield from _broken(page.footer[:-1])
    yield from map(_safe, page.footer[-1:])


def _marker(result: Result) -> str:
    """A hash of the kind, and of the config or the inputs and labels; never of numbers."""
    from hashlib import sha256

    config = getattr(result, "config", None)
    parts: Iterable[str]
    if config is not None:
        parts = [config.name]
    else:
        labels = [loss.label for loss in getattr(result, "statistics", ())]
        parts = [*(part.role for part in getattr(result, "inputs", ())), *labels]
    words = "\0".join([result.page, *parts]).encode(errors="backslashreplace")
    return f"<!-- losscli:{sha256(words).hexdigest()[:16]} -->"


def _table(table: Table) -> list[str]:
    kept, _ = table.columns()
    align = ["--:" if at in table.right_aligned else ":--" for at in kept]
    body = [
        _row([f"*{_safe(row.cells[0])}*", *[""] * (len(kept) - 1)])
        if row.is_caption
        else _row([_safe(row.cells[at].strip()) for at in kept])
        for row in table.rows
    ]
    return [_row([_safe(table.headers[at]) for at in kept]), _row(align), *body]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _broken(lines: Sequence[str]) -> Iterator[str]:
    """Lines that stay lines, by two blanks at their ends."""
    return (f"{_safe(line)}  " for line in lines)


def _safe(text: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        return _MARKUP.get(found[0]) or f"{found[0]}&zwj;"

    return _UNSAFE.sub(replaced, escape(truncate(text)))
