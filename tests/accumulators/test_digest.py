"""The digest of values, however they are cut."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losscli.accumulators import digest
from losscli.accumulators.digest import Digest, Leaves


def digest_of(data, cuts):
    total = Digest()
    for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
        total.append(Leaves.of(memoryview(data)[start:stop], start))
    return total.hexdigest()


@pytest.fixture(autouse=True)
def _short_leaves(monkeypatch):
    monkeypatch.setattr(digest, "_LEAF", 16)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_no_cut_changes_the_digest(data, cuts):
    """Parts of any length, empty ones too, give the digest of the whole."""
    cuts = sorted(min(cut, len(data)) for cut in cuts)
    assert digest_of(data, cuts) == digest_of(data, [])


@given(st.binary(min_size=1, max_size=100), st.data())
def test_one_changed_byte_changes_the_digest(data, draw):
    """Wherever it stands."""
    at = draw.draw(st.integers(0, len(data) - 1))
    other = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    assert digest_of(data, []) != digest_of(other, [])


def test_the_digest_is_the_hash_of_the_hashes_of_leaves():
    """So that anybody can compute it: whole leaves, then what is left, each hashed by SHA-256."""
    data = bytes(range(40))
    leaves = [data[:16], data[16:32], data[32:]]
    whole = b"".join(hashlib.sha256(leaf).digest() for leaf in leaves)
    assert digest_of(data, [7]) == "sha256:" + hashlib.sha256(whole).hexdigest()
