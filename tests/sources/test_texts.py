"""Texts in one buffer do what lists of texts do."""

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from losscli.sources.key_index import IdPieces, index_of
from losscli.sources.storage import Room
from losscli.sources.texts import Texts

TEXTS = st.lists(st.text(max_size=20), max_size=40)
NUMBERS = st.one_of(
    st.integers(0, 10**17).map(str),
    st.sampled_from(["007", "7", "0", "00", "-1", "+1", " 7", "7 ", "1/", "1:", "٣", "", "1_0"]),
    st.binary(min_size=1, max_size=16).map(lambda data: data.decode("latin-1")),
)
KEYS = st.one_of(
    st.text(max_size=12), st.integers(0, 60).map(str), st.integers(0, 10**15).map(str), NUMBERS
)


@given(TEXTS, TEXTS, st.randoms(use_true_random=False))
def test_texts_are_taken_joined_and_compared_as_lists_are(ours, theirs, random):
    """Rows in any order, parts one after the other, equality row by row."""
    theirs = (theirs + ours)[: len(ours)]
    left, right = Texts.of(ours), Texts.of(theirs)
    order = random.sample(range(len(ours)), len(ours))
    assert left.tolist() == ours
    assert Texts.of_rows(zip(ours, theirs, strict=True)).rows() == list(
        zip(ours, theirs, strict=True)
    )
    assert left.part(slice(1, None)).tolist() == ours[1:]
    if ours:
        assert left.part(order).tolist() == [ours[k] for k in order]
        joined = Texts.concatenate([left, right.part(order), left])
        assert joined.tolist() == [*ours, *(theirs[k] for k in order), *ours]
    assert left.equal(right).tolist() == [a == b for a, b in zip(ours, theirs, strict=True)]
    hashes = dict(zip(ours, left.hashes().tolist(), strict=True))
    for text, number in zip(theirs, right.hashes().tolist(), strict=True):
        assert hashes.get(text, number) == number


@given(TEXTS, st.integers(0, 40))
def test_texts_of_arrow_are_its_strings(texts, start):
    """Both kinds of offsets, and slices."""
    for kind in (pa.string(), pa.large_string()):
        array = pa.array(texts, kind)
        assert Texts.of_arrow(array.slice(start)).tolist() == texts[start:]


@given(st.lists(NUMBERS, max_size=9))
@example(["9999999999999999", "12345678", "123456789"])
def test_integers_are_those_of_canonical_texts(texts):
    """-1 for any other text: 007 is not 7."""
    wanted = [
        int(text)
        if text.isascii() and text.isdigit() and str(int(text)) == text and len(text) <= 16
        else -1
        for text in texts
    ]
    assert Texts.of(texts).integers().tolist() == wanted


def joined(parts, room):
    """Keys in parts as one, as the index takes them."""
    pieces = IdPieces(room)
    for part in parts:
        pieces.append(part)
    return pieces.joined()


@given(
    st.lists(KEYS, min_size=1, max_size=60),
    st.lists(KEYS, max_size=60),
    st.integers(1, 60),
    st.sampled_from([None, 0]),
)
def test_an_index_finds_what_a_dict_finds(keys, wanted, cut, memory):
    """Of keys in parts, in memory or in files; repeated keys are found as well."""
    texts = [Texts.of(part) for part in (keys[:cut], keys[cut:]) if part]
    numbers = [part.integers() for part in texts]
    parts = [n if n.min() >= 0 else t for n, t in zip(numbers, texts, strict=True)]
    room = Room(memory)
    index = index_of(joined(parts, room), room)
    first = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    repeated = [row for row, key in enumerate(keys) if first[key] != row]
    assert index.repeated.tolist() == repeated
    if not repeated:
        found = index.find(Texts.of([*wanted, *keys])).tolist()
        assert found == [first.get(key, -1) for key in [*wanted, *keys]]


@pytest.mark.parametrize("scale", [1, 5003, 10**11])
def test_an_index_of_many_integers_finds_each(scale):
    """Close together, far apart, and of more than eight digits."""
    keys = [str(k * scale) for k in range(5000)]
    texts = Texts.of(reversed(keys))
    index = index_of(texts.integers(), Room(None))
    assert index.find(Texts.of(keys)).tolist() == list(range(4999, -1, -1))
    assert index.find(Texts.of(["5000000000000001", "x", "-1"])).tolist() == [-1, -1, -1]
