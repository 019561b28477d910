"""The JSON Schema (draft 2020-12) of a kind of document, from the types of its class."""

from typing import Any, TypeAlias

import msgspec

from losscli.results.document import Number, Record
from losscli.results.registry import classes_of

Schema: TypeAlias = dict[str, Any]

_NUMBER: Schema = {"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]}


def schema(kind: str) -> Schema:
    """The JSON Schema of a kind, such as "eval"; all of its keys are always written but `optional`.

    Other keys may stand beside those that it names. Raises ImportError for an unknown kind.
    """
    classes = classes_of(kind)
    found, parts = msgspec.json.schema_components(
        classes, schema_hook=_of_other, ref_template="{name}"
    )
    records = {each.__name__: each for each in _records(Record)}
    parts = {name: _as_written(part, records[name]) for name, part in parts.items()}
    inlined = [_inlined(each, parts) for each in found]
    name = f"losscli/{kind}/{classes[0].document_version()}"
    whole: Schema = inlined[0]
    if len(classes) > 1:
        whole = {"type": "object", "properties": {"schema": {"const": name}}, "anyOf": inlined}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name, **whole}


def _of_other(kind: type) -> Schema:
    """The schema of a type that msgspec does not know."""
    if kind is Number:
        return _NUMBER
    raise NotImplementedError(kind)


def _records(record: type[Record]) -> list[type[Record]]:
    return [record, *(inner for each in record.__subclasses__() for inner in _records(each))]


def _as_written(part: Schema, record: type[Record]) -> Schema:
    """The schema of a class without what is not in its JSON, and with what always is."""
    unwritten = {*record.hidden, record.flat}
    names = zip(record.__struct_fields__, record.__struct_encode_fields__, strict=True)
    keys = {key: name for name, key in names if name not in unwritten}
    tag = record.__struct_config__.tag_field
    properties = {}
    for key, each in part["properties"].items():
        if key in keys:
            properties[key] = {name: item for name, item in each.items() if name != "default"}
        elif key == tag:
            properties[key] = {"const": record.__struct_config__.tag}
    required = [key for key in properties if keys.get(key) not in record.optional]
    if record.flat:
        value = part["properties"][record.flat]["additionalProperties"]
        properties |= dict.fromkeys(record.flat_keys(), value)
    return {"type": "object", "required": required, "properties": properties}


def _inlined(part: Any, parts: dict[str, Schema]) -> Any:
    """A schema with the parts that it refers to in their places."""
    if isinstance(part, list):
        return [_inlined(each, parts) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(parts[part["$ref"]], parts)
    if "prefixItems" in part:  # a pair, whose items are alike
        first, *_ = part["prefixItems"]
        part = {key: each for key, each in part.items() if key != "prefixItems"} | {"items": first}
    return {key: _inlined(each, parts) for key, each in part.items() if key != "discriminator"}
