"""Which rows are held against each other, which are marked, and which cannot be decided."""

import copy

import pytest

from losscli import diff
from losscli.errors import DataError
from tests.differences.conftest import bench, document, row

TIMES = [1.0 + 0.001 * at for at in range(12)]


def pair_of(result, impl="kernels.py:f"):
    """The first row of an implementation."""
    return next(pair for pair in result if pair.impl == impl)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["environment"].update(torch="2.12.0"), "other torch: 2.12.0 and 2.13.0"),
        (
            lambda d: d["environment"].update(devices={"cpu": "B"}),
            "other device: B and A Processor",
        ),
        (lambda d: d.update(losscli="0.0.9"), "other losscli: 0.0.9 and 0.1.0"),
        (lambda d: [r.update(threads=8) for r in d["rows"]], "other threads: 8 and 2"),
        (lambda d: d["environment"].pop("torch"), "other torch: unknown and 2.13.0"),
    ],
)
def test_a_row_from_elsewhere_is_marked_and_undecided(change, words):
    """Unless it is asked to decide across."""
    old = bench(1)
    change(old)
    pair = pair_of(diff(old, bench(2)))
    assert (pair.verdict, pair.reason) == ("undecided", words)
    across = pair_of(diff(old, bench(2), across=True, margin=0.3))
    assert across.verdict != "undecided"
    assert [str(other) for other in across.differs] == [words]


def test_a_version_counts_for_those_that_use_it():
    """Another NumPy is nothing to torch."""
    old, new = bench(1), bench(2)
    old["environment"]["numpy"] = "2.3.0"
    assert pair_of(diff(old, new)).differs == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda old, new: old["environment"].update(torch="2.12.0"),
        lambda old, new: [doc["environment"].pop("torch") for doc in (old, new)],
        lambda old, new: [r.update(impl="g.py:g") for r in firsts(old) + firsts(new)],
        lambda old, new: [r.update(correct=False) for r in firsts(new)],
        lambda old, new: [r["time_s"]["rounds_s"].pop() for r in firsts(old)],
        lambda old, new: old["rows"].reverse(),
    ],
    ids=["other version", "no version", "function", "wrong", "rounds", "order"],
)
def test_what_is_not_the_same_code_beside_the_row_is_no_anchor(change):
    """Raw is what is left."""
    old, new = bench(1), bench(2)
    assert pair_of(diff(old, new)).anchor == "torch"
    change(old, new)
    pair = pair_of(diff(old, new, across=True))
    assert (pair.anchor, pair.anchored, pair.to_dict()["used"]) == (None, None, "raw")


def firsts(found):
    """The rows of the first implementation."""
    return [r for r in found["rows"] if r["impl"] == "torch"]


def test_rows_of_one_side_are_listed():
    """And rows that both have stay compared."""
    old, new = bench(1), bench(2)
    gone, added = old["rows"][1], row("liger", TIMES)
    new["rows"][1] = added
    result = diff(old, new, fail_on="undecided")
    assert [r.impl for r in result.only_old] == [gone["impl"]]
    assert [r.impl for r in result.only_new] == ["liger"]
    assert len(result) == 7
    assert {r["verdict"] for r in result.to_records()} >= {"only old", "only new"}


@pytest.mark.parametrize("what", ["label", "impl", "device", "dtype", "shape", "pass", "cache"])
def test_rows_match_by_all_that_makes_them(what):
    """A row that differs in one of these is another row."""
    old = document([row("torch", TIMES)])
    new = copy.deepcopy(old)
    others = {"shape": [7], "pass": "forward+backward", "cache": "cold"}
    new["rows"][0][what] = others.get(what, "other")
    with pytest.raises(DataError, match="no row"):
        diff(old, new)


def test_a_row_that_is_wrong_now_counts_as_slower():
    """However quick it is; what was wrong before says nothing."""
    right, wrong = row("torch", TIMES), row("torch", TIMES, correct=False, fault="nan, at 3")
    now = diff(document([right]), document([wrong]), fail_on="slower")
    assert (now.rows[0].verdict, now.rows[0].reason, now.exit_code) == ("wrong now", "nan, at 3", 1)
    for old, new in ((wrong, right), (wrong, wrong)):
        (pair,) = diff(document([old]), document([new]))
        assert (pair.verdict, pair.reason[:5]) == ("undecided", "wrong")


@pytest.mark.parametrize("time", ["nan", float("nan"), 0.0, -1.0, "inf"])
def test_what_is_no_time_decides_nothing(time):
    """One such round is enough."""
    (pair,) = diff(document([row("torch", TIMES)]), document([row("torch", TIMES) | broken(time)]))
    assert pair.verdict == "undecided"
    assert "times in NEW" in pair.reason
    assert pair.to_dict()["new_s"] is None


@pytest.mark.parametrize("time", [None, True, "1"])
def test_a_time_of_another_type_is_refused(time):
    """With the place where it stands."""
    new = document([row("torch", TIMES) | broken(time)])
    with pytest.raises(DataError, match=r"NEW is broken: rows\[0\].time_s.rounds_s\[.*a number"):
        diff(document([row("torch", TIMES)]), new)


def broken(time):
    """A row's times, one of which is none."""
    return {"time_s": {"median": 1.0, "rounds_s": [*TIMES, time]}}


def test_missing_times_decide_nothing():
    """A row that failed has none."""
    (pair,) = diff(document([row("torch", None)]), document([row("torch", TIMES)]))
    assert (pair.verdict, pair.reason) == ("undecided", "no times in OLD")


def test_a_row_twice_is_refused():
    """It would be anybody's guess which one to take."""
    with pytest.raises(DataError, match="twice"):
        diff(document([row("torch", TIMES)] * 2), document([row("torch", TIMES)]))
