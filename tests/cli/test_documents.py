"""Documents: what a program reads of every command, held against the schemas that are printed."""

import contextlib
import copy
import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from losscli.cli.app import run
from losscli.commands import run as steps
from losscli.gates import Measurement, judge, parse
from losscli.results.registry import KINDS
from losscli.results.schema import schema

EVAL = "eval p.npy t.npy -l mae,rmse"
BENCH = "bench -l mae --size 1e3 --time 0.3 --no-memory"
CHECK = "check k.py:right --as mae"

# What is typed, the code that it ends with, and the kind of document that says so.
ENDS = [
    (EVAL, 0, "eval"),
    (f"{EVAL} --reduction none --per-sample s.npy", 0, "eval"),
    (f"{EVAL} --save --per-sample s.npy", 0, "eval"),
    (f"{EVAL} --save --max mae=0.1", 1, "eval"),
    ("eval no.npy t.npy -l mae --save", 3, "error"),
    ("eval table.csv --pred p --target t --by g -l mse,rmse --nan propagate", 0, "eval"),
    ("eval ignored.npy labels.npy -l cross_entropy:ignore_index=0", 0, "eval"),
    ("eval p.npy t.npy -l mae:@", 2, "error"),
    (f"{EVAL} --gate mae<=9 --baseline no.json", 0, "eval"),
    (f"{EVAL} --gate mae<=baseline --baseline no.json", 1, "eval"),
    (f"{EVAL} --gate mae<=0.1", 1, "eval"),
    (f"{EVAL} --max mae=0.1 --min gone=1", 1, "eval"),
    ("eval p.npy t.npy", 2, "error"),
    ("eval p.npy t.npy -l nope", 2, "error"),
    ("eval p.npy t.npy -l mae --nope", 2, "error"),
    ("eval no.npy t.npy -l mae", 3, "error"),
    ("eval table.csv --pred p --target t -l mae", 3, "error"),
    (f"{EVAL} --engine ray", 2, "error"),
    (f"{EVAL} --device cuda:99", 4, "error"),
    ("run good.yaml", 0, "run"),
    ("run good.yaml --no-save", 0, "run"),
    ("run failing.yaml", 1, "run"),
    ("run broken.yaml", 2, "error"),
    ("run no.yaml", 2, "error"),
    ("run good.yaml --only nope", 2, "error"),
    ("run gone.yaml", 3, "run"),
    ("run missing.yaml", 4, "run"),
    ("run good.yaml --dry-run", 0, "plan"),
    ("run gone.yaml --dry-run", 3, "plan"),
    ("run bench.yaml --dry-run", 0, "plan"),
    ("run stray.yaml --dry-run", 1, "plan"),
    ("run broken.yaml --dry-run", 2, "error"),
    ("run good.yaml --print-config --set evals.a.nan=skip", 0, "settings"),
    ("run good.yaml --print-config --dry-run", 2, "error"),
    ("run good.yaml --self-test", 0, "self-test"),
    ("run vacuous.yaml --self-test", 1, "self-test"),
    ("run bench.yaml --self-test", 1, "self-test"),
    ("run paired.yaml", 6, "run"),
    ("run paired.yaml --dry-run", 0, "plan"),
    ("run broken.yaml --self-test", 2, "error"),
    (f"{BENCH} --impl numpy,torch", 0, "bench"),
    (f"{BENCH} --impl numpy,k.py:wrong", 1, "bench"),
    (f"{BENCH} --impl nope", 2, "error"),
    (f"{BENCH} --device cuda:99", 4, "error"),
    (CHECK, 0, "check"),
    ("check k.py:wrong --as mae", 1, "check"),
    ("check k.py:right", 2, "error"),
    (f"{CHECK} --device cuda:99", 4, "error"),
    ("diff old.json old.json", 0, "diff"),
    ("diff old.json slow.json", 0, "diff"),
    ("diff old.json slow.json --fail-on slower", 1, "diff"),
    ("diff more.json old.json --fail-on undecided", 6, "diff"),
    ("diff old.json old.json --fail-on nope", 2, "error"),
    ("plot by.json", 0, "result-plot"),
    ("plot by.json --show history", 2, "error"),
    ("diff kept.json better.json", 0, "diff"),
    ("diff kept.json better.json --per-sample", 0, "diff"),
    ("diff better.json kept.json --fail-on worse", 1, "diff"),
    ("diff better.json kept.json --per-sample --fail-on worse", 1, "diff"),
    ("diff kept.json near.json --fail-on undecided", 6, "diff"),
    ("diff kept.json near.json --per-sample --fail-on undecided", 6, "diff"),
    ("diff by.json by.json", 0, "diff"),
    ("diff kept.json better.json --fail-on slower", 2, "error"),
    ("diff kept.json old.json", 3, "error"),
    ("diff kept.json other.json", 3, "error"),
    ("diff kept.json other.json --allow-different-data", 0, "diff"),
    ("diff kept.json lost.json --per-sample", 3, "error"),
    ("diff results/good/latest.json results/good/latest.json", 0, "diff"),
    ("diff better-run.json kept-run.json --fail-on worse", 1, "diff"),
    ("diff kept-run.json near-run.json --fail-on undecided", 6, "diff"),
    ("diff kept-run.json other-run.json", 3, "diff"),
    ("diff kept-run.json base.json", 3, "error"),
    ("diff bench-run.json bench-run.json", 0, "diff"),
    ("diff old.json no.json", 3, "error"),
    ("diff old.json good.yaml", 3, "error"),
    ("results list", 0, "results"),
    ("results list good", 0, "results"),
    ("results show good", 0, "run"),
    ("results list eval", 0, "results"),
    ("results show eval", 0, "eval"),
    ("results show nope", 3, "error"),
    ("results show results/good/cut.json", 3, "error"),
    ("results show", 2, "error"),
    ("bless good --reason first --to b.json", 0, "bless"),
    ("bless good --reason first --to base.json", 0, "bless"),
    ("bless good --reason first", 2, "error"),
    ("bless nope --reason first", 3, "error"),
    ("list", 0, "list"),
    ("list --task box", 0, "list"),
    ("list --task nope", 2, "error"),
    ("explain smooth_l1", 0, "explain"),
    ("explain mae", 0, "explain"),
    ("explain rmse", 0, "explain"),
    ("explain triplet_margin", 0, "explain"),
    ("explain nope", 2, "error"),
    ("plot smooth_l1 mae mse", 0, "plot"),
    ("plot mse -o p.svg", 0, "plot"),
    ("plot mse cross_entropy", 2, "error"),
    ("doctor --quick", 0, "doctor"),
    ("doctor --nope", 2, "error"),
    ("init --ci none", 0, "init"),
    ("init --ci nope", 2, "error"),
]
WITHOUT_OUTPUT = (
    "results list",
    "bless",
    "init",
    "list",
    "explain",
    "plot",
    "--dry-run",
    "--print-config",
)

