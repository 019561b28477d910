"""Configs to plans: every fault at once with its line, and each value's origin."""

import json
from pathlib import Path

import numpy as np
import pytest

from losscli import DataError, UsageError
from losscli.cli.app import run
from losscli.config.document import ConfigError
from losscli.config.model import schema
from losscli.config.planner import plan_of
from losscli.results.documents.error import ErrorReport

DATA = "data:\n  val: {preds: p.npy, targets: t.npy}\n"
PLAIN = (
    "version: 1\ndata: {val: {preds: p.npy, targets: t.npy}}\n"
    "evals:\n  val: {data: val, losses: [mae, mse]}\n"
)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


def planned(text, *settings, path="c.yaml", environment=None, **flags):
    """The plan of a config's text."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    return plan_of(path, settings, environment=environment or {}, **flags)


def step(text, *settings, **flags):
    """The plan of its only run."""
    (only,) = planned(text, *settings, **flags).steps
    return only.plan


FAULTS = {
    "no version": ("evals: {}\n", {(1, "version is missing")}),
    "another version": ("version: 2\n", {(1, "version")}),
    "a list": ("- 1\n", {(1, "is a mapping")}),
    "nothing": ("", {(None, "is a mapping")}),
    "nothing to run": ("version: 1\n", {(1, "nothing to run")}),
    "a slip in a key": (PLAIN + "output: [a.json]\n", {(5, "did you mean outputs?")}),
    "a slip inside": (
        "version: 1\nevals:\n  val:\n    preds: p.npy\n    losses: [mae]\n    dytpe: x\n",
        {(6, "did you mean dtype?")},
    ),
    "a slip in defaults": (PLAIN + "defaults: {dvice: cpu}\n", {(5, "did you mean device?")}),
    "a flag that means two things": (
        PLAIN + "defaults: {threads: 2}\n",
        {(5, "key 'threads'")},
    ),
    "a wrong type": (PLAIN + "baseline: 3\n", {(5, "valid string")}),
    "a bad value": (
        PLAIN + "defaults: {nan: maybe}\n",
        {(4, "nan takes error, skip, mask or")},
    ),
    "a bad share": (PLAIN + "defaults: {ci: 95}\n", {(4, "ci takes a number between 0 and 1")}),
    "no data set": (
        "version: 1\ndata: {val: {preds: p.npy}}\nevals:\n  a:\n    data: vla\n    losses: [mae]\n",
        {(5, "did you mean val?")},
    ),
    "no predictions": ("version: 1\nevals:\n  a: {losses: [mae]}\n", {(3, "no predictions")}),
    "no losses": ("version: 1\nevals:\n  a: {preds: p.npy}\n", {(3, "losses is missing")}),
    "an empty list": (
        "version: 1\nevals:\n  a: {preds: p.npy, losses: []}\n",
        {(3, "at least one loss")},
    ),
    "an unknown loss": (
        "version: 1\nevals:\n  a:\n    preds: p.npy\n    losses:\n      - mae\n      - mea\n",
        {(7, "mea")},
    ),
    "an unknown parameter": (
        "version: 1\nevals:\n  a:\n    preds: p.npy\n    losses: [{smooth_l1: {bta: 1}}]\n",
        {(5, "beta")},
    ),
    "a label twice": (
        "version: 1\nevals:\n  a:\n    preds: p.npy\n    losses: [mae, mae]\n",
        {(5, "two losses have the label")},
    ),
    "no gate": (PLAIN + "gates:\n  - {run: val, expect: mae}\n", {(6, "has no comparison")}),
    "a gate of two kinds": (
        PLAIN + "gates:\n  - {run: val, expect: mae <= 1, not_worse_than: {preds: a.npy}}\n",
        {(6, "expect: or not_worse_than:")},
    ),
    "a gate of no run": (
        PLAIN + "  b: {data: val, losses: [mae]}\ngates: ['mae <= 1']\n",
        {(6, "names no run")},
    ),
    "a gate of another run": (
        "version: 1\nevals:\n  a: {preds: p.npy, losses: [mae], gates: [{run: b, expect: x}]}\n",
        {(3, "this gate is part of a")},
    ),
    "a level that is none": (
        PLAIN + "gates: [{run: val, expect: mae <= 1, level: error}]\n",
        {(5, "level")},
    ),
    "a limit that is no number": (
        PLAIN + "gates: [{run: val, expect: mae <= x}]\n",
        {(5, "is not a finite number")},
    ),
    "a name that climbs": (
        "version: 1\nevals:\n  ../a: {preds: p.npy, losses: [mae]}\n",
        {(3, "not a valid name")},
    ),
    "a hidden name": (
        "version: 1\nevals:\n  .a: {preds: p.npy, losses: [mae]}\n",
        {(3, "not a valid name")},
    ),
    "a name with markup": (
        "version: 1\nevals:\n  '<b>': {preds: p.npy, losses: [mae]}\n",
        {(3, "not a valid name")},
    ),
    "one name for two runs": (
        PLAIN + "benches:\n  val: {losses: [mae]}\n",
        {(6, "duplicate run val")},
    ),
    "an output of no format": (PLAIN + "outputs: [a.doc]\n", {(5, "a.doc")}),
    "a size that is none": (PLAIN + "benches:\n  b: {size: [true]}\n", {(6, "list of texts")}),
    "a time that is none": (
        PLAIN + "benches:\n  b: {time: 0}\n",
        {(6, "time takes a positive")},
    ),
    "several": (
        "version: 1\nevals:\n  a:\n    preds: p.npy\n    losses: [mae]\n    nann: skip\n"
        "    threads: x\noutput: 1\nbaseline: 2\n",
        {(6, "nan"), (7, "threads"), (8, "outputs"), (9, "baseline")},
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_wrong_is_said_with_its_line_and_all_at_once(case):
    """Exit code 2, before any file of data is opened."""
    text, wanted = FAULTS[case]
    with pytest.raises(ConfigError) as refused:
        planned(text)
    assert refused.value.exit_code == 2
    said = {(fault.mark.line if fault.mark else None, str(fault)) for fault in refused.value.faults}
    assert len(said) == len(wanted)
    for line, words in wanted:
        assert any(line == at and words in text for at, text in said), said
    assert len(json.dumps(ErrorReport.of(refused.value).to_dict())) > 20


def test_a_config_that_is_not_there():
    """And one that cannot be read."""
    with pytest.raises(UsageError, match="there is no config"):
        plan_of("nowhere.yaml")
    Path("folder.yaml").mkdir()
    with pytest.raises(DataError, match="cannot read"):
        plan_of("folder.yaml")
    Path("latin.yaml").write_bytes(b"version: 1\n# caf\xe9\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        plan_of("latin.yaml")
    Path("big.yaml").write_text("#" * (1 << 20) + "\n")
    with pytest.raises(ConfigError, match="at most 1 MiB"):
        plan_of("big.yaml")


def test_data_lies_beside_the_file_and_outputs_in_the_current_folder():
    """As the contract has it."""
    text = (
        "version: 1\ndata:\n  a: {preds: p.npy, targets: ../t.npy, weights: w}\n"
        "evals:\n  a: {data: a, losses: [mae]}\n  b: {data: a, losses: [mae], weights: ./w}\n"
        "baseline: base.json\noutputs: [out.json]\n"
    )
    plan = planned(text, path="configs/c.yaml")
    first, second = (step.plan for step in plan.steps)
    assert (first.preds, first.targets) == ("configs/p.npy", "t.npy")
    assert (first.weights, second.weights) == ("w", "./configs/w")
    assert (plan.baseline, plan.outputs) == ("configs/base.json", ("out.json",))
    absolute = Path("x.npy").resolve()
    assert step(f"version: 1\nevals:\n  a: {{preds: {absolute}, losses: [mae]}}\n").preds == str(
        absolute
    )


def test_arrays_of_parameters_lie_beside_the_file_too():
    """Whether they are written as on the command line or as a mapping."""
    Path("configs").mkdir()
    np.save("configs/w.npy", np.array([1.0, 2.0]))
    text = (
        "version: 1\nevals:\n  a:\n    preds: p.npy\n    losses:\n"
        '      - "one=cross_entropy:weight=@w.npy"\n'
        "      - {cross_entropy: {weight: {file: w.npy}, ignore_index: 3}}\n"
    )
    one, two = step(text, path="configs/c.yaml").loss
    assert one.label == "one"
    assert two.label == "cross_entropy:weight=@w.npy,ignore_index=3"
    assert list(one.params["weight"]) == list(two.params["weight"]) == [1.0, 2.0]


LAYERS = {
    "built in": ({}, (), {}, "error", None),
    "the defaults": ({"defaults": "{nan: skip}"}, (), {}, "skip", "c.yaml, line 5"),
    "the defaults of evals": (
        {"defaults": "{nan: skip, eval: {nan: propagate}}"}, (), {}, "propagate", "c.yaml, line 5",
    ),
    "the run's own": ({"defaults": "{nan: skip}", "own": "nan: propagate"}, (), {}, "propagate",
                      "c.yaml, line 4"),
    "the environment": ({"own": "nan: skip"}, (), {"LOSSCLI_NAN": "propagate"}, "propagate",
                        "LOSSCLI_NAN"),
    "the environment of evals": (
        {}, (), {"LOSSCLI_NAN": "skip", "LOSSCLI_EVAL_NAN": "propagate"}, "propagate",
        "LOSSCLI_EVAL_NAN",
    ),
    "a setting": ({"own": "nan: skip"}, ("evals.val.nan=error",), {"LOSSCLI_NAN": "propagate"},
                  "error", "--set"),
    "a setting of the defaults": (
        {}, ("defaults.nan=skip",), {"LOSSCLI_NAN": "propagate"}, "skip", "--set",
    ),
    "the last setting": ({}, ("defaults.nan=skip", "defaults.nan=propagate"), {}, "propagate",
                         "--set"),
}  # fmt: skip


@pytest.mark.parametrize("case", LAYERS)
def test_the_stronger_layer_wins_and_is_named(case):
    """Built in < defaults < the run's own < environment < --set."""
    file, settings, environment, value, origin = LAYERS[case]
    own = f", {file['own']}" if "own" in file else ""
    text = f"version: 1\n{DATA}evals: {{val: {{data: val, losses: [mae]{own}}}}}\n"
    text += f"defaults: {file['defaults']}\n" if "defaults" in file else ""
    plan = planned(text, *settings, environment=environment)
    assert plan.steps[0].plan.nan == value
    found = plan.values.get("evals.val.nan")
    assert (found.origin if found else None) == origin


