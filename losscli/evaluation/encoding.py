"""States as JSON: any composition of structs, named tuples, mappings and arrays, without a list.

A value of a class of losscli is `{"is": NAME, "of": [FIELD, ...]}`, where NAME is the module and
the class. An integer that JSON readers may round is a text, and so is a number that is not finite.
A reader makes objects of losscli's own state classes only.
"""

import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from msgspec import Struct

from losscli.errors import DataError

_EXACT = 1 << 53  # integers below have the same value in any reader of JSON
_PACKAGES = ("accumulators", "comparison", "evaluation", "metrics", "sources", "kernels")


def encode(value: Any) -> Any:
    """A state as lists, dicts, texts, numbers and None.

    Raises TypeError for an object that is not made of fields.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"is": "float", "of": repr(value)}
    if isinstance(value, int | np.integer):
        number = int(value)
        return number if abs(number) < _EXACT else {"is": "int", "of": f"{number:x}"}
    kind: Any = type(value)
    names = _fields(kind)
    if names is not None:
        name = f"{kind.__module__}:{kind.__qualname__}"
        return {"is": name, "of": [encode(getattr(value, each)) for each in names]}
    if isinstance(value, list):
        return [encode(item) for item in value]
    return _encode_other(value)


def _encode_other(value: Any) -> Any:
    """The same of tuples, mappings, sets, bytes and arrays."""
    if isinstance(value, tuple):
        return {"is": "tuple", "of": [encode(item) for item in value]}
    if isinstance(value, Mapping):
        return {"is": "dict", "of": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, frozenset):
        return {"is": "frozenset", "of": sorted(encode(item) for item in value)}
    if isinstance(value, bytes):
        return {"is": "bytes", "of": b64encode(value).decode()}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        data = np.ascontiguousarray(value)
        text = b64encode(data.tobytes()).decode()
        return {"is": "array", "of": [data.dtype.str, list(value.shape), text]}
    if isinstance(value, np.ndarray) and value.dtype.kind == "O" and value.ndim == 1:
        return {"is": "objects", "of": [encode(item) for item in value.tolist()]}
    raise TypeError(f"{type(value).__qualname__} is not made of fields")


def decode(value: Any) -> Any:
    """The state of what `encode` returned; raises DataError for anything else."""
    try:
        return _decode(value)
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"the state of a part is broken: {error}") from error


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    name, of = value["is"], value["of"]
    if ":" in name:
        return _maker(name)(map(_decode, of))
    return _PLAIN[name](of)


def _array(of: list[Any]) -> Any:
    dtype, shape, text = of
    return np.frombuffer(b64decode(text), np.dtype(dtype)).reshape(shape).copy()


def _objects(of: list[Any]) -> Any:
    found = np.empty(len(of), object)
    found[:] = [_decode(item) for item in of]
    return found


_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "float": float,
    "int": lambda of: int(of, 16),
    "tuple": lambda of: tuple(map(_decode, of)),
    "dict": lambda of: {_decode(key): _decode(item) for key, item in of},
    "frozenset": lambda of: frozenset(map(_decode, of)),
    "bytes": b64decode,
    "array": _array,
    "objects": _objects,
}


@cache
def _fields(cls: type) -> tuple[str, ...] | None:
    """The names of the fields of a state class; None for a class that has none."""
    if issubclass(cls, Struct):
        return cls.__struct_fields__
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return tuple(cls._fields)
    if is_dataclass(cls):
        return tuple(each.name for each in fields(cls))
    slots: Any = cls.__dict__.get("__slots__")
    return None if slots is None or not _is_ours(cls.__module__) else tuple(slots)


@cache
def _maker(name: str) -> Callable[[Iterable[Any]], Any]:
    """A function that makes an object of the values of its fields; raises DataError."""
    module, _, qualname = name.partition(":")
    cls = getattr(import_module(module), qualname, None) if _is_ours(module) else None
    names = _fields(cls) if isinstance(cls, type) else None
    if cls is None or names is None:
        raise DataError(f"a part has a state of a class that is unknown: {name[:80]}")
    if issubclass(cls, Struct):
        return lambda values: cls(*values)
    if issubclass(cls, tuple):
        return cls._make  # type: ignore[no-any-return]

    def make(values: Iterable[Any]) -> Any:
        made = cls.__new__(cls)
        for each, value in zip(names, values, strict=True):
            object.__setattr__(made, each, value)
        return made

    return make


def _is_ours(module: str) -> bool:
    """True for the modules that states are of: a part must not make anything else."""
    parts = module.split(".")
    return parts[0] == "losscli" and len(parts) > 2 and parts[1] in _PACKAGES
