"""The GitHub action and the hooks of pre-commit: their form, and their scripts carried out."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from losscli.commands.init import CONFIG, WORKFLOWS

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS = ACTION["runs"]["steps"]
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())

BAD = (
    'version: 1\nevals:\n  a: {preds: p.npy, targets: t.npy, losses: [mae], gates: ["mae <= %s"]}\n'
)


def test_the_action_is_composite_and_every_script_has_a_shell():
    """GitHub refuses it otherwise."""
    assert ACTION["runs"]["using"] == "composite"
    for step in STEPS:
        assert ("run" in step) != ("uses" in step)
        assert "run" not in step or step["shell"] == "bash"


def test_no_input_is_a_piece_of_a_script():
    """A text such as `$(curl …)` in an input would be carried out."""
    for step in STEPS:
        assert "${{" not in step.get("run", "")


def test_actions_of_others_are_few_and_of_a_major_version():
    """A branch would change under us."""
    others = [step["uses"] for step in STEPS if "uses" in step]
    assert len(others) == 2
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", name) for name in others)


def test_every_input_is_used_and_every_output_is_written():
    """And nothing else is asked for."""
    text = json.dumps(STEPS)
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    written = set(re.findall(r"printf '([\w-]+)=", _step("run")["run"]))
    asked = {value["value"] for value in ACTION["outputs"].values()}
    assert asked == {f"${{{{ steps.run.outputs.{name} }}}}" for name in written}
    assert set(ACTION["outputs"]) == written


def test_the_artifact_is_kept_where_a_gate_fails():
    """Otherwise the reports of a failure would be lost."""
    upload = next(step for step in STEPS if "upload-artifact" in step.get("uses", ""))
    assert upload["if"].startswith("always()")


def _step(name):
    return next(step for step in STEPS if step.get("id") == name)


@pytest.fixture
def action(environment):
    """Carries out the script that runs losscli, as a runner would; keywords are inputs."""

    def call(**inputs):
        step = _step("run")
        given = {name: str(part["default"]) for name, part in ACTION["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        variables = {
            name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], value)
            for name, value in step["env"].items()
        }
        runner = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "GITHUB_OUTPUT": str(Path("output").absolute()),
            "GITHUB_STEP_SUMMARY": str(Path("step.md").absolute()),
            "GITHUB_ACTION_PATH": str(ROOT),
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=given["working-directory"],
            env=environment(**variables, **runner),
            capture_output=True,
            text=True,
            timeout=600,
        )
        outputs = dict(line.split("=", 1) for line in Path("output").read_text().splitlines())
        return done, outputs

    return call


def test_the_action_passes_on_good_numbers(action):
    """With its outputs, its reports and the summary of the step."""
    config = ROOT / "configs" / "quickstart.yaml"
    done, outputs = action(config=str(config), only="diabetes,digits", args="--fail-fast\n--quiet")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert outputs == {"status": "pass", "exit-code": "0", "result": "run.json"}
    document = json.loads(Path("run.json").read_text())
    assert set(document["evals"]) == {"diabetes", "digits"}
    assert Path("step.md").read_text().endswith(Path("summary.md").read_text())
    assert Path("junit.xml").exists()
    assert Path("results/quickstart/latest.json").exists()


def test_the_action_fails_with_the_exit_code(action, pair):
    """1 for a gate; and what was found is there to be kept."""
    Path("bad.yaml").write_text(BAD % 0.1)
    done, outputs = action(config="bad.yaml", junit="", summary="")
    assert done.returncode == 1
    assert outputs == {"status": "fail", "exit-code": "1", "result": "run.json"}
    assert json.loads(Path("run.json").read_text())["exit_code"] == 1
    assert "::error title=losscli a mae <= 0.1::" in done.stdout
    assert not Path("junit.xml").exists()


def test_a_wrong_config_is_no_pass_and_leaves_no_old_result(action):
    """The document of an earlier run would be read as this one's."""
    Path("run.json").write_text("{}")
    Path("bad.yaml").write_text("version: 1\nevil: {}\n")
    done, outputs = action(config="bad.yaml")
    assert done.returncode == 2
    assert outputs == {"status": "error", "exit-code": "2", "result": "run.json"}
    assert not Path("run.json").exists()