def test_threads_of_evals_and_of_benches_are_told_apart():
    """They mean other things, so their variables have other names."""
    text = PLAIN + "benches:\n  b: {losses: [mae]}\n"
    environment = {"LOSSCLI_EVAL_THREADS": "3", "LOSSCLI_BENCH_THREADS": "2"}
    one, two = planned(text, environment=environment).steps
    assert (one.plan.threads, two.plan.threads) == (3, 2)


def test_a_bad_variable_names_itself():
    """It stands in no line."""
    with pytest.raises(ConfigError, match="LOSSCLI_EVAL_THREADS"):
        planned(PLAIN, environment={"LOSSCLI_EVAL_THREADS": "many"})
    plan = planned(PLAIN, environment={"LOSSCLI_DEVISE": "cpu", "LOSSCLI_OTHER": "1"})
    assert [note.message for note in plan.notes] == ["LOSSCLI_DEVISE is not a setting"]


def test_variables_stand_in_texts_and_are_expanded_once():
    """With a default, as a dollar, and never of what they hold; the text is saved as it was."""
    text = (
        'version: 1\nevals:\n  a: {preds: "${DIR}/p-${N:-1}.npy", targets: "$$t.npy", '
        'losses: [mae], backend: "${EMPTY:-numpy}"}\n'
    )
    plan = planned(text, environment={"DIR": "x-${N}", "EMPTY": ""})
    found = plan.steps[0].plan
    assert (found.preds, found.targets, found.backend) == ("x-${N}/p-1.npy", "$t.npy", "numpy")
    assert plan.text == text


