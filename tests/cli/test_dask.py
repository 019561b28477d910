"""Evaluations on a Dask cluster of real processes: the same documents as in one process."""

import gc
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import psutil
import pyarrow as pa
import pytest

import losscli
from losscli.commands import distributed
from losscli.commands.doctor import run_doctor
from losscli.errors import DataError, MissingError, UsageError
from losscli.plans.check import DoctorPlan

Client = pytest.importorskip("distributed").Client
pytestmark = pytest.mark.xdist_group("dask")

ELSEWHERE = ("engine", "threads", "timing", "environment", "command")
PATIENCE_S = 60


@contextmanager
def cluster(
    folder: Path, workers: int = 2, host: str = "127.0.0.1", before: tuple[str, ...] = ()
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its process and those of its workers.

    before: the words of a command that runs each worker.
    """
    file = folder / "scheduler.json"
    python = [sys.executable, "-m"]
    calls = [
        [*python, "distributed.cli.dask_scheduler", "--host", host, "--port", "0",
         "--no-dashboard", "--scheduler-file", str(file)],
        *[[*before, *python, "distributed.cli.dask_worker", "--scheduler-file", str(file),
           "--nthreads", "1", "--no-nanny", "--no-dashboard",
           "--local-directory", str(folder / f"worker{number}")]
          for number in range(workers)],
    ]  # fmt: skip
    processes = [
        subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for call in calls
    ]
    try:
        address = address_in(file)
        with Client(address.removeprefix("dask:")) as client:
            client.wait_for_workers(workers, timeout=PATIENCE_S)
        yield address, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def address_in(file: Path) -> str:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        found = re.search(r'"address": "([^"]+)"', file.read_text() if file.exists() else "")
        if found:
            return f"dask:{found[1]}"
        time.sleep(0.05)
    raise AssertionError("the scheduler did not start")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("cluster")) as (found, _):
        yield found


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Predictions and targets as arrays, and as a table with ids, groups, weights and clusters."""
    rng = np.random.default_rng(5)
    preds, targets = rng.normal(size=(2, 300_000)).astype(np.float32)
    np.save(tmp_path / "preds.npy", preds)
    np.save(tmp_path / "targets.npy", targets)
    rows = (
        f"{i},{p!r},{t!r},{i % 3},{i % 7 + 1},{i // 4}\n"
        for i, (p, t) in enumerate(zip(preds[:20_000].tolist(), targets.tolist(), strict=False))
    )
    (tmp_path / "table.csv").write_text("id,pred,target,region,weight,patient\n" + "".join(rows))
    with pa.OSFile(str(tmp_path / "preds.arrow"), "wb") as file:
        table = pa.table({"pred": preds})
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=10_000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def document(result):
    found = result.to_dict()
    return {name: value for name, value in found.items() if name not in ELSEWHERE}


TABLE = {"preds": "table.csv", "pred": "pred", "target": "target"}
ARRAYS = {"preds": "preds.npy", "targets": "targets.npy"}


@pytest.mark.parametrize(
    "options",
    [
        ARRAYS | {"loss": ["mse", "smooth_l1:beta=0.5", "mae"]},
        ARRAYS | {"loss": "mse", "metric": ["r2", "pearson"], "digest": True},
        ARRAYS | {"loss": "mse", "bootstrap": 100, "top": 3, "distribution": True},
        TABLE | {"loss": "mae", "by": "region", "weights": "weight"},
        TABLE | {"loss": "mse", "cluster": "patient", "ci": 0.9, "gate": ["mse <= 9"]},
        ARRAYS | {"loss": "mse", "weights": "targets.npy", "nan": "skip"},
        ARRAYS | {"loss": "mse", "hac": 5},
        TABLE | {"loss": "mse", "by": "weight:3"},
        TABLE | {"loss": "mse", "weights": "weight", "weights_are": "frequency"},
        {"preds": "preds.arrow", "targets": "targets.npy", "loss": "mae"},
    ],
    ids=[
        "losses",
        "metrics",
        "details",
        "groups",
        "clusters",
        "side file",
        "series",
        "bins",
        "frequencies",
        "stream",
    ],
)
def test_a_cluster_gives_the_document_of_one_process(address, files, options, monkeypatch):
    monkeypatch.setattr(distributed, "_NUMBERS", 1 << 16)  # several parts
    if options.get("nan"):
        np.save("targets.npy", np.abs(np.load("targets.npy")))
    one, other = losscli.evaluate(**options), losscli.evaluate(**options, engine=address)
    assert document(other) == document(one)
    assert (other.engine, other.threads) == ("dask", 2)


@pytest.mark.parametrize(
    ("models", "options"),
    [
        (["preds.npy", "others.npy", "targets.npy"], {"loss": ["mse", "smooth_l1:beta=0.5"]}),
        ({"old": "preds.npy", "new": "others.npy"}, {"targets": "targets.npy", "loss": "mae"}),
        (
            ["preds.npy", "others.npy", "preds.arrow", "targets.npy"],
            {"loss": "mse", "metric": "r2", "pairs": "all", "digest": True, "test": "noninferior"},
        ),
        (["table.csv"], {"pred": ["a=pred", "b=weight"], "target": "target", "loss": "mse",
                         "by": "region", "cluster": "patient"}),
        (["table.csv"], {"pred": ["a=pred", "b=weight"], "target": "target", "loss": "mae",
                         "weights": "region", "nan": "skip", "weights_are": "frequency"}),
    ],
    ids=["losses", "names", "metrics", "groups and clusters", "frequencies"],
)  # fmt: skip
def test_a_cluster_gives_the_comparison_of_one_process(
    address, files, models, options, monkeypatch
):
    monkeypatch.setattr(distributed, "_NUMBERS", 1 << 16)  # several parts
    np.save("others.npy", np.load("preds.npy") + np.float32(0.25))
    one, other = (
        losscli.compare(models, **options, engine=engine) for engine in ("local", address)
    )
    assert document(other) == document(one)
    assert (other.engine, other.threads) == ("dask", 2)


def test_the_error_of_a_comparison_names_the_file_of_the_plan(address, files):
    np.save("others.npy", np.full(300_000, np.nan))
    errors = []
    for engine in ("local", address):
        with pytest.raises(DataError) as caught:
            losscli.compare(["preds.npy", "others.npy", "targets.npy"], loss="mse", engine=engine)
        errors.append((caught.value.message, str(caught.value.place)))
    assert errors[0] == errors[1]


def test_a_comparison_of_arrays_is_not_sent(files):
    arrays = {"a": np.zeros(3), "b": np.ones(3)}
    with pytest.raises(UsageError, match="reads files; a ndarray"):
        losscli.compare(arrays, np.zeros(3), loss="mse", engine="dask:tcp://127.0.0.1:9")


def test_a_worker_reads_files_that_are_named_from_another_folder(address, files, monkeypatch):
    expected = losscli.evaluate(**ARRAYS, loss="mse")
    (files / "inner").mkdir()
    monkeypatch.chdir(files / "inner")
    found = losscli.evaluate("../preds.npy", "../targets.npy", loss="mse", engine=address)
    assert found.value == expected.value
    preds = np.load("../preds.npy")
    for number, rows in enumerate(np.array_split(range(len(preds)), 2)):
        np.save(f"../half_{number}.npy", preds[rows])
        np.save(f"../rows_{number}.npy", rows)
    numbered = losscli.evaluate(
        "../half_*.npy", "../targets.npy", rows="../rows_*.npy", loss="mse", engine=address
    )
    assert numbered.value == expected.value
    assert [part.path for part in found.inputs] == ["../preds.npy", "../targets.npy"]


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.deep)])
def test_many_tiny_parts_give_the_same(address, files, count, monkeypatch):
    monkeypatch.setattr(distributed, "_NUMBERS", 1)
    np.save("short.npy", np.arange(float(count)))
    options = {"preds": "short.npy", "targets": "short.npy", "loss": "mae"}
    found = losscli.evaluate(**options, engine=address)
    assert document(found) == document(losscli.evaluate(**options))