CONFIG = """version: 1
evals:
  a: {preds: p.npy, targets: t.npy, losses: [mae], gates: ["%s"]}
"""
CONFIGS = {
    "good": CONFIG % "mae <= 0.9",
    "failing": CONFIG % "mae <= 0.1" + "gates: [{run: nope, expect: 'mae <= 1', level: warn}]\n",
    "vacuous": CONFIG % "mae <= 1e99",
    "gone": CONFIG % "mae <= 1" + "  b: {preds: no.npy, targets: t.npy, losses: [mae]}\n",
    "missing": CONFIG % "mae <= 1"
    + "  b: {preds: p.npy, targets: t.npy, losses: [mae], device: 'cuda:99'}\n",
    "groups": CONFIG % "mae <= 1"
    + "  by: {preds: p.npy, targets: t.npy, losses: [rmse], by: ./keys.csv}\n",
    "paired": CONFIG % "mae <= 1"
    + "gates: [{run: a, loss: mae, not_worse_than: {preds: near.npy, margin: 1%}}]\n",
    "stray": CONFIG % "mae <= 1" + "gates: [{run: nope, expect: 'mae <= 1'}]\n",
    "broken": "version: 1\nevals: {a: {preds: p.npy, losses: [nope]}}\nmore: 1\n",
    "bench": "version: 1\nbenches:\n"
    "  b: {losses: [mae], impl: [numpy], size: [1e3], time: 0.3, memory: false,\n"
    "      gates: [mae.time <= 9]}\n",
}
KERNELS = """
def right(pred, target):
    return (pred - target).abs().mean()

def wrong(pred, target):
    return (pred - target).abs().mean() * 1.01
"""


