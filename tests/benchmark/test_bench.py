"""What `losscli bench` measures, says and refuses."""

import json
import math
import shutil
import sys

import numpy as np
import pytest
import torch

from losscli import MissingError, UsageError, bench, losses
from losscli.benchmark.rows import conclusions
from losscli.render.formats.table import lines_of

FOUNDING = ("smooth_l1", "cross_entropy", "bce", "bce_with_logits", "mae", "mse")


@pytest.mark.parametrize("loss", FOUNDING)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_libraries_are_right_in_both_passes(rows, loss, dtype):
    """Numpy and torch, by the rule; numpy's mean is exact."""
    found = rows(loss, "numpy", "torch", dtype=dtype)
    assert [(row.impl, row.passes) for row in found] == [
        (impl, passes) for passes in ("forward", "forward+backward") for impl in ("numpy", "torch")
    ]
    assert [row.fault for row in found] == [None] * 4
    assert all(row.max_ulp <= 0.5 for row in found if row.impl == "numpy")
    assert all((row.grad_max_ulp is not None) == row.both for row in found)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_narrow_types_are_torchs(rows, dtype):
    """NumPy has no bfloat16: it is left out, with the reason."""
    found = bench(
        loss="mse", impl=["numpy", "torch"], dtype=dtype, size="4096", time=0.3, memory=False
    )
    impls = {row.impl for row in found}
    assert impls == ({"torch"} if dtype == "bfloat16" else {"numpy", "torch"})
    assert {each.impl: each.reason for each in found.left_out} == (
        {"numpy": "NumPy has no bfloat16"} if dtype == "bfloat16" else {}
    )
    assert all(row.correct for row in found)


def test_a_row_says_what_the_contract_says(ticks):
    """Names, kinds and relations of the JSON's fields."""
    result = bench(loss="mse", impl=["numpy", "torch"], size="1e5", time=1.5)
    document = json.loads(result.to_json())
    assert document["schema"] == "losscli/bench/1"
    assert document["exit_code"] == 0
    for row in document["rows"]:
        time = row["time_s"]
        assert row["shape"] == [100_000]
        assert row["bytes"] == (800_000 if row["pass"] == "forward" else 1_200_000)
        assert row["gb_per_s"] == pytest.approx(row["bytes"] / time["median"] / 1e9)
        assert row["limit_fraction"] == pytest.approx(row["limit_time_s"] / time["median"])
        assert time["min"] <= time["median"]
        assert len(time["rounds_s"]) == row["rounds"] <= time["n"]
        assert row["peak_memory_bytes"] > 0
        assert row["cache"] == "warm"
    first, second = document["rows"][:2]
    assert (first["speedup"], first["speedup_ci"]) == (1.0, [1.0, 1.0])
    low, high = second["speedup_ci"]
    assert low <= second["speedup"] <= high
    assert high - low < 0.05
    assert {"device", "level", "read_gb_per_s", "copy_gb_per_s", "launch_s"} <= set(
        document["limits"][0]
    )
    assert document["noise_floor"] >= 0
    assert list(result.to_frame()["impl"]) == ["numpy", "torch"] * 2


def test_speedup_points_the_way_it_says(rows, ticks, tmp_path, monkeypatch):
    """Above 1 is faster than the first: by a function that rests, either way round."""
    monkeypatch.setattr("time.sleep", ticks.rest)
    (tmp_path / "slow.py").write_text(
        "import time, torch.nn.functional as F\n"
        "def rests(pred, target):\n"
        "    time.sleep(0.05)\n"
        "    return F.mse_loss(pred, target)\n"
    )
    _, slow = rows("mse", "torch", "slow.py:rests", passes="forward")
    assert slow.speedup_ci[1] < 1.0
    _, fast = rows("mse", "slow.py:rests", "torch", passes="forward")
    assert fast.speedup_ci[0] > 1.0


