"""What schemas are made of: kinds of values, and the records that several documents share.

A field that is named is always there, unless it stands under `sometimes`; others may be added.
"""

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
DIGEST: Schema = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
TRUTH: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FINITE: Schema = {"type": "number"}
NUMBER: Schema = {"anyOf": [FINITE, {"enum": ["nan", "inf", "-inf"]}]}
LEVEL: Schema = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
STATUS: Schema = {"enum": ["pass", "fail", "undecided", "error"]}
PASS: Schema = {"enum": ["forward", "forward+backward"]}


def one_of(*values: Any) -> Schema:
    """One of these values."""
    return {"enum": list(values)}


def either(*schemas: Schema) -> Schema:
    """What one of these describes."""
    return {"anyOf": list(schemas)}


def maybe(schema: Schema) -> Schema:
    """That, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def several(item: Schema) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": item}


def pair(item: Schema) -> Schema:
    """A list of two of them."""
    return {**several(item), "minItems": 2, "maxItems": 2}


def mapping(value: Schema) -> Schema:
    """An object of names that the user chose."""
    return {"type": "object", "additionalProperties": value}


def record(fields: Schema, sometimes: Schema | None = None) -> Schema:
    """An object that has all of these fields, and may have the others."""
    return {
        "type": "object",
        "required": list(fields),
        "properties": {**fields, **(sometimes or {})},
        "additionalProperties": True,
    }


def document(kind: str, fields: Schema, sometimes: Schema | None = None) -> Schema:
    """An object that names its schema."""
    return record({"schema": {"const": f"losscli/{kind}/1"}, **fields}, sometimes)


INTERVAL = maybe(pair(NUMBER))
SHAPE = several(COUNT)
NOTES = several(record({"code": TEXT, "message": TEXT}))
GATES = several(
    record(
        {
            "run": maybe(TEXT),
            "expr": TEXT,
            "level": one_of("fail", "warn"),
            "value": maybe(NUMBER),
            "limit": maybe(NUMBER),
            "status": one_of("pass", "warn", "fail", "undecided", "error"),
            "reason": TEXT,
        }
    )
)
LOSSES = several(
    record(
        {
            "label": TEXT,
            "loss": TEXT,
            "params": OBJECT,
            "reduction": one_of("mean", "sum", "none"),
            "value": maybe(NUMBER),
            "mean": NUMBER,
            "rows": COUNT,
            "n": COUNT,
            "skipped": COUNT,
            "ignored": COUNT,
            "weight_sum": NUMBER,
            "sum": NUMBER,
            "stderr": maybe(NUMBER),
            "ci": INTERVAL,
            "ci_level": LEVEL,
            "statistic": maybe(TEXT),
            "min": maybe(NUMBER),
            "max": maybe(NUMBER),
            "max_row": maybe(COUNT),
        },
        {
            "max_line": COUNT,
            "rmse": NUMBER,
            "rmsle": NUMBER,
            "penalty": NUMBER,
            "code": several(record({"path": TEXT, "sha256": TEXT})),
        },
    )
)
LIMITS = several(
    record(
        {
            "device": TEXT,
            "level": TEXT,
            "copy_gb_per_s": FINITE,
            "read_gb_per_s": FINITE,
            "launch_s": maybe(FINITE),
        },
        {"bytes": COUNT},
    )
)
GIT = maybe(record({"commit": TEXT, "dirty": maybe(TRUTH)}))
SAMPLES = record({"path": TEXT, "labels": several(TEXT), "digest": maybe(DIGEST)})
CONFIG = record(
    {
        "path": TEXT,
        "name": TEXT,
        "text": TEXT,
        "digest": TEXT,
        "set": several(TEXT),
        "baseline": maybe(TEXT),
        "evals": several(TEXT),
        "benches": several(TEXT),
    }
)


def ended(*codes: int) -> Schema:
    """How the command ended."""
    return {"losscli": TEXT, "status": STATUS, "exit_code": one_of(*codes)}