@pytest.mark.parametrize("value", ["${NOWHERE}", "${", "${1x}", "a${}b"])
def test_a_variable_that_is_not_there_is_a_fault(value):
    """At its line."""
    with pytest.raises(ConfigError) as refused:
        planned(f"version: 1\nevals:\n  a:\n    preds: '{value}'\n    losses: [mae]\n")
    assert refused.value.faults[0].mark.line == 4


SETTINGS = ["nothing", "=x", "evals.val.losses.7=mae", "evals.val.data.x=1", "evals.val.nan=[1"]


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_that_cannot_be_is_refused(setting):
    """Exit code 2."""
    with pytest.raises(UsageError):
        planned(PLAIN, setting)


def test_a_setting_reaches_any_place():
    """Names with dots, items of lists, keys that were not there."""
    text = PLAIN.replace("  val: {data: val", "  v1.2: {data: val")
    found = planned(text, "evals.v1.2.losses.1=smooth_l1", "evals.v1.2.nan=skip", "baseline=b.json")
    assert [loss.label for loss in found.steps[0].plan.loss] == ["mae", "smooth_l1"]
    assert (found.steps[0].plan.nan, found.baseline) == ("skip", "b.json")


def test_only_the_named_runs_are_planned():
    """With their gates; a name that is none is refused with the nearest."""
    text = PLAIN + "  other: {data: val, losses: [mae]}\ngates:\n"
    text += "  - {run: val, expect: mae <= 1}\n  - {run: other, expect: mae <= 2}\n"
    plan = planned(text, only=["other"])
    assert [step.name for step in plan.steps] == ["other"]
    assert [gate.expr for step in plan.steps for gate in step.gates] == ["mae <= 2"]
    with pytest.raises(UsageError, match="did you mean other"):
        planned(text, only=["othr"])