def test_a_speedup_that_drifts_has_no_interval_and_says_so(ticks, tmp_path, monkeypatch):
    """Eight rounds of one speed and then of another: that is one change, and not a dozen draws."""
    monkeypatch.setattr("time.sleep", ticks.rest)
    (tmp_path / "slow.py").write_text(
        "import itertools, time, torch.nn.functional as F\n"
        "calls = itertools.count()\n"
        "def tires(pred, target):\n"
        "    if len(pred) == 2000:\n"  # not one of the small inputs that are checked before
        "        time.sleep(0.05 if next(calls) < 24 else 0.2)\n"
        "    return F.mse_loss(pred, target)\n"
    )
    result = bench(
        loss="mse", impl=["torch", "slow.py:tires"], size="2000", passes="forward", time=2,
        memory=False,
    )  # fmt: skip
    _, tired = result.rows
    assert tired.rounds >= 10
    assert tired.speedup < 0.01
    assert tired.speedup_ci is None
    (words,) = [note.message for note in tired.notes if note.code == "no_interval"]
    page = "\n".join(line for line, _ in lines_of(result, math.inf, "utf-8"))
    assert words in page
    (line,) = [line for line in page.splitlines() if line.startswith("    tires")]
    assert line.endswith(f"  {tired.speedup:.3g}")


def test_time_bounds_the_whole_command(ticks, tmp_path, monkeypatch):
    """Checks, rounds and compilation end in time; the rest is cut, and named."""
    monkeypatch.setattr("losscli.benchmark.measure._GRACE_S", 1.0)
    monkeypatch.setattr("time.sleep", ticks.rest)
    (tmp_path / "slow.py").write_text(
        "import time, torch.nn.functional as F\n"
        "def rests(pred, target):\n"
        "    if len(pred) == 2000:\n"  # not one of the small inputs that are checked before
        "        time.sleep(0.5)\n"
        "    return F.mse_loss(pred, target)\n"
    )
    specs = [f"{label}=mse" for label in "abcdef"]
    impl = ["torch", *(f"{label}=slow.py:rests" for label in "abcdef")]
    result = bench(loss=specs, impl=impl, size="2000", time=30, memory=False)
    assert result.wall_s <= 1.1 * 30
    assert 2 <= len(result.rows) < 24
    (note,) = [note.message for note in result.notes if note.code == "time_limit"]
    assert note.startswith("--time 30 left no time for: ")
    cut = note.partition(": ")[2].split(", ")
    measured = [f"{row.label} {row.passes}" for row in result.rows[::2]]
    assert [*measured, *cut] == [
        f"{label} {direction}"
        for label in "abcdef"
        for direction in ("forward", "forward+backward")
    ]


def test_blocks_leave_the_others_time(ticks, monkeypatch):
    """For their checks, which take as long as its own; what follows its rounds is not known yet."""
    from losscli.benchmark.experiment import Experiment

    stops = []
    monkeypatch.setattr("losscli.benchmark.measure._GRACE_S", 1.0)
    monkeypatch.setattr(Experiment, "check_before", lambda *_: ticks.rest(3.0))
    monkeypatch.setattr(Experiment, "time", lambda _, __, stop, **___: stops.append(stop) or 0.0)
    bench(loss="mse", impl="numpy", size="1000", time=20, memory=False)
    first, last = stops
    assert last.deadline - first.deadline == pytest.approx(3.0 + 3.0, abs=0.1)


def test_a_run_says_what_its_benchmark_left_out(ticks, tmp_path, monkeypatch, capsys):
    """With the name of the step, on stderr."""
    from losscli.cli.app import run

    monkeypatch.setattr("losscli.benchmark.measure._GRACE_S", 0.0)
    (tmp_path / "c.yaml").write_text(
        "version: 1\n"
        "benches:\n"
        "  kernels: {losses: [mse], impl: [numpy], size: [1000], time: 0.001, memory: false}\n"
    )
    assert run(["run", "c.yaml"]) == 0
    words = "note: kernels: --time 0.001 left no time for: mse forward+backward"
    assert words in capsys.readouterr().err


def test_memory_that_there_is_no_time_for_is_named(ticks, monkeypatch):
    """Unknown in the row, and a note."""
    monkeypatch.setattr("losscli.benchmark.measure._MEMORY_SHARE", 0.0)
    result = bench(loss="mse", impl=["numpy", "torch"], size="1000", passes="forward", time=5)
    assert [row.peak_memory_bytes for row in result.rows] == [None, None]
    (note,) = [note.message for note in result.notes if note.code == "time_limit"]
    assert note == "--time 5 left no time for: the memory of numpy, the memory of torch"


