"""Gates on benchmarks: times and speed-ups by their intervals, memory by its number."""

import re

import pytest

from losscli.benchmark.gates import judge_benchmark
from losscli.gates import parse
from losscli.results.reader import load_document
from tests.differences.conftest import bench, document


def measured(**how):
    """A benchmark of torch and kernels.py:f, whose rows have intervals, speed-ups and memory."""
    made = bench(**how)
    for row in made["rows"]:
        median = row["time_s"]["median"]
        row["time_s"]["ci"] = [0.99 * median, 1.01 * median]
        row["speedup"], row["speedup_ci"] = 1e-3 / median, [0.98e-3 / median, 1.02e-3 / median]
        row["peak_memory_bytes"] = 1 << 20
    return made


def judge(gate, new=None, old=None):
    """The judgement of a gate on a benchmark."""
    result = load_document(new or measured(), "result")
    baseline = load_document(old, "baseline") if old else "there is no baseline"
    return judge_benchmark(result, [parse(gate)], baseline)[0]


ALONE = {
    "mae[impl=torch,pass=forward].time <= 0.002": "pass",
    "mae[impl=torch,pass=forward] <= 0.002": "pass",
    "mae[impl=torch,pass=forward].time <= 0.0005": "fail",
    "mae[impl=torch].time <= 0.002": "pass",
    "mae.time <= 0.01": "pass",
    "mae.time <= 0.0015": "fail",
    "mae[impl='kernels.py:f'].speedup >= 0.4": "pass",
    "mae[impl='kernels.py:f'].speedup >= 0.6": "fail",
    "mae.peak_memory_bytes <= 1048576": "pass",
    "mae.peak_memory_bytes < 1048576": "fail",
    "mae[impl=jax].time <= 1": "error",
    "mae[library=torch].time <= 1": "error",
    "huber.time <= 1": "error",
    "mae.rmse <= 1": "error",
    "mae.time <= baseline": "error",
}


@pytest.mark.parametrize("gate", ALONE)
def test_a_gate_on_a_benchmark(gate):
    """Keys that are left out take every row, all of which must hold."""
    found = judge(gate)
    assert found.status == ALONE[gate], found.reason
    assert found.reason or found.status == "pass"


def test_an_interval_that_spans_the_limit_is_undecided():
    """Whatever side the median is on."""
    median = measured()["rows"][0]["time_s"]["median"]
    for limit in (0.995 * median, 1.005 * median):
        found = judge(f"mae[impl=torch,pass=forward].time <= {limit!r}")
        assert (found.status, found.value) == ("undecided", median)


def spoilt(**fields):
    """The same benchmark with the first row changed."""
    made = measured()
    made["rows"][0] = made["rows"][0] | fields
    return made


SPOILT = {
    "a wrong row": spoilt(correct=False, fault="the mean is 2"),
    "a row that was not timed": spoilt(time_s=None),
    "a row of one round": spoilt(time_s={"median": 1e-3, "ci": None, "rounds_s": [1e-3]}),
    "no rows": document([]),
}


@pytest.mark.parametrize("case", SPOILT)
def test_what_is_no_measurement_is_an_error(case):
    """However low its time is."""
    assert judge("mae[impl=torch,pass=forward].time <= 10", SPOILT[case]).status == "error"


FACTOR = "mae[impl='kernels.py:f'].time <= baseline * 1.05"
AGAINST = {
    "the same": ({"seed": 1}, "pass"),
    "20 % slower": ({"seed": 1, "slowdown": 1.2}, "fail"),
    "a slower machine": ({"seed": 1, "machine": 1.3}, "pass"),
}


@pytest.mark.parametrize("case", AGAINST)
def test_a_factor_of_a_saved_time_is_held_by_the_ratio(case):
    """Relative to the first implementation, whose code did not change; told in seconds."""
    how, status = AGAINST[case]
    new = measured(**how)
    found = judge(FACTOR, new, measured(seed=0))
    assert found.status == status, found.reason
    assert "x the baseline" in found.reason
    mine = [row for row in new["rows"] if row["impl"] == "kernels.py:f" and row["label"] == "mae"]
    assert any(found.value == pytest.approx(row["time_s"]["median"]) for row in mine)


def test_a_baseline_of_another_machine_is_no_evidence():
    """Nor one that lacks the row, or has a row that is gone."""
    other = measured()
    other["environment"] = other["environment"] | {"torch": "2.12.0", "devices": {"cpu": "Another"}}
    assert judge(FACTOR, measured(), other).status == "error"
    torch_only = measured()
    torch_only["rows"] = [row for row in torch_only["rows"] if row["impl"] == "torch"]
    assert judge(FACTOR, measured(), torch_only).status == "error"
    gone = judge("mae.time <= baseline * 2", torch_only, measured())
    assert (gone.status, "the baseline has it" in gone.reason) == ("error", True)
    assert judge("mae.peak_memory_bytes <= baseline * 2", torch_only, measured()).status == "error"


def test_an_excess_is_told_in_the_unit_of_what_is_held():
    """Seconds of a time, bytes of memory; a ratio has no unit."""
    rows = [
        row | {"time_s": {"median": 2e-3, "ci": [1.9e-3, 2.1e-3]}} for row in measured()["rows"]
    ]
    fixed = document(rows)
    assert judge("mae[impl=torch,pass=forward] <= 0.0015", fixed).reason == (
        "over by 500 us (33 %), all of [1.90 ms, 2.10 ms]"
    )
    assert judge("mae[impl=torch,pass=forward] <= 0.002", fixed).reason == (
        "[1.90 ms, 2.10 ms] contains the limit of 2.00 ms"
    )
    memory = judge("mae[impl=torch,pass=forward].peak_memory_bytes <= 524288", fixed)
    assert memory.reason == "over by 512 KiB (100 %)"
    slower = judge(FACTOR, measured(seed=1, slowdown=1.2), measured(seed=0)).reason
    assert re.search(r"over by 0\.\d+ .*all of \[1\.\d+, 1\.\d+\]", slower), slower
    assert not re.search(r"\d (s|ms|us)\b", slower)
