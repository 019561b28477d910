"""Every metric has the same bits for any threads, blocks and files, and counts equal rows."""

import math

import msgspec
import numpy as np
import pytest

from losscli import evaluate
from losscli.backends.backend import choose
from losscli.engines.local import LocalEngine
from losscli.evaluation.measure import measure
from losscli.metrics.binding import bind
from losscli.sources.opening import open_source
from tests.metrics.samples import TRAIN, cases

ROWS = 301
NUMPY = choose("numpy", "cpu", "float64")
CASES = {case.name: case for case in cases()}
del CASES["accuracy:/a row of numbers a sample"]  # both sides are read as sets of labels


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder for files, with the training series in it."""
    folder = tmp_path_factory.mktemp("metrics")
    np.save(folder / "train.npy", TRAIN)
    return folder


def spec_of(case, files):
    """The words of a metric and of the parameters that were given."""
    given = dict(case.given)
    if "train" in given:
        given["train"] = f"@{files / 'train.npy'}"
    if "quantiles" in given:
        given["quantiles"] = "/".join(map(str, given["quantiles"]))
    words = ",".join(f"{key}={value}" for key, value in given.items())
    return f"m={case.metric.name}:{words}" if words else f"m={case.metric.name}"


def bits(results):
    """All fields of results, numbers to the last bit, nan among them."""
    return repr(msgspec.to_builtins(results))


def sample(case):
    """Predictions, targets, weights and groups of unequal size."""
    pred, target = case.rows(13, ROWS)
    random = np.random.default_rng(17)
    return pred, target, random.uniform(0.5, 2.0, ROWS), random.integers(0, 3, ROWS) ** 2


@pytest.mark.parametrize("name", CASES)
def test_no_bit_depends_on_threads_or_blocks(name, files):
    """Of all rows and of groups, weighted; blocks of one to all rows."""
    case = CASES[name]
    pred, target, weights, by = sample(case)
    metrics = bind(spec_of(case, files))

    def measured(threads, rows):
        targeted = target is not None
        source = open_source(pred, target, targeted=targeted, weights=weights, by={"group": by})
        engine = LocalEngine(threads)
        found = measure(source, [], NUMPY, engine, metrics=metrics, block_rows=rows)
        return bits((found.metrics, [group.metrics for group in found.groups], found.notes))

    whole = measured(1, None)
    assert f"'n': {ROWS}," in whole
    for threads, rows in ((2, 101), (7, 13), (1, 37), (2, 300)):
        assert measured(threads, rows) == whole


@pytest.mark.parametrize("name", CASES)
def test_no_bit_depends_on_the_files_that_hold_the_rows(name, files):
    """Three files of unequal length are one."""
    case = CASES[name]
    pred, target, _, _ = sample(case)
    paths = []
    for role, array in (("preds", pred), ("targets", target)):
        if array is None:
            continue
        folder = files / f"{[*CASES].index(name)}-{role}"
        folder.mkdir()
        for number, part in enumerate(np.split(array, [7, 150])):
            np.save(folder / f"part-{number}.npy", part)
        paths.append(folder / "part-*.npy")
    spec = spec_of(case, files)
    given = [pred] if target is None else [pred, target]
    whole = evaluate(*given, metric=spec)
    cut = evaluate(*paths, metric=spec)
    assert bits(cut.metrics) == bits(whole.metrics)
    codes = [note.code for note in cut.notes if note.code != "shards"]
    assert codes == [note.code for note in whole.notes]


@pytest.mark.parametrize("name", CASES)
def test_a_frequency_of_two_is_two_equal_rows(name, files):
    """The same bits of the value; the same error and interval."""
    case = CASES[name]
    pred, target, _, _ = sample(case)
    spec = spec_of(case, files)
    given = [pred] if target is None else [pred, target]
    counts = np.full(ROWS, 2)
    found = evaluate(*given, metric=spec, weights=counts, weights_are="frequency")["m"]
    whole = evaluate(*(np.repeat(array, 2, axis=0) for array in given), metric=spec)["m"]
    assert found.value == whole.value or (math.isnan(found.value) and math.isnan(whole.value))
    if whole.stderr is None:
        assert found.stderr is None
    else:
        assert found.stderr == pytest.approx(whole.stderr, rel=1e-12)
        assert found.ci == pytest.approx(whole.ci, rel=1e-9, abs=1e-15)