def test_the_error_of_a_row_is_that_of_one_process(address, files):
    preds = np.load("preds.npy")
    preds[[123_456, 299_999]] = np.nan
    np.save("preds.npy", preds)
    errors = []
    for engine in ("local", address):
        with pytest.raises(DataError) as caught:
            losscli.evaluate(**ARRAYS, loss="mse", engine=engine)
        errors.append(caught.value)
    assert errors[0].message == errors[1].message
    assert str(errors[0].place) == str(errors[1].place)


def test_a_worker_that_dies_costs_no_row(files, tmp_path, monkeypatch):
    """The loss waits, so that the worker dies in the middle."""
    monkeypatch.setattr(distributed, "_NUMBERS", 1 << 13)
    spec = f"{slow_loss(tmp_path)}:slow"
    expected = losscli.evaluate(**ARRAYS, loss="mse")
    with cluster(tmp_path) as (engine, processes):
        killing = threading.Timer(1.0, processes[1].kill)
        killing.start()
        found = losscli.evaluate(**ARRAYS, loss=spec, engine=engine)
        killing.join()
    assert found.value == expected.value
    assert found.losses[0].n == expected.losses[0].n


SLOW_ON_ONE_WORKER = """
import os, time


def slow(pred, target):
    try:
        os.symlink(str(os.getpid()), {0!r})
    except FileExistsError:
        pass
    if os.readlink({0!r}) == str(os.getpid()):
        time.sleep(0.1)
    return (pred - target) ** 2
"""


