"""The losses of groups are those of their rows alone, and add up to those of all rows."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from losscli import DataError, UsageError, evaluate
from losscli.backends.backend import choose
from losscli.engines.local import LocalEngine
from losscli.evaluation.measure import measure
from losscli.losses.spec.binding import bind
from losscli.plans.evaluate import EvalPlan
from losscli.sources.opening import open_source

EXACT = ("label", "value", "mean", "rows", "n", "skipped", "ignored", "sum", "min", "max")
SEED = st.integers(0, 2**32 - 1)
LOSSES = "mse,mae,smooth_l1:beta=0.5"


def exact_part(loss):
    """What no rounding depends on: nan is made equal to itself."""
    return tuple(repr(getattr(loss, name)) for name in (*EXACT, "weight_sum", "derived"))


def by_key(result):
    """The losses of each group, by its key alone."""
    return {tuple(group.by.values()): group.losses for group in result.groups}


def wild(generator, count):
    """Numbers whose plain sum would lose digits."""
    return generator.standard_normal(count) * 10.0 ** generator.integers(-12, 12, count)


@given(SEED, st.integers(1, 400), st.integers(1, 30), st.booleans(), st.booleans())
def test_a_group_is_its_rows_alone(seed, count, groups, weighted, missing):
    """Every exact number has the bits that `evaluate` gives for the filtered rows."""
    generator = np.random.default_rng(seed)
    pred, target = wild(generator, count), wild(generator, count)
    codes = generator.integers(-groups // 2, groups, count)
    if missing:
        pred[generator.random(count) < 0.2] = math.nan
    weights = generator.integers(0, 3, count).astype(float) if weighted else None
    result = evaluate(pred, target, loss=LOSSES, weights=weights, by=codes, nan="skip")
    assert list(by_key(result)) == [(str(code),) for code in np.unique(codes)]
    for (key,), losses in by_key(result).items():
        rows = np.flatnonzero(codes == int(key))
        alone = evaluate(
            pred[rows],
            target[rows],
            loss=LOSSES,
            weights=None if weights is None else weights[rows],
            nan="skip",
        )
        for found, wanted in zip(losses, alone, strict=True):
            assert exact_part(found) == exact_part(wanted)
            if wanted.stderr is None:
                assert found.stderr is None
            else:
                assert found.stderr == pytest.approx(wanted.stderr, rel=1e-9)
            row = None if wanted.max_row is None else rows[wanted.max_row]
            assert found.max_row == row


@given(SEED, st.integers(1, 300), st.integers(1, 40))
def test_the_sums_of_all_groups_are_the_whole(seed, count, groups):
    """As rational numbers: nothing is lost or counted twice, and --by changes no other number."""
    generator = np.random.default_rng(seed)
    # Losses that are multiples of 2**-30 below 2**20, so that each group's sum is a float64.
    pred = np.round(generator.standard_normal(count) * 2**20) / 2**20
    result = evaluate(pred, np.zeros(count), loss="mae", by=generator.integers(0, groups, count))
    losses = [group.losses[0] for group in result.groups]
    assert sum(Fraction(loss.sum) for loss in losses) == Fraction(result["mae"].sum)
    assert sum(loss.n for loss in losses) == count
    assert result.losses == evaluate(pred, np.zeros(count), loss="mae").losses


@pytest.fixture(scope="module")
def numbers():
    """Predictions, targets and keys of many blocks of 1,000 rows."""
    generator = np.random.default_rng(5)
    keys = generator.integers(0, 7, 20_500)
    keys[3000:6000] = 3  # blocks of one group
    return wild(generator, 20_500), wild(generator, 20_500), keys


def measured(numbers, engine, rows):
    """The evaluation by an engine, in blocks of so many rows."""
    pred, target, keys = numbers
    source = open_source(pred, target, by=(keys,))
    losses = bind(LOSSES, np.load)
    return measure(source, losses, choose("numpy", "cpu", "float64"), engine, block_rows=rows)


@pytest.mark.parametrize("engine", [LocalEngine(1), LocalEngine(3)])
def test_no_bit_depends_on_who_did_it(numbers, engine):
    """Threads and processes, with the same blocks: every number of every group."""
    wanted = measured(numbers, LocalEngine(1), 1000)
    assert measured(numbers, engine, 1000).groups == wanted.groups


@pytest.mark.parametrize("rows", [1, 7, 999, 20_500])
def test_no_exact_number_depends_on_the_blocks(numbers, rows):
    """Of any size, also of one row."""
    part = slice(2500, 3600) if rows < 100 else slice(None)
    some = tuple(column[part] for column in numbers)
    found, wanted = (by_key(measured(some, LocalEngine(2), size)) for size in (rows, 1000))
    assert found.keys() == wanted.keys()
    for key in found:
        assert list(map(exact_part, found[key])) == list(map(exact_part, wanted[key]))
        assert [a.max_row for a in found[key]] == [b.max_row for b in wanted[key]]


@pytest.mark.parametrize("weighted", [False, True])
def test_no_bit_of_a_standard_error_depends_on_the_blocks(weighted):
    """Of whole units, also where one block has a single group and another has many."""
    generator = np.random.default_rng(8)
    count = 3 * 131_072 + 1_000
    pred, target = generator.standard_normal((2, count))
    keys = generator.integers(0, 5, count)
    keys[: 2 * 131_072] = 2
    weights = generator.random(count) if weighted else None
    found = []
    for rows, threads in ((131_072, 1), (2 * 131_072, 3), (count, 2)):
        source = open_source(pred, target, by=(keys,), weights=weights)
        found.append(
            measure(
                source,
                bind(LOSSES, np.load),
                choose("numpy", "cpu", "float64"),
                LocalEngine(threads),
                block_rows=rows,
            ).groups
        )
    assert found[0] == found[1] == found[2]
    alone = evaluate(
        pred[keys == 3],
        target[keys == 3],
        loss=LOSSES,
        weights=None if weights is None else weights[keys == 3],
    )
    for ours, wanted in zip(found[0][3].losses, alone, strict=True):
        assert ours.stderr == pytest.approx(wanted.stderr, rel=1e-12)


def keys_of(values):
    """The keys of rows, as the result has them."""
    count = len(values)
    found = evaluate(np.zeros(count), np.zeros(count), loss="mae", by=values).groups
    return [key for group in found for key in group.by.values()]


KEYS = {
    "int8": (np.array([127, -128, 0, 5], np.int8), ["-128", "0", "5", "127"]),
    "uint64": (np.array([2**64 - 1, 2**63], np.uint64), [str(2**63), str(2**64 - 1)]),
    "int64": (np.array([-(2**63), 2**63 - 1, 0]), [str(-(2**63)), "0", str(2**63 - 1)]),
    "bool": (np.array([True, False, True]), ["False", "True"]),
    "float64": (np.array([10.0, 0.5, math.nan, 9.0, math.nan]), ["0.5", "9.0", "10.0", ""]),
    "float32": (np.array([0.1, 0.1], np.float32), ["0.1"]),
    "zeros": (np.array([-0.0, 0.0]), ["0.0"]),
    "list": ([3, 1, 2, 1], ["1", "2", "3"]),
    "text": (np.array(["us", "eu", "us"]), ["eu", "us"]),
    "objects": (np.array(["b", None, 3, math.nan], object), ["3", "b", ""]),
    "numbers as text": (np.array(["10", "9", ""]), ["9", "10", ""]),
    "dates": (np.array(["2024-01-02", "NaT"], "M8[ns]"), ["2024-01-02 00:00:00", ""]),
}


@pytest.mark.parametrize(("values", "wanted"), KEYS.values(), ids=KEYS)
def test_a_key_is_the_value_as_it_is_written(values, wanted):
    """In the order of numbers where all are, else of texts; what is missing comes last."""
    assert keys_of(values) == wanted


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5), min_size=1, max_size=50))
@example([-(2**63) + 512, -(2**63) + 511])
def test_any_integers_are_told_apart(values):
    """Near to each other and far, as `set` has them."""
    assert keys_of(np.array(values, np.int64)) == [str(value) for value in sorted(set(values))]


def test_two_keys_are_one_group_a_pair():
    """From a mapping, a matrix, a list of arrays or a DataFrame; only pairs that occur."""
    import pandas as pd

    region, sex = np.array(["eu", "us", "eu", "eu"]), np.array([1, 2, 2, 1])
    wanted = [("eu", "1"), ("eu", "2"), ("us", "2")]
    frame = pd.DataFrame({"region": pd.Categorical(region), "sex": sex})
    ways = {
        ("region", "sex"): [{"region": region, "sex": sex}, frame, [frame.region, frame.sex]],
        ("by_1", "by_2"): [[region, sex], np.array([[1, 1], [2, 2], [1, 2], [1, 1]])],
    }
    for names, several in ways.items():
        for by in several:
            result = evaluate([1.0, 2, 3, 5], [0.0] * 4, loss="mae", by=by)
            assert {tuple(group.by) for group in result.groups} == {names}
            found = [losses[0].value for losses in by_key(result).values()]
            assert found == [3.0, 3.0, 2.0]
            assert isinstance(by, np.ndarray) or list(by_key(result)) == wanted


def test_what_pandas_calls_missing_is_missing():
    """NA of nullable columns, None of texts, NaT of dates."""
    import pandas as pd

    assert keys_of(pd.Series([2, None, 10], dtype="Int64")) == ["2", "10", ""]
    assert keys_of(pd.Series(["x", None], dtype="string")) == ["x", ""]
    assert keys_of(pd.Series(["x", None], dtype="category")) == ["x", ""]


def test_rows_without_a_loss_are_counted_by_group():
    """Ignored by their label, or skipped: each in the group where it stands."""
    logits = np.array([[0.0, 1], [1, 0], [math.nan, 0], [1, 1]])
    result = evaluate(logits, [0, -100, 1, -100], loss="cross_entropy", by=[1, 1, 2, 3], nan="skip")
    counts = {k: (v.n, v.skipped, v.ignored) for (k,), (v,) in by_key(result).items()}
    assert counts == {"1": (1, 0, 1), "2": (0, 1, 0), "3": (0, 0, 1)}
    assert math.isnan(by_key(result)["3",][0].mean)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_the_reduction_is_that_of_the_whole(reduction, tmp_path):
    """Its value in every group; none has none."""
    result = evaluate(
        [1.0, 2.0, 4.0],
        [0.0, 0.0, 0.0],
        loss="mae",
        by=[0, 0, 1],
        reduction=reduction,
        per_sample=tmp_path / "losses.npy",
    )
    wanted = {"mean": [1.5, 4.0], "sum": [3.0, 4.0], "none": [None, None]}[reduction]
    assert [group.losses[0].value for group in result.groups] == wanted
    assert np.load(tmp_path / "losses.npy").tolist() == [1.0, 2.0, 4.0]


def test_more_groups_than_anybody_reads_are_refused():
    """Ten thousand are taken; ids, one a row, are named as what they are."""
    assert len(keys_of(np.arange(10_000))) == 10_000
    with pytest.raises(DataError, match=r"by by makes more than 10,000 groups\s+by\s+ids"):
        keys_of(np.arange(10_001))


def test_too_many_groups_are_found_over_blocks_too():
    """Few in each block, too many in all."""
    count = 400_000
    keys = np.repeat(np.arange(count // 20), 20)
    with pytest.raises(DataError, match="more than 10,000 groups"):
        keys_of(keys)


REFUSED = {
    "a cube": (np.zeros((3, 2, 2)), DataError, "one key a row"),
    "another length": ([1, 2], DataError, "numbers of rows differ"),
    "one name twice": ([np.zeros(3), {"x": 1}], DataError, "shape"),
    "no column": ("region", DataError, "by region is neither a column nor a file"),
}


@pytest.mark.parametrize(("by", "kind", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_key_a_row_is_refused(by, kind, words):
    """With what was given."""
    with pytest.raises(kind, match=words):
        evaluate([1.0, 2, 3], [0.0] * 3, loss="mae", by=by)


def test_two_keys_of_one_name_are_refused():
    """A key of the result must be one column's."""
    import pandas as pd

    series = pd.Series([1, 2, 3], name="x")
    with pytest.raises(UsageError, match="two keys of by are called x"):
        evaluate([1.0, 2, 3], [0.0] * 3, loss="mae", by=[series, series + 1])


def test_no_groups_are_asked_for_by_none():
    """The default of other doors."""
    assert EvalPlan([1.0], by=None).by == EvalPlan([1.0]).by == ()
    assert evaluate([1.0], [0.0], loss="mae").groups == ()


def test_the_frame_of_groups_has_a_row_a_group_and_loss():
    """Beside the frame of the whole, which stays as it is; a key called n does not hide n."""
    plain = evaluate([1.0, 2, 4], [0.0] * 3, loss="mse,mae")
    result = evaluate([1.0, 2, 4], [0.0] * 3, loss="mse,mae", by={"n": [7, 7, 8]})
    assert result.to_frame().equals(plain.to_frame())
    frame = result.groups_frame()
    assert frame.by_n.tolist() == ["7", "7", "8", "8"]
    assert frame.label.tolist() == ["mse", "mae"] * 2
    assert frame.value.tolist() == [2.5, 1.5, 16.0, 4.0]
    assert frame.n.tolist() == [2, 2, 1, 1]
