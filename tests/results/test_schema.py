"""JSON Schemas follow from the types; what they repeat of other places agrees with it."""

import pytest

from losscli.losses.core.conventions import LIBRARIES
from losscli.results.registry import KINDS, classes_of
from losscli.results.schema import schema


def test_the_libraries_of_like_are_those_of_the_conventions():
    """Named in the type as well, since a diff must not import the losses."""
    like = schema("eval")["properties"]["like"]
    assert like["anyOf"][0]["enum"] == list(LIBRARIES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_the_name_of_its_file(kind):
    """And of its tag: a document finds its class by its schema alone."""
    assert classes_of(kind)
    for each in classes_of(kind):
        assert (each.document_kind(), each.document_version()) == (kind, 1)
