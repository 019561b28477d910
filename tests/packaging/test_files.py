"""The files that GitHub, PyPI and Docker take, and the citation: their form and their scripts."""

import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from losscli.version import __version__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RELEASE = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())
JOBS = RELEASE["jobs"]
ACCOUNT = PROJECT["urls"]["Source"].split("/")[-2]  # of the repository, or its placeholder
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
FORMS = [path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
STEPS = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if line and line[0] != "#"]


def step(name, jobs=JOBS):
    """The step of the release with an id."""
    (found,) = (one for job in jobs.values() for one in job["steps"] if one.get("id") == name)
    return found


def carried_out(script, folder, ref="v1.0.0"):
    """A script in a folder, as a runner carries it out."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder, env={"PATH": "/usr/bin:/bin", "GITHUB_REF_NAME": ref},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_release_needs_the_tag_of_the_version():
    """Another tag would publish a version under the name of another."""
    script = step("version")["run"]
    assert carried_out(script, ROOT, f"v{__version__}").returncode == 0
    said = carried_out(script, ROOT, "v99.0.0")
    assert (said.returncode, f"is {__version__}" in said.stdout) == (1, True)


@pytest.mark.parametrize("account", ["OWNER", "someone"])
def test_a_release_needs_the_account(tmp_path, account):
    """Links on PyPI cannot be changed afterwards; the command of CONTRIBUTING.md replaces it."""
    for name in (".github/workflows/release.yml", "pyproject.toml", "CITATION.cff"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((ROOT / name).read_text().replace(f"{ACCOUNT}/", "OWNER/"))
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    (command,) = re.findall(r"^    (git grep .*)$", contributing, re.MULTILINE)
    command = command.replace(f"{ACCOUNT}/", "OWNER/").replace("ACCOUNT", account)
    assert carried_out(f"git init -q && git add . && {command}", tmp_path).returncode == 0
    jobs = yaml.safe_load((tmp_path / ".github/workflows/release.yml").read_text())["jobs"]
    said = carried_out(step("owner", jobs)["run"], tmp_path)
    assert (said.returncode == 0) == (account != "OWNER"), said.stdout


def test_only_the_last_job_may_publish_and_it_waits_for_the_others():
    """The identity that PyPI trusts is in no job that runs code of dependencies' builds."""
    assert RELEASE["permissions"] == {"contents": "read"}
    trusted = [name for name, job in JOBS.items() if "permissions" in job]
    assert trusted == ["publish"]
    assert JOBS["publish"]["permissions"]["id-token"] == "write"
    assert set(JOBS["publish"]["needs"]) | {"check"} == set(JOBS) - {"publish"}
    assert "secrets." not in str(RELEASE)


def test_actions_have_a_version_and_scripts_no_expressions():
    """A branch would change under us; an expression would be a piece of the script."""
    steps = [one for job in JOBS.values() for one in job["steps"]]
    for one in steps:
        assert "uses" not in one or re.fullmatch(r"(actions|pypa)/[\w-]+@v[\d.]+", one["uses"])
        assert "${{" not in one.get("run", "")
        if one.get("uses", "").startswith("actions/checkout@"):
            assert one["with"]["persist-credentials"] is False


def test_every_python_that_is_named_is_tested():
    """Classifiers, the least version, the matrix of the release."""
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if ":: 3." in line]
    assert named == JOBS["test"]["strategy"]["matrix"]["python"]
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_the_account_is_one_placeholder():
    """Every address of the repository is replaced by one command."""
    files = [*ROOT.glob("*.*"), *ROOT.glob(".github/**/*.*"), *ROOT.glob("docs/**/*.md")]
    texts = [path.read_text() for path in files if path.suffix in (".md", ".yml", ".cff", ".toml")]
    found = {name for text in texts for name in re.findall(r"github\.com/([\w-]+)/losscli", text)}
    assert found == {ACCOUNT}
    assert set(PROJECT["urls"]) == {"Homepage", "Documentation", "Changelog", "Issues", "Source"}


def test_the_citation_is_of_this_version():
    """With the fields that its format requires."""
    assert {"cff-version", "message", "title", "authors"} <= set(CITATION)
    assert CITATION["version"] == __version__
    assert CITATION["license"] == PROJECT["license"]
    assert CITATION["repository-code"] == PROJECT["urls"]["Source"]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_the_fields_that_github_requires(path):
    """A form that it cannot read is not shown."""
    form = yaml.safe_load(path.read_text())
    assert {"name", "description", "body"} <= set(form)
    ids = [field["id"] for field in form["body"]]
    assert len(set(ids)) == len(ids)
    assert "doctor" in ids
    for field in form["body"]:
        assert field["type"] in ("input", "textarea")
        assert field["attributes"]["label"]


def test_the_container_has_a_user_without_rights():
    """Named by a number, so that a cluster that refuses root can tell."""
    last = len(STEPS) - 1 - [name for name, _ in STEPS][::-1].index("FROM")
    final = dict(STEPS[last:])
    assert final["FROM"].endswith("-slim")
    assert int(final["USER"]) >= 1000
    assert final["ENTRYPOINT"] == '["losscli"]'
    assert "apt-get" not in str(STEPS[last:])


def test_the_container_is_built_of_files_that_docker_is_given():
    """All others, credentials among them, stay outside."""
    ignore = (ROOT / ".dockerignore").read_text().split()
    assert ignore[0] == "*"
    given = {line[1:] for line in ignore if line[0] == "!"}
    assert set(copied_files()) == given
    assert all((ROOT / name).exists() for name in given)
    assert any(fnmatch("a/_machine.abi3.so", line) for line in ignore[1:])


def copied_files():
    """What the Dockerfile copies out of the project."""
    copies = [words.split()[:-1] for name, words in STEPS if name == "COPY"]
    return [name for names in copies for name in names]


def test_the_action_has_a_sign_in_the_marketplace():
    """Of the icons and colours that it has."""
    branding = yaml.safe_load((ROOT / "action.yml").read_text())["branding"]
    assert branding["icon"] == "trending-down"
    assert branding["color"] in ("white", "yellow", "blue", "green", "orange", "red", "purple")
