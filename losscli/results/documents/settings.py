"""`SettingsListing`: the values of a config and where they came from."""

from typing import Any

from losscli.results.document import Listing, Record


class Setting(Record, frozen=True):
    """The value of a key, and its origin.

    key: its path in the config. value: in effect. origin: where it was set.
    """

    key: str
    value: Any
    origin: str


class SettingsListing(Listing, frozen=True, kw_only=True, tag="losscli/settings/1"):
    """All settings of a config."""

    rows: tuple[Setting, ...]
