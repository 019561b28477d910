"""results/ holds whole files only: killed at any moment, written by many, on a disk that fails."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from losscli.commands import run as steps
from losscli.results.schema import schema
from losscli.results.store import entries
from tests.cli.conftest import PROGRAM

CONFIG = """version: 1
evals:
  val: {preds: p.npy, targets: t.npy, losses: [mae, mse], gates: ["mae <= 1"]}
"""
RUN = Draft202012Validator(schema("run"))

# A program that has all its imports behind it, and forks a child for each run: a run then takes
# some milliseconds, and a signal meets the run and not the imports. One line of stdin is one child:
# where it is saved, the signal, and the moment: a delay in seconds, or a step and how often it was
# come to before. One line of stdout is its wait status.
DRIVER = """
import json, os, signal, sys, time
from pathlib import Path
import losscli.selftest.run, losscli.render.pages.run, losscli.render.formats.table
import losscli.engines.local
from losscli.results import files
from losscli.cli.app import leave, prepare, run

def struck(owner, name, number, left, after):
    whole = getattr(owner, name)
    def call(*arguments, **keywords):
        left[0] -= 1
        if not after and left[0] == 0:
            os.kill(os.getpid(), number)
        found = whole(*arguments, **keywords)
        if after and left[0] == 0:
            os.kill(os.getpid(), number)
        return found
    setattr(owner, name, call)

prepare()
run(["run", "c.yaml", "--no-save", "-o", "warm.json"])
sys.stdout.flush()
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    folder, number, moment, count = json.loads(line)
    child = os.fork()
    if child == 0:
        if isinstance(moment, str):
            when, _, name = moment.partition(" ")
            owner, _, name = name.rpartition(".")
            owner = {"file": files.OutputFile, "os": os, "path": Path}[owner]
            struck(owner, name, number, [count], when == "after")
        leave(run(["run", "c.yaml", "--results", folder]))
    if not isinstance(moment, str):
        time.sleep(moment)
        os.kill(child, number)
    answers.write(f"{os.waitpid(child, 0)[1]}\\n")
    answers.flush()
"""

# The steps that put a file in its place, each come to once for the result and once for latest.json.
STEPS = [
    "before file.__init__",
    "after file.__init__",
    "before file.write",
    "after file.write",
    "before file._replace",
    "before os.fsync",
    "after os.fsync",
    "before path.chmod",
    "before path.replace",
    "after path.replace",
    "before file.discard",
]
TIMES = {"before os.fsync": (1, 2, 3, 4), "after os.fsync": (1, 2, 3, 4), "before path.chmod": (1,)}
MOMENTS = [(step, count) for step in STEPS for count in TIMES.get(step, (1, 2))]
# Each with the code that it ends with.
SIGNALS = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}
NAMES = [number.name for number in SIGNALS]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a config, its data, and a result of an earlier run in before/."""
    folder = tmp_path_factory.mktemp("durable")
    np.save(folder / "p.npy", [1.0, 2.0, 3.0])
    np.save(folder / "t.npy", [1.0, 2.5, 5.0])
    (folder / "c.yaml").write_text(CONFIG)
    subprocess.run(
        [*PROGRAM, "run", "c.yaml", "--results", "before"], cwd=folder, check=True, timeout=600
    )
    return folder


