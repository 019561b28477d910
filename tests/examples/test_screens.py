"""The pictures of a terminal in docs/screens show what the commands print today."""

import importlib.util
import re
from html import unescape
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "make_screens.py"


@pytest.fixture(scope="module")
def screens():
    """The script that writes the pictures, as a module."""
    spec = importlib.util.spec_from_file_location("make_screens", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lines(svg):
    """The text of a picture; the markup around it depends on the version of rich."""
    return [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def test_the_pictures_are_up_to_date(screens):
    """`python docs/make_screens.py` writes them; none of them loads a font."""
    assert {path.stem for path in screens.FOLDER.iterdir()} == set(screens.SCREENS)
    for name in screens.SCREENS:
        written = (screens.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
        assert lines(written) == lines(screens.picture(name))
        assert "url(http" not in written