def test_a_slow_worker_and_a_second_client_change_nothing(address, files, tmp_path, monkeypatch):
    """The worker that is the first to compute a loss sleeps in all of its tasks."""
    monkeypatch.setattr(distributed, "_NUMBERS", 1 << 14)
    path = tmp_path / "slow.py"
    path.write_text(SLOW_ON_ONE_WORKER.format(str(tmp_path / "pid")))
    call = [sys.executable, "-m", "losscli", "eval", "preds.npy", "targets.npy", "-l", "mae",
            "--engine", address, "--format", "json"]  # fmt: skip
    expected = losscli.evaluate(**ARRAYS, loss=["mse", "mae"])
    with subprocess.Popen(call, stdout=subprocess.PIPE) as other:
        found = losscli.evaluate(**ARRAYS, loss=f"{path}:slow", engine=address)
        out, _ = other.communicate(timeout=PATIENCE_S)
    assert found.value == expected["mse"].value
    assert msgspec.json.decode(out)["losses"][0]["value"] == expected["mae"].value


@contextmanager
def network(name: str) -> Iterator[str]:
    """A network namespace that reaches this one; the address of this one in it."""
    ip = shutil.which("ip")
    if ip is None or os.geteuid() != 0:
        pytest.skip("network namespaces need the program ip, and root")
    steps = [
        f"netns add {name}",
        f"link add {name}0 type veth peer name {name}1 netns {name}",
        f"addr add 10.213.77.1/30 dev {name}0",
        f"link set {name}0 up",
        f"-n {name} addr add 10.213.77.2/30 dev {name}1",
        f"-n {name} link set {name}1 up",
    ]
    try:
        for step in steps:
            done = subprocess.run([ip, *step.split()], capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"no network namespace can be made here: {done.stderr.strip()}")
        yield "10.213.77.1"
    finally:
        subprocess.run([ip, "netns", "del", name], capture_output=True)


@pytest.mark.deep
def test_workers_of_another_network_read_the_files(files, tmp_path, monkeypatch):
    monkeypatch.setattr(distributed, "_NUMBERS", 1 << 15)
    name = f"losscli{os.getpid() % 10_000}"
    with network(name) as host, cluster(
        tmp_path, host=host, before=("ip", "netns", "exec", name)
    ) as (engine, _):  # fmt: skip
        assert engine.startswith(f"dask:tcp://{host}:")
        found = losscli.evaluate(**ARRAYS, loss="mse", metric="r2", engine=engine)
    assert document(found) == document(losscli.evaluate(**ARRAYS, loss="mse", metric="r2"))


def test_a_scheduler_that_dies_is_an_error(files, tmp_path, monkeypatch):
    monkeypatch.setattr(distributed, "_NUMBERS", 1 << 13)
    spec = f"{slow_loss(tmp_path, seconds=0.5)}:slow"
    with cluster(tmp_path) as (engine, processes):
        threading.Timer(1.0, processes[0].kill).start()
        with pytest.raises(MissingError, match="stopped answering"):
            losscli.evaluate(**ARRAYS, loss=spec, engine=engine)


