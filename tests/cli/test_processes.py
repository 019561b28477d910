"""The program among other processes: signals, pipes, closed streams, encodings, full disks."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from losscli.errors import UsageError
from tests.cli.conftest import PROGRAM

# A program whose fourth block of predictions, rows 3,000 to 3,999, runs a line of its own first.
DRIVER = """
import os, signal, sys, threading
from losscli.cli.app import leave, prepare, run
from losscli.sources.array_table import ArrayTable
from losscli.sources.arrays import FileArray
from losscli.accumulators import moments

whole = FileArray.read

def read(self, start, count, workspace, key):
    if start == 3000 and self.path == "p.npy":
        {line}
    return whole(self, start, count, workspace, key)

FileArray.read = read
ArrayTable.block_rows = lambda self, width: 1000
moments.UNIT = 1
prepare()
leave(run(sys.argv[1:]))
"""
WAIT = "os.write(1, b'here\\n'); [threading.Event().wait(0.1) for _ in iter(int, 1)]"


@pytest.fixture
def arguments():
    """An evaluation of many blocks that writes samples and results beside what is there."""
    values = np.arange(120_000.0)  # enough for several threads
    np.save("p.npy", values)
    np.save("t.npy", values + 1)
    Path("r.json").write_text("old")
    outputs = ("--per-sample", "s.npy", "-o", "r.json", "-o", "r.md")
    return ("eval", "p.npy", "t.npy", "-l", "mse", *outputs)


def folder():
    return sorted(path.name for path in Path().iterdir())


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_in_the_middle_leaves_no_half_written_file(arguments, environment, number, code):
    """What was there stays, and what was begun is gone; nothing is printed as a result."""
    before = folder()
    running = subprocess.Popen(
        [sys.executable, "-c", DRIVER.format(line=WAIT), *arguments, "--threads", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert running.stdout.readline() == b"here\n"
    begun = set(folder()) - set(before)
    assert len(begun) == 3  # the test would prove nothing of a program that had not begun
    running.send_signal(number)
    out, err = running.communicate(timeout=600)
    assert running.returncode == code
    assert (out, err) == (b"", b"interrupted\n" if number == signal.SIGINT else b"")
    assert folder() == before
    assert Path("r.json").read_text() == "old"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_while_the_program_starts_is_no_traceback(process, pair, number):
    """A slip is taken back at once, in the middle of the first imports."""
    # `python -m` looks in the current folder first, so this is the click that is imported.
    Path("click.py").write_text(f"import os\nos.kill(os.getpid(), {number:d})\n")
    said = process("eval", *pair, "-l", "mse")
    assert said.code in (128 + number, -number)  # a parent process may see the signal itself
    assert said.err.strip() in ("", "interrupted")


# Python prints what is raised in the first and goes on; of the second it makes another error.
SWALLOWED = {
    "a destructor": "type('Struck', (), {'__del__': lambda self: strike()})()",
    "a class being made": "type('Struck', (), {'part': type('Part', (), "
    "{'__set_name__': lambda self, owner, name: strike()})()})",
}


@pytest.mark.parametrize("line", SWALLOWED.values(), ids=SWALLOWED)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_that_strikes_where_python_swallows_it_is_heeded(process, pair, line, name):
    """The run ends at once and as by any other, and nothing is printed of the place."""
    begin = f"import signal, time\ndef strike(): signal.raise_signal(signal.{name})\n"
    Path("own.py").write_text(f"{begin}{line}\ntime.sleep(100)\n")
    said = process("eval", *pair, "-l", "own.py:mse")
    words = ["interrupted"] if name == "SIGINT" else []
    assert (said.code, said.out) == (128 + getattr(signal, name), "")
    assert said.err.split() == ["note:", "runs", "own.py", *words]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_ctrl_c_stops_every_thread(process, arguments, threads):
    """Whichever thread the block was in, the caller ends at once and cleans up."""
    before = folder()
    program = (sys.executable, "-c", DRIVER.format(line="os.kill(os.getpid(), signal.SIGINT)"))
    said = process(*arguments, "--threads", threads, program=program)
    assert (said.code, said.out, said.err) == (130, "", "interrupted\n")
    assert folder() == before


LISTING = """
import sys
from losscli.cli.app import leave, prepare, run
from losscli.evaluation.block import BlockEvaluator

whole = BlockEvaluator.__call__

def call(self, cut, lane):
    before = set(sys.modules)
    measured = whole(self, cut, lane)
    sys.stderr.write("".join(f"{name}\\n" for name in sorted(set(sys.modules) - before)))
    return measured

