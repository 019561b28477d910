"""Schemas of what is computed: evaluations, benchmarks, runs, checks; and errors."""

from losscli.results.schemas.parts import (
    CONFIG,
    COUNT,
    DIGEST,
    FINITE,
    GATES,
    GIT,
    LIMITS,
    LOSSES,
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


def error() -> Schema:
    """An error, wherever a result would have been."""
    return document(
        "error",
        {
            "code": one_of(2, 3, 4, 5),
            "message": TEXT,
            "path": maybe(TEXT),
            "row": maybe(COUNT),
            "line": maybe(COUNT),
            "count": maybe(COUNT),
            "hint": maybe(TEXT),
        },
        {
            "kind": one_of("usage", "data", "missing", "fault"),
            "column": maybe(either(TEXT, COUNT)),
            "place": maybe(TEXT),
        },
    )


def evaluation() -> Schema:
    """An evaluation."""
    source = {
        "role": TEXT,
        "path": TEXT,
        "format": TEXT,
        "shape": SHAPE,
        "dtype": TEXT,
        "digest": maybe(DIGEST),
    }
    return document(
        "eval",
        {
            "losses": LOSSES,
            "groups": several(record({"by": mapping(TEXT), "losses": LOSSES})),
            "gates": GATES,
            "notes": NOTES,
            "inputs": several(record(source, {"columns": several(TEXT)})),
            "per_sample": maybe(SAMPLES),
            "backend": TEXT,
            "device": TEXT,
            "dtype": TEXT,
            "like": maybe(one_of("torch", "keras", "sklearn", "optax")),
            "engine": TEXT,
            "threads": COUNT,
            "started": maybe(TIME),
            "git": GIT,
            "timing": record({"wall_s": FINITE, "bytes": COUNT}),
            "environment": OBJECT,
            **ended(0, 1, 6),
        },
    )


def bench() -> Schema:
    """A benchmark."""
    times = {
        "median": FINITE,
        "ci": maybe(pair(FINITE)),
        "min": FINITE,
        "mean": FINITE,
        "stddev": FINITE,
        "n": COUNT,
        "outliers": COUNT,
    }
    row = {
        "loss": TEXT,
        "label": TEXT,
        "impl": TEXT,
        "device": TEXT,
        "dtype": TEXT,
        "shape": SHAPE,
        "pass": PASS,
        "cache": one_of("warm", "cold"),
        "time_s": maybe(record(times, {"rounds_s": several(FINITE), "host_s": maybe(FINITE)})),
        "bytes": COUNT,
        "gb_per_s": maybe(FINITE),
        "limit_time_s": maybe(FINITE),
        "limit_fraction": maybe(FINITE),
        "peak_memory_bytes": maybe(COUNT),
        "max_ulp": maybe(NUMBER),
        "max_rel_error": maybe(NUMBER),
        "grad_max_ulp": maybe(NUMBER),
        "correct": TRUTH,
        "speedup": maybe(FINITE),
        "speedup_ci": maybe(pair(FINITE)),
        "rounds": COUNT,
        "stopped_by": TEXT,
        "compile_s": maybe(FINITE),
        "notes": NOTES,
    }
    return document(
        "bench",
        {
            "rows": several(record(row, {"fault": maybe(TEXT), "threads": COUNT})),
            "limits": LIMITS,
            "noise_floor": maybe(FINITE),
            "environment": OBJECT,
            **ended(0, 1),
        },
        {
            "left_out": several(record({"impl": TEXT, "reason": TEXT})),
            "notes": NOTES,
            "threads": COUNT,
            "seed": COUNT,
            "timing": record({"wall_s": FINITE}),
        },
    )


def run() -> Schema:
    """The runs of a config, and the baseline that `bless` makes of them."""
    blessed = {"reason": TEXT, "at": TEXT, "from": TEXT, "git": GIT}
    return document(
        "run",
        {
            "config": CONFIG,
            "evals": mapping(either(evaluation(), error())),
            "benches": mapping(either(bench(), error())),
            "gates": GATES,
            "notes": NOTES,
            "started": TIME,
            "timing": record({"wall_s": FINITE}),
            "command": several(TEXT),
            "git": GIT,
            "environment": OBJECT,
            **ended(0, 1, 3, 4, 5, 6),
        },
        {"blessed": record(blessed, {"user": maybe(TEXT)})},
    )


def check() -> Schema:
    """Whether an implementation is right."""
    row = {
        "case": TEXT,
        "pass": PASS,
        "shape": SHAPE,
        "max_ulp": maybe(NUMBER),
        "grad_max_ulp": maybe(NUMBER),
        "truth": TEXT,
        "correct": TRUTH,
        "fault": maybe(TEXT),
        "smallest": maybe(TEXT),
        "snippet": maybe(TEXT),
        "median_ulp": maybe(NUMBER),
        "grad_median_ulp": maybe(NUMBER),
        "vacuous": TRUTH,
    }
    return document(
        "check",
        {
            "impl": TEXT,
            "loss": TEXT,
            "label": TEXT,
            "device": TEXT,
            "dtype": TEXT,
            "seed": COUNT,
            "correct": TRUTH,
            "rows": several(record(row)),
            "notes": NOTES,
            "timing": record({"wall_s": FINITE}),
            "environment": OBJECT,
            **ended(0, 1),
        },
    )
