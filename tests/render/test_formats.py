"""The registry of formats: a file in the folder is a format."""

import pytest

from losscli import UsageError, evaluate
from losscli.cli.app import run
from losscli.render import error_text, formats, text

UPPER = '''"""Upper case, for a test."""

from losscli.render.formats import Format

FORMAT = Format(
    lambda result, encoding: f"{result.losses[0].label.upper()}\\n",
    lambda error: f"{error.message.upper()}\\n",
    suffix=".upper",
    machine_readable=True,
)
'''


@pytest.fixture
def upper(tmp_path, monkeypatch):
    """A format that one file adds."""
    (tmp_path / "upper.py").write_text(UPPER)
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])


@pytest.mark.usefixtures("upper")
def test_a_file_in_the_folder_is_a_format(capsys, tmp_path, monkeypatch):
    """Its name is known to --format, its suffix to --output; errors are printed in it."""
    monkeypatch.chdir(tmp_path)
    result = evaluate([1.0, 2.0], [0.0, 0.0], loss="mae", output="found.upper")
    assert text(result, "upper") == (tmp_path / "found.upper").read_text() == "MAE\n"
    assert "upper" in formats.names()
    assert formats.suffixes()[".upper"] == "upper"
    code = run(["eval", "gone.npy", "gone.npy", "-l", "mae", "--format", "upper"])
    out = capsys.readouterr().out
    assert code == 3
    assert out == out.upper() != ""


def test_an_unknown_format_or_suffix_names_the_known_ones():
    """Before any work."""
    with pytest.raises(UsageError, match="unknown format 'upper'") as found:
        text(None, "upper")
    assert all(name in found.value.hint for name in formats.names())
    with pytest.raises(UsageError, match="unknown suffix") as found:
        formats.of_path("result.upper")
    assert all(suffix in found.value.hint for suffix in formats.suffixes())
    with pytest.raises(UsageError, match="unknown suffix"):
        evaluate("gone.npy", "gone.npy", loss="mae", output="result.upper")


def test_every_format_writes_errors():
    """A file holds the error in the place of a result."""
    error = UsageError("no such thing", hint="another")
    for name in formats.names():
        assert "no such thing" in error_text(error, name)
