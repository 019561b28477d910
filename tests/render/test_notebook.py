"""HTML fragments for notebooks."""

import re
from html.parser import HTMLParser

import pytest

from losscli import evaluate
from losscli.errors import LossCliError
from losscli.render.notebook import html_of
from tests.render.conftest import HOSTILE, named
from tests.render.kinds import KINDS

TAGS = {"div", "pre", "p", "br", "table", "thead", "tbody", "tr", "th", "td", "em"}


class Reader(HTMLParser):
    """Collects tags and attributes, and checks that tags are closed in their order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes = [], set(), set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(fragment):
    """The tags and attributes of a fragment that is complete."""
    reader = Reader()
    reader.feed(fragment)
    reader.close()
    assert not reader.open
    return reader


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_fragment(tmp_path, monkeypatch, kind):
    """Tables, text and drawings only."""
    monkeypatch.chdir(tmp_path)
    result = KINDS[kind]()
    if not isinstance(result, LossCliError):
        reader = read(html_of(result))
        assert reader.tags <= TAGS
        assert reader.attributes <= {"style", "colspan"}


def test_a_notebook_shows_the_table():
    """Jupyter displays what `_repr_html_` returns."""
    fragment = evaluate([1.0, 2.0], [0.0, 0.0], loss="mae")._repr_html_()
    assert re.findall(r">([^<]+)</td>", fragment)[:2] == ["mae", "1.50000"]


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_texts_from_files_are_inert(hostile):
    """A name that holds markup is shown as it stands."""
    assert read(html_of(named(hostile))).tags <= TAGS
