"""Every line of README.md and docs/ runs, its output is as shown, and every link resolves.

In a `sh` block each line ends with exit code 0, or with the code that its comment names ("# exit
code 1: ..."). In a `console` block the output follows each command; a line of `…` stands for any
lines, and LOSSCLI_GOLDEN=write writes the others anew. In a `python` block the comment behind an
expression is its value. Blocks after `<!-- deep -->` are run by `make test-deep` and only parsed
otherwise; `bench` gets `--time 2` where it names no time. A tracker of experiments that is not
installed is a stand-in that takes every call.
"""

import ast
import glob
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple
from unittest.mock import MagicMock

import click
import numpy as np
import pytest

from losscli.cli.app import program, run
from losscli.explanation.metrics import listed_metrics
from losscli.losses.registry import all_losses

ROOT = Path(__file__).parents[2]
FOLDERS = ("examples", "configs", "benchmarks")
READMES = [ROOT / "README.md", *(ROOT / name / "README.md" for name in FOLDERS)]
DOCS = ROOT / "docs"
GUIDES = [each for each in sorted(DOCS.rglob("*.md")) if each.parent != DOCS / "reference"]
PROJECT = ("CONTRIBUTING.md", "SECURITY.md")
PAGES = [*READMES, *GUIDES]
LINKED = [
    *PAGES,
    *sorted((DOCS / "reference").glob("*.md")),
    *(ROOT / name for name in PROJECT),
]

