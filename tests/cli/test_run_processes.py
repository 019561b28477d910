"""run, bless, results and diff among other processes: pipes, closed streams, links, modes."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import PROGRAM
from tests.differences.conftest import bench

CONFIG = """version: 1
evals:
  val: {preds: p.npy, targets: t.npy, losses: [mae, mse], gates: ["mae <= 1"]}
"""
COMMANDS = {
    "run": "run c.yaml",
    "run json": "run c.yaml --format json",
    "self-test": "run c.yaml --self-test --format json",
    "dry run": "run c.yaml --dry-run --format json",
    "results list": "results list --format json",
    "results show": "results show c --format json",
    "bless": "bless c --reason r --to base.json --format json",
    "diff": "diff old.json new.json --format json",
    "schema": "schema --of run",
}


@pytest.fixture
def folder(losscli, pair):
    """A config with a saved result, and two saved benchmarks."""
    Path("c.yaml").write_text(CONFIG)
    Path("old.json").write_text(json.dumps(bench(0)))
    Path("new.json").write_text(json.dumps(bench(1)))
    Path("slow.json").write_text(json.dumps(bench(0, 2.0)))
    assert losscli("run", "c.yaml").code == 0


def shell(line, environment):
    """A command line of bash that fails where any part of it does."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], capture_output=True, env=environment, timeout=600
    )


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("reader", ["head -c 1", "true"])
def test_a_reader_that_leaves_is_no_failure(losscli, folder, environment, name, reader):
    """`| head` has seen enough: nothing is said, and the code is that of the work."""
    code = losscli(*COMMANDS[name].split()).code
    done = shell(f"{' '.join(PROGRAM)} {COMMANDS[name]} | {reader}", environment())
    assert (done.returncode, done.stderr) == (code, b"")


@pytest.mark.parametrize(
    ("name", "closed"), [*((name, ">&-") for name in COMMANDS), ("run", "<&- >&- 2>&-")]
)
def test_a_closed_stream_is_survived(losscli, folder, environment, name, closed):
    """A file that is opened then bears the stream's number: nothing is printed into it."""
    code = losscli(*COMMANDS[name].split()).code
    before = len(list(Path("results/c").iterdir()))
    done = shell(f"{' '.join(PROGRAM)} {COMMANDS[name]} {closed}", environment())
    assert done.returncode == code
    assert done.stderr == b""
    saved = list(Path("results/c").iterdir())
    assert len(saved) - before == (1 if name in ("run", "run json") else 0)
    for path in saved:
        assert json.loads(path.read_text())["schema"] == "losscli/run/1"
    if name == "bless":
        assert json.loads(Path("base.json").read_text())["blessed"]["reason"] == "r"


def test_what_has_failed_is_not_hidden_by_a_reader_that_leaves(folder, environment):
    """A gate that fails and a file that is missing keep their codes."""
    Path("bad.yaml").write_text(CONFIG.replace("mae <= 1", "mae <= 0.1"))
    for line, code in (
        ("run bad.yaml", 1),
        ("run bad.yaml --format json", 1),
        ("run bad.yaml --format github --quiet", 1),
        ("eval p.npy t.npy -l mae --max mae=0.1", 1),
        ("diff old.json slow.json --fail-on slower", 1),
        ("results show nope --format json", 3),
        ("run bad.yaml --nope --format json", 2),
    ):
        done = shell(f"{' '.join(PROGRAM)} {line} | true", environment())
        assert done.returncode == code, line
        assert b"Traceback" not in done.stderr


# --- links and modes


@pytest.mark.parametrize(
    "command", ["bless c --reason r --to link.json", "run c.yaml -o link.json"]
)
def test_what_a_link_names_is_replaced_and_not_the_link(losscli, folder, command):
    """A baseline may lie elsewhere."""
    Path("elsewhere").mkdir()
    Path("elsewhere/real.json").write_bytes(Path("results/c/latest.json").read_bytes())
    before = Path("elsewhere/real.json").read_text()
    Path("link.json").symlink_to("elsewhere/real.json")
    assert losscli(*command.split()).code == 0
    assert Path("link.json").is_symlink()
    assert json.loads(Path("elsewhere/real.json").read_text())["schema"] == "losscli/run/1"
    assert Path("elsewhere/real.json").read_text() != before
    assert [path.name for path in Path("elsewhere").iterdir()] == ["real.json"]


