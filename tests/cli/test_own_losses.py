"""Losses of a user's own: files, modules and functions, and all that can be wrong."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from losscli import UsageError, evaluate, losses

EXAMPLE = Path(__file__).parents[2] / "examples/quantile_huber.py"
RNG = np.random.default_rng(3)
P, T = RNG.standard_normal((2, 400))

FUNCTIONS = """
import numpy as np

x = 3

def power(pred, target, p=2.0):
    return abs(pred - target) ** p

def rows(pred, target):
    return (pred[:, 0] - target) ** 2

def whole(pred, target, *, flag=False, word="a"):
    return 0 * pred + flag + (word == "b")

def torchy(pred, target):
    from torch.nn import functional
    return functional.mse_loss(pred, target, reduction="none")

def mean(pred, target):
    return ((pred - target) ** 2).mean()

def undefined(pred, target):
    return nothing

def writes(pred, target):
    pred -= target
    return pred

def needs(pred, target, k):
    return pred

def alone(pred):
    return pred

def pairs(pred, target):
    return (pred - target) ** 2, 2 * (pred - target)

class Module:
    def forward(self, pred, target):
        return (pred - target).pow(2)

    def __call__(self, pred, target):
        return self.forward(pred, target)

module = Module()

def texts(pred, target):
    return np.full(pred.shape, "a")