def row(impl, seconds, **fields):
    """A row of a benchmark as it is saved, as far as diff reads it."""
    known = {"loss": "mae", "label": "mae", "impl": impl, "device": "cpu", "dtype": "float32"}
    known |= {"shape": [9], "pass": "forward", "cache": "warm", "correct": True, "threads": 1}
    times = [seconds * (1 + k % 5 / 1000) for k in range(40)]
    return known | {"time_s": {"median": seconds, "rounds_s": times}} | fields


def saved(name, *rows):
    environment = {"python": "3", "devices": {"cpu": "one"}}
    document = {"schema": "losscli/bench/1", "rows": rows, "environment": environment}
    Path(name).write_text(json.dumps(document | {"noise_floor": 0.001, "losscli": "0"}))


# Predictions of targets that are 0, but of `other`, whose targets are 1.
WAVE = np.sin(np.arange(64.0))
PREDS = {"kept": 2 + 0.1 * WAVE, "better": 1 + 0.1 * WAVE, "near": 2 + 0.9 * WAVE[::-1]}
PREDS |= {"other": PREDS["kept"]}
RUN = "version: 1\nevals:\n  val: {preds: %s-p.npy, targets: %s-t.npy, losses: [mae]}\n"


def typed_before(line):
    """A command line that prepares what others read, and ends well."""
    assert run([*line.split(), "--quiet"]) == 0, line


def prepare_comparisons():
    """Evaluations that kept the losses of their rows, and runs, in the current folder."""
    for name, preds in PREDS.items():
        np.save(f"{name}-p.npy", preds)
        np.save(f"{name}-t.npy", np.full(64, float(name == "other")))
        pair, rows = f"{name}-p.npy {name}-t.npy", f"--per-sample {name}-rows.csv"
        typed_before(f"eval {pair} -l mae,rmse -o {name}.json {rows}")
        Path(f"{name}-run.yaml").write_text(RUN % (name, name))
        typed_before(f"run {name}-run.yaml --no-save -o {name}-run.json")
    shutil.copy("kept.json", "lost.json")
    text = Path("lost.json").read_text()
    Path("lost.json").write_text(text.replace("kept-rows.csv", "lost-rows.csv"))
    typed_before("eval table.csv --pred p --target t --by g -l mae --nan skip -o by.json")
    parts = {"evals": {}, "benches": {"b": json.loads(Path("old.json").read_text())}}
    document = json.loads(Path("kept-run.json").read_text()) | parts
    Path("bench-run.json").write_text(json.dumps(document))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Everything that the commands of ENDS read, made once."""
    place = tmp_path_factory.mktemp("prepared")
    with contextlib.chdir(place):
        files = {
            "table.csv": "p,t,g\n1,2,a\n2,nan,b\n3,3,a\n",
            "keys.csv": "g\na\na\nb\n",
            "k.py": KERNELS,
            **{f"{name}.yaml": text for name, text in CONFIGS.items()},
        }
        for name, text in files.items():
            Path(name).write_text(text)
        arrays = {
            "p": [1.0, 2.0, 3.0],
            "t": [1.0, 2.5, 5.0],
            "ignored": [[0.1, 0.2], [0.3, 0.4]],
            "labels": [0, 0],
            "near": [1.5, 1.5, 3.0],
        }
        for name, values in arrays.items():
            np.save(f"{name}.npy", values)
        saved("old.json", row("numpy", 1e-3))
        saved("slow.json", row("numpy", 2e-3))
        saved("more.json", row("numpy", 1e-3), row("torch", 1e-3))
        typed_before("run good.yaml")
        assert run(["run", "failing.yaml", "--quiet"]) == 1
        typed_before("eval p.npy t.npy -l mae --save")
        Path("results/good/cut.json").write_text("{")
        typed_before("bless failing --reason r --to base.json")
        prepare_comparisons()
    return place


@pytest.fixture
def folder(prepared):
    """The same, as a folder of the test's own."""
    shutil.copytree(prepared, ".", dirs_exist_ok=True)


