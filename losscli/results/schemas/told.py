"""Schemas of what is told around it: the machine, the history, plans, files that were written."""

from losscli.results.schemas.parts import (
    COUNT,
    FINITE,
    GATES,
    LIMITS,
    NOTES,
    NUMBER,
    OBJECT,
    STATUS,
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


def doctor() -> Schema:
    """What a machine can do."""
    package = {"name": TEXT, "version": maybe(TEXT), "use": TEXT}
    device = {"name": TEXT, "model": TEXT, "memory_bytes": COUNT, "capability": TEXT}
    return document(
        "doctor",
        {
            "packages": several(record(package)),
            "processor": TEXT,
            "cores": COUNT,
            "cores_of_machine": COUNT,
            "caches": mapping(COUNT),
            "memory_bytes": maybe(COUNT),
            "free_bytes": maybe(COUNT),
            "cuda": several(record(device)),
            "no_cuda": maybe(TEXT),
            "compiler": maybe(TEXT),
            "quick": TRUTH,
            "limits": LIMITS,
            "noise_floor": maybe(FINITE),
            "notes": NOTES,
            "environment": OBJECT,
            **ended(0),
        },
    )


def self_test() -> Schema:
    """What the gates of a config did with each fault."""
    names = {"run": TEXT, "fault": TEXT}
    gate = {
        "run": TEXT,
        "expr": TEXT,
        "level": one_of("fail", "warn"),
        "sound": maybe(TEXT),
        "reason": TEXT,
        "verdict": TEXT,
        "vacuous": TRUTH,
        "faults": mapping(TEXT),
    }
    return document(
        "self-test",
        {
            "gates": several(record(gate)),
            "skipped": several(record({**names, "reason": TEXT})),
            "stopped": several(record({**names, "reason": TEXT})),
            "undetected": several(record(names)),
            **ended(0, 1, 3, 4, 5, 6),
        },
    )


def _listing(kind: str, row: Schema, *codes: int) -> Schema:
    return document(kind, {"rows": several(record(row)), **ended(0, *codes)}, {"gates": GATES})


def results() -> Schema:
    """The saved results."""
    row = {
        "result": TEXT,
        "config": maybe(TEXT),
        "started": maybe(TEXT),
        "status": either(STATUS, one_of("unreadable")),
        "gates": COUNT,
        "passed": COUNT,
        "commit": maybe(TEXT),
        "problem": maybe(TEXT),
    }
    return _listing("results", row)


def plan() -> Schema:
    """What a run would do."""
    row = {
        "config": TEXT,
        "run": TEXT,
        "kind": one_of("eval", "bench"),
        "losses": several(TEXT),
        "rows": maybe(COUNT),
        "bytes": maybe(COUNT),
        "seconds": maybe(FINITE),
        "gates": several(TEXT),
        "problem": maybe(TEXT),
    }
    return _listing("plan", row, 1, 3, 4, 5, 6)


def settings() -> Schema:
    """The values of a config and where they came from."""
    return _listing("settings", {"key": TEXT, "value": {}, "origin": TEXT})


def bless() -> Schema:
    """A result that became the baseline."""
    old_and_new = {"old": maybe(NUMBER), "new": maybe(NUMBER)}
    change = {"run": TEXT, "label": TEXT, **old_and_new}
    return document(
        "bless",
        {
            "result": TEXT,
            "to": TEXT,
            "reason": TEXT,
            "replaced": TRUTH,
            "changes": several(record(change)),
            **ended(0),
        },
    )


def init() -> Schema:
    """The files that were written for a start."""
    found = {
        "name": TEXT,
        "preds": TEXT,
        "targets": maybe(TEXT),
        "columns": maybe(pair(TEXT)),
        "rows": maybe(COUNT),
        "losses": several(TEXT),
    }
    fields = {"written": several(TEXT), "data": several(record(found)), **ended(0)}
    return document("init", fields)
