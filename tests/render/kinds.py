"""One result of every kind, without a time or a fact of this machine in it.

What is counted is made by hand; what is only read from files is made of files in the current
folder, which is empty before.
"""

import json
from pathlib import Path

import numpy as np

from losscli import compare, diff, evaluate, explain, plot, report
from losscli.backends.machine import environment
from losscli.commands.bless import run_bless
from losscli.commands.dry_run import outline, settings
from losscli.commands.init import run_init
from losscli.commands.results import run_list, run_show
from losscli.config.planner import plan_of
from losscli.errors import DataError, Place
from losscli.explanation.listing import catalogue
from losscli.gates import GateResult, Measurement, exit_code, judge, parse
from losscli.plans.files import BlessPlan, HistoryPlan, InitPlan, ShowPlan
from losscli.results.document import Git, Note, Timing
from losscli.results.documents.bench import Benchmark, BenchmarkRow, LeftOut, Limit, Times
from losscli.results.documents.check import CaseCount, Check, CheckRow
from losscli.results.documents.doctor import Cuda, Diagnosis, Package
from losscli.results.documents.error import ErrorReport
from losscli.results.documents.eval import EvalTiming, Input, SampleRecord
from losscli.results.documents.part import Part
from losscli.results.documents.run import ConfigRecord, Run
from losscli.results.statistics import Group
from losscli.selftest.run import self_test

FOUND = {
    "mae": Measurement(3.0, 1.0),
    "gone": Measurement(None, reason="no loss is labelled 'gone'"),
}
GATES = [
    ("mae <= 9", "fail"),
    ("mae <= 2.5", "warn"),
    ("gone <= 1", "fail"),
    ("mae <= 2", "fail"),
    ("rows >= 1", "fail"),
]
ENVIRONMENT = {
    "python": "3.12.1",
    "numpy": "2.4.0",
    "system": "Linux 6.1",
    "machine": "x86_64",
    "cores": 4,
    "kernel": "compiled",
    "devices": {"cpu": "A Processor"},
}
CONFIG = """version: 1
evals:
  val: {preds: p.npy, targets: t.npy, losses: [mae, mse], gates: ["rows >= 4", "mse <= 1e9"]}
  gone: {preds: no.npy, targets: t.npy, losses: [mae]}
"""
BOTH = "forward+backward"
SAVED_EVALUATION = "results/eval/20260801T101500Z-3f9c1a2b.json"
SAVED = "results/ci/20260801T101500Z-3f9c1a2b.json"


def evaluation():
    """Of files, with a gate of every status in the order of GATES."""
    _files()
    result = evaluate("p.npy", "t.npy", loss=["mae", "mse"], digest=True, threads=1)
    gates = [parse(text, level) for text, level in GATES]
    judged = judge(gates, lambda gate: FOUND.get(gate.label, Measurement(4.0)))
    spans = "+5.3 % [+0.9 %, +9.7 %] spans 1 %"
    undecided = gate("mse <= 12", "undecided", spans, value=12.5, limit=12.0, stderr=6.0)
    timing = EvalTiming(0.25, result.timing.bytes)
    result = result.replace(gates=(*judged, undecided), timing=timing)
    assert exit_code(result.gates) == 1
    return result


def groups():
    """An evaluation by two keys, with a mean that is nan."""
    by = {"region": ["eu", "eu", "us", ""], "site": ["1", "1", "2", "10"]}
    pred, target = [1.0, 2.0, 4.0, np.nan], [0.0, 0.0, 0.0, 0.0]
    found = evaluate(pred, target, loss="rmse", by=by, nan="propagate", threads=1)
    return found.replace(timing=EvalTiming(0.25, found.timing.bytes))


def metrics():
    """Of losses and metrics, one with a table and one that is undefined, by group."""
    pred = np.array([[0.75, 0.25], [0.5, 0.5], [0.125, 0.875], [0.25, 0.75]])
    found = evaluate(
        pred,
        [0, 1, 1, 1],
        loss="log_loss",
        metric=["accuracy", "f1", "confusion_matrix", "mcc"],
        by={"site": ["a", "a", "b", "b"]},
        threads=1,
    )
    return found.replace(timing=EvalTiming(0.25, found.timing.bytes))


