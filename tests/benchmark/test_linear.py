"""The parameters of linear_cross_entropy, beside torch's own functions in float64."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from losscli.benchmark.workloads import losses_of, workload_of
from losscli.errors import UsageError
from losscli.implementations.implementation import Setting, UnsupportedError
from losscli.implementations.libraries import liger
from losscli.implementations.libraries import numpy as own

ROWS, HIDDEN, CLASSES = 150, 5, 7
WEIGHT = np.array([0.5, 0.0, 1.0, 2.0, 0.25, 3.0, 1.5])
PARAMS = [
    {},
    {"softcap": 2.0},
    {"z_loss": 0.1},
    {"ignore_index": 3},
    {"label_smoothing": 0.2},
    {"class_weight": WEIGHT},
    {"softcap": 2.0, "z_loss": 0.1, "ignore_index": -1, "label_smoothing": 0.2},
    {"z_loss": 0.1, "ignore_index": 3, "label_smoothing": 0.2, "class_weight": WEIGHT},
]


def workload(tmp_path, params, size=f"{ROWS}x{HIDDEN}x{CLASSES}"):
    """The workload of a spec with these parameters."""
    words = []
    for name, value in params.items():
        if np.ndim(value):
            np.save(tmp_path / f"{name}.npy", value)
            value = f"@{tmp_path / name}.npy"
        words.append(f"{name}={value}")
    (bound,) = losses_of(["linear_cross_entropy" + f":{','.join(words)}" * bool(words)], np.load)
    return workload_of(bound, size, 0)


def by_torch(hidden, matrix, target, params):
    """The mean and its gradients, from the definitions, row by row."""
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    given = {"softcap": 0.0, "z_loss": 0.0, "ignore_index": -100, "label_smoothing": 0.0, **params}
    weight = torch.tensor(given.get("class_weight", np.ones(CLASSES)))
    leaves = [torch.tensor(array, requires_grad=True) for array in (hidden, matrix)]
    logits = leaves[0] @ leaves[1].T
    if given["softcap"]:
        logits = given["softcap"] * torch.tanh(logits / given["softcap"])
    total, counted = 0.0, 0.0
    for row, label in zip(logits, target, strict=True):
        if label == given["ignore_index"]:
            continue
        smoothing = given["label_smoothing"]
        nll = functional.cross_entropy(
            row[None], torch.tensor([label]), weight, label_smoothing=smoothing, reduction="sum"
        )
        total = total + nll + weight[label] * given["z_loss"] * row.logsumexp(0) ** 2
        counted += float(weight[label])
    mean = total / counted
    return float(mean.detach()), [g.numpy() for g in torch.autograd.grad(mean, leaves)]


@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_values_and_gradients_are_those_of_torch(tmp_path, params):
    """Of the mean, in float64."""
    rng = np.random.default_rng(0)
    hidden, matrix = rng.normal(size=(ROWS, HIDDEN)), rng.normal(size=(CLASSES, HIDDEN))
    target = rng.integers(0, CLASSES, ROWS)
    target[::9] = params.get("ignore_index", 0)
    runner = own.prepare(workload(tmp_path, params), Setting("cpu", "float64", 1))
    mean, gradients = by_torch(hidden, matrix, target, params)
    answer = runner.both(hidden, matrix, target)
    assert float(runner.forward(hidden, matrix, target).value) == float(answer.value)
    assert float(answer.value) == pytest.approx(mean, rel=1e-13)
    for found, expected in zip(answer.gradients, gradients, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-14)


FUNCTIONS = """
import torch, torch.nn.functional as F

def whole(hidden, weight, target, softcap, z_loss, ignore_index, label_smoothing, class_weight):
    logits = softcap * torch.tanh(hidden @ weight.T / softcap)
    rows = F.cross_entropy(logits, target, class_weight, ignore_index=ignore_index,
                           label_smoothing=label_smoothing, reduction="none")
    kept = target != ignore_index
    shares = torch.where(kept, class_weight[torch.where(kept, target, 0)], 0.0)
    return (rows + shares * z_loss * logits.logsumexp(-1) ** 2).sum() / shares.sum()

def lacks(name, value):
    return lambda hidden, weight, target, **params: whole(
        hidden, weight, target, **(params | {name: value}))

no_softcap = lacks("softcap", 1e3)
no_z_loss = lacks("z_loss", 0.0)
no_ignored = lacks("ignore_index", -100)
no_smoothing = lacks("label_smoothing", 0.0)
no_weight = lambda *inputs, class_weight, **params: whole(
    *inputs, **params, class_weight=torch.ones_like(class_weight))
"""


def test_functions_get_the_parameters_and_are_judged_by_them(rows, tmp_path):
    """One that lacks any of them is incorrect."""
    (tmp_path / "linear.py").write_text(FUNCTIONS)
    np.save("weight.npy", np.linspace(0.5, 2.0, 60))
    names = "softcap=3,z_loss=0.05,ignore_index=2,label_smoothing=0.1,class_weight=@weight.npy"
    lacking = ("no_softcap", "no_z_loss", "no_ignored", "no_smoothing", "no_weight")
    impls = ["numpy", "torch", *(f"linear.py:{name}" for name in ("whole", *lacking))]
    spec = f"linear_cross_entropy:{names}"
    found = rows(spec, *impls, size="300x16x60", passes="forward+backward", in_process=True)
    assert [row.impl for row in found if row.fault is None] == impls[:3]
    assert {row.label for row in found} == {spec}
    assert {row.loss for row in found} == {"linear_cross_entropy"}


def test_class_weights_choose_the_size_and_must_fit_it(tmp_path):
    """One number a class."""
    assert workload(tmp_path, {"class_weight": WEIGHT}, None).shape[2] == len(WEIGHT)
    with pytest.raises(UsageError, match="7"):
        workload(tmp_path, {"class_weight": WEIGHT}, "30x4x8")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("linear_cross_entropy:beta=1", "beta"),
        ("linear_cross_entropy:softcap=-1", "softcap"),
        ("linear_cross_entropy + mse", "unknown loss"),
    ],
)
def test_other_specs_are_refused(spec, words):
    """Unknown and invalid parameters, and sums, since no other loss has its inputs."""
    with pytest.raises(UsageError, match=words):
        losses_of([spec], np.load)


def test_liger_gets_the_parameters_by_its_own_names(tmp_path, monkeypatch):
    """And is left out where it would compute another mean: it does not weight a z-loss."""
    made = []
    fused = SimpleNamespace(LigerFusedLinearCrossEntropyLoss=lambda **given: made.append(given))
    monkeypatch.setitem(sys.modules, "liger_kernel", SimpleNamespace(transformers=fused))
    pytest.importorskip("torch")
    setting = Setting("cuda", "float32", 1)
    params = {"softcap": 3.0, "z_loss": 0.5, "ignore_index": -1, "label_smoothing": 0.1}
    liger.prepare(workload(tmp_path, params), setting)
    liger.prepare(workload(tmp_path, {}), setting)
    common = {"ce_weight": None, "ignore_index": -1, "label_smoothing": 0.1}
    plain = {"softcap": None, "lse_square_scale": 0.0, "ignore_index": -100, "label_smoothing": 0.0}
    assert made == [
        {**common, "softcap": 3.0, "lse_square_scale": 0.5},
        {"ce_weight": None, **plain},
    ]
    with pytest.raises(UnsupportedError, match="z-loss"):
        liger.prepare(workload(tmp_path, {"class_weight": WEIGHT, "z_loss": 0.5}), setting)
