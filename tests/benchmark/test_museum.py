"""Every exhibit of the museum is caught, and the honest function beside it is not."""

import re

import pytest

from losscli import bench
from losscli.results.documents.bench import Limit

EXHIBITS = {
    "zeros": "the mean is 0, expected",
    "remembers_addresses": "incorrect while timed|other answers|the mean is",
    "remembers_a_few_values": "incorrect while timed|the mean is",
    "stops_after_a_while": "the mean is|incorrect while timed",
    "changes_inputs": "the mean is 0, expected|changes its inputs",
    "half_precision": "the mean is|incorrect while timed",
    "still_running": "the mean is nan",
    "answers_late": "incorrect while timed|the mean is",
    "unwritten_rows": "nan|value incorrect",
    "one_nan": "value incorrect: .* first at 511: nan",
    "changing_answers": "other answers to the same call",
    "stops_the_clock": "replaces the clock",
    "exits": "it exits the program: 0",
    "raises_later": "ValueError: later",
    "lazy": "returns a _Lazy",
    "raises": "RuntimeError: out of registers",
    "wrong_shape": "wrong shape",
}
WITH_GRADIENT = {
    "unwritten_gradient": "gradient incorrect",
    "wrong_gradient": "gradient incorrect: [0-9,]+ of [0-9,]+",
    "half_precision": "the mean is|gradient incorrect",
    "one_buffer": "an answer changed after it was given",
    "junk_elsewhere": "incorrect while timed|gradient incorrect|other answers",
    "a_float": "neither a tensor with a gradient nor a gradient",
}


@pytest.mark.parametrize("name", EXHIBITS)
def test_a_cheat_is_wrong_and_says_why(rows, name):
    """It gets no speed-up; honesty beside it is right."""
    honest, cheat = rows("smooth_l1", "torch", f"cheats.py:{name}", passes="forward")
    assert honest.correct
    assert honest.speedup == 1.0
    assert not cheat.correct
    assert cheat.speedup is None
    assert re.search(EXHIBITS[name], cheat.fault), cheat.fault


@pytest.mark.parametrize("name", WITH_GRADIENT)
def test_a_wrong_gradient_is_wrong(rows, name):
    """Backward is judged as forward is."""
    honest, cheat = rows("smooth_l1", "torch", f"cheats.py:{name}", passes="forward+backward")
    assert honest.correct
    assert not cheat.correct
    assert re.search(WITH_GRADIENT[name], cheat.fault), cheat.fault


IN_A_PROCESS = [(name, "forward", words) for name, words in EXHIBITS.items()]
IN_A_PROCESS += [(name, "forward+backward", words) for name, words in WITH_GRADIENT.items()]


@pytest.mark.deep
@pytest.mark.isolated
@pytest.mark.parametrize(("name", "passes", "words"), IN_A_PROCESS)
def test_a_cheat_is_wrong_in_a_process_of_its_own(name, passes, words):
    """For the same reasons as in this one, or because of the guards there."""
    impl = ["numpy", f"cheats.py:{name}"]
    given = {"size": "20000", "time": 1.0, "memory": False, "threads": 1}
    honest, cheat = bench(loss="smooth_l1", impl=impl, passes=passes, **given).rows
    assert honest.correct
    assert not cheat.correct
    assert cheat.speedup is None
    assert re.search(f"{words}|it replaces|between its calls", cheat.fault), cheat.fault


def test_the_honest_function_is_right_in_both_passes(rows):
    """So that the tests above do not pass for everybody."""
    found = rows("smooth_l1", "torch", "cheats.py:honest")
    assert [row.fault for row in found] == [None] * 4
    assert all(row.speedup_ci for row in found)


def test_faster_than_memory_is_implausible(rows, monkeypatch):
    """A limit that is a thousand times slower than this machine's makes honesty implausible."""
    slow = Limit("cpu", "memory", 1, 0.001, 0.001)
    monkeypatch.setattr("losscli.benchmark.devices.host_limit", lambda *_: slow)
    (row,) = rows("mse", "torch", passes="forward")
    assert not row.correct
    assert re.search(r"implausible: [0-9.]+ times as fast as memory allows", row.fault)


def test_a_wrong_baseline_is_none(rows):
    """Nobody has a speed-up over it, and the others are right."""
    cheat, honest = rows("smooth_l1", "cheats.py:zeros", "torch", passes="forward")
    assert not cheat.correct
    assert honest.correct
    assert honest.times is not None
    assert (cheat.speedup, honest.speedup) == (None, None)


def test_a_number_of_pythons_is_a_mean(rows):
    """Right, where only the value is asked for."""
    (row,) = rows("smooth_l1", "cheats.py:a_float", passes="forward")
    assert row.fault is None


def test_what_a_function_prints_is_no_part_of_the_document(capsys):
    """It goes where progress goes."""
    result = bench(
        loss="smooth_l1", impl="cheats.py:prints", size="1000", time=0.2, memory=False, threads=1
    )
    said = capsys.readouterr()
    assert result.exit_code == 0
    assert said.out == ""
    assert "hello" in said.err


def test_a_machine_that_is_too_noisy_compares_nothing(ticks, monkeypatch):
    """No speed-ups and no verdicts; the reason comes first, and gates on times are undecided."""
    from losscli.benchmark.gates import judge_benchmark
    from losscli.gates import parse

    monkeypatch.setattr("losscli.benchmark.rows.NOISY", 0.25)
    monkeypatch.setattr("losscli.benchmark.rounds.TimedCall.noise_floor", lambda *_: 0.41)
    given = {"size": "1000", "time": 1, "memory": False, "passes": "forward", "threads": 1}
    result = bench(loss="mse", impl=["numpy", "torch", "cheats.py:zeros"], **given)
    words = "too noisy to compare (A/A 41 %): close other work, or --threads 1"
    assert (result.notes[0].code, result.notes[0].message) == ("too_noisy", words)
    assert [row.speedup for row in result.rows] == [1.0, None, None]
    assert result.conclusions == ()
    asked = ("mse[impl=torch].speedup >= 1", "mse[impl=torch].time <= 1", "mse[impl=x].time <= 1")
    verdicts = judge_benchmark(result, [parse(text) for text in asked])
    assert [(one.status, one.reason) for one in verdicts[:2]] == [("undecided", words)] * 2
    assert verdicts[2].status == "error"
