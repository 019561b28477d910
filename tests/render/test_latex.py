"""LaTeX: tables that compile, whatever the names in them are."""

import re

import pytest

from losscli import compare
from losscli.cli.app import run
from losscli.render import text

HOSTILE = r"a&b_c%d$e#f{g}h~i^j\input{k}"


def found(**models):
    """The LaTeX of a comparison."""
    return text(compare(models, [0.0, 1.0, 2.0, 4.0], loss="mae"), "latex")


def test_a_comparison_is_a_table_of_booktabs():
    """One row a model; every row has as many cells as the tabular has columns."""
    lines = found(old=[1.0, 1.0, 1.0, 1.0], new=[0.0, 1.5, 2.0, 3.0]).splitlines()
    begin = lines.index(r"\begin{tabular}{rlrrrlrrl}")
    end = lines.index(r"\end{tabular}")
    rows = [line for line in lines[begin:end] if line.endswith(r"\\")]
    assert len(rows) == 3
    assert {len(re.split(r"(?<!\\)&", row)) for row in rows} == {9}
    assert all(line.startswith("%") for line in (*lines[:begin], *lines[end + 1 :]))
    assert "$-$0.875000 & $-$70 " in rows[1]


def test_names_of_models_are_inert():
    """Characters of LaTeX are escaped: a name is text, never a command."""
    words = found(**{"old": [1.0] * 4, HOSTILE: [2.0] * 4})
    body = [line for line in words.splitlines() if not line.startswith("%")]
    assert r"\textbackslash{}input\{k\}" in "\n".join(body)
    assert not re.search(r"(?<!\\)[#%_^~]", "\n".join(body))


@pytest.mark.parametrize("flag", [["--format", "latex"], ["-o", "out.tex"]])
def test_latex_on_the_command_line(tmp_path, monkeypatch, capsys, flag):
    """As a format of stdout, and by the suffix of a file."""
    import numpy as np

    monkeypatch.chdir(tmp_path)
    np.save("p.npy", [1.0, 2.0])
    np.save("t.npy", [0.0, 0.0])
    assert run(["eval", "p.npy", "t.npy", "-l", "mae", *flag]) == 0
    out = (tmp_path / "out.tex").read_text() if "-o" in flag else capsys.readouterr().out
    assert r"\begin{tabular}" in out