BlockEvaluator.__call__ = call
prepare()
leave(run(sys.argv[1:]))
"""


@pytest.mark.parametrize("suffix", ["npy", "csv"])
def test_nothing_is_imported_while_blocks_are_worked_on(process, table, array, suffix):
    """Ctrl-C inside an import leaves the module locked, and the other threads wait for ever."""
    if suffix == "npy":
        names = array(np.arange(9.0) % 2, "p.npy"), array(np.zeros(9), "t.npy")
    else:
        names = table("p\n" + "1\n0\n" * 4, "p.csv"), table("t\n" + "0\n" * 8, "t.csv")
    program = (sys.executable, "-c", LISTING)
    said = process("eval", *names, "-l", "mse", "--format", "json", program=program)
    assert (said.code, said.err) == (0, "")


@pytest.mark.parametrize("threads", [1, 2])
def test_a_fault_in_a_worker_is_exit_5_and_one_line_about_the_traceback(
    process, arguments, threads
):
    """A bug of losscli leaves no half-written file either."""
    before = folder()
    program = (sys.executable, "-c", DRIVER.format(line="raise RuntimeError('a bug')"))
    said = process(*arguments, "--threads", threads, program=program)
    assert (said.code, said.out) == (5, "")
    assert "a bug" in said.error[0]
    assert "--debug" in said.error[1]
    assert folder() == before


def test_a_fault_is_a_document_too_where_a_program_reads(process, arguments):
    """`--format json` prints losscli/error/1 for codes 2 to 5."""
    program = (sys.executable, "-c", DRIVER.format(line="raise RuntimeError('a bug')"))
    said = process(*arguments, "--format", "json", program=program)
    assert said.code == 5
    document = json.loads(said.out)
    assert (document["schema"], document["code"]) == ("losscli/error/1", 5)


# --- pipes and closed streams


def closed_pipe(arguments, environment):
    """The exit code and stderr of a program whose stdout nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*PROGRAM, *arguments],
            stdout=writer,
            stderr=subprocess.PIPE,
            env=environment,
            timeout=600,
        )
    finally:
        os.close(writer)
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ["eval", "p.npy", "t.npy", "-l", "mse"],
        ["eval", "p.npy", "t.npy", "-l", "mse", "--format", "json"],
        ["eval", "--help"],
        ["--help"],
        ["--version"],
    ],
    ids=" ".join,
)
def test_a_closed_pipe_ends_quietly(pair, environment, arguments):
    """`| head -1` has seen enough: nothing is said about it."""
    code, err = closed_pipe(arguments, environment())
    assert err == ""
    assert code == 0


def test_a_closed_pipe_does_not_hide_that_the_data_are_wrong(pair, environment):
    """The exit code of an error stays."""
    code, err = closed_pipe(
        ["eval", "missing.npy", "t.npy", "-l", "mse", "--format", "json"], environment()
    )
    assert code == 3
    assert err.startswith("error: there is no file missing.npy\n")
    assert "Traceback" not in err


def test_head_gets_its_line(pair, environment):
    """As in a shell, with a reader that leaves after the first line."""
    command = f"{' '.join(PROGRAM)} eval p.npy t.npy -l mse --format json | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        env=environment(),
        timeout=600,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"{\n", b"")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    "arguments", ["eval p.npy t.npy -l mse -o r.json", "--version"], ids=["eval", "--version"]
)
def test_a_closed_stream_is_survived(pair, environment, arguments, closed):
    """A closed stdout gives its number to the next file: nothing may be printed into that."""
    before = Path("p.npy").read_bytes()
    done = subprocess.run(
        ["bash", "-c", f"{' '.join(PROGRAM)} {arguments} {closed}"],
        capture_output=True,
        env=environment(),
        timeout=600,
    )
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert Path("p.npy").read_bytes() == before
    if arguments != "--version":
        assert json.loads(Path("r.json").read_text())["exit_code"] == 0


# --- a disk that is full


@pytest.mark.parametrize(
    ("name", "option"), [("s.npy", "--per-sample"), ("s.csv", "--per-sample"), ("r.json", "-o")]
)
def test_a_full_disk_is_exit_3_and_leaves_nothing_behind(limited, name, option):
    """The file that could not be written is named, and no part of it stays."""
    np.save("p.npy", np.arange(300.0))
    np.save("t.npy", np.arange(300.0)[::-1])
    before = folder()
    done = limited(700, "eval", "p.npy", "t.npy", "-l", "mae", option, name)
    assert folder() == before
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: cannot write {name}")


def test_a_full_disk_under_the_second_output_is_no_fault_of_losscli(limited, pair):
    """The first output is whole already, and the second is named."""
    done = limited(700, "eval", *pair, "-l", "mse", "-o", "r.csv", "-o", "r.json")
    assert folder() in (["p.npy", "t.npy"], ["p.npy", "r.csv", "t.npy"])
    assert done.returncode == 3
    assert done.stderr.startswith("error: cannot write r.json")


