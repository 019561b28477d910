"""docs/ci.md: what it shows is what init writes, and its scripts work."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from losscli.commands.init import WORKFLOWS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text()
YAMLS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
(COMMENT,) = (text for text in YAMLS if "gh api" in text)

GH = """#!/bin/sh
echo "$@" >> calls.txt
case "$*" in
  *--jq*) printf '7 <!-- losscli:%s -->\\r\\n9 hello\\n' "$KNOWN" ;;
esac
"""


@pytest.mark.parametrize("kind", WORKFLOWS)
def test_the_page_shows_what_init_writes(kind, losscli):
    """Word by word."""
    assert losscli("init", "--ci", kind).code == 0
    assert f"\n{Path(WORKFLOWS[kind]).read_text()}```\n" in PAGE


@pytest.mark.parametrize("text", YAMLS, ids=lambda text: text.split("\n")[0])
def test_a_piece_of_yaml_is_yaml(text):
    """The pieces of a workflow included."""
    assert yaml.safe_load(text)


def test_the_command_of_jenkins_works(losscli):
    """It writes the report that the next step reads; the codes are those that it branches on."""
    (script,) = re.findall(r"script: '\.venv/bin/losscli (.*)'\)", PAGE)
    words = [str(ROOT / "configs/ci-gate.yaml") if word == "losscli.yaml" else word
             for word in script.split()]  # fmt: skip
    assert losscli(*words, "--only", "digits", "--no-save").code == 0
    assert Path("junit.xml").exists()
    assert "testResults: 'junit.xml'" in PAGE


def test_inputs_of_the_action_are_all_described():
    """In its table, with their defaults."""
    inputs = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    table = PAGE[PAGE.index("| input |") : PAGE.index("Outputs are")]
    for name, part in inputs.items():
        assert f"`{name}`" in table
        assert not part["default"] or f"`{part['default']}`" in table


@pytest.fixture
def comment(environment):
    """Carries out the script of the comment beside a `gh` that only writes down its arguments."""

    def call(known):
        (step,) = yaml.safe_load(COMMENT)
        Path("gh").write_text(GH)
        Path("gh").chmod(0o755)
        more = {"PATH": f"{Path.cwd()}:/usr/bin:/bin", "KNOWN": known, "NUMBER": "5"}
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            env=environment(GITHUB_REPOSITORY="a/b", **more),
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return Path("calls.txt").read_text() if Path("calls.txt").exists() else ""

    return call


def test_the_comment_of_a_config_is_written_anew(losscli, comment):
    """Found by the marker, which its numbers do not change; another config's is left alone."""
    config = ROOT / "configs" / "ci-gate.yaml"
    said = losscli("run", config, "--only", "digits", "--no-save", "-o", "summary.md")
    assert said.code == 0
    marker = Path("summary.md").read_text().split("losscli:")[1].split(" ")[0]
    assert "-X PATCH repos/a/b/issues/comments/7 -F body=@summary.md" in comment(marker)
    Path("calls.txt").unlink()
    assert "-X POST repos/a/b/issues/5/comments -F body=@summary.md" in comment("0" * 16)


def test_an_error_is_no_comment(losscli, comment):
    """It has no marker, and each would be a comment of its own."""
    assert losscli("eval", "no.npy", "no.npy", "-l", "mae", "-o", "summary.md").code == 3
    assert comment("0" * 16) == ""