VERDICTS = {
    "slower": "faster", "same": "not significant", "noisy": "too noisy",
    "very noisy": "too noisy", "unknown": "undecided",
}  # fmt: skip
CONCLUSIONS = {
    "faster": (2.0, (1.9, 2.1), 0.01, "fast is 2.00x faster than first, forward, 95 % CI"),
    "slower": (0.5, (0.4, 0.6), 0.01, "first is 2.00x faster than fast, forward, 95 % CI"),
    "same": (1.0, (0.9, 1.1), 0.01, "first do not differ significantly, forward, ratio 1.00"),
    "noisy": (1.2, (1.1, 1.3), 0.2, "too noisy to tell fast from first, forward (A/A noise"),
    "very noisy": (9.0, (8.0, 10.0), 26.48, "too noisy to tell fast from first, forward"),
    "unknown": (2.0, None, 0.01, "undecided, there is no interval"),
}


def test_a_benchmark_ends_with_a_sentence_a_loss(ticks):
    """No implementation is called faster within the noise that one call has against itself."""
    result = bench(
        loss="mse", impl=["numpy", "torch"], size="1000", time=1, memory=False, passes="forward"
    )
    first, other = result.rows
    first = first.replace(impl="first")
    for name, (ratio, ci, noise, words) in CONCLUSIONS.items():
        rows = first, other.replace(impl="fast", speedup=ratio, speedup_ci=ci)
        said = tuple(conclusions(rows, noise))
        changed = result.replace(rows=rows, noise_floor=noise, conclusions=said)
        *_, last = (line for line, _ in lines_of(changed, math.inf, "utf-8"))
        assert last.startswith("  mse: "), name
        assert words in last, name
        (one,) = json.loads(changed.to_json())["conclusions"]
        assert one["verdict"] == VERDICTS.get(name, name)


FORMS = """
import numpy as np, torch, torch.nn.functional as F
def mean(pred, target, beta=1.0): return F.smooth_l1_loss(pred, target, beta=beta)
def rows(pred, target, beta=1.0): return F.smooth_l1_loss(pred, target, beta=beta, reduction="none")
def pair(pred, target, beta=1.0):
    return mean(pred, target, beta), torch.clamp((pred - target) / beta, -1, 1) / len(pred)
class Module(torch.nn.Module):
    def __init__(self, beta=1.0):
        super().__init__()
        self.beta = beta
    def forward(self, pred, target): return mean(pred, target, self.beta)
instance = Module(0.5)
def arrays(pred, target, beta=1.0):
    d = (pred - target).astype(np.float64)
    near = np.minimum(np.abs(d), beta)
    return (near / beta * (np.abs(d) - near / 2)).mean(), (np.clip(d / beta, -1, 1) / len(d))
"""


@pytest.mark.parametrize("name", ["mean", "rows", "pair", "Module", "instance", "numpy:arrays"])
def test_a_function_may_have_many_forms(rows, tmp_path, name):
    """Mean, rows, value with gradient, nn.Module; parameters come as keywords."""
    (tmp_path / "forms.py").write_text(FORMS)
    prefix, _, plain = name.rpartition(":")
    impl = f"{prefix}:forms.py:{plain}" if prefix else f"forms.py:{plain}"
    found = rows("smooth_l1:beta=0.5", impl)
    assert [(row.impl, row.fault) for row in found] == [(impl, None)] * 2


@pytest.mark.deep
def test_linear_cross_entropy_holds_no_logits():
    """It is right, as torch is, in a fraction of the memory of the logits."""
    result = bench(
        loss="linear_cross_entropy",
        impl=["numpy", "torch"],
        size="8192x16x4096",
        passes="forward",
        time=4,
    )
    own, theirs = result.rows
    logits = 4 * 8192 * 4096
    assert own.correct
    assert theirs.correct
    assert own.peak_memory_bytes < 0.5 * logits < logits <= theirs.peak_memory_bytes


def test_linear_gradients_are_right(rows):
    """Of hidden states and of weights, beside torch's."""
    found = rows("linear_cross_entropy", "numpy", "torch", size="300x32x100")
    assert [row.fault for row in found] == [None] * 4


@pytest.mark.parametrize("loss", ["mse", "label=mse", losses.mse], ids=str)
def test_peak_memory_is_what_a_call_adds(loss):
    """Torch's elementwise mean holds one array of the inputs' size, whatever names the loss."""
    result = bench(loss=loss, impl="torch", size="4194304", passes="forward", time=2)
    (row,) = result.rows
    assert 15 << 20 < row.peak_memory_bytes < 40 << 20