@pytest.fixture(scope="module")
def driver(place):
    """Runs a child to its end, or to that of its signal, and gives its exit code."""
    running = subprocess.Popen(
        [sys.executable, "-c", DRIVER],
        cwd=place,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def call(folder, number, moment, count=0):
        running.stdin.write(json.dumps([str(folder), int(number), moment, count]) + "\n")
        running.stdin.flush()
        for line in running.stdout:
            if line.strip().isdigit():
                return os.waitstatus_to_exitcode(int(line))
        raise AssertionError("the driver is gone")

    yield call
    running.stdin.close()
    running.wait(600)
    running.stdout.close()


def whole(folder):
    """The names of the results in a folder, each of which is whole; what else is there is hidden.

    latest.json is one of them.
    """
    found = {}
    for path in Path(folder).iterdir():
        if path.name.startswith("."):
            assert path.name.endswith(".tmp")
            continue
        assert path.suffix == ".json"
        document = json.loads(path.read_text())
        assert RUN.is_valid(document)
        found[path.name] = document
    latest = found.pop("latest.json", None)
    assert latest in [*found.values(), None]
    assert (latest is None) <= (len(found) <= 1)
    return sorted(found)


def hidden(folder):
    return [path.name for path in Path(folder).iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("number", SIGNALS, ids=NAMES)
@pytest.mark.parametrize(("step", "count"), MOMENTS, ids=[f"{s} {k}" for s, k in MOMENTS])
def test_a_run_that_is_killed_at_a_step_leaves_whole_files(
    place, driver, tmp_path, number, step, count
):
    """The old result or the new one, never a part; what can be caught leaves nothing else."""
    folder = tmp_path / "results"
    shutil.copytree(place / "before", folder)
    before = whole(folder / "c")
    code = driver(folder, number, step, count)
    assert code == SIGNALS[number]
    assert set(whole(folder / "c")) >= set(before)
    if number != signal.SIGKILL:
        assert hidden(folder / "c") == []


@pytest.mark.parametrize("number", SIGNALS, ids=NAMES)
@pytest.mark.parametrize("times", [40, pytest.param(500, marks=pytest.mark.deep)])
def test_a_run_that_is_killed_at_any_moment_leaves_whole_files(
    place, driver, tmp_path, number, times
):
    """Some are ended by the signal, some were faster; no other code comes of it."""
    folder = tmp_path / "results"
    shutil.copytree(place / "before", folder)
    dice = random.Random(int(number))
    codes = set()
    for _ in range(times):
        codes.add(driver(folder, number, dice.uniform(0.0, 0.1)))
        if number != signal.SIGKILL:
            assert hidden(folder / "c") == []
    whole(folder / "c")
    ended = {SIGNALS[number], -number}  # a parent may see either
    assert codes <= {0, *ended}
    assert codes & ended


LATE = """
import os, sys
from losscli.cli.app import prepare, run
prepare()
run(sys.argv[1:])
os.kill(os.getpid(), {number:d})
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_when_all_is_done_is_no_traceback(process, pair, number, code):
    """Nor an exit code 1, which is that of a gate that failed."""
    program = (sys.executable, "-c", LATE.format(number=number))
    said = process("eval", *pair, "-l", "mae", "-o", "r.json", program=program)
    assert said.code == code
    assert said.err.strip() in ("", "interrupted")
    assert json.loads(Path("r.json").read_text())["exit_code"] == 0


# --- many writers


def test_many_may_write_and_read_at_once(place, tmp_path, environment):
    """Eight processes begin with no folder; a ninth reads whole files all the while."""
    folder = tmp_path / "results"
    command = [*PROGRAM, "run", "c.yaml", "--results", folder, "--quiet"]
    running = [subprocess.Popen(command, cwd=place, env=environment()) for _ in range(8)]
    while any(each.poll() is None for each in running):
        for path in folder.glob("c/*.json"):
            json.loads(path.read_text())
        assert [entry.problem for entry in entries(folder) if entry.problem] == []
    assert [each.returncode for each in running] == [0] * 8
    assert len(whole(folder / "c")) == 8
    assert (folder / "c" / "latest.json").exists()
    assert hidden(folder / "c") == []


# --- disks and folders that fail


@pytest.fixture
def config(pair):
    """A config in the test's own folder."""
    assert pair
    Path("c.yaml").write_text(CONFIG)
    return "c.yaml"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("run", "c.yaml"), "results/c/2"),
        (("run", "c.yaml", "--no-save", "-o", "r.json"), "r.json"),
        (("bless", "c", "--reason", "r", "--to", "base.json"), "base.json"),
        (("results", "show", "c", "-o", "r.json"), "r.json"),
    ],
    ids=["run", "run -o", "bless", "results show"],
)
def test_a_full_disk_leaves_what_there_was(losscli, limited, config, arguments, name):
    """The file that could not be written is named, and no part of it stays."""
    losscli("run", config)
    for kept in ("r.json", "base.json"):
        shutil.copy("results/c/latest.json", kept)
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    done = limited(1000, *arguments)
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: cannot write {name}")
    assert len(done.stderr.splitlines()) <= 3
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "c.yaml"),
        ("results", "show", "c"),
        ("results", "list"),
        ("bless", "c", "--reason", "r", "--to", "base.json"),
        ("run", "c.yaml", "--self-test"),
        ("run", "c.yaml", "--dry-run"),
        ("schema", "--of", "run"),
    ],
    ids=" ".join,
)
def test_a_stdout_that_is_full_is_exit_3(losscli, config, environment, arguments):
    """Nobody sees the result: that is no success, and what was saved is whole."""
    losscli("run", config)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, env=environment()
        )
    assert done.returncode == 3
    assert done.stderr.startswith(b"error: cannot write the result: No space left")
    assert len(whole("results/c")) == (2 if arguments == ("run", "c.yaml") else 1)