def explained_metric():
    """With an alias, parameters and pitfalls."""
    return explain("f1:average=macro")


def benchmark():
    """Of two implementations of two losses: faster, slower, wrong and not timed."""
    limit = Limit("cpu", "memory", 1 << 28, 10.0, 8.0)
    rows = (
        _row("mae", "numpy", 2.0e-3),
        _row("mae", "torch", 1.0e-3, speedup=2.0, speedup_ci=(1.9, 2.1)),
        _row(
            "mae", "k.py:f", 4.0e-3, passes="forward+backward", speedup=0.5, speedup_ci=(0.4, 0.6)
        ),
        _row("mse", "numpy", 3.0e-3),
        _row("mse", "k.py:f", None, correct=False, fault="a value is off by 9 ULP", max_ulp=9.0),
    )
    notes = (Note("few_rounds", "the machine was busy"),)
    return Benchmark(
        rows=rows,
        limits=(limit,),
        noise_floor=0.01,
        left_out=(LeftOut("liger", "it needs CUDA"),),
        notes=notes,
        environment=ENVIRONMENT,
        threads=4,
        timing=Timing(12.5),
    )


def _row(loss, impl, median, **changed):
    times = None
    if median is not None:
        ends = (0.99 * median, 1.01 * median)
        rounds = (median, ends[0], ends[1])
        times = Times(
            median=median,
            ci=ends,
            min=0.9 * median,
            mean=median,
            stddev=0.01 * median,
            n=30,
            outliers=1,
            rounds_s=rounds,
        )
    first = BenchmarkRow(
        loss=loss,
        label=loss,
        impl=impl,
        device="cpu",
        dtype="float32",
        shape=(1000, 10),
        passes="forward",
        cache="warm",
        times=times,
        bytes=80_000,
        gb_per_s=median and 80_000 / median / 1e9,
        limit_time_s=8.0e-6,
        limit_fraction=median and 8.0e-6 / median,
        peak_memory_bytes=40_000,
        max_ulp=0.5,
        max_rel_error=1e-7,
        grad_max_ulp=None,
        correct=True,
        speedup=1.0 if median else None,
        speedup_ci=(1.0, 1.0) if median else None,
        rounds=3,
        stopped_by="time",
        compile_s=None,
        threads=4,
    )
    return first.replace(**changed)


def check():
    """One case that is right and one that is not."""
    good = CheckRow(
        case="ordinary",
        passes="forward",
        shape=(9,),
        max_ulp=0.5,
        grad_max_ulp=None,
        truth="mpmath",
        correct=True,
    )
    wrong = CheckRow(
        case="huge",
        passes="forward+backward",
        shape=(9,),
        max_ulp=np.inf,
        grad_max_ulp=3.0,
        truth="float64",
        correct=False,
        fault="inf where 1e300 is true",
        smallest="[1e300]",
    )
    notes = (Note("loses_digits", "up to 40 ULP where predictions are sure"),)
    return Check(
        impl="k.py:f",
        loss="mae",
        label="mae",
        device="cpu",
        dtype="float32",
        seed=0,
        correct=False,
        rows=(good, wrong),
        cases=CaseCount(2, 2),
        notes=notes,
        environment=ENVIRONMENT,
        timing=Timing(1.5),
    )


def models():
    """Three of them by group: better, undecided, worse, and a note; names with markup."""
    random = np.random.default_rng(1)
    base = np.round(random.uniform(1.0, 2.0, 64), 3)
    preds = {
        "base": base,
        "better": base - np.round(random.uniform(0.1, 0.2, 64), 3),
        "a|b*": base + np.round(random.uniform(-0.5, 0.5, 64), 3),
        "gone": np.where(base > 0, np.nan, base),
    }
    key = np.where(np.arange(64) < 8, "few", "many")
    preds["better"][:8] = base[:8] + np.round(random.uniform(0.1, 0.2, 8), 3)
    found = compare(
        preds,
        np.zeros(64),
        loss=["mae", "rmse"],
        by={"size": key},
        nan="propagate",
        fail_on=["worse"],
        threads=1,
    )
    return found.replace(timing=EvalTiming(0.25, found.timing.bytes), environment=ENVIRONMENT)


