"""docs/reference/ is what docs/make_reference.py writes."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"

pytestmark = pytest.mark.xdist_group("reference")  # the pages are made once


@pytest.fixture(scope="module")
def made():
    """The pages as the declarations give them now."""
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


def test_the_pages_are_the_declarations(made):
    """`python docs/make_reference.py` writes them again."""
    found = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("reference/*.md")}
    assert set(found) == set(made)
    stale = [name for name in made if found[name] != made[name]]
    assert not stale, f"{stale} are stale: python docs/make_reference.py"


def test_every_command_loss_and_document_is_listed(made):
    """The pages are not empty."""
    assert made["commands.md"].count("\n## losscli ") > 12
    assert r"json\|" in made["commands.md"]
    assert made["losses.md"].count("\n### ") > 70
    assert "`losses[].ci`" in made["documents.md"]
    assert "`losscli.errors.DataError` | 3 |" in made["exit-codes.md"]


@pytest.mark.parametrize("page", ["commands.md", "documents.md", "config.md"])
def test_every_flag_and_field_has_a_meaning(made, page):
    """But the name of a document's own schema."""
    rows = re.findall(r"^\| `.*\|  \|$", made[page], re.MULTILINE)
    assert [row for row in rows if not row.startswith("| `schema` |")] == []
