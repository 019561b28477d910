"""The note on intervals of skewed rows: given where they cover too little, and hardly elsewhere."""

import math

import numpy as np
import pytest

from losscli import evaluate

SAMPLES = {
    "gaussian": (lambda generator, rows: 20 + generator.standard_normal(rows), 20.0),
    "log-normal": (lambda generator, rows: generator.lognormal(size=rows), math.exp(0.5)),
    "pareto": (lambda generator, rows: 1 + generator.pareto(2.5, rows), 2.5 / 1.5),
}


def noted(losses):
    """True if a sample of losses has the note."""
    found = evaluate(losses, np.zeros(len(losses)), loss="mae")
    return "skewed" in [each.code for each in found.notes]


@pytest.mark.parametrize(("power", "rows"), [(1, 50), (1, 100), (2, 1_000)])
def test_errors_of_a_gaussian_are_not_noted_where_the_interval_covers(power, rows):
    """Their absolute values from 50 rows on, their squares from 1,000 on."""
    generator = np.random.default_rng(4)
    samples = (abs(generator.standard_normal(rows)) ** power for _ in range(150))
    assert sum(map(noted, samples)) <= 4


def test_few_absolute_errors_of_20_rows_are_noted():
    """94 % of their intervals cover."""
    generator = np.random.default_rng(4)
    assert sum(noted(abs(generator.standard_normal(20))) for _ in range(300)) < 60


@pytest.mark.parametrize("rows", [20, 100, 1_000])
@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("weighted", [False, True])
def test_the_interval_covers_or_is_noted(name, rows, weighted):
    """93 % at least of 150 samples, less three standard errors of so few."""
    draw, mean = SAMPLES[name]
    generator = np.random.default_rng(rows)
    noted = good = 0
    for _ in range(150):
        losses = draw(generator, rows)
        given = {"weights": 0.5 + generator.random(rows)} if weighted else {}
        found = evaluate(losses, np.zeros(rows), loss="mae", **given)
        note = "skewed" in [each.code for each in found.notes]
        low, high = found.losses[0].ci
        noted += note
        good += note or low <= mean <= high
    assert good / 150 > 0.93 - 3 * math.sqrt(0.93 * 0.07 / 150)
    assert noted <= 12 if name == "gaussian" else noted >= (40 if rows < 1_000 else 5)