def changes():
    """Of evaluations: worse, better and undecided losses, of a group too, and one that is gone."""
    mae, rmse = _loss("mae", 2.0, 0.1), _loss("rmse", 3.0, 0.1, loss="mse", statistic="rmse")
    old = [mae, rmse, _loss("mse", 9.0, 0.5), _loss("tight", 1.0, 0.1, params={"delta": 1.0})]
    new = [_loss("mae", 2.9, 0.1), {**rmse, "value": 2.0, "rmse": 2.0}, _loss("mse", 9.5, 0.5)]
    new.append(_loss("tight", 1.0, 0.1, params={"delta": 2.0}))
    groups = [{"by": {"region": "eu"}, "losses": [mae]}]
    before = _evaluated([*old, _loss("gone", 1.0, 0.1)], groups)
    return diff(before, _evaluated(new, groups), fail_on=("worse",), margin="1%")


def pairs():
    """Of evaluations that kept the losses of their rows."""
    _files()
    np.save("q.npy", [1.5, 2.5, 3.25, 6.5])
    for name in ("p", "q"):
        kept = {"per_sample": f"{name}-rows.npy", "output": f"{name}.json"}
        evaluate(f"{name}.npy", "t.npy", loss=["mae", "rmse"], threads=1, **kept)
    return diff("p.json", "q.json", per_sample=True)


def _loss(label, value, stderr, **changed):
    counts = {"rows": 100, "n": 100, "skipped": 0, "ignored": 0, "weight_sum": 100.0}
    known = {"label": label, "loss": "mae", "params": {}, "reduction": "mean", "statistic": None}
    ends = {"ci": [value - 2 * stderr, value + 2 * stderr], "ci_level": 0.95}
    rows = {"min": 0.0, "max": 2 * value, "max_row": 7, "sum": 100 * value, "value": value}
    return {**known, **counts, **ends, **rows, "stderr": stderr, **changed}


def _evaluated(losses, groups):
    """The document of an evaluation."""
    source = {"path": "t.npy", "format": "npy", "shape": [100], "dtype": "float64"}
    inputs = [{"role": "targets", "digest": f"sha256:{'0' * 64}", **source}]
    known = {"schema": "losscli/eval/1", "environment": ENVIRONMENT, "losscli": "0.1.0"}
    known |= {"timing": {"wall_s": 1.0, "bytes": 800}, "dtype": "float64"}
    return {**known, "inputs": inputs, "losses": losses, "groups": groups}


def run_changes():
    """Of runs: an evaluation, a benchmark, one that is of other data, and some of one side."""
    other = _evaluated([_loss("mae", 2.0, 0.1)], [])
    other["inputs"][0]["digest"] = f"sha256:{'1' * 64}"
    first, second = _loss("mae", 2.0, 0.1), _loss("mae", 2.9, 0.1)
    old = {"val": _evaluated([first], []), "moved": _evaluated([first], []), "gone": other}
    new = {"val": _evaluated([second], []), "moved": other, "fresh": other}
    times = {"torch": 1.0, "numpy": 2.0}
    return diff(
        _run_document(old, {"kernels": _bench_document(times)}, "2026-08-01T10:15:00Z"),
        _run_document(new, {"kernels": _bench_document(times)}, "2026-08-02T10:15:00Z"),
        fail_on=("undecided",),
    )