# --- terminals

SGR = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


def terminal(arguments, environment, columns=80):
    """The exit code and what a terminal of that width shows."""
    master, slave = pty.openpty()
    running = subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment | {"TERM": "xterm-256color", "COLUMNS": str(columns)},
    )
    os.close(slave)
    parts = []
    while select.select([master], [], [], 600)[0]:
        try:
            part = os.read(master, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(master)
    return running.wait(600), b"".join(parts).decode().replace("\r\n", "\n")


def test_a_terminal_gets_the_table_in_its_width(pair, environment):
    """Columns leave in a fixed order, and a line names them."""
    code, shown = terminal(["eval", *pair, "-l", "mse,smooth_l1:beta=0.125"], environment(), 52)
    plain = SGR.sub("", shown)
    assert code == 0
    assert max(map(len, plain.splitlines()[:4])) <= 52
    assert "95 % interval" in plain.splitlines()[0]
    assert "not shown at this width: min, at row" in plain


def test_a_wide_terminal_shows_everything(pair, environment):
    """No column leaves where all have room."""
    _, shown = terminal(["eval", *pair, "-l", "mse"], environment(), 200)
    assert "at row" in shown
    assert "not shown" not in shown


def test_no_color_is_obeyed(pair, environment):
    """A terminal may dim the footer, and colours nothing."""
    _, shown = terminal(["eval", *pair, "-l", "mse"], environment(NO_COLOR="1"))
    assert "mse" in shown
    assert not COLOUR.search(shown)


def test_a_pipe_gets_no_escape_and_force_color_is_obeyed(process, pair):
    """A log that wants colours says so."""
    assert "\x1b" not in process("eval", *pair, "-l", "mse").out
    assert SGR.search(process("eval", *pair, "-l", "mse", FORCE_COLOR="1").out)


@pytest.mark.parametrize(
    "variables",
    [{"TERM": "dumb"}, {"TERM": "xterm"}, {"TERM": "xterm", "FORCE_COLOR": "1"}],
    ids=["dumb", "xterm", "FORCE_COLOR"],
)
def test_a_pipe_is_never_cut(process, pair, variables):
    """Whatever TERM and COLUMNS say: long names and labels stay whole, on their lines."""
    name = "predictions-of-the-model-" + "x" * 120 + ".npy"
    Path("p.npy").rename(name)
    label = "a_label_that_is_" + "long" * 30
    said = process("eval", name, "t.npy", "-l", f"{label}=mae", COLUMNS="40", **variables)
    lines = SGR.sub("", said.out).splitlines()
    assert said.code == 0
    assert lines[0].split() == ["loss", "mean", "95", "%", "interval", "min", "max", "at", "row"]
    assert lines[1].split()[0] == label
    assert name in lines[3]
    assert len(lines) == 5


EARLY = """
import sys
class Interrupt:
    def find_spec(self, name, *_):
        if name == {name!r}:
            import os
            sys.meta_path.remove(self)
            os.kill(os.getpid(), 2)
for loaded in [name for name in sys.modules if name.split(".")[0] == {name!r}]:
    del sys.modules[loaded]
sys.meta_path.insert(0, Interrupt())
from losscli.__main__ import main
main()
"""


@pytest.mark.parametrize("name", ["typing", "click", "typer", "numpy"])
def test_an_interrupt_while_the_program_is_imported_is_quiet(process, pair, name):
    """No traceback: the first thing that the program does is to take care of Ctrl-C."""
    code = EARLY.format(name=name)
    said = process("eval", *pair, "-l", "mse", program=(sys.executable, "-c", code))
    assert said.code in (-2, 130)
    assert said.out == ""
    assert said.err in ("", "interrupted\n")


def test_a_hint_does_not_propose_what_was_given(losscli, pair, monkeypatch):
    """Nobody is told to use the flag that they use."""

    def fail(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr("losscli.commands.evaluate.measure", fail)
    assert "--debug shows" in losscli("eval", *pair, "-l", "mse").err
    assert "--debug" not in losscli("eval", *pair, "-l", "mse", "--debug").err.splitlines()[-1]

    def refuse(*_, **__):
        raise UsageError("no process could be started", hint="--threads 1 starts none")

    monkeypatch.setattr("losscli.commands.evaluate.measure", refuse)
    assert "--threads 1" in losscli("eval", *pair, "-l", "mse", "--threads", "2").err
    for given in (["--threads", "1"], ["--threads=1"]):
        assert "--threads" not in losscli("eval", *pair, "-l", "mse", *given).err