def test_a_folder_of_results_may_be_a_link(losscli, folder):
    """On a larger disk, say."""
    Path("results").rename("elsewhere")
    Path("results").symlink_to("elsewhere")
    assert losscli("run", "c.yaml").code == 0
    assert len(list(Path("elsewhere/c").iterdir())) == 3
    assert "2 results" in losscli("results", "list").out


def test_a_loop_of_links_is_an_error_with_the_systems_words(losscli, folder):
    """Wherever it is read or written."""
    Path("loop.json").symlink_to("loop.json")
    for command, code in (
        ("diff loop.json new.json", 3),
        ("results show loop.json", 3),
        ("bless loop.json --reason r", 3),
        ("bless c --reason r --to loop.json", 2),
        ("run loop.json", 3),
        ("run c.yaml -o loop.json", 2),
    ):
        said = losscli(*command.split())
        assert said.code == code, (command, said.err)
        assert said.error


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("run c.yaml", "results/c/latest.json"),
        ("bless c --reason r --to base.json", "base.json"),
        ("results show c -o r.json", "r.json"),
        ("diff old.json new.json -o r.json", "r.json"),
    ],
)
def test_modes_are_those_of_the_umask_or_of_the_file_before(losscli, folder, command, name):
    """A private file stays private; a new one is as any program would make it."""
    mask = os.umask(0o027)
    try:
        Path(name).unlink(missing_ok=True)
        assert losscli(*command.split()).code == 0
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o640
        Path(name).chmod(0o600)
        assert losscli(*command.split()).code == 0
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600
    finally:
        os.umask(mask)


# --- what is no file


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("run results", 3),
        ("diff results new.json", 3),
        ("diff old.json /dev/null", 3),
        ("results show results", 3),
        ("results show /dev/null", 3),
        ("bless results --reason r", 3),
        ("bless c --reason r --to results", 2),
        ("bless c --reason r --to /dev/null", 2),
        ("bless c --reason r --to c.yaml/base.json", 2),
        ("bless c --reason r --to no/base.json", 0),
        ("run c.yaml -o no/r.json", 2),
        ("run c.yaml -o /dev/null", 2),
        ("run c.yaml --results c.yaml", 2),
        ("results list --results c.yaml", 0),
        ("results list --results no", 0),
    ],
)
def test_what_is_no_file_is_told_before_the_work(losscli, folder, command, code):
    """A directory, a device, a folder that is not there or is a file."""
    saved = sorted(Path("results/c").iterdir())
    said = losscli(*command.split())
    assert said.code == code, said.err
    if code:
        assert said.error
    assert sorted(Path("results/c").iterdir()) == saved
    assert Path("c.yaml").read_text() == CONFIG


def test_a_device_is_named_as_one(losscli, folder):
    """It would be read until the memory is full."""
    said = losscli("diff", "/dev/zero", "new.json")
    assert (said.code, said.error[0]) == (3, "error: cannot read /dev/zero: it is a device")


def test_what_is_no_file_does_not_stop_the_history(losscli, folder):
    """A pipe would be waited for, and a device has no end."""
    place = Path("results/c")
    os.mkfifo(place / "a.json")
    (place / "b.json").symlink_to("/dev/zero")
    (place / "c.json").mkdir()
    (place / "d.json").symlink_to("nowhere")
    said = losscli("results", "list", "--format", "json")
    assert said.code == 0
    rows = {Path(row["result"]).name: row for row in json.loads(said.out)["rows"]}
    assert len(rows) == 5
    for name in "abcd":
        assert rows[f"{name}.json"]["status"] == "unreadable"
        assert "is not a regular file" in rows[f"{name}.json"]["problem"]


def test_a_file_in_the_place_of_a_folder_is_exit_2(losscli):
    """Where init would write its workflow."""
    Path(".github").write_text("mine")
    said = losscli("init")
    assert (said.code, "cannot make the folder .github/workflows" in said.err) == (2, True)
    assert [path.name for path in Path().iterdir()] == [".github"]  # nor is the half of it written


def test_a_pipe_may_hold_a_result(folder, environment):
    """`<(git show main:base.json)` is one."""
    line = f"{' '.join(PROGRAM)} diff <(cat old.json) <(cat new.json) --format json"
    done = shell(line, environment())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["exit_code"] == 0