def _run_document(evals, benches, started):
    config = {"path": "ci.yaml", "name": "ci", "text": CONFIG, "digest": "sha256:0", "set": []}
    config |= {"baseline": None, "evals": list(evals), "benches": list(benches)}
    git = {"commit": "0123456789abcdef", "dirty": False}
    known = {"config": config, "started": started, "git": git, "environment": ENVIRONMENT}
    parts = {"evals": evals, "benches": benches, "gates": []}
    return {"schema": "losscli/run/1", **parts, **known, "losscli": "0.1.0"}


def differences():
    """Slower, not slower and undecided rows, and one that is gone."""
    old = {"torch": 1.0, "numpy": 2.0, "k.py:f": 3.0, "gone": 1.0}
    new = {"torch": 1.0, "numpy": 3.0, "k.py:f": 3.1}
    return diff(_bench_document(old), _bench_document(new), fail_on=("slower",))


def _bench_document(times):
    shared = {"loss": "mae", "label": "mae", "device": "cpu", "dtype": "float32", "shape": [9]}
    shared |= {"pass": "forward", "cache": "warm", "correct": True, "threads": 4}
    rows = []
    for impl, size in times.items():
        rounds = [size * (1 + k % 7 / 1000) for k in range(40)]
        rows.append({**shared, "impl": impl, "time_s": {"median": size, "rounds_s": rounds}})
    known = {"environment": ENVIRONMENT, "noise_floor": 0.004, "losscli": "0.1.0"}
    return {"schema": "losscli/bench/1", "rows": rows, **known}


def diagnosis():
    """A machine with a device."""
    return Diagnosis(
        packages=(Package("numpy", "2.4.0", "everything"), Package("torch", None, "bench")),
        environment=ENVIRONMENT,
        processor="A Processor",
        cores=4,
        cores_of_machine=8,
        caches={"L1d": 1 << 15, "L2": 1 << 20},
        memory_bytes=1 << 34,
        free_bytes=1 << 33,
        cuda=(Cuda("cuda:0", "A Device", 1 << 35, "9.0"),),
        instruction_set="avx2",
        compiler=None,
        limits=(Limit("cpu", "memory", 1 << 28, 10.0, 8.0),),
        noise_floor=0.01,
    )


def run():
    """Evaluations, a benchmark and a run that failed, with gates of every status."""
    first, second = evaluation(), groups()
    gates = tuple(gate.replace(run="val") for gate in first.gates)
    error = DataError("there is no file no.npy", place=Place("no.npy"), hint="check the path")
    failed = gate("mae <= 1", "error", "the run failed: no file", run="gone")
    return Run(
        config=ConfigRecord(
            path="ci.yaml",
            name="ci",
            text=CONFIG,
            digest="sha256:0",
            baseline="base.json",
            evals=("val", "by-region", "gone"),
            benches=("kernels",),
        ),
        evals={
            "val": first.replace(gates=gates),
            "by-region": second,
            "gone": ErrorReport.of(error),
        },
        benches={"kernels": benchmark()},
        gates=(*gates, failed),
        started="2026-08-01T10:15:00Z",
        timing=Timing(1.5),
        command=("losscli", "run", "ci.yaml"),
        git=Git("0123456789abcdef", False),
        notes=(Note("setting", "a setting is odd"),),
        environment=environment(),
        saved=SAVED,
    )


def gate(expr, status, reason, *, run=None, value=None, limit=None, stderr=None):
    """The outcome of a gate."""
    return GateResult(run, expr, "fail", value, limit, status, reason, stderr)


def saved():
    """An evaluation with groups that was kept, and read back."""
    kept = SampleRecord("rows.npy", ("mae", "mse"), f"sha256:{'0' * 64}")
    result = evaluation()
    found = result.replace(
        groups=tuple(Group({"region": name}, result.losses) for name in ("eu", "")),
        per_sample=kept,
        started="2026-08-01T10:15:00Z",
        git=Git("0123456789", True),
    )
    return _read_back(found, SAVED_EVALUATION)


def shown():
    """The same run, read back."""
    return _read_back(run(), SAVED)


def _read_back(result, name):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(result.to_json())
    return run_show(ShowPlan(name))


