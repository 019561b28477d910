"""The page of the settings of a config: a row a key."""

from collections.abc import Mapping
from typing import Any

from losscli.render.page import Page, Table, TableRow
from losscli.results.documents.settings import SettingsListing
from losscli.results.text import escape


def page(result: SettingsListing) -> Page:
    """The page of settings."""
    rows = [
        TableRow((escape(row.key), escape(_text(row.value)), escape(row.origin)))
        for row in result.rows
    ]
    table = Table(("key", "value", "from"), rows, last_width=24)
    return Page((), [table] if rows else [], ())


def _text(value: Any) -> str:
    if value is None or value in ((), []):
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list | tuple) else str(value)