def test_a_folder_that_vanishes_is_exit_3(losscli, config, monkeypatch):
    """The place is named; the numbers are in what else was written."""

    def gone():
        shutil.rmtree("results")

    monkeypatch.setattr(steps, "state", gone)
    said = losscli("run", config, "-o", "r.json")
    assert said.code == 3
    assert said.error[0].startswith("error: cannot write results/c/")
    assert "0.833333" in said.out  # what was found may have taken hours
    assert "wrote" not in said.out
    assert json.loads(Path("r.json").read_text())["exit_code"] == 0


@pytest.mark.parametrize("blocked", ["results", "results/c"])
def test_a_folder_that_cannot_be_made_is_found_before_the_work(losscli, config, blocked):
    """A file stands in its place."""
    Path(blocked).parent.mkdir(exist_ok=True)
    Path(blocked).write_text("mine")
    said = losscli("run", config)
    assert said.code == 2
    assert "cannot make the folder results/c" in said.error[0]
    assert Path(blocked).read_text() == "mine"


def test_a_folder_that_is_read_only_is_found_before_the_work(losscli, config, monkeypatch):
    """As the system says it; a superuser may write everywhere, so it is said for it."""
    opened = Path.open

    def refuse(path, mode="r", *rest, **named):
        if "x" in mode:
            raise PermissionError(13, "Permission denied")
        return opened(path, mode, *rest, **named)

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(steps, "run_evaluation", None)  # no work is done
    said = losscli("run", config)
    assert said.code == 2
    assert "Permission denied" in said.error[0]
    assert list(Path("results/c").iterdir()) == []


@pytest.mark.parametrize("name", ["latest.json", "base.json"])
def test_a_directory_in_the_place_of_a_file_is_exit_2(losscli, config, name):
    """Of latest.json, and of a baseline."""
    losscli("run", config)
    place = Path("results/c/latest.json" if name == "latest.json" else name)
    place.unlink(missing_ok=True)
    place.mkdir()
    result = next(path for path in Path("results/c").glob("2*.json"))
    bless = ("bless", result, "--reason", "r", "--to", name)
    said = losscli("run", config) if name == "latest.json" else losscli(*bless)
    assert said.code == 2
    assert "is a directory" in said.error[0].lower()
    assert hidden("results/c") == []


# --- what is left behind

DAY_S = 24 * 60 * 60


def left_behind(name, age_s, folder="results/c"):
    path = Path(folder, name)
    path.write_text("half")
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path.name


@pytest.mark.parametrize("flags", [("-o", "r.json"), ("--per-sample", "r.json.npy")], ids=" ".join)
def test_what_a_killed_evaluation_left_is_swept_by_the_next(losscli, pair, flags):
    """Of the files that this run writes too, after a day, and only what no process will finish."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    name = flags[1]
    gone = left_behind(f".{name}.{dead.pid}.0123abcd.tmp", DAY_S + 60, ".")
    kept = {
        left_behind(f".{name}.{dead.pid}.0123abce.tmp", DAY_S - 60, "."),
        left_behind(f".{name}.{os.getpid()}.0123abcd.tmp", DAY_S + 60, "."),
        left_behind(f".other.json.{dead.pid}.0123abcd.tmp", 9 * DAY_S, "."),
    }
    assert losscli("eval", *pair, "-l", "mae", *flags).code == 0
    assert gone not in hidden(".")
    assert set(hidden(".")) == kept


def test_what_a_killed_run_left_is_swept_after_a_day(losscli, config):
    """Only what nobody will finish, and only files that losscli named."""
    losscli("run", config)
    dead = subprocess.Popen(["true"])
    dead.wait()
    gone = left_behind(f".latest.json.{dead.pid}.0123abcd.tmp", DAY_S + 60)
    kept = {
        left_behind(f".latest.json.{dead.pid}.0123abce.tmp", DAY_S - 60),
        left_behind(f".latest.json.{os.getpid()}.0123abcd.tmp", DAY_S + 60),
        left_behind(".mine.tmp", 9 * DAY_S),
        left_behind(".latest.json.12.xyz.tmp", 9 * DAY_S),
    }
    assert losscli("run", config).code == 0
    assert gone not in hidden("results/c")
    assert set(hidden("results/c")) == kept
    assert len(whole("results/c")) == 2
    assert "2 results" in losscli("results", "list").out