def faults(kind, document):
    """What the schema of its kind has against a document."""
    return [
        f"{error.json_path}: {error.message}"
        for error in Draft202012Validator(schema(kind)).iter_errors(document)
    ]


def strict(value):
    """The same schema, where no field may stand that it does not name."""
    if isinstance(value, list):
        return [strict(item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: strict(item) for key, item in value.items()}
    return found | {"additionalProperties": False} if "required" in found else found


def required(part, document, at=()):
    """Where the fields stand that a schema requires, in the first item of a list only."""
    for option in part.get("anyOf", ()):
        if Draft202012Validator(option).is_valid(document):
            yield from required(option, document, at)
    for key in part.get("required", ()):
        yield (*at, key), part["properties"][key]
        yield from required(part["properties"][key], document[key], (*at, key))
    if isinstance(document, list) and document:
        yield from required(part.get("items", {}), document[0], (*at, 0))


@pytest.mark.parametrize(("typed", "code", "kind"), ENDS, ids=[typed for typed, _, _ in ENDS])
def test_a_command_prints_a_document_of_its_schema(losscli, folder, typed, code, kind):
    """On stdout and in a file alike, and it says how the process ended."""
    arguments = typed.split()
    output = [] if any(words in typed for words in WITHOUT_OUTPUT) else ["-o", "o.json"]
    said = losscli(*arguments, "--format", "json", *output)
    assert said.code == code, said.err
    document = json.loads(said.out)
    assert document["schema"] == f"losscli/{kind}/1"
    assert faults(kind, document) == []
    if kind == "error":
        assert document["code"] == code
        told = said.err.removeprefix("note: runs k.py\n")  # a user's code is named before it runs
        assert told.startswith(f"error: {document['message']}")
    else:
        assert document["exit_code"] == code
        assert document["status"] == {0: "pass", 1: "fail", 6: "undecided"}.get(code, "error")
        assert list(Draft202012Validator(strict(schema(kind))).iter_errors(document)) == []
    if output:
        assert Path("o.json").exists() == (code != 2)
    if output and code != 2:
        assert Path("o.json").read_text() == said.out


def test_a_run_that_is_undecided_says_so(losscli, folder, monkeypatch):
    """The saved file is the same document as what is printed and written."""
    found = Measurement(1.0, ci=(0.9, 1.1))
    monkeypatch.setattr(
        steps, "judge_benchmark", lambda *_: judge([parse("x <= 1")], lambda _: found)
    )
    said = losscli("run", "bench.yaml", "--format", "json", "-o", "o.json")
    document = json.loads(said.out)
    assert said.code == document["exit_code"] == 6
    assert faults("run", document) == []
    assert Path("o.json").read_text() == said.out
    assert json.loads(Path("results/bench/latest.json").read_text()) == document


# Where a bug is put into each command.
BUGS = [
    (EVAL, "losscli.commands.evaluate.measure"),
    ("run good.yaml", "losscli.commands.run.state"),
    ("run good.yaml --self-test", "losscli.selftest.run.baseline_of"),
    ("run good.yaml --dry-run", "losscli.commands.dry_run.outline"),
    (BENCH, "losscli.benchmark.measure.measure"),
    (CHECK, "losscli.checks.check.check_implementation"),
    ("diff old.json old.json", "losscli.differences.benchmarks.compare_benchmarks"),
    ("results list", "losscli.commands.results.entries"),
    ("results show good", "losscli.commands.results.load"),
    ("bless good --reason r --to b.json", "losscli.commands.bless.read"),
    ("doctor --quick", "losscli.commands.doctor.diagnose"),
    ("init", "losscli.commands.init.run_init"),
]


def broken(*_, **__):
    raise RuntimeError("a bug")


@pytest.mark.parametrize(("typed", "where"), BUGS, ids=[typed for typed, _ in BUGS])
def test_a_bug_is_a_document_of_exit_5(losscli, folder, monkeypatch, typed, where):
    """Nothing is written over: what was there is there."""
    Path("o.json").write_text("old")
    monkeypatch.setattr(where, broken)
    output = [] if any(words in typed for words in WITHOUT_OUTPUT) else ["-o", "o.json"]
    said = losscli(*typed.split(), "--format", "json", *output)
    document = json.loads(said.out)
    assert said.code == document["code"] == 5
    assert faults("error", document) == []
    assert "a bug" in said.error[0]
    assert Path("o.json").read_text() == "old"


def test_a_bug_in_a_step_is_a_run_of_exit_5(losscli, folder, monkeypatch):
    """The other steps still have their say."""
    monkeypatch.setattr("losscli.commands.evaluate.measure", broken)
    said = losscli("run", "good.yaml", "--format", "json")
    document = json.loads(said.out)
    assert said.code == document["exit_code"] == 5
    assert faults("run", document) == []


def test_a_result_that_is_shown_says_how_it_ended_then(losscli, folder):
    """Showing it ends well, whatever it says."""
    said = losscli("results", "show", "failing", "--format", "json")
    assert (said.code, json.loads(said.out)["exit_code"]) == (0, 1)
    assert faults("run", json.loads(said.out)) == []


@pytest.mark.parametrize("name", ["base.json", "results/good/latest.json"])
def test_what_is_kept_is_of_the_schema_too(folder, name):
    """Baselines and the history."""
    document = json.loads(Path(name).read_text())
    assert faults("run", document) == []
    assert list(Draft202012Validator(strict(schema("run"))).iter_errors(document)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_printed_and_is_one(losscli, kind):
    """Draft 2020-12, under the name that documents bear."""
    said = losscli("schema", "--of", kind)
    printed = json.loads(said.out)
    Draft202012Validator.check_schema(printed)
    assert printed == schema(kind)
    assert printed["properties"]["schema"] == {"const": printed["$id"]}


def test_another_schema_is_a_usage_error(losscli):
    """Which names those that there are."""
    said = losscli("schema", "--of", "nope")
    assert said.code == 2
    assert "self-test" in said.error[1]


EXAMPLES = {kind: typed for typed, _, kind in ENDS} | {
    "eval": f"{EVAL} --gate mae<=9",
    "run": "run good.yaml",
    "diff": "diff old.json slow.json",
    "error": "eval no.npy t.npy -l mae",
    "plan": "run good.yaml --dry-run",
    "results": "results list",
    "self-test": "run good.yaml --self-test",
    "bless": "bless good --reason first --to base.json",
    "compare": "compare p.npy near.npy t.npy -l mae",
    "part": f"{EVAL} --shard 1/1 -o part.json",
    "report": "report old.json -o report.html",
    "explain-metric": "explain accuracy",
    "result-plot": "plot by.json",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_misses_what_is_gone_or_of_another_kind(losscli, folder, kind):
    """A schema that any document satisfies would prove nothing."""
    document = json.loads(losscli(*EXAMPLES[kind].split(), "--format", "json").out)
    assert faults(kind, document) == []
    found = list(required(schema(kind), document))
    assert len(found) > 4
    for path, part in found:
        changes = [drop] if part.keys() <= {"description"} else [drop, garble]
        for change in changes:
            changed = copy.deepcopy(document)
            change(changed, path)
            assert faults(kind, changed), (change.__name__, path)


def holder(document, path):
    for step in path[:-1]:
        document = document[step]
    return document


def drop(document, path):
    del holder(document, path)[path[-1]]


def garble(document, path):
    holder(document, path)[path[-1]] = [["garbage"]]


# What the contract promises of each record, by the way to it.
LOSS = "label loss params reduction value rows n skipped ignored weight_sum sum stderr ci ci_level"
LOSS += " min max max_row"
ENDED = "environment losscli status exit_code"
PROMISED = {
    (
        "eval",
    ): f"schema losses groups gates notes inputs backend device dtype engine threads {ENDED}",
    ("eval", "timing"): "wall_s bytes",
    ("eval", "losses"): LOSS,
    ("eval", "groups"): "by losses",
    ("eval", "groups", "losses"): LOSS,
    ("eval", "gates"): "run expr level value limit status reason",
    ("eval", "notes"): "code message",
    ("eval", "inputs"): "role path format shape dtype digest",
    ("run",): f"schema config evals benches gates {ENDED}",
    ("bench",): "schema rows limits noise_floor environment exit_code",
    ("bench", "limits"): "device level copy_gb_per_s read_gb_per_s launch_s",
    ("bench", "rows"): "loss label impl device dtype shape pass cache time_s bytes gb_per_s"
    " limit_time_s limit_fraction peak_memory_bytes max_ulp max_rel_error grad_max_ulp correct"
    " speedup speedup_ci rounds stopped_by compile_s notes",
    ("bench", "rows", "time_s"): "median ci min mean stddev n outliers",
    ("error",): "code message path row line count hint",
}


@pytest.mark.parametrize("way", PROMISED, ids="/".join)
def test_a_schema_requires_what_the_contract_promises(way):
    """Also where no command at hand leaves it out."""
    part = schema(way[0])
    for step in way[1:]:
        part = part["properties"][step]
        part = part["anyOf"][0] if "anyOf" in part else part
        part = part.get("items", part)
    assert set(PROMISED[way].split()) <= set(part["required"])


@pytest.mark.parametrize("words", ["table", "csv", "markdown", "junit", "github", "quiet"])
@pytest.mark.parametrize(
    "typed",
    [
        *(typed for kind, typed in EXAMPLES.items() if kind not in ("bench", "check", "doctor")),
        "run failing.yaml",
        "run gone.yaml",
        "run groups.yaml",
        "run vacuous.yaml --self-test",
        "results list nope",
        "results show failing",
        "bless good --reason r --to old.json",
    ],
)
def test_a_command_ends_alike_whatever_is_printed(losscli, folder, typed, words):
    """Only the text differs; a program that reads none has the exit code."""
    typed = typed.split()
    expected = losscli(*typed, "--format", "json")
    for path in ("losscli.yaml", ".github"):  # what init writes, and would not write over
        if Path(path).is_dir():
            shutil.rmtree(path)
        Path(path).unlink(missing_ok=True)
    said = losscli(*typed, *(["--quiet"] if words == "quiet" else ["--format", words]))
    assert said.code == expected.code
    assert "losscli itself" not in said.err


def test_a_csv_of_a_run_has_all_that_it_counted(losscli, folder):
    """Losses of every run, of groups too, and rows of benchmarks, in one table; so when shown."""
    more = CONFIGS["bench"].removeprefix("version: 1")
    Path("all.yaml").write_text(CONFIGS["groups"] + more)
    said = losscli("run", "all.yaml", "--format", "csv")
    assert (said.code, said.err) == (0, "")
    assert losscli("results", "show", "all", "--format", "csv").out == said.out
    rows = list(csv.DictReader(said.out.splitlines()))
    assert [(row["run"], row["label"], row["g"]) for row in rows] == [
        ("a", "mae", ""),
        ("by", "rmse", ""),
        ("by", "rmse", "a"),
        ("by", "rmse", "b"),
        ("b", "mae", ""),
        ("b", "mae", ""),
    ]
    document = json.loads(Path("results/all/latest.json").read_text())
    losses = document["evals"]["by"]["losses"][0]
    assert [float(rows[1][name]) for name in ("value", "rmse", "ci_low")] == [
        losses["value"],
        losses["rmse"],
        losses["ci"][0],
    ]
    times = [row["time_s"]["median"] for row in document["benches"]["b"]["rows"]]
    assert [float(row["time_median_s"]) for row in rows[4:]] == times