BLOCK = re.compile(r"^(<!-- deep -->\n+)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = ("pip ", "python3 ", "make ", ". ", "python benchmarks/")  # not run by these tests
TRACKERS = ("mlflow", "wandb")
DEEP = os.environ.get("LOSSCLI_TESTS") == "deep"
REWRITE = os.environ.get("LOSSCLI_GOLDEN") == "write"


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    text: str
    deep: bool


def blocks(page):
    """The fenced blocks of a page, in order."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [Block(language, text, bool(deep)) for deep, language, text in found]


def named(page):
    """The path of a page from the repository's root."""
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder: a copy of what a clone has at its root, in a plain terminal."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    for name in TRACKERS:
        if importlib.util.find_spec(name) is None:
            monkeypatch.setitem(sys.modules, name, MagicMock())
    for name in ("COLUMNS", "TERM", "FORCE_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_does_what_it_says(page, folder, capsys):
    """Its blocks are carried out in their order, in one folder."""
    names = {}
    for block in blocks(page):
        if block.deep and not DEEP:
            _parse(block)
        elif block.language == "sh" and not block.text.startswith("#!"):
            for line in _lines(block.text):
                _shell(line, capsys)
        elif block.language == "console":
            _console(page, block, capsys)
        elif block.language == "python":
            _python(block.text, names)
        elif block.language == "yaml":
            _config(block.text, capsys)


def test_the_pages_have_blocks():
    """The pages were found and cut."""
    assert len(GUIDES) > 7
    assert sum(len(_lines(block.text)) for page in PAGES for block in blocks(page)) > 100


def test_the_examples_of_the_help_are_valid():
    """Their files are not there; their flags and values are checked."""
    lines = [line for block in blocks(DOCS / "reference" / "commands.md")
             for line in block.text.splitlines()[1:]]  # fmt: skip
    assert len(lines) > 40
    for line in lines:
        _parse_line(line)


def test_the_numbers_of_losses_and_metrics_are_those_of_the_catalogue():
    """Where the first pages name them."""
    losses, metrics = len(all_losses()), len(listed_metrics())
    assert f"{losses} losses and {metrics} metrics" in READMES[0].read_text()
    assert f"{losses} losses, {metrics} metrics" in (DOCS / "index.md").read_text()


@pytest.mark.parametrize("page", LINKED, ids=named)
def test_a_link_leads_to_a_file_and_a_heading(page):
    """Every relative link of a page, images included."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text)):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{named(page)} links to {target}"
        if anchor and file.suffix == ".md":
            assert anchor in _anchors(file), f"{named(page)} links to {target}"


def _lines(text):
    """The lines of a shell block, continued ones joined; no comments."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _words(line):
    """The arguments of a line after `losscli`, patterns of files replaced by the files."""
    words = shlex.split(line, comments=True)[1:]
    files = [sorted(glob.glob(word)) if "*.yaml" in word else [] for word in words]  # noqa: PTH207
    words = [one for word, found in zip(words, files, strict=True) for one in (found or [word])]
    return [*words, "--time", "2"] if words[0] == "bench" and "--time" not in words else words


def _losscli(line, capsys):
    """The exit code and the output of a line, stderr first; `> FILE` is obeyed."""
    words, _, file = line.partition(" > ") if "--gate" not in line else (line, "", "")
    capsys.readouterr()
    try:
        code = run(_words(words))
    except SystemExit as done:  # of --show-completion
        code = done.code
    out, err = capsys.readouterr()
    if file:
        Path(shlex.split(file, comments=True)[0]).write_text(out)
    return code, err + out


def _shell(line, capsys):
    """Run a line of a `sh` block; one with pipes by a shell."""
    if "| losscli " in line or "<(" in line:
        function = f'losscli() {{ {sys.executable} -m losscli "$@"; }}'
        command = ["bash", "-o", "pipefail", "-c", f"{function}\n{line}"]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
    elif line.startswith("losscli "):
        code, said = _losscli(line, capsys)
        due = re.search(r"# .*exit code (\d)", line)
        due = int(due[1] if due else 0)
        busy = code == 6 and "check" in line  # a busy machine skips cases
        assert code == due or busy, f"{line}\n{said}"
        assert said or "-q" in line
    elif line.startswith("cp "):
        shutil.copy(*line.split()[1:])
    elif line.startswith("python "):
        command = [sys.executable, *shlex.split(line, comments=True)[1:]]
        subprocess.run(command, check=True, capture_output=True, timeout=600)
    else:
        assert line.startswith(ELSEWHERE), f"{line}: how is it tested?"


def _config(text, capsys):
    """Validate a config; where its first line is a comment with a file's name, keep it there."""
    name, _, rest = text.removeprefix("# ").partition("\n")
    if rest.startswith("version: 1"):
        Path(name).write_text(text)
    elif not text.startswith("version: 1"):
        return
    else:
        Path(name := "page.yaml").write_text(text)
    assert run(["run", name, "--dry-run"]) == 0, capsys.readouterr().err


def _parse(block):
    """Check that the flags of commands exist, without running them."""
    if block.language not in ("sh", "console"):
        return
    for line in _lines(block.text):
        line = line.removeprefix("$ ")
        if line.startswith("losscli "):
            _parse_line(line)


def _parse_line(line):
    """Check a command and its flags without running it."""
    command, name = program(), "losscli"
    words = _words(re.sub(r" > [\w./-]+$", "", line))
    while hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
    try:
        command.make_context(name, words)
    except click.exceptions.ClickException as error:
        pytest.fail(f"{line}: {error.format_message()}")


def _console(page, block, capsys):
    """Compare the output of each command of a `console` block with what follows it."""
    made = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        if line.startswith("cat "):
            said = Path(line.split()[1]).read_text()
        else:
            _, said = _losscli(line, capsys)
        said = "\n".join(text.rstrip() for text in said.rstrip().splitlines()) + "\n"
        same = re.fullmatch(_pattern(shown.rstrip() + "\n"), _timeless(said))
        if not same and ("…\n" in shown or not REWRITE):
            assert said == shown, f"{named(page)}: $ {line}  (LOSSCLI_GOLDEN=write rewrites it)"
        gap = "\n" if part.endswith("\n\n") else ""
        made.append(f"$ {line}\n{shown.rstrip() + chr(10) if same else said}{gap}")
    if REWRITE:
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(block.text, "".join(made)), encoding="utf-8")


def _timeless(text):
    """The same without the seconds that a command took."""
    return re.sub(r"\d+\.\d+ s\b", "T s", text)


def _pattern(shown):
    """The regular expression of an output in which a line of `…` stands for any lines."""
    parts = [re.escape(part) for part in re.split(r"^ *…\n", _timeless(shown), flags=re.MULTILINE)]
    return "(?:.*\n)*".join(parts)


def _python(text, names):
    """Run a `python` block, and compare the expressions whose value a comment names."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        source = ast.get_source_segment(text, node)
        if not isinstance(node, ast.Expr):
            exec(source, names)
            continue
        value = eval(source, names)
        _, _, comment = lines[node.end_lineno - 1].partition("  # ")
        try:
            due = ast.literal_eval(comment)
        except (SyntaxError, ValueError):
            continue  # words
        numbers = not isinstance(due, str) and np.asarray(due).dtype.kind in "if"
        same = np.allclose(value, due, rtol=1e-4) if numbers else value == due
        assert same, f"{source}: {value}"


def _anchors(page):
    """The anchors that GitHub gives the headings of a page."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}
