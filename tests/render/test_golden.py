"""What each format makes of one evaluation, byte for byte; LOSSCLI_GOLDEN=write writes it anew."""

import os
import re
from pathlib import Path

import pytest

from losscli.render import text
from losscli.version import __version__

GOLDEN = Path(__file__).with_name("golden")
FILES = {
    "table": "table.txt",
    "json": "json.json",
    "csv": "csv.csv",
    "markdown": "markdown.md",
    "junit": "junit.xml",
    "github": "github.txt",
}


def masked(words):
    """Without what differs from machine to machine and from version to version."""
    words = re.sub(r'"environment": \{[^}]*(\{[^}]*\}[^}]*)*\}', '"environment": {}', words)
    return words.replace(f'"{__version__}"', '"VERSION"')


@pytest.mark.parametrize("form", FILES)
def test_a_format_is_as_it_was(every_status, form):
    """Of gates of every status: those that failed first, but in JSON as they were asked for."""
    found = masked(text(every_status, form))
    path = GOLDEN / FILES[form]
    if os.environ.get("LOSSCLI_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(found.encode())
    assert found == path.read_bytes().decode()
