"""YAML that is strict: numbers are numbers, words are words, and nothing hostile is built."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli import UsageError
from losscli.config.document import ConfigError, parse

VALUES = {
    "1e3": 1000.0, "1e-3": 0.001, "1.0e3": 1000.0, "1e400": math.inf, ".5": 0.5, "-2.": -2.0,
    "0o10": 8, "0xff": 255, "-7": -7, "0": 0, ".inf": math.inf, "-.inf": -math.inf,
    "true": True, "False": False, "null": None, "~": None, "": None,
    "no": "no", "NO": "NO", "off": "off", "on": "on", "yes": "yes", "y": "y",
    "1:30": "1:30", "12:30:45": "12:30:45", "1_000": "1_000", "2024-01-01": "2024-01-01",
    ".nan": ".nan", "nan": "nan", "'1'": "1", '"true"': "true", "=": "=", "1.2.3": "1.2.3",
}  # fmt: skip


@pytest.mark.parametrize("text", VALUES)
def test_a_plain_word_is_what_version_1_2_says(text):
    """The library's loader reads half of these as something else."""
    found = parse(f"a: {text}", "c.yaml").data["a"]
    assert (found, type(found)) == (VALUES[text], type(VALUES[text]))


@pytest.mark.parametrize("text", ["010", "0777", "09", "-012"])
def test_leading_zeros_are_refused(text):
    """They are octal to some readers and decimal to others."""
    with pytest.raises(ConfigError, match="leading zeros"):
        parse(f"a: {text}", "c.yaml")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(10)
)
HOSTILE = {
    "a key twice": ("a: 1\nb: 2\na: 3\n", "duplicate key a, first in line 1", 3),
    "a key twice inside": ("x:\n  a: 1\n  a: 2\n", "duplicate key a", 3),
    "a merge": ("x: &x {a: 1}\ny:\n  <<: *x\n", "<< is not supported", 3),
    "a bomb of aliases": (BOMB, "aliases", None),
    "an alias of itself": ("a: &a [*a]\n", "aliases make it too large", None),
    "a hundred aliases": ("a: &a 1\nb: [" + "*a, " * 101 + "]\n", "more than 100 aliases", 2),
    "deep brackets": ("a: " + "[" * 5000 + "]" * 5000, "nested deeper", 1),
    "deep indents": ("\n".join(" " * i + "a:" for i in range(200)), "nested deeper", None),
    "a python tag": ("a: !!python/object/apply:os.system [x]\n", "tags are not supported", 1),
    "a set": ("a: !!set {x, y}\n", "tags are not supported", 1),
    "bytes": ("a: !!binary aGk=\n", "tags are not supported", 1),
    "an own tag": ("a: !mine x\n", "tags are not supported", 1),
    "a text tag": ("a: !!str 1\n", "tags are not supported", 1),
    "a control character in a key": ('"a\\e[31m": 1\n', "not a name", 1),
    "a zero in a key": ('"a\\0": 1\n', "not a name", 1),
    "a surrogate in a key": ('"\\ud800": 1\n', "no", None),
    "text turned around in a key": ('"a\\u202e": 1\n', "not a name", 1),
    "a long key": ("? " + "k" * 2_000 + "\n: 1\n", "not a name", 1),
    "a key that is a list": ("? [a, b]\n: 1\n", "a key is a word", 1),
    "a long text": ("a: " + "x" * 70_000 + "\n", "more than 65,536", 1),
    "two documents": ("a: 1\n---\nb: 2\n", "a second document", 2),
    "a tab": ("a:\n\t- 1\n", "not valid YAML", 2),
    "half a list": ("a: [1, 2\nb: 3\n", "not valid YAML", None),
    "an enormous integer": ("a: " + "9" * 5000 + "\n", "more than 400 digits", 1),
    "many values": ("a: [" + "1," * 100_001 + "]", "more than 100,000", 1),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_hostile_is_refused_at_its_line(case):
    """Exit code 2, before anything is built of it."""
    text, words, line = HOSTILE[case]
    with pytest.raises(UsageError, match=words) as refused:
        parse(text, "c.yaml")
    if line is not None:
        assert refused.value.faults[0].mark.line == line


VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcxyz_", min_size=1, max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUE)
def test_json_is_yaml(value):
    """Whatever JSON holds reads the same."""
    assert parse(json.dumps({"value": value}, ensure_ascii=False), "c.yaml").data == {
        "value": value
    }


def test_every_part_knows_its_line_and_column():
    """Keys and items alike."""
    found = parse("a:\n  - x\n  - b: 1\n", "c.yaml")
    assert found.mark(("a", 1, "b")) == (3, 5)
    assert found.mark(("a", 1, "missing")) == (3, 5)
    assert found.mark(("nowhere",)) == (1, 1)


def test_a_text_may_hold_anything_that_is_written_in_quotes():
    """Only keys are names."""
    assert parse('a: "\\e[31m"\n', "c.yaml").data == {"a": "\x1b[31m"}