def test_the_schema_knows_every_key_and_no_other():
    """What an editor completes from is what is checked."""
    found = schema()
    assert set(found["properties"]) == {
        "version", "defaults", "data", "evals", "benches", "comparisons", "baseline", "gates",
        "on_undecided", "outputs",
    }  # fmt: skip
    parts = found["$defs"]
    assert all(part["additionalProperties"] is False for part in parts.values())
    assert "pass" in parts["Bench"]["properties"]
    assert "passes" not in parts["Bench"]["properties"]
    assert '"null"' not in json.dumps(found)


def test_a_run_pairs_rows_by_ids_and_by_row_numbers(capsys):
    """With the keys that the flags have; a file of row numbers is relative to the config."""
    Path("p.csv").write_text("key,p\na,1\nb,2\nc,3\n")
    Path("t.csv").write_text("id,t\nb,2\na,1\nd,4\n")
    Path("configs").mkdir()
    np.save("rows.npy", [2, 0, 1, 0])
    np.save("p.npy", [2.0, 0.0, 1.0, 0.0])
    np.save("t.npy", [0.0, 1.0, 2.0])
    Path("configs/c.yaml").write_text(
        "version: 1\n"
        "data:\n"
        "  ids: {preds: ../p.csv, targets: ../t.csv, id: [key=id], unmatched: skip}\n"
        "  rows: {preds: ../p.npy, targets: ../t.npy, rows: ../rows.npy}\n"
        "evals:\n"
        "  ids: {data: ids, losses: [mae], pred: [p], target: [t], memory: 1MB}\n"
        "  rows: {data: rows, losses: [mae]}\n"
    )
    assert run(["run", "configs/c.yaml", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["evals"]
    assert [found[name]["losses"][0]["value"] for name in ("ids", "rows")] == [0.0, 0.0]
    assert [part.get("unmatched") for part in found["ids"]["inputs"][:2]] == [1, 1]
    assert found["rows"]["inputs"][0]["duplicates_dropped"] == 1