def test_inputs_are_texts_and_nothing_else(action, pair):
    """Not commands, not patterns of file names."""
    Path("bad.yaml").write_text(BAD % 9)
    done, _ = action(
        config="bad.yaml", only="$(touch pwned)", args="`touch pwned` --no-* ; touch pwned"
    )
    assert done.returncode == 2
    assert not Path("pwned").exists()


def test_the_action_runs_in_a_folder(action, pair):
    """All paths begin there."""
    Path("below").mkdir()
    Path("p.npy").rename("below/p.npy")
    Path("t.npy").rename("below/t.npy")
    Path("below/losscli.yaml").write_text(BAD % 9)
    done, outputs = action(working_directory="below")
    assert (done.returncode, outputs["status"]) == (0, "pass")
    assert Path("below/run.json").exists()


def test_the_hook_takes_configs_and_no_workflows():
    """Those that init writes are called so too."""
    taken, left = re.compile(HOOK["files"]), re.compile(HOOK["exclude"])
    for name in (CONFIG, "ci/losscli.yaml", "losscli-nightly.yml"):
        assert taken.search(name)
        assert not left.search(name)
    for kind in ("github", "gitlab"):
        assert left.search(WORKFLOWS[kind])


def test_the_hook_tells_good_configs_from_bad_ones(losscli):
    """Several at once, as pre-commit gives them, and without any data."""
    program, *arguments = shlex.split(HOOK["entry"])
    assert program == "losscli"
    Path("good.yaml").write_text(BAD % 9)
    Path("bad.yaml").write_text(BAD.replace("losses", "looses") % 9)
    assert losscli(*arguments, "good.yaml").code == 0
    assert losscli(*arguments, "good.yaml", "good.yaml").code == 0
    said = losscli(*arguments, "good.yaml", "bad.yaml")
    assert said.code == 2
    assert "bad.yaml, line 3" in said.error[1]
    assert "line 3" in said.error[1]
    assert not Path("results").exists()


def test_all_that_is_wrong_with_several_configs_is_said_at_once(losscli):
    """Each with its file and its line."""
    for name in ("a.yaml", "b.yaml"):
        Path(name).write_text(BAD.replace("losses", "looses") % 9)
    said = losscli("run", "a.yaml", "b.yaml", "--dry-run", "--format", "json")
    places = {(fault["path"], fault["line"]) for fault in json.loads(said.out)["faults"]}
    assert places == {("a.yaml", 3), ("b.yaml", 3)}
    assert [line.split(",")[0].strip() for line in said.err.splitlines()[1:]] == sorted(
        fault["path"] for fault in json.loads(said.out)["faults"]
    )


def test_a_dry_run_finds_gates_that_can_be_no_evidence(losscli):
    """On a run or a loss that is not there; a warning may be so."""
    gone = 'gates:\n  - {run: gone, expect: "mae <= 1", level: %s}\n'
    Path("a.yaml").write_text((BAD % 9) + gone % "fail")
    said = losscli("run", "a.yaml", "--dry-run", "--no-data")
    assert (said.code, "unknown run 'gone'" in said.out) == (1, True)
    Path("a.yaml").write_text(BAD.replace('"mae', '"mea') % 9)
    said = losscli("run", "a.yaml", "--dry-run", "--no-data")
    assert (said.code, "no loss is labelled 'mea'" in said.out) == (1, True)
    said = losscli("run", "a.yaml", "--dry-run", "--no-data", "--format", "github")
    assert "::error title=losscli a mea <= 9::no loss is labelled 'mea'" in said.out
    said = losscli("run", "a.yaml", "--dry-run", "--no-data", "--format", "json")
    document = json.loads(said.out)
    assert [gate["status"] for gate in document["gates"]] == ["error"]
    Path("a.yaml").write_text((BAD % 9) + gone % "warn")
    assert losscli("run", "a.yaml", "--dry-run", "--no-data").code == 0


def test_one_config_is_run_at_a_time(losscli):
    """Two would write the same outputs."""
    Path("a.yaml").write_text(BAD % 9)
    said = losscli("run", "a.yaml", "a.yaml")
    assert said.code == 2
    assert "--dry-run" in said.error[-1]