def slow_loss(folder, seconds=0.05):
    path = folder / "slow.py"
    path.write_text(
        "import time\n\n\ndef slow(pred, target):\n"
        f"    time.sleep({seconds})\n    return (pred - target) ** 2\n"
    )
    return path


def test_a_worker_with_another_file_is_an_error(address, files, monkeypatch):
    def others(paths):
        return dict.fromkeys(found(paths), (1, 2))

    found = distributed.stamps
    monkeypatch.setattr(distributed, "stamps", others)
    with pytest.raises(DataError, match="is not the file of this machine") as caught:
        losscli.evaluate(**ARRAYS, loss="mse", engine=address)
    assert "1 here" in str(caught.value.place)


def test_a_worker_without_the_file_is_an_error(address, files, monkeypatch):
    monkeypatch.setattr(distributed, "stamps", lambda paths: {"/no/such/file.npy": (1, 2)})
    with pytest.raises(DataError, match=r"cannot read /no/such/file\.npy"):
        losscli.evaluate(**ARRAYS, loss="mse", engine=address)


def test_a_worker_of_another_version_is_an_error(address, files, monkeypatch):
    monkeypatch.setattr(distributed, "__version__", "99.0")
    with pytest.raises(MissingError, match=r"has losscli .*; this is 99\.0"):
        losscli.evaluate(**ARRAYS, loss="mse", engine=address)


def test_an_address_that_nobody_answers_is_an_error(files, monkeypatch):
    monkeypatch.setattr("losscli.engines.cluster.PATIENCE_S", 1.0)
    with pytest.raises(MissingError, match=r"no Dask cluster answers at tcp://127\.0\.0\.1:9"):
        losscli.evaluate(**ARRAYS, loss="mse", engine="dask:tcp://127.0.0.1:9")


def test_the_package_that_is_missing_is_named(files, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingError, match="needs the package distributed") as caught:
        losscli.evaluate(**ARRAYS, loss="mse", engine="dask")
    assert caught.value.hint == "pip install 'losscli[dask]'"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"preds": np.zeros(3), "targets": np.zeros(3), "loss": "mse"}, "reads files; a ndarray"),
        (ARRAYS | {"loss": lambda p, t: p - t}, "takes losses by name"),
        (ARRAYS | {"loss": "mse", "per_sample": "losses.npy"}, "needs the rows in one process"),
        (ARRAYS | {"loss": "mse", "engine": "ray"}, "takes local, dask or dask:tcp"),
        (ARRAYS | {"loss": "mse", "engine": "dask:"}, "takes local, dask or dask:tcp"),
    ],
)
def test_what_cannot_be_sent_is_refused(files, options, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        losscli.evaluate(**{"engine": "dask:tcp://127.0.0.1:9"} | options)


@pytest.mark.parametrize("ending", ["done", signal.SIGINT, signal.SIGKILL])
def test_a_local_cluster_leaves_no_process(files, tmp_path, ending):
    spec = "mse" if ending == "done" else f"{slow_loss(tmp_path, seconds=5)}:slow"
    call = [sys.executable, "-m", "losscli", "eval", "preds.npy", "targets.npy", "-l", spec,
            "--engine", "dask", "--threads", "2", "--format", "json"]  # fmt: skip
    process = subprocess.Popen(call, stdout=subprocess.PIPE, env=os.environ)
    children: set[psutil.Process] = set()
    watched = psutil.Process(process.pid)
    end = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end:
        children |= {*_children(watched)}
        if ending != "done" and len(children) >= 2:
            process.send_signal(ending)
            break
        time.sleep(0.02)
    out, _ = process.communicate(timeout=PATIENCE_S)
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert not alive
    if ending == "done":
        assert process.returncode == 0
        assert b'"engine": "dask"' in out
    else:
        assert process.returncode != 0


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def test_the_settings_of_the_caller_stay(address, files):
    before = logging.getLogger("distributed").level
    gc.disable()
    try:
        losscli.evaluate(**ARRAYS, loss="mse", engine=address)
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert logging.getLogger("distributed").level == before


def test_the_doctor_reports_the_workers(address):
    found = run_doctor(DoctorPlan(quick=True, engine=address))
    assert [each.version for each in found.workers] == [losscli.__version__] * 2
    assert all((each.threads, each.memory_bytes > 0) == (1, True) for each in found.workers)
    assert found.workers[0].address in str(found)
