"""docs/catalogue.md is what `losscli list` says; LOSSCLI_GOLDEN=write writes it anew."""

import os
from pathlib import Path

from losscli.explanation.catalogue import catalogue
from losscli.render import text

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"
MARK = "<!-- the rest is written by LOSSCLI_GOLDEN=write, from the declarations -->\n\n"


def test_the_page_lists_the_catalogue():
    """Every loss of the registry, as it is declared now."""
    head, mark, table = PAGE.read_text(encoding="utf-8").partition(MARK)
    assert mark
    found = text(catalogue(), "markdown")
    if os.environ.get("LOSSCLI_GOLDEN") == "write":
        PAGE.write_text(head + mark + found, encoding="utf-8")
        table = found
    assert table == found


def test_the_page_names_the_commands():
    """That show more of a loss than a table can."""
    head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    for command in ("losscli explain", "losscli plot", "losscli list"):
        assert command in head