"""


@pytest.fixture
def data():
    """`p.npy`, `t.npy`, and the example and functions beside them."""
    np.save("p.npy", P)
    np.save("t.npy", T)
    shutil.copy(EXAMPLE, "qh.py")
    Path("own.py").write_text(FUNCTIONS)
    return "p.npy", "t.npy"


def quantile_huber(q, delta):
    """The same by torch's words: Huber's loss, weighed by side."""
    error = T - P
    far = np.abs(error) > delta
    huber = np.where(far, delta * (np.abs(error) - delta / 2), error**2 / 2)
    return np.where(error < 0, 1 - q, q) * huber


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_a_declaration_of_a_file_is_a_loss_like_any_other(data, losscli, backend):
    """With parameters, a label, in a sum, gated, and its code's digest in the result."""
    said = losscli(
        "eval", *data, "--backend", backend, "--format", "json", "--max", "s=9",
        "-l", "qh.py:quantile_huber:q=0.9,delta=0.5,s=qh.py:quantile_huber:q=0.2 + 0.1*mae",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert said.err == "note: runs qh.py\n"
    first, second = json.loads(said.out)["losses"]
    assert first["label"] == "qh.py:quantile_huber:q=0.9,delta=0.5"
    assert first["loss"] == "quantile_huber"
    assert first["params"] == {"q": 0.9, "delta": 0.5}
    assert first["value"] == pytest.approx(quantile_huber(0.9, 0.5).mean(), rel=1e-14)
    rows = quantile_huber(0.2, 1.0) + 0.1 * np.abs(P - T)
    assert second["value"] == pytest.approx(rows.mean(), rel=1e-14)
    digest = hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
    assert first["code"] == second["code"] == [{"path": "qh.py", "sha256": digest}]


def test_losses_of_the_catalogue_run_no_code_of_a_user(data):
    """So their results say nothing of any."""
    assert "code" not in evaluate(*data, loss="mse")["mse"].to_dict()


def test_a_module_is_named_by_its_dots(data, losscli):
    """A package's or one beside the current folder."""
    Path("pack_of_losses").mkdir()
    shutil.copy("own.py", "pack_of_losses/deep.py")
    said = losscli("eval", *data, "-l", "pack_of_losses.deep:power:p=3", "--format", "json")
    assert said.code == 0, said.err
    assert said.err.startswith("note: runs pack_of_losses.deep\n")
    (found,) = json.loads(said.out)["losses"]
    assert found["value"] == pytest.approx((np.abs(P - T) ** 3).mean(), rel=1e-14)
    assert found["code"][0]["sha256"] == hashlib.sha256(FUNCTIONS.encode()).hexdigest()


def test_a_function_gives_a_loss_an_element_or_a_row(data, rng):
    """Of matrices, elements are averaged over the row."""
    pred, target = rng.standard_normal((2, 50, 3))
    found = evaluate(pred, target, loss="own.py:power")
    assert found.value == pytest.approx(losses.mse(pred, target).mean(), rel=1e-14)
    found = evaluate(pred, target[:, 0], loss="own.py:rows")
    assert found.value == pytest.approx(((pred[:, 0] - target[:, 0]) ** 2).mean(), rel=1e-14)
    assert evaluate(*data, loss="own.py:whole:flag=true,word=b").value == 2.0


def test_files_whose_paths_differ_by_a_slash_are_two(data):
    """a/b_k.py is not a_b/k.py."""
    for path, power in (("a/b_k.py", 1), ("a_b/k.py", 2)):
        Path(path).parent.mkdir()
        Path(path).write_text(f"def f(pred, target):\n    return abs(pred - target) ** {power}\n")
    found = evaluate(*data, loss=["one=a/b_k.py:f", "two=a_b/k.py:f"])
    assert found["one"].value == pytest.approx(np.abs(P - T).mean(), rel=1e-14)
    assert found["two"].value == pytest.approx(((P - T) ** 2).mean(), rel=1e-14)


def test_a_function_may_be_given_as_itself(data):
    """In Python."""

    def cubes(pred, target):
        return np.abs(pred - target) ** 3

    found = evaluate(*data, loss=[cubes, "mse"])
    assert found["cubes"].value == pytest.approx((np.abs(P - T) ** 3).mean(), rel=1e-14)
    with pytest.raises(UsageError, match="a spec or a Loss"):
        evaluate(*data, loss=3)


def test_a_function_of_torch_takes_tensors(data, losscli):
    """On the torch backend."""
    said = losscli(
        "eval", *data, "-l", "own.py:torchy", "-l", "mse", "--backend", "torch", "--format", "json"
    )
    first, second = json.loads(said.out)["losses"]
    assert first["value"] == second["value"]


def test_a_nan_that_a_function_would_hide_is_found(data, losscli):
    """Nothing is known of it, so the inputs are looked at."""
    pred = P.copy()
    pred[7] = np.nan
    np.save("p.npy", pred)
    said = losscli("eval", *data, "-l", "own.py:whole")
    assert said.code == 3
    assert "row 7" in said.err


WRONG = {
    "own.py:mean": "one number",
    "own.py:pairs": "returned 2 values",
    "own.py:module": "use --backend torch",
    "own.py:undefined": "own.py, line 23",
    "own.py:writes": "read-only",
    "own.py:needs": "k of needs has no default",
    "own.py:alone": "not a function of pred and target",
    "own.py:texts": "not numbers",
    "own.py:x": "not a loss; its type is int",
    "own.py:powr": "did you mean power",
    "own.py:power:k=1": "no parameter 'k'",
    "qh.py:quantile_huber:q=3": "must be in (0, 1)",
    "nofile.py:f": "no file nofile.py",
    "no_such_module:f": "no module no_such_module",
    "broken.py:f": "broken.py cannot be imported: ZeroDivisionError: division by zero",
    "nested.py:f": "line 2; broken.py, line 3",
    "syntax.py:f": "SyntaxError",
    "mse + own.py:mean": "one number",
}


@pytest.mark.parametrize("spec", WRONG)
def test_what_is_wrong_with_it_is_exit_2(data, losscli, spec):
    """With the user's own line where there is one."""
    Path("broken.py").write_text("a = 1\n\na / 0\n")
    Path("nested.py").write_text("import os\nimport broken\n")
    Path("syntax.py").write_text("def f(:\n")
    sys.modules.pop("broken", None)
    said = losscli("eval", *data, "-l", spec)
    assert said.code == 2
    assert WRONG[spec] in said.err
    assert "Traceback" not in said.err
    assert len([line for line in said.err.splitlines() if not line.startswith("note: ")]) <= 3


@pytest.mark.parametrize(
    ("package", "mend"),
    [("a_package_that_is_nowhere", "next to losscli"), ("torch", "pip install 'losscli[torch]'")],
)
def test_a_file_that_imports_what_is_not_installed_is_exit_4(
    data, losscli, monkeypatch, package, mend
):
    """This machine lacks it, and is told how to get it."""
    monkeypatch.setitem(sys.modules, package, None)
    Path("lacks.py").write_text(f"import {package}\n")
    said = losscli("eval", *data, "-l", "lacks.py:f")
    assert said.code == 4
    assert f"imports {package}, which is not installed" in said.err
    assert mend in said.err


PARTS = {
    "name": '"two words"',
    "formula": "3",
    "values": "None",
    "derivative": '"pred"',
    "reference": "lambda mp, pred, target: 0",  # lacks q
    "pred": "None",
    "target": "None",
    "rows_of": "()",
    "params": "(3,)",
}


@pytest.mark.parametrize("part", PARTS)
def test_a_declaration_that_lacks_a_part_names_it(data, losscli, part):
    """As exit code 2, before anything is read."""
    text = EXAMPLE.read_text() + "\nfrom dataclasses import replace\n"
    text += f"broken = replace(quantile_huber, {part}={PARTS[part]})\n"
    Path("b.py").write_text(text)
    said = losscli("eval", *data, "-l", "b.py:broken")
    assert said.code == 2
    assert f"its {part} must be" in said.err


def test_a_declaration_without_an_argument_names_it(data, losscli):
    """Python says so itself."""
    text = EXAMPLE.read_text().replace("    reference=_reference,\n", "")
    Path("b.py").write_text(text)
    said = losscli("eval", *data, "-l", "b.py:quantile_huber")
    assert said.code == 2
    assert "'reference'" in said.err


def test_a_check_of_a_declaration_holds_it_to_its_own_reference(data, losscli):
    """And finds a derivative that is wrong."""
    assert losscli("check", "qh.py:quantile_huber").code == 0
    assert losscli("check", "qh.py:quantile_huber:q=0.9", "--dtype", "float64").code == 0
    text = EXAMPLE.read_text().replace("slope = -xp", "slope = xp")
    Path("b.py").write_text(text)
    assert losscli("check", "b.py:quantile_huber").code == 1


def test_a_plain_function_has_nothing_to_be_held_to(data, losscli):
    """Unless it says which loss it should be."""
    assert losscli("check", "own.py:power").code == 2
    assert losscli("check", "own.py:power:p=3").code == 2
    assert losscli("bench", "-l", "own.py:power", "--size", "100", "--time", "1").code == 2
    assert losscli("check", "numpy:own.py:power", "--as", "mse").code in (0, 1)


REFUSED = [
    ("eval", "p.npy", "t.npy", "-l", "own.py:power"),
    ("eval", "p.npy", "t.npy", "-l", "mse + own.py:power"),
    ("eval", "p.npy", "t.npy", "-l", "some_module:power"),
    ("check", "qh.py:quantile_huber"),
    ("check", "own.py:power", "--as", "mse"),
    ("bench", "-l", "mse", "--impl", "own.py:power", "--size", "100", "--time", "1"),
    ("bench", "-l", "qh.py:quantile_huber", "--size", "100", "--time", "1"),
    ("run", "eval.yaml"),
    ("run", "bench.yaml"),
    ("run", "impl.yaml"),
]


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_no_user_code_refuses_all_of_it(data, losscli, arguments):
    """No line of it runs, in any command."""
    Path("own.py").write_text("open('ran', 'w')\n" + FUNCTIONS)
    Path("some_module.py").write_text("open('ran', 'w')\n")
    Path("qh.py").write_text("open('ran', 'w')\n")
    head = "version: 1\n"
    bench = f"{head}benches:\n  b: {{size: [100], time: 1, "
    Path("bench.yaml").write_text(f"{bench} losses: ['qh.py:quantile_huber']}}\n")
    Path("impl.yaml").write_text(f"{bench} losses: [mse], impl: ['numpy:own.py:power']}}\n")
    Path("eval.yaml").write_text(
        f"{head}evals:\n  a: {{preds: p.npy, targets: t.npy, losses: ['own.py:power']}}\n"
    )
    said = losscli(*arguments, "--no-user-code")
    assert said.code == 2, said.err
    assert "--no-user-code refuses" in said.err
    assert not Path("ran").exists()


LABELLED = """
from losscli.losses.declare import INDICES, LOGIT, Loss, shapes

def values(xp, pred, target):
    return 0.0 - xp.take_along_axis(pred, target[:, None], axis=1)[:, 0]

def derivative(xp, pred, target):
    return 0.0 * pred

first = Loss(
    name="first", family="own", formula="-z_y", latex="-z_y", source="", use="", avoid="",
    values=values, derivative=derivative, reference=lambda mp, pred, target: -pred[target],
    pred=LOGIT, target=INDICES, rows_of=shapes.LABELLED, flops=1,
)
"""


def test_a_label_that_one_part_ignores_and_another_does_not_know(losscli, rng):
    """Is blamed as the other's; without such a row there is a sum, and check finds its slope."""
    Path("own.py").write_text(LABELLED)
    logits, labels = rng.standard_normal((50, 3)), rng.integers(0, 3, 50)
    np.save("z.npy", logits)
    np.save("y.npy", labels)
    said = losscli("eval", "z.npy", "y.npy", "-l", "x=ce + own.py:first", "--format", "json")
    assert said.code == 0, said.err
    wanted = losses.cross_entropy(logits, labels) - logits[np.arange(50), labels]
    assert json.loads(said.out)["losses"][0]["value"] == pytest.approx(wanted.mean(), rel=1e-13)
    labels[4] = -100
    np.save("y.npy", labels)
    said = losscli("eval", "z.npy", "y.npy", "-l", "x=ce + own.py:first")
    assert said.code == 3
    assert "row 4" in said.err
    said = losscli("check", "own.py:first")
    assert said.code == 1
    assert "its derivative is 0, its reference's slope is -1" in said.out


def test_a_config_runs_code_from_beside_itself(data, losscli):
    """And says so once; mappings of parameters are taken too."""
    Path("sub").mkdir()
    shutil.copy("qh.py", "sub/mine.py")
    Path("sub/c.yaml").write_text(
        "version: 1\nevals:\n  a:\n    preds: ../p.npy\n    targets: ../t.npy\n"
        "    losses: ['mine.py:quantile_huber', {'mine.py:quantile_huber': {q: 0.9}}]\n"
        "    gates: ['mine.py:quantile_huber:q=0.9 <= 99']\n"
    )
    said = losscli("run", "sub/c.yaml", "--format", "json", "--no-save")
    assert said.code == 0, said.err
    assert said.err.count("note: runs sub/mine.py") == 1
    first, second = json.loads(said.out)["evals"]["a"]["losses"]
    assert first["code"][0]["path"] == "sub/mine.py"
    assert second["value"] == pytest.approx(quantile_huber(0.9, 1.0).mean(), rel=1e-14)


def test_workers_take_losses_of_a_user(data, process, rng):
    """In a process of its own, with more than one worker; an error in one is told as ever."""
    big = rng.standard_normal((2, 1_000_000))
    np.save("p.npy", big[0])
    np.save("t.npy", big[1])
    spec = "own.py:power + 0.5*qh.py:quantile_huber"
    said = process("eval", *data, "-l", spec, "--threads", "2", "--format", "json")
    assert said.code == 0, said.err
    one = process("eval", *data, "-l", spec, "--threads", "1", "--format", "json")
    assert json.loads(said.out)["losses"] == json.loads(one.out)["losses"]
    said = process("eval", *data, "-l", "own.py:undefined", "--threads", "2")
    assert said.code == 2
    assert "own.py, line 23" in said.err


KERNEL = """
from torch.nn import functional

def fast(pred, target, beta):
    return functional.smooth_l1_loss(pred, target, beta=beta)
"""
BENCHES = """
version: 1
benches:
  own: {losses: ["x=qh.py:quantile_huber:q=0.9"], impl: [numpy], size: ["1e4"], time: 1}
  mine: {losses: ["t=smooth_l1:beta=0.5"], impl: ["fast.py:fast"], size: ["1e4"], time: 1}
"""


def test_code_that_a_benchmark_names_lies_beside_its_config(losscli):
    """As that of an evaluation does; its memory is measured in a child that finds it too."""
    Path("sub").mkdir()
    shutil.copy(EXAMPLE, "sub/qh.py")
    Path("sub/fast.py").write_text(KERNEL)
    Path("sub/bench.yaml").write_text(BENCHES)
    said = losscli("run", "sub/bench.yaml", "--no-save", "--format", "json")
    assert said.code == 0, said.err
    rows = [row for bench in json.loads(said.out)["benches"].values() for row in bench["rows"]]
    assert {row["impl"] for row in rows} == {"numpy", "fast.py:fast"}
    assert all(row["peak_memory_bytes"] for row in rows)