def history():
    """Two results, and one that was cut off."""
    document = json.loads(run().to_json())
    for name, day in (("20260801T101500Z-3f9c1a2b", "01"), ("20260802T101500Z-0a1b2c3d", "02")):
        path = Path("results/ci", f"{name}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**document, "started": f"2026-08-{day}T10:15:00Z"}))
    Path("results/ci/20260803T101500Z-ffffffff.json").write_text('{"schema": ')
    return run_list(HistoryPlan())


def plan():
    """What a run would do, one of whose files is not there."""
    return outline([_planned()])


def values():
    """Settings of the file and of the command line."""
    return settings(_planned("defaults.ci=99%"))


def tried():
    """A self-test, one of whose gates is vacuous."""
    return self_test(_planned())


def _planned(*changes):
    _files()
    Path("ci.yaml").write_text(CONFIG)
    return plan_of("ci.yaml", changes)


def _files():
    np.save("p.npy", [1.0, 2.0, 3.0, 6.0])
    np.save("t.npy", [0.0, 0.0, 0.0, 0.0])


def blessed():
    """A baseline that is replaced, with a value that changes and one that is new."""
    result = run()
    document = json.loads(result.replace(evals={"val": result["val"]}).to_json())
    Path("new.json").write_text(json.dumps(document))
    losses = document["evals"]["val"]["losses"]
    losses[0]["value"] = 2.5
    del losses[1:]
    Path("base.json").write_text(json.dumps(document))
    return run_bless(BlessPlan("new.json", "new tokenizer", "base.json"))


def start():
    """A first config, of the data that is there."""
    _files()
    Path("p.npy").rename("preds.npy")
    Path("t.npy").rename("targets.npy")
    return run_init(InitPlan("none"))


def page_of_results():
    """A page that was written, of a saved evaluation."""
    return report(saved(), output="page.html").replace(bytes=12345)


def part():
    """A part of some rows, its state cut short."""
    return Part(
        part=2,
        parts=3,
        first_row=32_768,
        rows=32_768,
        inputs=(Input(role="preds", path="p.npy", format="npy", shape=(32_768,)),),
        plan={"preds": "p.npy", "targets": "t.npy", "loss": ["mae"]},
        files={},
        data=None,
        state=None,
        checksum=f"sha256:{0:064}",
        engine="local",
        threads=2,
        timing=EvalTiming(0.5, 262_144),
        environment=ENVIRONMENT,
        saved="parts/part-2-of-3.json",
    )


def explained():
    """The founding loss."""
    return explain("smooth_l1")


def found():
    """Losses of one task, few enough to read."""
    return catalogue(task="box", word="giou")


def curves():
    """Of two losses."""
    return plot("mae", "huber:delta=2", title="a title")


def drawn():
    """The groups and the distribution of an evaluation, and the differences of two models."""
    by = {"region": ["eu", "us", "eu", "us", "eu"]}
    pred = [1.0, 2.0, 4.0, 8.0, 16.0]
    found = evaluate(pred, [0.0] * 5, loss="mae", by=by, distribution=True, threads=1)
    return plot(found, title="a title")


def error():
    """What was wrong, where a result would have been."""
    place = Place("a.csv", row=4, line=6, column="p")
    return DataError("nan is no number", place=place, count=2, total=9, hint="--nan skip")


KINDS = {
    "evaluation": evaluation,
    "groups": groups,
    "metrics": metrics,
    "saved": saved,
    "bench": benchmark,
    "check": check,
    "compare": models,
    "diff": differences,
    "diff-evals": changes,
    "diff-pairs": pairs,
    "diff-runs": run_changes,
    "doctor": diagnosis,
    "run": run,
    "shown": shown,
    "results": history,
    "plan": plan,
    "settings": values,
    "self-test": tried,
    "bless": blessed,
    "init": start,
    "report": page_of_results,
    "explain": explained,
    "explain-metric": explained_metric,
    "list": found,
    "plot": curves,
    "result-plot": drawn,
    "part": part,
    "error": error,
}
