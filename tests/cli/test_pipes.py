"""Standard input and pipes: copied to a temporary file, then read as any file."""

import gzip
import io
import os
import subprocess
import sys

import numpy as np
import pytest

from losscli import evaluate
from losscli.errors import DataError, UsageError

P, T = np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0])
MSE = 5 / 3


def run(*arguments, data=None):
    """The exit code, standard output and standard error of the program."""
    command = [sys.executable, "-m", "losscli", *arguments]
    found = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
    return found.returncode, found.stdout.decode(), found.stderr.decode()


def as_npy(values):
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("t.npy", T)


def piped(monkeypatch, data):
    """Standard input with some bytes in it."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def as_arrow(values):
    """The bytes of an Arrow stream of one column."""
    pa = pytest.importorskip("pyarrow")
    file = io.BytesIO()
    table = pa.table({"p": values})
    with pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    return file.getvalue()


FORMATS = {
    "npy": as_npy(P),
    "csv": b"p\n1\n2\n4\n",
    "jsonl": b'{"p": 1}\n{"p": 2}\n{"p": 4}\n',
    "json": b'[{"p": 1}, {"p": 2}, {"p": 4}]',
    "arrow": as_arrow(P),
    "csv.gz": gzip.compress(b"p\n1\n2\n4\n"),
}


@pytest.mark.parametrize("data", FORMATS.values(), ids=FORMATS)
def test_standard_input_is_read_by_its_content(monkeypatch, data):
    """Its format has no suffix to be told by."""
    piped(monkeypatch, data)
    result = evaluate("-", "t.npy", loss="mse")
    assert result.losses[0].value == MSE
    assert result.inputs[0].path == "-"


def test_one_table_of_standard_input_holds_both(monkeypatch):
    """Rows of predictions and targets, with a column to group by."""
    piped(monkeypatch, b"p,t,g\n1,1,a\n2,3,a\n4,2,b\n")
    result = evaluate("-", pred="p", target="t", by="g", loss="mse")
    assert [group.losses[0].value for group in result.groups] == [0.5, 4.0]


def test_the_program_reads_what_is_piped_into_it():
    """By a process of its own."""
    code, out, _ = run("eval", "-", "t.npy", "-l", "mse", "--format", "csv", data=as_npy(P))
    assert code == 0
    assert f"{MSE!r}"[:8] in out


def test_standard_input_twice_is_refused(monkeypatch):
    """It can be read once."""
    piped(monkeypatch, as_npy(P))
    with pytest.raises(UsageError, match="- is named twice"):
        evaluate("-", "-", loss="mse")


def test_standard_input_of_nothing_is_refused(monkeypatch):
    """The step that should have written may have failed."""
    piped(monkeypatch, b"")
    with pytest.raises(DataError, match="- is empty"):
        evaluate("-", "t.npy", loss="mse")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="nothing is connected"):
        evaluate("-", "t.npy", loss="mse")


def test_pipes_of_process_substitution_are_read():
    """Two of them at once, one compressed."""
    np.save("p.npy", P)
    command = f"{sys.executable} -m losscli eval <(cat p.npy) <(gzip -c t.npy) -l mse --format csv"
    found = subprocess.run(
        ["bash", "-c", command], capture_output=True, timeout=60, check=False, text=True
    )
    assert found.returncode == 0, found.stderr
    assert f"{MSE!r}"[:8] in found.stdout


def test_a_named_pipe_with_a_writer_is_read():
    """However slowly it writes."""
    np.save("p.npy", P)
    os.mkfifo("pipe")
    writer = "head -c 50 p.npy; sleep 0.3; tail -c +51 p.npy"
    with subprocess.Popen(["bash", "-c", f"({writer}) > pipe"]):
        code, out, error = run("eval", "pipe", "t.npy", "-l", "mse", "--format", "csv")
    assert code == 0, error
    assert f"{MSE!r}"[:8] in out


def test_a_pattern_without_quotes_is_explained():
    """The shell replaces it by the names of the files."""
    for k in range(3):
        np.save(f"p-{k}.npy", P)
    code, _, error = run("eval", "p-0.npy", "p-1.npy", "p-2.npy", "t.npy", "-l", "mse")
    assert code == 2
    assert "a pattern of files needs quotes: 'preds/*.csv'" in error