def test_cold_caches_are_emptied_before_each_call(rows, monkeypatch):
    """As often as there are timed calls, and never where they are warm."""
    from losscli.benchmark.clock import HostClock

    flushed = []
    monkeypatch.setattr(HostClock, "flush", lambda _: flushed.append(1))
    (warm,) = rows("mse", "torch", passes="forward")
    assert (warm.cold, len(flushed)) == (False, 0)
    (cold,) = rows("mse", "torch", passes="forward", cache="cold")
    assert cold.cold
    assert len(flushed) >= cold.times.n


def test_bfloat16_means_are_vacuous_where_a_constant_would_pass(rows):
    """The tolerance of a mean of a million rows in eight bits is wider than what it judges."""
    (row,) = rows("mae", "torch", dtype="bfloat16", size="1e6", passes="forward", time=1)
    assert "vacuous" in [note.code for note in row.notes]
    (row,) = rows("mae", "torch", size="1e6", passes="forward", time=1)
    assert "vacuous" not in [note.code for note in row.notes]


REFUSED = {
    "no such implementation": ({"impl": "tensorflow"}, "unknown implementation"),
    "near": ({"impl": "torch.compil"}, "did you mean torch.compile"),
    "unbound": ({"impl": "cheats.py:honest", "loss": ("mse", "mae")}, "bound to no loss"),
    "no file": ({"impl": "nope.py:f"}, "there is no file nope.py"),
    "no name": ({"impl": "cheats.py:honst"}, "did you mean honest"),
    "no module": ({"impl": "nope:f"}, "there is no module nope"),
    "no loss": ({"loss": "mze"}, "unknown loss"),
    "no size": ({"size": "many"}, "is not a size"),
    "classes of mse": ({"size": "10x10"}, "takes elements"),
    "no dtype": ({"dtype": "float8"}, "unknown dtype 'float8'"),
    "no device": ({"device": "tpu"}, "unknown device 'tpu'"),
    "bound to nothing": ({"impl": ["torch", "mae=cheats.py:honest"]}, "which is not benchmarked"),
    "a statistic": ({"loss": "rmse"}, "rmse is a statistic of mse"),
    "no pass": ({"passes": "backward"}, "not 'backward'"),
    "no time": ({"time": 0}, "a positive number of seconds"),
    "no cache": ({"cache": "hot"}, "cache takes warm or cold"),
    "no plot": ({"plot": "p.txt"}, "unknown suffix"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case):
    """Before any work, with what to do."""
    flags, words = REFUSED[case]
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        bench(**{"loss": "mse", "impl": "torch", "size": "1000", "time": 0.2, **flags})


def test_a_bound_function_runs_for_its_loss_only():
    """LOSS=FILE.py:NAME; the row is called what was given."""
    impl = "smooth_l1=cheats.py:honest"
    result = bench(
        loss=["mse", "smooth_l1"], impl=["torch", impl], size="5000", time=0.5, memory=False
    )
    found = [(row.label, row.impl) for row in result.rows if not row.both]
    assert found == [("mse", "torch"), ("smooth_l1", "torch"), ("smooth_l1", impl)]


def test_a_machine_without_cuda_says_what_it_has():
    """Exit code 4, and what was found."""
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(MissingError, match="0 CUDA devices found"):
        bench(device="cuda")


def test_all_leaves_out_what_is_absent_and_says_so(monkeypatch):
    """Naming a library that is absent is an error; `all` is not."""
    monkeypatch.setitem(sys.modules, "liger_kernel", None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    result = bench(loss="mse", impl="all", size="2000", time=0.5, memory=False, passes="forward")
    assert {"numpy", "torch", "sklearn"} <= {row.impl for row in result.rows}
    left_out = {each.impl: each.reason for each in result.left_out}
    assert left_out["liger"] == "Liger is not installed"
    assert left_out["torch.compile"] == "torch.compile needs a C++ compiler on the CPU"
    with pytest.raises(MissingError, match="Liger is not installed"):
        bench(loss="cross_entropy", impl="liger", size="64x8", time=0.2)


@pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile has no compiler here")
def test_the_time_to_compile_is_told_apart():
    """And is no part of a call."""
    result = bench(
        loss="mse", impl="torch.compile", size="2000", time=0.5, memory=False, passes="forward"
    )
    (row,) = result.rows
    assert row.compile_s > 0
    assert row.correct


def test_numpys_mean_is_the_exact_mean_of_the_declared_values():
    """The implementation is the library's own loss."""
    from losscli.benchmark.workloads import workload_of_words
    from losscli.implementations.implementation import Setting
    from losscli.implementations.registry import parse

    rng = np.random.default_rng(5)
    pred, target = rng.standard_normal((2, 300_000))
    runner = parse("numpy").prepare(
        workload_of_words("mse", [300_000]), Setting("cpu", "float64", 2)
    )
    answer = runner.both(pred, target)
    assert float(answer.value) == math.fsum(losses.mse(pred, target)) / 300_000
    assert np.array_equal(answer.gradients[0], losses.mse.gradient(pred, target) / 300_000)


@pytest.mark.parametrize("name", ["float64", "float32", "float16", "bfloat16"])
def test_types_know_their_last_place(name):
    """The distance to the next number is torch's."""
    from losscli.checks.precision import precision

    kind = precision(name)
    for x in (1.0, 1.5, 2.0, 0.75, 3e-3, 240.0, 1e-4):
        value = torch.tensor(x, dtype=getattr(torch, name))
        up = torch.nextafter(value, torch.tensor(math.inf, dtype=value.dtype))
        assert float(kind.spacing(float(value))) == float(up.double() - value.double())
    tiny = torch.nextafter(
        torch.zeros((), dtype=getattr(torch, name)), torch.ones((), dtype=getattr(torch, name))
    )
    assert float(kind.spacing(0.0)) == float(tiny.double())
    assert kind.eps == torch.finfo(getattr(torch, name)).eps


def test_every_library_is_a_file_that_prepares():
    """Its name is what --impl takes; what it does is said where it is written."""
    from importlib import import_module

    from losscli.implementations.registry import libraries

    assert {"numpy", "torch", "torch.compile", "sklearn", "liger"} <= libraries().keys()
    for name, module in libraries().items():
        found = import_module(module)
        assert found.__doc__, name
        assert found.prepare.__doc__, name


def test_an_implementation_is_found_because_its_file_is_there(tmp_path, monkeypatch):
    """In any folder of the package's path; dots stand for underscores."""
    from losscli.implementations import libraries, registry

    (tmp_path / "slow_numpy.py").write_text(
        "import numpy as np\n"
        "from losscli.implementations.implementation import Answer, Runner\n"
        "def prepare(workload, setting):\n"
        "    return Runner('numpy', lambda p, t: Answer(np.mean((p - t) ** 2)), None)\n"
    )
    monkeypatch.setattr(libraries, "__path__", [*libraries.__path__, str(tmp_path)])
    registry.libraries.cache_clear()
    try:
        (row,) = bench(loss="mse", impl="slow.numpy", size="100", time=0.1, memory=False).rows
    finally:
        registry.libraries.cache_clear()
    assert (row.impl, row.correct) == ("slow.numpy", True)


@pytest.mark.real_limit
def test_the_limit_is_what_memory_gives_here():
    """Measured for the row's working set, and no row is told without it."""
    found = bench(loss="mse", impl="numpy", size="1e5", passes="forward", time=0.2, memory=False)
    (row,) = found.rows
    (limit,) = [one for one in found.limits if one.bytes == row.bytes]
    assert row.limit_time_s == pytest.approx(row.bytes / (1e9 * limit.read_gb_per_s))
    assert 0.1 < limit.copy_gb_per_s < 1e5


@pytest.mark.real_limit
def test_what_is_small_has_no_limit_and_says_so():
    """A bandwidth at a few bytes cannot be measured."""
    found = bench(loss="mse", impl="numpy", size="10", passes="forward", time=0.2, memory=False)
    (row,) = found.rows
    assert row.limit_time_s is None
    assert "launch_bound" in [note.code for note in row.notes]


def test_what_is_asked_for_twice_is_done_once(rows):
    """Devices, types, sizes and implementations."""
    twice = {"device": ["cpu", "cpu"], "dtype": ["float32"] * 2, "size": ["1000", "1000"]}
    found = rows("mse", "torch", "torch", passes="forward", **twice)
    assert len(found) == 1
