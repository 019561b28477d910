"""Schemas of what is compared: two benchmarks, two evaluations, two runs."""

from losscli.schemas.measured import error
from losscli.schemas.parts import (
    COUNT,
    FINITE,
    GIT,
    INSTANT,
    INTERVAL,
    LEVEL,
    NOTES,
    NUMBER,
    OBJECT,
    PASS,
    SAMPLES,
    SHAPE,
    TEXT,
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

_KEY: Schema = {
    "loss": TEXT,
    "label": TEXT,
    "impl": TEXT,
    "device": TEXT,
    "dtype": TEXT,
    "shape": SHAPE,
    "pass": PASS,
    "cache": TEXT,
}


_SIDE: Schema = {"path": TEXT, "schema": TEXT, "losscli": maybe(TEXT)}


def diff() -> Schema:
    """What changed between two results of one kind."""
    return either(_benches(), _evals(), _runs())


def _of_kind(kind: str, fields: Schema, codes: tuple[int, ...]) -> Schema:
    """What all comparisons have, and those of one kind."""
    shared = {"fail_on": several(TEXT), "counts": mapping(COUNT), "notes": NOTES}
    return document("diff", {"kind": {"const": kind}, **fields, **shared, **ended(*codes)})


def _benches() -> Schema:
    known = {"environment": maybe(OBJECT), "noise_floor": maybe(FINITE)}
    ratio = {"ratio": maybe(FINITE), "ci": maybe(pair(FINITE))}
    row = {
        **_KEY,
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
        "old": record(_SIDE, known),
        "new": record(_SIDE, known),
        "direction": TEXT,
        "margin": FINITE,
        "between_runs": FINITE,
        "across": TRUTH,
        "ci_level": LEVEL,
        "draws": COUNT,
        "rows": several(record(row)),
        "only_old": several(record(_KEY)),
        "only_new": several(record(_KEY)),
    }
    return _of_kind("bench", fields, (0, 1, 6))


def _evals() -> Schema:
    side = record(_SIDE, {"environment": maybe(OBJECT), "per_sample": SAMPLES})
    named = {"label": TEXT, "loss": TEXT, "by": mapping(TEXT)}
    row = {
        **named,
        "params": OBJECT,
        "old": NUMBER,
        "new": NUMBER,
        "n": pair(COUNT),
        "change": maybe(NUMBER),
        "relative": maybe(NUMBER),
        "stderr": maybe(NUMBER),
        "degrees_of_freedom": maybe(NUMBER),
        "ci": INTERVAL,
        "bound": NUMBER,
        "used": maybe(one_of("pairs", "standard errors")),
        "pairs": maybe(COUNT),
        "unpaired": maybe(TEXT),
        "p_worse": maybe(NUMBER),
        "p_not_worse": maybe(NUMBER),
        "verdict": one_of("worse", "not worse", "better", "undecided"),
        "reason": maybe(TEXT),
    }
    fields = {
        "old": side,
        "new": side,
        "direction": TEXT,
        "margin": FINITE,
        "ci_level": LEVEL,
        "per_sample": TRUTH,
        "allow_different_data": TRUTH,
        "rows": several(record(row)),
        "only_old": several(record(named)),
        "only_new": several(record(named)),
    }
    return _of_kind("eval", fields, (0, 1, 6))


def _runs() -> Schema:
    known = {"environment": maybe(OBJECT), "config": OBJECT, "git": GIT, "started": maybe(INSTANT)}
    fields = {
        "old": record(_SIDE, known),
        "new": record(_SIDE, known),
        "evals": mapping(either(_evals(), error())),
        "benches": mapping(either(_benches(), error())),
        "only_old": several(TEXT),
        "only_new": several(TEXT),
    }
    return _of_kind("run", fields, (0, 1, 3, 4, 5, 6))
