"""Schemas of what changed between two results: of evaluations, of benchmarks, and of runs."""

from losscli.results.schemas.measured import error
from losscli.results.schemas.parts import (
    CONFIG,
    COUNT,
    FINITE,
    GIT,
    LEVEL,
    NOTES,
    NUMBER,
    OBJECT,
    PASS,
    SAMPLES,
    SHAPE,
    TEXT,
    TIME,
    TRUTH,
    Schema,
    document,
    either,
    ended,
    mapping,
    maybe,
    one_of,
    pair,
    record,
    several,
)

_SIDE: Schema = {
    "path": TEXT,
    "schema": TEXT,
    "losscli": maybe(TEXT),
    "environment": maybe(OBJECT),
}
_LOSS: Schema = {"label": TEXT, "loss": TEXT, "by": mapping(TEXT)}
_ROW: Schema = {
    "loss": TEXT,
    "label": TEXT,
    "impl": TEXT,
    "device": TEXT,
    "dtype": TEXT,
    "shape": SHAPE,
    "pass": PASS,
    "cache": TEXT,
}


def diff() -> Schema:
    """What changed between two results; `kind` says of what they are."""
    named = {"schema": {"const": "losscli/diff/1"}}
    return {"type": "object", "properties": named, "anyOf": [_losses(), _benchmarks(), _runs()]}


def _compared(kind: str, fields: Schema, side: Schema, *codes: int) -> Schema:
    """A comparison of two results of a kind."""
    both = record({**_SIDE, **side})
    shared = {
        "kind": {"const": kind},
        "old": both,
        "new": both,
        "fail_on": several(TEXT),
        "counts": mapping(COUNT),
        "notes": NOTES,
    }
    return document("diff", {**shared, **fields, **ended(0, 1, 6, *codes)})


def _losses() -> Schema:
    row = {
        **_LOSS,
        "params": OBJECT,
        "old": NUMBER,
        "new": NUMBER,
        "n": pair(COUNT),
        "change": maybe(NUMBER),
        "relative": maybe(NUMBER),
        "stderr": maybe(NUMBER),
        "degrees_of_freedom": maybe(NUMBER),
        "ci": maybe(pair(NUMBER)),
        "bound": NUMBER,
        "used": maybe(one_of("pairs", "standard errors")),
        "pairs": maybe(COUNT),
        "unpaired": maybe(TEXT),
        "p_worse": maybe(FINITE),
        "p_not_worse": maybe(FINITE),
        "verdict": one_of("worse", "not worse", "better", "undecided"),
        "reason": maybe(TEXT),
    }
    fields = {
        "direction": TEXT,
        "margin": FINITE,
        "ci_level": LEVEL,
        "per_sample": TRUTH,
        "allow_different_data": TRUTH,
        "rows": several(record(row)),
        "only_old": several(record(_LOSS)),
        "only_new": several(record(_LOSS)),
    }
    return _compared("eval", fields, {"per_sample": maybe(SAMPLES)})


def _benchmarks() -> Schema:
    ratio = {"ratio": maybe(FINITE), "ci": maybe(pair(FINITE))}
    row = {
        **_ROW,
        "old_s": maybe(FINITE),
        "new_s": maybe(FINITE),
        "rounds": pair(COUNT),
        **ratio,
        "used": maybe(one_of("raw", "anchored")),
        "anchor": maybe(TEXT),
        "raw": maybe(record(ratio)),
        "anchored": maybe(record(ratio)),
        "p_slower": maybe(FINITE),
        "p_not_slower": maybe(FINITE),
        "verdict": one_of("slower", "not slower", "undecided", "wrong now"),
        "reason": maybe(TEXT),
        "differs": several(record({"what": TEXT, "old": {}, "new": {}})),
    }
    fields = {
        "direction": TEXT,
        "margin": FINITE,
        "between_runs": FINITE,
        "across": TRUTH,
        "ci_level": LEVEL,
        "draws": COUNT,
        "rows": several(record(row)),
        "only_old": several(record(_ROW)),
        "only_new": several(record(_ROW)),
    }
    return _compared("bench", fields, {"noise_floor": maybe(FINITE)})


def _runs() -> Schema:
    fields = {
        "evals": mapping(either(_losses(), error())),
        "benches": mapping(either(_benchmarks(), error())),
        "only_old": several(TEXT),
        "only_new": several(TEXT),
    }
    side = {"config": CONFIG, "started": maybe(TIME), "git": GIT}
    return _compared("run", fields, side, 3, 4, 5)
