"""Markdown: the tables of a terminal, for a comment or a page; gates first where there are any."""

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from losscli.errors import LossCliError
from losscli.render import Result, module_of, page_of
from losscli.render.gates import gates_table
from losscli.render.page import Page, Table
from losscli.results.text import escape, truncate

# What would be markup, and what GitHub would make a mention, a link or an emoji of.
_MARKUP = {"&": "&amp;", "<": "&lt;", "|": "\\|", "`": "&#96;", "\\": "&#92;", "*": "&#42;"}
_MARKUP |= {"~": "&#126;", "_": "&#95;", "##": "#&#35;"}  # the last begins a command of CI runners
_LINKED = r"@(?=\w)|#(?=\d)|\bgh-(?=\d)|\bwww(?=\.)|:(?=//|[\w+-]+:)|\](?=[(\[:])"
_UNSAFE = re.compile(
    rf"##|[&<|`*~]|\\(?=[!-/:-@\[-`{{-~])|(?<!\w)_|_(?!\w)|{_LINKED}", re.IGNORECASE
)


def render(result: Result) -> str:
    """Gates, tables, the notes and where the numbers come from.

    A result with gates or failed steps begins with a hidden marker, the same for later results of
    the same question, so that one comment can be found and updated.
    """
    page = page_of(result)
    judged = bool(page.gates) or bool(getattr(result, "failures", ()))
    lines = [_marker(result), *_body(page)] if judged else list(_body(page))
    return "\n".join([*lines, ""])


def render_error(error: LossCliError) -> str:
    """The lines of the error."""
    head, *rest = (_safe(line) for line in error.lines())
    return "\n".join([f"**error:** {head}", *rest, ""])


def _body(page: Page) -> Iterator[str]:
    if page.gates:
        yield from [*_table(gates_table(page.gates)), ""]
    if page.body:
        yield from ["```text", *(escape(line.text).replace("`", "'") for line in page.body), "```"]
    yield from _broken(page.top)
    for at, table in enumerate(page.tables):
        if at or page.top:
            yield ""
        yield from _table(table)
    yield ""
    for note in page.notes:
        yield from (f"> note: {_safe(note)}", "")
    yield from _broken(page.tail[:-1])
    yield from map(_safe, page.tail[-1:])


def _marker(result: Result) -> str:
    """A hash of what was asked, never of numbers: the kind, and the config or inputs and labels."""
    config = getattr(result, "config", None)
    parts: Iterable[str]
    if config is not None:
        parts = [str(config)]
    else:
        labels = [loss.label for loss in getattr(result, "losses", ())]
        parts = [*(part.role for part in getattr(result, "inputs", ())), *labels]
    kind = module_of(result).__name__  # the same of a result that was read back
    words = "\0".join([kind, *parts]).encode(errors="backslashreplace")
    return f"<!-- losscli:{sha256(words).hexdigest()[:16]} -->"


def _table(table: Table) -> list[str]:
    kept, _ = table.columns(float("inf"))
    align = [":--" if at in table.left else "--:" for at in kept]
    body = [
        _row([f"*{_safe(line.cells[0])}*", *[""] * (len(kept) - 1)])
        if line.caption
        else _row([_safe(line.cells[at].strip()) for at in kept])
        for line in table.lines
    ]
    return [_row([_safe(table.heads[at]) for at in kept]), _row(align), *body]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _broken(lines: Sequence[str]) -> Iterator[str]:
    """Lines that stay lines, by two blanks at their ends."""
    return (f"{_safe(line)}  " for line in lines)


def _safe(text: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        return _MARKUP.get(found[0]) or f"{found[0]}&zwj;"

    return _UNSAFE.sub(replaced, escape(truncate(text)))
