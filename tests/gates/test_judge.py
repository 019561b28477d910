"""Judging gates: statuses, reasons, the worst of groups, saved results."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.gates import (
    Measurement,
    apply_undecided_policy,
    exit_code,
    judge,
    parse,
    worst_first,
)


@given(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["<=", "<", ">=", ">"]),
)
def test_only_a_finite_number_that_holds_passes(value, limit, op):
    """Whatever the number and the limit."""
    (judged,) = judge([parse(f"x {op} {limit!r}")], lambda _: Measurement(value))
    holds = {"<=": value <= limit, "<": value < limit, ">=": value >= limit, ">": value > limit}
    assert (judged.status == "pass") == (math.isfinite(value) and holds[op])
    assert exit_code([judged]) == (judged.status != "pass")


def test_a_warning_never_changes_the_exit_code():
    """Whatever its status."""
    for found in (Measurement(2.0), Measurement(None), Measurement(math.nan)):
        (judged,) = judge([parse("x <= 1", "warn")], lambda _, found=found: found)
        assert judged.status != "pass"
        assert exit_code([judged]) == 0


def test_an_offset_needs_no_positive_baseline():
    """A factor of 1 is no factor."""
    for saved_value, limit, status in (
        (-1.0, "baseline + 2", "pass"),
        (-1.0, "baseline * 1 + 2", "pass"),
        (-1.0, "baseline", "fail"),
        (-1.0, "baseline * 2 + 9", "error"),
        (0.0, "baseline * 2 + 9", "error"),
        (1.0, "baseline * 2", "pass"),
    ):
        gate = parse(f"x <= {limit}")
        (result,) = judge(
            [gate], lambda _: Measurement(0.5), lambda _, v=saved_value: Measurement(v)
        )
        assert result.status == status, limit


def test_a_limit_that_overflows_is_an_error():
    """A limit of infinity would pass anything."""
    (result,) = judge(
        [parse("x <= baseline * 1e300")], lambda _: Measurement(1.0), lambda _: Measurement(1e300)
    )
    assert (result.status, result.limit) == ("error", None)
    assert result.reason == "the limit is beyond float64"
    (result,) = judge(
        [parse("x <= baseline")], lambda _: Measurement(1.0), lambda _: Measurement(math.nan)
    )
    assert result.reason == "the baseline is not a finite number"
    assert judge([parse("x <= 1")], lambda _: Measurement(1.0, 0.5))[0].stderr == 0.5


ENDS = {
    (0.9, 1.0): "pass",
    (0.9, 1.1): "undecided",
    (1.1, 1.2): "fail",
    (-math.inf, 0.9): "error",
    (0.9, math.inf): "error",
    (math.nan, 0.9): "error",
    (0.9, math.nan): "error",
    (-math.inf, math.inf): "error",
}


@pytest.mark.parametrize("ends", ENDS, ids=str)
def test_an_interval_decides_as_a_whole(ends):
    """Both ends must be finite: an infinite one says that nothing is known on that side."""
    (result,) = judge([parse("x <= 1")], lambda _: Measurement(0.95, ci=ends))
    assert result.status == ENDS[ends]
    (warned,) = judge([parse("x <= 1", "warn")], lambda _: Measurement(0.95, ci=ends))
    assert warned.status == {"fail": "warn"}.get(ENDS[ends], ENDS[ends])


def test_the_interval_of_the_baseline_counts_too():
    """The whole interval of the result must hold beside the whole interval of the limit."""
    for ends, status in (((0.8, 0.9), "pass"), ((0.8, 1.0), "undecided"), ((1.2, 1.3), "fail")):
        (result,) = judge(
            [parse("x < baseline")],
            lambda _, e=ends: Measurement(sum(e) / 2, ci=e),
            lambda _: Measurement(1.0, ci=(0.95, 1.1)),
        )
        assert result.status == status


FRACTIONS = {
    0.049: "far less than a standard error",
    0.051: "a tenth of a standard error",
    0.1: "a tenth of a standard error",
    0.25: "a quarter of a standard error",
    0.34: "a third of a standard error",
    0.5: "half a standard error",
    0.66: "two thirds of a standard error",
    0.75: "three quarters of a standard error",
    0.9: "nearly one standard error",
    0.94: "nearly one standard error",
    0.96: "1 standard error",
    1.04: "1 standard error",
    1.06: "1.1 standard errors",
    12.4: "12 standard errors",
}


@pytest.mark.parametrize("count", FRACTIONS)
def test_an_excess_is_given_in_standard_errors(count):
    """As a phrase below 1: it may be chance."""
    (result,) = judge([parse("x <= 0")], lambda _: Measurement(2.0 * count, 2.0))
    assert result.reason.endswith(f"({FRACTIONS[count]})")


def result_of(status, level="fail", reason="why"):
    return judge([parse("x <= 1", level)], lambda _: Measurement(1.0))[0].replace(
        status=status, reason=reason
    )


def test_the_worst_comes_first():
    """Gates of level warn after all others that count, whatever their status, then the passed."""
    mixed = [
        result_of("pass"), result_of("error", "warn"), result_of("undecided"), result_of("fail"),
        result_of("pass", "warn"), result_of("warn", "warn"), result_of("error"),
    ]  # fmt: skip
    order = [(each.status, each.level) for each in worst_first(mixed)]
    assert order == [
        ("fail", "fail"), ("error", "fail"), ("undecided", "fail"), ("error", "warn"),
        ("warn", "warn"), ("pass", "fail"), ("pass", "warn"),
    ]  # fmt: skip


@pytest.mark.parametrize("policy", ["fail", "warn", "undecided"])
def test_a_policy_replaces_undecided_only(policy):
    """And its reason says so."""
    for status in ("pass", "warn", "fail", "error"):
        assert apply_undecided_policy(result_of(status), policy) == result_of(status)
    found = apply_undecided_policy(result_of("undecided"), policy)
    assert found.status == policy
    assert found.reason == ("why" if policy == "undecided" else "undecided: why")


def test_exit_codes_are_of_the_gates_that_count():
    """1 before 6 before 0."""
    codes = {
        ("pass", "pass"): 0, ("undecided", "pass"): 6, ("undecided", "fail"): 1,
        ("error", "pass"): 1, ("fail", "undecided"): 1, ("warn", "pass"): 0,
    }  # fmt: skip
    for statuses, code in codes.items():
        assert exit_code([result_of(status) for status in statuses]) == code
        assert exit_code([result_of(status, "warn") for status in statuses]) == 0
    assert exit_code([]) == 0


def test_a_gate_without_its_number_says_what_is_missing():
    """In the result, in the baseline, or of one group."""
    relative = parse("x[g=*] <= baseline")
    one, two = Measurement(1.0), {"a": Measurement(1.0), "b": Measurement(2.0)}
    reasons = {
        judge([parse("x <= 1")], lambda _: {})[0].reason: "there is no such number",
        judge([relative], lambda _: one)[0].reason: "there is no baseline",
        judge([relative], lambda _: two, lambda _: {"a": one})[0].reason: "b",
        judge([relative], lambda _: {"a": one}, lambda _: two)[0].reason: "b",
        judge([relative], lambda _: one, lambda _: Measurement(math.inf))[0].reason: "not a finite",
    }
    assert all(words in reason for reason, words in reasons.items()), reasons
    missing = judge([relative], lambda _: {"a": one}, lambda _: two)[0]
    numbers = (missing.limit, missing.value, missing.stderr)
    assert (*numbers, missing.status) == (None, None, None, "error")
    assert missing.reason == "the baseline has it, and the result does not; worst of 2 is b"
    named = judge([parse("x[g=*] <= 0")], lambda _: {"a": one})[0]
    assert named.reason == "a: over by 1"


@pytest.mark.parametrize(
    ("text", "stat"),
    [("x <= baseline", "value"), ("x.ci_high <= baseline", "value"), ("x.max <= baseline", "max"),
     ("x.max <= baseline.min", "min"), ("x.max <= 1", "max")],
)  # fmt: skip
def test_the_baseline_is_asked_for_the_same_statistic(text, stat):
    """The value where the left side is an end of the interval."""
    asked = []
    judge(
        [parse(text)],
        lambda _: Measurement(1.0),
        lambda gate: asked.append(gate.stat) or Measurement(1.0),
    )
    assert asked == ([stat] if "baseline" in text else [])
    assert parse(text).for_baseline.stat == stat


def test_the_worst_group_stands_for_all():
    """By status first, then by how far it is beyond the limit; its reason names it."""
    numbers = {"a": Measurement(1.0), "b": Measurement(5.0), "c": Measurement(3.0)}
    (result,) = judge([parse("x[g=*] <= 2")], lambda _: numbers)
    assert (result.value, result.reason) == (5.0, "over by 3 (150 %); worst of 3 is b")
    (result,) = judge([parse("x[g=*] >= 4")], lambda _: numbers)
    assert (result.value, result.reason) == (1.0, "under by 3 (75 %); worst of 3 is a")
    (result,) = judge([parse("x[g=*] <= 9")], lambda _: numbers | {"d": Measurement(None)})
    assert result.status == "error"
    assert result.reason.endswith("worst of 4 is d")


REASONS = {
    "mae <= 2": (3.0, "over by 1 (50 %)"),
    "mae >= 4": (3.0, "under by 1 (25 %)"),
    "mae <= 1.5": (3.0, "over by 1.5 (100 %)"),
    "mae <= 0": (0.123456, "over by 0.12"),
    "mae <= 1000": (1098.7654, "over by 99 (9.9 %)"),
    "mae <= 1": (100.456789, "over by 99 (9946 %)"),
    "mae < 2": (1234567.1234, "over by 1.23457e+06 (61728256 %)"),
    "mae <= 1e9": (math.nan, "not a finite number"),
    "mae.max <= 1e9": (None, "there is no such number"),
    "rows >= 5": (3.0, "under by 2"),
    "x.time <= 0.001": (0.0015, "over by 500 us (50 %)"),
    "x.time <= 0.5": (2.5, "over by 2.00 s (400 %)"),
    "x.peak_memory_bytes <= 1048576": (3145728.0, "over by 2 MiB (200 %)"),
    "x.peak_memory_bytes <= 1": (1.5, "over by 0 KiB (50 %)"),
}


@pytest.mark.parametrize("text", REASONS)
def test_a_reason_gives_the_excess_in_the_unit_of_the_statistic(text):
    """With two digits, or six from 100 on; in percent of the limit, if that is not 0."""
    value, reason = REASONS[text]
    assert judge([parse(text)], lambda _: Measurement(value))[0].reason == reason


def test_a_reason_with_a_baseline_gives_the_limit():
    """In six digits."""
    (result,) = judge(
        [parse("x <= baseline * 2 + 1")], lambda _: Measurement(9.0), lambda _: Measurement(1 / 3)
    )
    assert result.reason == "over by 7.3 of 1.66667 (440 %)"
    assert result.limit == 1 / 3 * 2 + 1


def test_an_interval_is_given_in_the_reason():
    """In four digits, and the limit in six; in the unit of the statistic."""
    cases = {
        ("x <= 1", (0.912345, 1.123456)): "[0.9123, 1.123] contains the limit of 1",
        ("x <= 1.2345678", (0.5, 2.0)): "[0.5, 2] contains the limit of 1.23457",
        ("x <= 1", (1.5, 2.5)): "over by 1 (100 %), all of [1.5, 2.5]",
        ("x.time <= 0.002", (0.001, 0.003)): "[1.00 ms, 3.00 ms] contains the limit of 2.00 ms",
        ("x <= 1", (0.0, math.inf)): "it has no interval",
        ("x <= 1", (0.0, 1.0)): "",
    }
    for (text, ends), reason in cases.items():
        number = Measurement(2.0 if "time" not in text else 0.0021, ci=ends)
        assert judge([parse(text)], lambda _, n=number: n)[0].reason == reason


def test_the_limit_of_a_result_is_that_of_the_estimate():
    """Not an end of the baseline's interval; the standard error stays with an error."""
    saved = Measurement(1.0, ci=(0.9, 1.2))
    (result,) = judge([parse("x <= baseline")], lambda _: Measurement(2.0), lambda _: saved)
    assert result.limit == 1.0
    (result,) = judge([parse("x <= 1")], lambda _: Measurement(2.0, 0.5, "why"))
    assert (result.value, result.stderr, result.reason) == (2.0, 0.5, "why")
    assert judge([parse("x <= 1")], lambda _: Measurement(None))[0].stderr is None


def test_the_worst_of_one_status_is_farthest_beyond_its_own_limit():
    """Not the largest value: each group has the limit of its baseline."""
    numbers = {"a": Measurement(9.0), "b": Measurement(5.0)}
    saved = {"a": Measurement(8.0), "b": Measurement(1.0)}
    (result,) = judge([parse("x[g=*] <= baseline")], lambda _: numbers, lambda _: saved)
    assert result.reason.endswith("worst of 2 is b")
    (result,) = judge(
        [parse("x[g=*] <= baseline")], lambda _: numbers, lambda _: {"a": numbers["a"]}
    )
    assert result.reason == "the baseline has no b; worst of 2 is b"
    (result,) = judge([parse("x[g=*] <= baseline")], lambda _: numbers, lambda _: Measurement(7.0))
    assert result.reason == "over by 2 of 7 (29 %); worst of 2 is a"
    (result,) = judge([parse("x <= 1")], lambda _: {})
    assert result.reason == "there is no such number"
    (result,) = judge([parse("x <= baseline")], lambda _: Measurement(1.0))
    assert result.reason == "there is no baseline"
