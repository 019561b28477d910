"""The grammar of specs: what is typed reads back from its normal form."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from losscli import UsageError
from losscli.losses.spec.grammar import parse

NUMBER = st.one_of(
    st.integers(0, 99).map(str),
    st.floats(0, 1e6).map(repr),
    st.sampled_from(["1e-3", ".5", "2.", "3E+2"]),
)
VALUE = st.one_of(
    NUMBER, st.sampled_from(["-100", "1e-5", "true", "none", "@a-b.npy", "@x=1/w.npy", "word"])
)
GIVEN = st.lists(st.tuples(st.from_regex(r"[a-z]\w{0,5}", fullmatch=True), VALUE), max_size=3,
                 unique_by=lambda pair: pair[0])  # fmt: skip
NAMES = st.sampled_from(
    ["mse", "l1", "a_b2", "my-losses.py:f", "../sub/x.py:g", "pkg.mod:h", "./run=3/x.py:g"]
)
LABELS = st.sampled_from(["fit", "a.b", "0.5", "müll", "my-fit", "x+y", "a*b"])
FILES = st.sampled_from(["w/x-1.npy", "run=3/w.npy", "w=1.npy"])
SPACE = st.sampled_from(["", " ", "  "])


@st.composite
def terms(draw):
    """A term as somebody might type it, and its normal form without a sign."""
    weight = draw(st.one_of(st.just(""), NUMBER))
    times = f"{draw(SPACE)}*{draw(SPACE)}" if weight else ""
    if draw(st.booleans()) and draw(st.booleans()):
        name = draw(st.sampled_from(["l1", "l2"]))
        file = draw(FILES)
        typed = f"{name}({draw(SPACE)}@{file}{draw(SPACE)})"
        return f"{weight}{times}{typed}", f"{weight}{'*' if weight else ''}{name}(@{file})"
    name, params = draw(NAMES), draw(GIVEN)
    typed = name
    normal = name
    if params:
        typed += draw(SPACE) + ":" + ",".join(f"{draw(SPACE)}{k}={v}" for k, v in params)
        normal += ":" + ",".join(f"{k}={v}" for k, v in params)
    return f"{weight}{times}{typed}", f"{weight}{'*' if weight else ''}{normal}"


@given(st.lists(terms(), min_size=1, max_size=4), st.data())
def test_a_normalised_label_reads_back_to_itself(parts, data):
    """However it was spaced."""
    typed, normal = parts[0]
    for more, clean in parts[1:]:
        sign = data.draw(st.sampled_from("+-"))
        typed += f" {data.draw(SPACE)}{sign} {data.draw(SPACE)}{more}"
        normal += f" {sign} {clean}"
    (found,) = parse(f" {typed}  ")
    assert str(found) == normal
    (again,) = parse(normal)
    assert again == found
    label = data.draw(LABELS)
    (labelled,) = parse(f"{label}={typed}")
    assert labelled.label == label
    assert labelled.terms == found.terms


@given(st.text(alphabet="mse+-*()@:=,. 01\n\tl2", max_size=30))
def test_any_text_is_specs_or_a_usage_error(text):
    """Nothing else comes out of the parser, and what it reads has a stable normal form."""
    try:
        found = parse(text)
    except UsageError:
        return
    for spec in found:
        assert parse(str(spec)) == [spec._replace(label="")]


def test_several_specs_are_told_apart_by_commas():
    """A key= continues; a label with parameters of its own does not."""
    found = parse("smooth_l1:beta=0.5,x=1 + 2*mae,fit=huber:delta=2 - mse,ce:weight=@w.npy,b=@C:x")
    assert [(spec.label, str(spec)) for spec in found] == [
        ("", "smooth_l1:beta=0.5,x=1 + 2*mae"),
        ("fit", "huber:delta=2 - mse"),
        ("", "ce:weight=@w.npy,b=@C:x"),
    ]


@given(st.lists(st.tuples(st.one_of(st.just(""), LABELS), terms()), min_size=1, max_size=3))
def test_specs_are_printed_and_parsed_again(specs):
    """Labels, parameters and files are what they were, in a list too."""
    for (_, (before, _)), (label, (text, _)) in pairwise(specs):
        assume(not label or ":" in text or ":" not in before)  # else label= names a parameter
    found = parse(", ".join(f"{label}={text}" if label else text for label, (text, _) in specs))
    assert [spec.label for spec in found] == [label for label, _ in specs]
    assert [str(spec) for spec in found] == [normal for _, (_, normal) in specs]
    printed = ",".join(f"{spec.label}={spec}" if spec.label else str(spec) for spec in found)
    assert parse(printed) == found


def test_an_equals_sign_in_a_files_name_makes_no_label():
    """A label has no slash, parenthesis or at sign."""
    for text in (
        "l2(@run=3/w.npy)",
        "0.5*l2(@w=1.npy)",
        "./run=3/x.py:f",
        "mse+0.5*l1(@a=b/w.npy)",
    ):
        (spec,) = parse(text)
        assert spec.label == ""
        assert "=" in spec.terms[-1].file + spec.terms[-1].where
    (spec,) = parse("fit=0.5*l2(@run=3/w.npy)")
    assert (spec.label, spec.terms[0].file) == ("fit", "run=3/w.npy")


@pytest.mark.parametrize("text", ["1" * 9_000, "1." * 4_000, "l2(@" + " " * 9_000, " " * 9_000])
def test_a_long_text_is_refused_in_linear_time(text):
    """A pattern that tried every cut of so many digits took seconds."""
    with pytest.raises(UsageError):
        parse(text)


def test_a_text_or_a_name_that_is_too_long_is_refused():
    """The message does not repeat it."""
    for text, words in [
        ("1" * 16_000, "16,000 characters; at most 10,000"),
        (f"{'x' * 300}=mse", "300 characters; at most 200"),
        (f"mse + {'x' * 300}", "300 characters; at most 200"),
    ]:
        with pytest.raises(UsageError, match=words) as error:
            parse(text)
        assert len(str(error.value)) < 200
