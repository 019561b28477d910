"""Two versions of the same implementations in one benchmark."""

import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from losscli import MissingError, UsageError, bench
from losscli.benchmark.changes import changes
from losscli.benchmark.rounds import TimedCall
from losscli.benchmark.rows import refusal

pytestmark = pytest.mark.isolated
QUICK = {"size": "20000", "passes": "forward", "time": 0.6, "memory": False, "threads": 1}
RIGHT = "def mean(p, t):\n    return float(((p.astype('f8') - t) ** 2).mean())\n"
WRONG = "def mean(p, t):\n    return 0.0\n"


def _git(*words):
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], check=True,
                   capture_output=True)  # fmt: skip


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A folder of a repository: the last commit is wrong, and the working tree is right."""
    (tmp_path / "own").mkdir()
    monkeypatch.chdir(tmp_path / "own")
    Path("kernels.py").write_text("from helper import mean\ndef f(p, t):\n    return mean(p, t)\n")
    Path("helper.py").write_text(WRONG)
    _git("init", "--quiet", "..")
    _git("add", "--all")
    _git("commit", "--quiet", "--message", "one")
    Path("helper.py").write_text(RIGHT)
    yield tmp_path
    listed = subprocess.run(["git", "worktree", "list"], capture_output=True, text=True, check=True)
    assert len(listed.stdout.splitlines()) == 1


def test_the_other_version_is_that_of_the_commit(repository, monkeypatch):
    """Its modules too; that it was wrong is not held against the current one."""
    monkeypatch.setattr("losscli.benchmark.rounds.TimedCall.noise_floor", lambda *_: 0.01)
    found = bench(loss="mse", impl="numpy:kernels.py:f", against="HEAD", fail_on="slower", **QUICK)
    old, new = found.rows
    assert (old.impl, new.impl) == ("numpy:kernels.py:f@HEAD", "numpy:kernels.py:f")
    assert "the mean is 0, expected" in old.fault
    assert new.fault is None
    assert (found.exit_code, found.against.dirty, len(found.against.commit)) == (0, True, 40)
    (change,) = found.against.changes
    assert (change.verdict, change.ratio, change.reason) == ("undecided", None, old.fault)
    assert found.against.environment["numpy"] == np.__version__
    assert "against HEAD (" in str(found)


def test_a_worktree_is_prepared_by_a_command(repository):
    """In its root, before anything is imported; a command that fails ends with what it said."""
    Path("kernels.py").write_text("from made import mean as f\n")
    _git("commit", "--all", "--quiet", "--message", "two")
    Path("made.py").write_text(RIGHT)
    with pytest.raises(MissingError, match="imports made") as error:
        bench(loss="mse", impl="numpy:kernels.py:f", against="HEAD", **QUICK)
    assert error.value.place == "HEAD"
    found = bench(
        loss="mse", impl="numpy:kernels.py:f", against="HEAD", setup="cp own/helper.py own/made.py",
        **QUICK,
    )  # fmt: skip
    assert [row.fault for row in found] == [None, None]
    with pytest.raises(UsageError, match="setup ended with exit code 3") as error:
        bench(loss="mse", impl="numpy", against="HEAD", setup="echo no such >&2; exit 3", **QUICK)
    assert error.value.place == "no such"


def test_the_other_version_may_be_a_virtual_environment(tmp_path):
    """Its interpreter and packages, with this losscli."""
    found = bench(loss="mse", impl="numpy", against=sys.prefix, **QUICK)
    assert [row.fault for row in found] == [None, None]
    assert found.rows[0].impl == f"numpy@{sys.prefix}"
    assert found.against.commit is None
    with pytest.raises(UsageError, match="has no bin/python"):
        bench(loss="mse", impl="numpy", against=str(tmp_path), **QUICK)


def test_what_cannot_be_asked_is_refused(repository):
    """An unknown reference, and flags that need another version."""
    with pytest.raises(UsageError, match="no nowhere"):
        bench(loss="mse", impl="numpy", against="nowhere", **QUICK)
    with pytest.raises(UsageError, match="needs against="):
        bench(loss="mse", impl="numpy", fail_on="slower", **QUICK)
    with pytest.raises(UsageError, match="two versions"):
        bench(loss="mse", impl="numpy", against="HEAD", in_process=True, **QUICK)


def _simulated(random, factor, rounds=24):
    """Times with 1 % noise, drift that both share, and spikes in one round of twenty."""
    job = SimpleNamespace(
        workload=SimpleNamespace(label="mse", shape=(1000,)),
        setting=SimpleNamespace(dtype="float32", device="cpu"),
    )
    drift = np.exp(0.02 * np.cumsum(random.standard_normal(rounds)))
    calls = []
    for name, by, baseline in (("f@main", 1.0, "f@main"), ("f", factor, "f@main")):
        spikes = np.where(random.random(rounds) < 0.05, 1.5, 1.0)
        times = by * drift * spikes * np.exp(0.01 * random.standard_normal(rounds))
        call = TimedCall(name, None, 0.0, times=list(times))
        call.baseline = baseline
        calls.append(call)
    return SimpleNamespace(job=job, both=False, timed_calls=calls)


@pytest.mark.parametrize(("factor", "least", "most"), [(1.0, 0, 2), (1.1, 190, 200)])
def test_no_change_is_not_slower_and_a_tenth_is(factor, least, most):
    """200 simulated runs: at most 1 % false alarms, and 95 % of +10 % are found."""
    random = np.random.default_rng(3)
    runs = [next(changes([_simulated(random, factor)], 0.05, "")) for _ in range(200)]
    assert least <= sum(run.verdict == "slower" for run in runs) <= most


def test_a_noise_floor_above_the_margin_decides_nothing():
    """Whatever the times say."""
    assert refusal(0.04, 0.05) == ""
    reason = refusal(0.06, 0.05)
    assert reason == "too noisy to compare (A/A 6 %): close other work, or --threads 1"
    change = next(changes([_simulated(np.random.default_rng(0), 2.0)], 0.05, reason))
    assert (change.verdict, change.ratio, change.reason) == ("undecided", None, reason)


EXITS = [("slower", ("slower",), "", 1), ("slower", (), "", 0), ("undecided", ("slower",), "", 0),
         ("undecided", ("undecided",), "", 6), ("not slower", ("slower", "undecided"), "", 0),
         ("undecided", ("slower",), "too noisy", 6), ("undecided", (), "too noisy", 0)]  # fmt: skip


@pytest.mark.parametrize(("verdict", "fail_on", "noisy", "code"), EXITS)
def test_the_exit_code_is_that_of_the_verdicts_that_fail(verdict, fail_on, noisy, code):
    """1 for slower, 6 where it cannot be decided and somebody asked."""
    from losscli.results.documents.bench import Against, SpeedChange

    change = SpeedChange(impl="f", old="f@main", label="mse", shape=(1,), dtype="float32",
                         device="cpu", passes="forward", verdict=verdict)  # fmt: skip
    against = Against(name="main", margin=0.05, fail_on=fail_on, environment={}, changes=(change,))
    assert against.exit_code(noisy) == code
    assert math.isclose(against.margin, 0.05)
