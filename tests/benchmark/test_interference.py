"""Notes of a machine that interferes with a benchmark."""

import pytest

from losscli.benchmark import interference
from losscli.benchmark.interference import Interference


@pytest.mark.parametrize(("stolen", "codes"), [(0, []), (1, []), (100, ["cpu_steal"])])
def test_stolen_time_is_noted_beyond_two_percent(monkeypatch, stolen, codes):
    """Of all CPU time since the start."""
    monkeypatch.setattr(interference, "_throttled", lambda: 3)
    monkeypatch.setattr(interference, "_ticks", lambda: [1000, 0, 50, 9000, 0, 0, 0, 70])
    watch = Interference()
    monkeypatch.setattr(interference, "_ticks", lambda: [1500, 0, 50, 9400, 0, 0, 0, 70 + stolen])
    assert [note.code for note in watch.notes()] == codes


def test_a_throttled_processor_is_noted(monkeypatch):
    """By its own count."""
    monkeypatch.setattr(interference, "_ticks", list)
    monkeypatch.setattr(interference, "_throttled", lambda: 3)
    watch = Interference()
    monkeypatch.setattr(interference, "_throttled", lambda: 4)
    assert [note.code for note in watch.notes()] == ["throttled"]
