"""The form of a JSON file: items that follow each other, an array, or an object."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from losscli.errors import DataError
from losscli.sources.files import OpenFile
from losscli.sources.json_table import JsonColumns, JsonTable, Names, Span
from losscli.sources.json_text import Form, skip_items
from losscli.sources.rows import RowsTable

_HEAD = 1 << 18  # bytes in which the form is looked up
_ITEMS = 1000  # items of them at most
_DEEPEST = 16  # objects within objects in which columns are found
_MARK = b"\xef\xbb\xbf"  # a byte order mark
_MEMBER = re.compile(rb'[\s,]*"((?:[^"\\]|\\.)*)"\s*:\s*', re.S)
_OBJECTS = re.compile(rb"\[\s*\{")


class _Member(NamedTuple):
    """A member of an object: the names that lead to it, its first bytes, and where its value is."""

    names: Names
    start: bytes
    begin: int
    end: int


def open_json(file: OpenFile, *, lines: bool) -> RowsTable:
    """The table of a JSON file, in the form that its content has.

    lines: True if a single object is a row, rather than a document that has rows.
    """
    from losscli.sources.unreadable import check_start

    head = file.read(_HEAD, 0)
    check_start(file, head)
    begin = len(_MARK) if head.startswith(_MARK) else 0
    begin += len(head[begin:]) - len(head[begin:].lstrip())
    text = head[begin:]
    found = skip_items(text, Form.PLAIN, 2, final=len(head) == file.size)
    several = found.items > 1 or (found.items and text[found.end :].strip())
    if text.startswith(b"[") and not several:
        return JsonTable(file, Span(Form.LISTED, begin + 1, file.size))
    if lines or several or not text.startswith(b"{"):
        return JsonTable(file, Span(Form.PLAIN, begin, file.size))
    return _document(file, Span(Form.KEYED, begin + 1, file.size), 0)


def _document(file: OpenFile, span: Span, depth: int) -> RowsTable:
    """The table of an object: its members are rows, or some of them are columns."""
    if _is_rows(file.read(min(_HEAD, span.end - span.begin), span.begin)):
        return JsonTable(file, span)
    members = list(_members(file, span))
    if len(members) == 1 and members[0].start.startswith(b"{") and depth < _DEEPEST:
        names, _, begin, end = members[0]
        return _document(file, Span(Form.KEYED, begin + 1, end, names), depth + 1)
    arrays = list(_arrays(file, members, depth))
    rows = [member for member in arrays if _OBJECTS.match(member.start)]
    if len(rows) > 1:
        tables = [".".join(member.names) for member in rows]
        raise DataError(
            f"{file.path} holds several tables: {', '.join(tables[:12])}",
            hint=f"write one of them to a file: jq '.{tables[0]}' {file.path} > table.json",
        )
    if rows:
        return JsonTable(file, Span(Form.LISTED, rows[0].begin + 1, rows[0].end, rows[0].names))
    if not arrays:
        return JsonTable(file, span)
    found: dict[Names, Span] = {}
    for member in arrays:
        if member.names in found:
            raise DataError(f"{file.path} has two columns called {'.'.join(member.names)!r}")
        # Without the brackets: all of the text is items.
        found[member.names] = Span(Form.LISTED, member.begin + 1, member.end - 1)
    return JsonColumns(file, found)


def _is_rows(text: bytes) -> bool:
    """True if the first members are records, or all are single values, so that each is a row."""
    found = skip_items(text, Form.KEYED, _ITEMS)
    if found.error or found.items < 2:
        return False
    starts = []
    at = 0
    for _ in range(found.items + 1):
        name = _MEMBER.match(text, at)
        if name is None:
            break
        starts.append(text[name.end() : name.end() + 1])
        at += skip_items(text[at:], Form.KEYED, 1, started=at > 0).end
    objects = [start == b"{" for start in starts]
    return all(objects) or (not any(objects) and b"[" not in starts)


def _members(file: OpenFile, span: Span) -> Iterator[_Member]:
    """The members of an object, all of whose text is read."""
    text = file.read(span.end - span.begin, span.begin)
    at = 0
    while True:
        found = skip_items(text[at:], Form.KEYED, 1, started=at > 0)
        name = _MEMBER.match(text, at + found.begin)
        if found.error or not (found.items and name):
            break
        names = (*span.prefix, name[1].decode(errors="replace"))
        begin = name.end()
        end = at + found.end
        yield _Member(names, text[begin : begin + 64], span.begin + begin, span.begin + end)
        at = end
    if found.error or text[at:].lstrip()[:1] != b"}":
        raise DataError(
            f"{file.path} is not valid JSON: {found.error or 'it is cut short'}",
            place=f"byte {span.begin + at:,}",
            hint="is it whole? make the file again",
        )


def _arrays(file: OpenFile, members: list[_Member], depth: int) -> Iterator[_Member]:
    """The members that are arrays, those of members that are objects among them."""
    for member in members:
        if member.start.startswith(b"["):
            yield member
        elif member.start.startswith(b"{") and depth < _DEEPEST:
            span = Span(Form.KEYED, member.begin + 1, member.end, member.names)
            yield from _arrays(file, list(_members(file, span)), depth + 1)
