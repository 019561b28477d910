"""The grammar of specs: what is typed reads back from its normal form."""

from hypothesis import given
from hypothesis import strategies as st

from losscli import UsageError
from losscli.losses.spec.grammar import parse

NUMBER = st.one_of(
    st.integers(0, 99).map(str),
    st.floats(0, 1e6).map(repr),
    st.sampled_from(["1e-3", ".5", "2.", "3E+2"]),
)
VALUE = st.one_of(NUMBER, st.sampled_from(["-100", "1e-5", "true", "none", "@a-b.npy", "word"]))
GIVEN = st.lists(st.tuples(st.from_regex(r"[a-z]\w{0,5}", fullmatch=True), VALUE), max_size=3,
                 unique_by=lambda pair: pair[0])  # fmt: skip
NAMES = st.sampled_from(["mse", "l1", "a_b2", "my-losses.py:f", "../sub/x.py:g", "pkg.mod:h"])
SPACE = st.sampled_from(["", " ", "  "])


@st.composite
def terms(draw):
    """A term as somebody might type it, and its normal form without a sign."""
    weight = draw(st.one_of(st.just(""), NUMBER))
    times = f"{draw(SPACE)}*{draw(SPACE)}" if weight else ""
    if draw(st.booleans()) and draw(st.booleans()):
        name = draw(st.sampled_from(["l1", "l2"]))
        typed = f"{name}({draw(SPACE)}@w/x-1.npy{draw(SPACE)})"
        return f"{weight}{times}{typed}", f"{weight}{'*' if weight else ''}{name}(@w/x-1.npy)"
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
    (labelled,) = parse(f"fit={typed}")
    assert labelled.label == "fit"
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
