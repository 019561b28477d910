"""Intervals of metrics cover their level, or a note says that they do not and what to use."""

import math

import numpy as np
import pytest

from losscli import evaluate


def interval(pred, target, spec, **given):
    """The interval of a metric, the codes of the notes and the first hint."""
    found = evaluate(pred, target, metric=f"m={spec}", **given)
    low = [note for note in found.notes if note.code == "low_coverage"]
    return found["m"], low[0] if low else None


def ranked(generator, rows, share):
    target = (generator.random(rows) < share).astype(int)
    return generator.normal(size=rows) + 1.5 * target, target


def test_the_interval_of_a_quantile_is_of_order_statistics():
    """Of 400 rows the 90 % quantile lies between the 349th and the 372nd with 95 %."""
    losses = np.random.default_rng(1).lognormal(size=400)
    found, note = interval(losses, np.zeros(400), "quantile:loss=mae,q=0.9")
    ordered = np.sort(losses)
    half = 1.959963984540054 * math.sqrt(0.9 * 0.1 / 400)
    assert (math.ceil(400 * (0.9 - half)), math.ceil(400 * (0.9 + half))) == (349, 372)
    assert found.ci == (ordered[348], ordered[371])
    assert note is None


def test_the_interval_of_average_precision_lies_in_0_to_1():
    """It is symmetric on the scale of log(x / (1 - x)), by the positive rows."""
    pred, target = ranked(np.random.default_rng(2), 60, 0.5)
    found, _ = interval(pred + 2 * target, target, "average_precision")
    low, high = found.ci
    assert 0 < low < found.value < high < 1
    centre = math.log(found.value / (1 - found.value))
    below, above = (math.log(x / (1 - x)) for x in (low, high))
    assert above - centre == pytest.approx(centre - below)
    slope = found.value * (1 - found.value)
    assert (above - centre) * slope > 1.96 * found.stderr


@pytest.mark.parametrize(
    ("spec", "share", "rows", "noted"),
    [
        ("average_precision", 0.5, 100, False),
        ("average_precision", 0.1, 100, True),
        ("quantile:loss=mae,q=0.9", None, 100, False),
        ("quantile:loss=mae,q=0.9", None, 30, True),
        ("quantile:loss=mae,q=0.1", None, 100, False),
    ],
)
def test_the_interval_covers_or_is_noted(spec, share, rows, noted):
    """93 % at least of 150 samples, less three standard errors of so few."""

    def draw(generator, count):
        if share is None:
            return generator.normal(size=count), np.zeros(count)
        return ranked(generator, count, share)

    true = interval(*draw(np.random.default_rng(1), 1_000_000), spec)[0].value
    generator = np.random.default_rng(3)
    good = notes = 0
    for _ in range(150):
        found, note = interval(*draw(generator, rows), spec)
        notes += note is not None
        good += note is not None or found.ci[0] <= true <= found.ci[1]
    assert good / 150 > 0.93 - 3 * math.sqrt(0.93 * 0.07 / 150)
    assert notes > 140 if noted else notes < 10


def test_rows_beyond_a_quantile_are_counted():
    """Above it or below it, whichever are fewer."""
    values = np.arange(30.0)
    _, note = interval(values, np.zeros(30), "quantile:loss=mae,q=0.9")
    assert "3 rows lie above it" in note.message
    _, note = interval(values, np.zeros(30), "quantile:loss=mae,q=0.1")
    assert "3 rows lie below it" in note.message


def test_few_positive_rows_are_noted():
    pred, target = np.arange(50.0), (np.arange(50) > 40).astype(int)
    _, note = interval(pred[::-1] % 7, target, "average_precision")
    assert "9 rows are positive" in note.message
    assert "20 positive rows" in note.hint


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_the_bias_of_ece_is_noted(strategy):
    """Of calibrated probabilities; not where all bins are far off."""
    generator = np.random.default_rng(5)
    pred = generator.random(500)
    target = (generator.random(500) < pred).astype(int)
    spec = f"ece:strategy={strategy}"
    found, note = interval(pred, target, spec)
    raised = float(note.message.split("by about ")[1])
    assert found.value / 3 < raised < found.value  # its limit is 0
    assert interval(0.6 + 0.4 * pred, np.zeros(500, int), spec)[1] is None
