"""What may be wrong with the baseline that a gate is relative to."""

from pathlib import Path

from tests.cli.faults.world import (
    BASE,
    NAN,
    Case,
    base_is_a_folder,
    entry,
    gone,
    of_run,
    one_row,
    put,
    saved,
    short,
    text,
    whole,
)

BASELINES = {
    "other targets": Case(
        "val", BASE, lambda: entry("t.npy", 0, 0.25), "error", "the targets differ", 1
    ),
    "other weights": Case(
        "weighted", BASE, lambda: entry("w.npy", 0, 3), "error", "the weights differ", 1
    ),
    "fewer rows": Case(
        "val", BASE, one_row, "error", "8 rows, not 1", 1
    ),
    "other groups": Case(
        "table", "mae[region=*] <= baseline * 1.1",
        lambda: text("table.csv", Path("table.csv").read_text().replace("eu,1,", "us,1,"))(),
        "error", "differ", 1,
    ),
    "no such file": Case("val", BASE, gone("base.json"), "error", "there is no file", 1),
    "a folder": Case("val", BASE, base_is_a_folder, "error", "cannot read", 1),
    "an empty file": Case("val", BASE, text("base.json", ""), "error", "is empty", 1),
    "a file cut off": Case("val", BASE, lambda: short("base.json", 900), "error", "cut off", 1),
    "no JSON": Case("val", BASE, text("base.json", "mae: 1\n"), "error", "is not valid JSON", 1),
    "no text": Case(
        "val", BASE, lambda: Path("base.json").write_bytes(b"\xff\xfe{}"),
        "error", "not valid JSON", 1,
    ),
    "brackets without end": Case(
        "val", BASE, text("base.json", "[" * 100_000), "error", "is not valid JSON", 1
    ),
    "a list": Case("val", BASE, text("base.json", "[]"), "error", "not a result of losscli", 1),
    "a result of another program": Case(
        "val", BASE, whole("schema", "other/run/1"), "error", "not a result of losscli", 1
    ),
    "a result of another kind": Case(
        "val", BASE, whole("schema", "losscli/eval/1"), "error", "is broken", 1
    ),
    "a newer version": Case(
        "val", BASE, whole("schema", "losscli/run/2"), "error", "does not know", 1
    ),
    "no evaluations": Case("val", BASE, whole("evals", {}), "error", "has no 'val'", 1),
    "evaluations that are a list": Case("val", BASE, whole("evals", []), "error", "base.json", 1),
    "evaluations that are null": Case("val", BASE, whole("evals", None), "error", "base.json", 1),
    "a run that failed": Case(
        "val", BASE, of_run("schema", "losscli/error/1"), "error", "has no result of", 1
    ),
    "no losses": Case("val", BASE, of_run("losses", []), "error", "has no 'mae'", 1),
    "losses that are null": Case("val", BASE, of_run("losses", None), "error", "is broken", 1),
    "losses that are a text": Case("val", BASE, of_run("losses", "mae"), "error", "base.json", 1),
    "losses that are numbers": Case("val", BASE, of_run("losses", [1]), "error", "base.json", 1),
    "inputs that are null": Case("val", BASE, of_run("inputs", None), "error", "base.json", 1),
    "inputs that are texts": Case("val", BASE, of_run("inputs", ["t"]), "error", "base.json", 1),
    "no inputs": Case("val", BASE, of_run("inputs", []), "error", "was made without", 1),
    "no digest": Case(
        "val", BASE,
        lambda: saved(lambda d: [i.update(digest=None) for i in d["evals"]["val"]["inputs"]]),
        "error", "does not say what", 1,
    ),
    "no label": Case("val", BASE, put("label", "mad"), "error", "has no 'mae'", 1),
    "no value": Case("val", BASE, put("value", None), "error", "has no value", 1),
    "nan": Case("val", BASE, put("value", "nan"), "error", "not a finite number", 1),
    "inf": Case("val", BASE, put("value", "inf"), "error", "not a finite number", 1),
    "NaN that is no JSON": Case("val", BASE, put("value", NAN), "error", "JSON has no such", 1),
    "a word for a value": Case("val", BASE, put("value", "low"), "error", "expected a number", 1),
    "a boolean for a value": Case("val", BASE, put("value", True), "error", "expected a number", 1),
    "a list for a value": Case("val", BASE, put("value", [1]), "error", "expected a number", 1),
    "an integer past every float": Case(
        "val", BASE, put("value", 10**400), "error", "expected a number", 1
    ),
    "an integer of 5,000 digits": Case(
        "val", BASE,
        lambda: Path("base.json").write_text(
            Path("base.json").read_text().replace('"rows": 8', f'"rows": {"9" * 5000}', 1)
        ),
        "error", "is not valid JSON", 1,
    ),
    "a key twice": Case(
        "val", BASE,
        lambda: Path("base.json").write_text(
            Path("base.json").read_text().replace('"value": ', '"value": 99.0, "value": ', 1)
        ),
        "error", "twice", 1,
    ),
    "zero under a factor": Case("val", BASE, put("value", 0.0), "error", "use + N", 1),
    "below zero under a factor": Case("val", BASE, put("value", -1.0), "error", "use + N", 1),
    "a factor past every float": Case(
        "val", "mae <= baseline * 1e10", put("value", 1e300), "error", "beyond float64", 1
    ),
    "a better baseline": Case("val", BASE, put("value", 0.1), "fail", "over", 1),
    "no such group": Case(
        "table", "mae[region=eu] <= baseline * 1.1",
        lambda: saved(lambda d: d["evals"]["table"]["groups"].pop(0)),
        "error", "has no mae[region=eu]", 1,
    ),
    "groups that are null": Case(
        "table", "mae[region=eu] <= baseline * 1.1",
        lambda: saved(lambda d: d["evals"]["table"].update(groups=None)),
        "error", "base.json", 1,
    ),
    "a group more": Case(
        "table", "mae[region=*] <= baseline * 1.1",
        lambda: saved(
            lambda d: d["evals"]["table"]["groups"].append(
                d["evals"]["table"]["groups"][0] | {"by": {"region": "asia"}}
            )
        ),
        "error", "the baseline has it, and the result does not", 1,
    ),
}  # fmt: skip
