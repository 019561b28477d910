"""The JSON Schema (draft 2020-12) of a kind of document, from the types of its class."""

import re
from typing import Any, TypeAlias

import msgspec

from losscli.results.document import Number, Record
from losscli.results.registry import classes_of

Schema: TypeAlias = dict[str, Any]

# The fields of a docstring, `name, name: meaning.`
_FIELDS = re.compile(r"(?:^|(?<=[.;] ))([a-z_][a-z_0-9]*(?:, [a-z_][a-z_0-9]*)*): ")
_NUMBER: Schema = {"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]}


def schema(kind: str) -> Schema:
    """The JSON Schema of a kind, such as "eval"; all of its keys are always written but `optional`.

    Other keys may be added. Descriptions are those of the docstrings. Raises ImportError for an
    unknown kind.
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
    meanings = _meanings(record)
    properties = {}
    for key, each in part["properties"].items():
        if key in keys:
            properties[key] = {name: item for name, item in each.items() if name != "default"}
            properties[key] |= _description(meanings.get(keys[key], ""))
        elif key == tag:
            properties[key] = {"const": record.__struct_config__.tag}
    required = [key for key in properties if keys.get(key) not in record.optional]
    if record.flat:
        value = part["properties"][record.flat]["additionalProperties"]
        value = value | _description(meanings[record.flat])
        properties |= dict.fromkeys(record.flat_keys(), value)
    found: Schema = {"type": "object", "required": required, "properties": properties}
    return found | _description(_summary(record.__doc__ or ""))


def _description(text: str) -> Schema:
    return {"description": text.replace("None", "null")} if text else {}


def _summary(docstring: str) -> str:
    """The first sentence of a docstring."""
    return re.split(r"\.\s|\.$", docstring.strip(), maxsplit=1)[0]


def _meanings(record: type[Record]) -> dict[str, str]:
    """The meanings of fields, by name, that the docstrings of a class and its bases state."""
    found: dict[str, str] = {}
    for base in reversed(record.__mro__):
        if issubclass(base, Record):
            _, *parts = _FIELDS.split(" ".join((base.__doc__ or "").split()))
            for names, meaning in zip(parts[::2], parts[1::2], strict=True):
                found |= dict.fromkeys(names.split(", "), meaning.strip(" .;"))
    return found


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
