"""The grammar of gates: parsing, printing, errors."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from losscli import UsageError
from losscli.gates import (
    BaselineLimit,
    Gate,
    Margin,
    NotWorse,
    parse,
    parse_bound,
    resolve_labels,
)
from losscli.gates.grammar import parse_any

LABELS = {
    "parameters": ("smooth_l1:beta=0.5 <= 9", "smooth_l1:beta=0.5", "value"),
    "and a statistic": ("smooth_l1:beta=0.5.ci_high <= 9", "smooth_l1:beta=0.5", "ci_high"),
    "a label": ("tight.max<1", "tight", "max"),
    "a label with a dot": ("v1.2 <= 1", "v1.2", "value"),
    "groups": ("mae[region=eu].max <= 1", "mae", "max"),
    "groups of a spec": ("smooth_l1:beta=0.5[region='<=3']<=1", "smooth_l1:beta=0.5", "value"),
}  # fmt: skip


@pytest.mark.parametrize("case", LABELS)
def test_a_label_may_hold_what_a_spec_holds(case):
    """A dot splits only before the name of a statistic."""
    text, label, stat = LABELS[case]
    gate = parse(text)
    assert (gate.label, gate.stat) == (label, stat)


HINTS = {
    "mse": 'quote --gate "mse <= 0.5"',
    "mae =": 'quote --gate "mae <= 0.5"',
    "smooth_l1:beta=0.5": 'quote --gate "smooth_l1:beta <= 0.5"',
    "": 'quote --gate "mse <= 0.5"',
    "<= 3": '--gate "mse <= 0.5"',
    "mse[a=1].p99 <= 3": "value, mean, sum, min, max, stderr, ci_low, ci_high, rmse, rmsle",
    "mse <= baseline.p99": "value, mean, sum, min, max, stderr, ci_low, ci_high, rmse, rmsle",
    "mse[] <= 3": "mae[region=eu] <= 2",
    "mse <= baseline ^ 2": "mse <= baseline * 1.02",
    "mse <= x": "mse <= 0.5",
    "mse <= 1e400": "1.7e308",
    "mse <= baseline * y": '"mse <= 0.5"',
    "mse <= baseline + y": '"mse <= 0.5"',
    "mse .max <= 1": "mse.max",
}


@pytest.mark.parametrize("text", HINTS)
def test_an_error_quotes_the_gate_and_shows_a_correct_one(text):
    """The text is stripped; the hint is what to write instead."""
    with pytest.raises(UsageError) as error:
        parse(f" {text}\n")
    assert repr(text) in error.value.message
    assert HINTS[text] in error.value.hint


@pytest.mark.parametrize(("op", "flag"), [("<=", "--max"), (">=", "--min")])
def test_a_bound_names_its_flag(op, flag):
    """Before a number is parsed, and the text where it is not one."""
    for text in ("mse", "=3"):
        with pytest.raises(UsageError) as error:
            parse_bound(text, op)
        assert error.value.message == f"{text!r} is not LABEL=NUMBER"
        assert error.value.hint == f"{flag} mse=0.5"
    with pytest.raises(UsageError, match="'x' in the gate 'mse=x' is not a finite number"):
        parse_bound("mse=x", op)
    assert parse_bound("a=b=2", op) == Gate("a=b", "value", op, 2.0)


def test_gates_of_either_kind_keep_their_level_and_run():
    """Gates of saved results."""
    assert parse_any("mae <= 1", "warn", "val") == Gate(
        "mae", "value", "<=", 1.0, "warn", (), "val"
    )
    paired = parse_any("mae not_worse_than b.npy by 1%", "warn", "val")
    assert paired == NotWorse("mae", "b.npy", Margin.of("1%"), "warn", "val")


GROUPS = {
    "[region=eu]": (("region", "eu"),),
    "[ region = eu , sex=1 ]": (("region", "eu"), ("sex", "1")),
    "[region=*]": (("region", None),),
    "[region='*']": (("region", "*"),),
    "[city='a, b]']": (("city", "a, b]"),),
    "[city='it''s']": (("city", "it's"),),
    "[city='']": (("city", ""),),
}  # fmt: skip


@pytest.mark.parametrize("text", GROUPS)
def test_groups_are_keys_and_values(text):
    """Bare, quoted or a star; what is written reads back."""
    gate = parse(f"mae{text} <= 1")
    assert gate.groups == GROUPS[text]
    assert parse(gate.expr) == gate


finite = st.floats(allow_nan=False, allow_infinity=False)


stats = st.sampled_from(["value", "mean", "sum", "min", "max", "ci_low", "rmse", "time", "speedup"])


labels = st.sampled_from(
    ["mae", "smooth_l1:beta=0.5", "v1.2", "v1.max", "fit_2", "mse + 0.01*mae", "rows", "skipped"]
)


keys = st.from_regex(r"[A-Za-z_][A-Za-z0-9_ .]{0,5}[A-Za-z0-9]", fullmatch=True)


groups = st.dictionaries(keys, st.none() | st.text(max_size=8), max_size=3)


factors = st.floats(0, 1e300, exclude_min=True) | st.just(1.0)


limits = finite | st.builds(BaselineLimit, st.none() | stats, factors, finite)


@example("mae", "value", "<=", BaselineLimit(None, 5e-324, 0.0), {})
@given(labels, stats, st.sampled_from(["<=", "<", ">=", ">"]), limits, groups)
def test_a_gate_that_is_printed_can_be_parsed_again(label, stat, op, limit, by):
    """Every selector, groups with any values, and limits of the baseline: the same gate."""
    gate = Gate(label, stat, op, limit, groups=tuple(by.items()))
    assert parse(gate.expr) == gate


NORMALISED = {
    "mae<=1.0": "mae <= 1",
    "mae.value <= 1e2": "mae <= 100",
    "v1.max.value <= 1": "v1.max.value <= 1",
    "mae[ a = 'b' ].value > .5": "mae[a=b] > 0.5",
    "mae <= 5%": "mae <= 0.05",
    "mae <= baseline * 1": "mae <= baseline",
    "mae <= baseline*2": "mae <= baseline * 2",
    "mae <= baseline.max*0.5 - 1e-9": "mae <= baseline.max * 0.5 - 1e-09",
    "mae <= baseline + 0": "mae <= baseline",
    "mae <= baseline * 1.0 + 2": "mae <= baseline + 2",
}


@pytest.mark.parametrize("text", NORMALISED)
def test_a_gate_is_printed_in_one_form(text):
    """Defaults are left out."""
    assert parse(text).expr == NORMALISED[text]


@given(
    st.sampled_from(["mae", "smooth_l1:beta=0.5", "mse + 0.01*mae"]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    st.floats(0, 1e300).map(Margin.of)
    | st.integers(0, 10**9).map(lambda n: Margin.of(f"{n / 1e4}%")),
)
def test_a_paired_gate_that_is_printed_can_be_parsed_again(label, name, margin):
    """Whatever the file of the reference is called."""
    gate = NotWorse(label, name, margin)
    assert parse_any(gate.expr) == gate


@pytest.mark.parametrize("margin", ["-1%", "nan", "inf", "1_0", "x", "1e400"])
def test_a_margin_is_a_finite_number_from_0(margin):
    """Of either form."""
    with pytest.raises(UsageError, match="margin") as error:
        Margin.of(margin)
    assert error.value.hint == "1% of the mean of the reference, or 0.5 in the loss's unit"


def test_gates_match_groups_by_all_their_keys():
    """None is any value; numbers are compared as text."""
    gate = Gate("x", "value", "<=", 1.0, groups=(("a", "1"), ("b", None)))
    assert gate.matches({"a": 1, "b": "anything", "c": 3})
    assert not gate.matches({"a": 1})
    assert not gate.matches({"a": 2, "b": "anything"})
    assert Gate("x", "value", "<=", 1.0).matches({})


def test_the_margin_is_in_the_unit_of_the_loss():
    """A percentage is of the mean's absolute value."""
    assert Margin.of("5%").absolute(-2.0) == 0.1
    assert Margin.of(0.5).absolute(-2.0) == 0.5
    assert [str(Margin.of(text)) for text in ("1%", "0.50", "2.5 %", 0)] == [
        "1%",
        "0.5",
        "2.5%",
        "0",
    ]


def test_bare_names_are_resolved_to_labels():
    """A label wins over a name, counts are not losses, and an unknown name stays."""
    names = {"tight": "smooth_l1", "a": "mse", "b": "mse", "mse": "mae", "c": "rows"}
    gates = [parse(text) for text in ("smooth_l1 <= 1", "mse <= 1", "rows >= 1", "huber <= 1")]
    labels = [gate.label for gate in resolve_labels(gates, names)]
    assert labels == ["tight", "mse", "rows", "huber"]
    with pytest.raises(UsageError) as error:
        resolve_labels([parse("mse.max <= 1.0")], {"a": "mse", "b": "mse"})
    assert error.value.message == "the gate 'mse.max <= 1' could mean a or b"
    assert error.value.hint == "give a label"
