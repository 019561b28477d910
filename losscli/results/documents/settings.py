"""`SettingsListing`: the values of a config and where they came from."""

from typing import Any

from losscli.results.document import Document, Note, Record


class Setting(Record, frozen=True):
    """The value of a key, and its origin.

    key: its path in the config. value: in effect. origin: where it was set.
    """

    key: str
    value: Any
    origin: str


class SettingsListing(Document, frozen=True, kw_only=True, tag="losscli/settings/1"):
    """All settings of a config."""

    rows: tuple[Setting, ...]
    notes: tuple[Note, ...] = ()

    hidden = frozenset({"notes"})

    def to_records(self) -> list[dict[str, Any]]:
        """One record a setting."""
        return [row.to_dict() for row in self.rows]
