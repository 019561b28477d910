"""What each format makes of each kind of result, byte for byte; LOSSCLI_GOLDEN=write writes it."""

import json
import os
import pkgutil
import re
from pathlib import Path

import pytest

from losscli.errors import LossCliError
from losscli.render import error_text, formats, pages, text
from losscli.version import __version__
from tests.render.kinds import KINDS

GOLDEN = Path(__file__).with_name("golden")


def masked(words):
    """Without what differs from machine to machine and from version to version.

    The last digits of a number depend on how the processor computes logarithms.
    """
    words = re.sub(r'"environment": \{[^{}]*(\{[^{}]*\}[^{}]*)*\}', '"environment": {}', words)
    words = re.sub(r"(?s)(<(style|script|dl)>).*?(</\2>)", r"\1\3", words)
    words = re.sub(r"sha256-[\w+/=]{44}", "sha256-HASH", words)
    words = re.sub(
        rf"(<p class=\"facts\">.*?losscli ){re.escape(__version__)}", r"\1VERSION", words
    )
    words = re.sub(r"\d+\.\d{10,}(e-?\d+)?", lambda found: f"{float(found[0]):.9g}", words)
    return words.replace(f'"{__version__}"', '"VERSION"')


@pytest.mark.parametrize("form", formats.names())
@pytest.mark.parametrize("kind", KINDS)
def test_a_format_is_as_it_was(tmp_path, monkeypatch, kind, form):
    """Gates that failed come first, but in JSON as they were asked for."""
    monkeypatch.chdir(tmp_path)
    result = KINDS[kind]()
    if isinstance(result, LossCliError):
        found = error_text(result, form) if form != "table" else f"{result}\n"
    else:
        found = text(result, form)
    path = GOLDEN / kind / f"{form}{formats.load(form).suffix or '.txt'}"
    if os.environ.get("LOSSCLI_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(masked(found).encode())
    assert masked(found) == path.read_bytes().decode()


def test_every_kind_of_result_has_its_files(tmp_path, monkeypatch):
    """A kind that is added is drawn here too, and no file is left of one that is gone."""
    monkeypatch.chdir(tmp_path)
    names = {module.name for module in pkgutil.iter_modules(pages.__path__)}
    made = []
    for kind, make in KINDS.items():
        folder = tmp_path / kind
        folder.mkdir()
        monkeypatch.chdir(folder)
        made.append(getattr(make(), "page", None))
    assert set(made) == {*names, None}
    assert {path.name for path in GOLDEN.iterdir()} == set(KINDS)


def test_documents_that_are_compared_are_documents():
    """What stands in a golden file of JSON is JSON."""
    for path in GOLDEN.glob("*/json.json"):
        assert json.loads(path.read_text())["schema"].startswith("losscli/")
