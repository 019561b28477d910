"""Files and commands as users have them: each `*/case.yaml` is one case.

`files` and `arrays` are written to an empty folder, beside the other files of the case's own
folder. `commands` is a list; a case of one command may have its keys at the top:

command: as typed in a shell. exit: the exit code, or a list of those that are right.
values: the values of losses and metrics by label; the command then runs with `--format json`.
counts: other numbers of the first loss, such as `n`. stderr, stdout: patterns that are found there.
written: patterns that are found in files, by name.
"""

import json
import math
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from losscli.cli.app import run

_FOLDER = Path(__file__).parent
_CASES = sorted(path.parent.name for path in _FOLDER.glob("*/case.yaml"))


def load(name):
    """The case of a folder, as a mapping with a list of commands."""
    case = yaml.safe_load((_FOLDER / name / "case.yaml").read_text(encoding="utf-8"))
    return case if "commands" in case else case | {"commands": [case]}


def write_files(name, case, folder):
    """Put the files of a case into a folder."""
    for path in (_FOLDER / name).iterdir():
        if path.name != "case.yaml":
            (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / path.name)
    for file, text in case.get("files", {}).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8", newline="")
    for file, values in case.get("arrays", {}).items():
        dtype = values["dtype"] if isinstance(values, dict) else None
        rows = values["values"] if isinstance(values, dict) else values
        np.save(folder / file, np.array(rows, dtype))


@pytest.mark.parametrize("name", _CASES)
def test_a_case_from_practice(name, tmp_path, monkeypatch, capsys):
    """The command gives the expected numbers, or the expected error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    case = load(name)
    write_files(name, case, tmp_path)
    for wanted in case["commands"]:
        check(wanted, capsys)


def check(wanted, capsys):
    """Run one command and compare what it printed."""
    program, *arguments = shlex.split(wanted["command"])
    assert program == "losscli"
    numbers = wanted.get("values", {}) or wanted.get("counts", {})
    if numbers and "--format" not in arguments:
        arguments += ["--format", "json"]
    capsys.readouterr()
    code = run(arguments)
    printed = capsys.readouterr()
    exits = wanted.get("exit", 0)
    assert code in (exits if isinstance(exits, list) else [exits]), printed.err
    assert "Traceback" not in printed.err
    for stream in ("out", "err"):
        pattern = wanted.get(f"std{stream}", "")
        assert re.search(pattern, getattr(printed, stream)), getattr(printed, stream)
    for name, pattern in wanted.get("written", {}).items():
        assert re.search(pattern, Path(name).read_text(encoding="utf-8"), re.MULTILINE)
    if numbers and code == 0:
        document = json.loads(printed.out)
        losses = {each["label"]: each for each in document["losses"] + document.get("metrics", [])}
        for label, value in wanted.get("values", {}).items():
            found = float(losses[label]["value"])
            same = math.isnan(found) and math.isnan(value)
            assert same or math.isclose(found, value, rel_tol=4e-15), label
        first = next(iter(losses.values()))
        for key, value in wanted.get("counts", {}).items():
            assert first[key] == value, key
