"""JSON Schemas (draft 2020-12) of the documents that losscli prints and saves."""

from collections.abc import Callable

from losscli.results.schemas import compared, explained, measured, told
from losscli.results.schemas.parts import Schema

_KINDS: dict[str, Callable[[], Schema]] = {
    "eval": measured.evaluation,
    "bench": measured.bench,
    "run": measured.run,
    "diff": compared.diff,
    "check": measured.check,
    "list": explained.catalogue,
    "explain": explained.explanation,
    "plot": explained.plot,
    "doctor": told.doctor,
    "results": told.results,
    "error": measured.error,
    "self-test": told.self_test,
    "plan": told.plan,
    "settings": told.settings,
    "bless": told.bless,
    "init": told.init,
}
DOCUMENTS = tuple(_KINDS)


def schema(kind: str) -> Schema:
    """The JSON Schema of a kind of document; raises KeyError for what is none of DOCUMENTS."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"losscli/{kind}/1",
        **_KINDS[kind](),
    }
