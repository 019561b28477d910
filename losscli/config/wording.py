"""Faults that the model finds, in our words and with their positions."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from losscli.config import model
from losscli.config.document import Document, Fault, Keys
from losscli.plans.spelling import nearest

_NAMES = "a name has 1 to 100 letters, digits, '.', '_' or '-', and no '.' first"


def faults_of(
    error: ValidationError, document: Document, data: Any, inside: Keys = ()
) -> Iterator[Fault]:
    """The library's errors, each with its position; inside: the position of what was checked."""
    for found in error.errors(include_url=False):
        location = (*inside, *found["loc"])
        keys, name = known_part(data, location), str(location[-1] if location else "")
        mark = document.mark(keys)
        if found["type"] == "extra_forbidden":
            hint = nearest(name, _known_keys(location))
            yield Fault(mark, f"unknown key {name!r}", hint)
        elif found["type"] == "missing":
            yield Fault(mark, f"{name} is missing")
        elif found["type"] == "string_pattern_mismatch":
            yield Fault(mark, f"{str(found['input'])[:40]!r} is not a valid name", _NAMES)
        else:
            words = found["msg"].removeprefix("Value error, ")
            label = ".".join(map(str, keys[-2:]))
            yield Fault(mark, f"{label}: {words[0].lower()}{words[1:]}")


def known_part(data: Any, location: Keys) -> Keys:
    """The part of a location that is in the data; the rest is the library's."""
    keys: list[str | int] = []
    for key in location:
        inside = isinstance(data, Mapping) and key in data
        at = isinstance(data, list) and isinstance(key, int) and key < len(data)
        if not (inside or at):
            break
        keys.append(key)
        data = data[key]
    return tuple(keys)


def keys_of(model: Any) -> list[str]:
    """The keys of a model, as the file writes them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _known_keys(location: Keys) -> list[str]:
    """The keys that a mapping may have, where one of them is unknown."""
    models: dict[str, Any] = {
        "defaults": model.Defaults, "data": model.Data, "evals": model.Eval,
        "benches": model.Bench, "comparisons": model.Comparison,
        "gates": model.Gate, "not_worse_than": model.NotWorse,
    }  # fmt: skip
    if location[0] == "defaults":
        models |= model.FLAGS
    at: Any = model.Config
    for key in location[:-1]:
        at = models.get(str(key), at)
    return keys_of(at)
