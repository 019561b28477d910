"""The files that the runs of the corpus read: made of a counter, the same bits everywhere."""

import json
import math
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ROWS = 40
COLUMNS = 3
CLASSES = 5


def _draw(seed: int, *shape: int, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """Numbers of four decimals between two bounds, by a congruential generator of its own."""
    state, found = seed * 7919 + 12345, []
    for _ in range(math.prod(shape)):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        found.append(round(low + (high - low) * ((state >> 33) / 2**31), 4))
    return np.array(found, dtype=np.float64).reshape(shape)


def _whole(seed: int, *shape: int, below: int) -> np.ndarray:
    return np.minimum(np.floor(_draw(seed, *shape) * below), below - 1).astype(np.int64)


def _shares(seed: int, classes: int = CLASSES, zeros: bool = False) -> np.ndarray:
    """Rows of probabilities in 64ths, which sum to exactly 1."""
    found = np.zeros((ROWS, classes))
    for row, cuts in zip(found, _whole(seed, ROWS, 64, below=classes), strict=True):
        for cut in cuts:
            row[cut] += 1 / 64
        if not zeros:
            while (row == 0).any():
                row[row.argmax()] -= 1 / 64
                row[row.argmin()] += 1 / 64
    return found


def _boxes(seed: int) -> np.ndarray:
    corner = _draw(seed, ROWS, 2, low=0.0, high=4.0)
    size = _draw(seed + 1, ROWS, 2, low=0.5, high=5.0)
    return np.concatenate([corner, corner + size], axis=1)


def _arrays() -> dict[str, np.ndarray]:
    real = {"low": -3.0, "high": 3.0}
    p, t = _draw(1, ROWS, **real), _draw(2, ROWS, **real)
    probs = _shares(13)
    logs = np.array([[round(math.log(x), 6) for x in row] for row in probs])
    return {
        # one number a row
        "p.npy": p,
        "t.npy": t,
        "q.npy": t + _draw(3, ROWS, low=-0.5, high=0.5),
        "close.npy": t + _draw(4, ROWS, low=-0.1, high=0.1),
        "closer.npy": t + _draw(4, ROWS, low=-0.1, high=0.1) * 0.5,
        "p32.npy": p.astype(np.float32),
        "p16.npy": p.astype(np.float16),
        "big.npy": p.astype(">f8"),
        "int.npy": _whole(5, ROWS, below=9),
        "uint8.npy": _whole(6, ROWS, below=200).astype(np.uint8),
        "bool.npy": _whole(7, ROWS, below=2).astype(bool),
        "pos_p.npy": _draw(8, ROWS, low=0.1, high=9.0),
        "pos_t.npy": _draw(9, ROWS, low=0.1, high=9.0),
        "counts.npy": _whole(10, ROWS, below=7).astype(np.float64),
        "prob_p.npy": _draw(11, ROWS, low=0.01, high=0.99),
        "edge_p.npy": np.where(_whole(11, ROWS, below=4) == 0, 0.0, _draw(11, ROWS)),
        "bin.npy": _whole(12, ROWS, below=2),
        "soft.npy": _draw(14, ROWS),
        "sign.npy": _whole(12, ROWS, below=2) * 2 - 1,
        "logit.npy": _draw(15, ROWS, low=-6.0, high=6.0),
        "column.npy": p[:, None],
        # several numbers a row
        "p2.npy": _draw(16, ROWS, COLUMNS, **real),
        "t2.npy": _draw(17, ROWS, COLUMNS, **real),
        "pos_p2.npy": _draw(18, ROWS, COLUMNS, low=0.1, high=9.0),
        "pos_t2.npy": _draw(19, ROWS, COLUMNS, low=0.1, high=9.0),
        "prob_p2.npy": _draw(20, ROWS, COLUMNS, low=0.01, high=0.99),
        "logit2.npy": _draw(21, ROWS, COLUMNS, low=-6.0, high=6.0),
        "bin2.npy": _whole(22, ROWS, COLUMNS, below=2),
        "soft2.npy": _draw(23, ROWS, COLUMNS),
        "sign2.npy": _whole(22, ROWS, COLUMNS, below=2) * 2 - 1,
        "fortran.npy": np.asfortranarray(_draw(16, ROWS, COLUMNS, **real)),
        # classes
        "logits.npy": _draw(24, ROWS, CLASSES, low=-5.0, high=5.0),
        "labels.npy": _whole(25, ROWS, below=CLASSES),
        "labels_ignored.npy": np.where(
            np.arange(ROWS) % 7 == 3, -100, _whole(25, ROWS, below=CLASSES)
        ),
        "probs.npy": probs,
        "probs_zeros.npy": _shares(26, zeros=True),
        "probs_t.npy": _shares(27),
        "probs_t_zeros.npy": _shares(28, zeros=True),
        "logprobs.npy": logs,
        "onehot.npy": np.eye(CLASSES)[_whole(25, ROWS, below=CLASSES)],
        "multilabel.npy": _whole(29, ROWS, CLASSES, below=2),
        "decided.npy": _whole(30, ROWS, below=CLASSES),
        "decided2.npy": _whole(31, ROWS, COLUMNS, below=2),
        "steps.npy": _draw(32, ROWS, CLASSES - 1, low=-4.0, high=4.0),
        "scores.npy": _draw(33, ROWS, CLASSES, low=-1.0, high=1.0),
        "relevance.npy": _draw(34, ROWS, CLASSES, low=0.0, high=3.0),
        # distributions, intervals, ensembles
        "normal.npy": np.stack(
            [_draw(35, ROWS, **real), _draw(36, ROWS, low=0.2, high=2.0)], axis=1
        ),
        "interval.npy": np.stack(
            [t - _draw(37, ROWS, low=-0.5, high=1.0), t + 0.5 + _draw(38, ROWS)], axis=1
        ),
        "members.npy": _draw(39, ROWS, 6, **real),
        # pairs, triplets, vectors, masks, boxes
        "pair_scores.npy": _draw(40, ROWS, 2, low=-2.0, high=2.0),
        "pairs.npy": _draw(41, ROWS, 2, 4, low=-2.0, high=2.0),
        "triplets.npy": _draw(42, ROWS, 3, 4, low=-2.0, high=2.0),
        "masks_p.npy": _draw(43, ROWS, 9),
        "masks_t.npy": _whole(44, ROWS, 9, below=2).astype(np.float64),
        "masks_p3.npy": _draw(45, ROWS, 2, 9),
        "masks_t3.npy": _whole(46, ROWS, 2, 9, below=2).astype(np.float64),
        "boxes_p.npy": _boxes(47),
        "boxes_t.npy": _boxes(49),
        # log-probabilities of responses
        "nats2.npy": _draw(56, ROWS, 2, low=-6.0, high=-0.01),
        "nats3.npy": _draw(57, ROWS, 3, low=-6.0, high=0.0),
        "nats4.npy": _draw(58, ROWS, 4, low=-60.0, high=0.0),
        # weights, keys, parameters
        "w.npy": _draw(51, ROWS, low=0.0, high=2.0),
        "w_zero.npy": np.zeros(ROWS),
        "w_some_zero.npy": np.where(np.arange(ROWS) % 3 == 0, 0.0, _draw(51, ROWS)),
        "g.npy": _whole(52, ROWS, below=3),
        "class_weight.npy": np.array([0.5, 1.0, 2.0, 0.25, 1.5]),
        "column_weight.npy": np.array([0.5, 1.0, 2.0]),
        "step_weight.npy": np.array([0.5, 1.0, 2.0, 0.25]),
        "penalty.npy": _draw(53, 4, 5, low=-2.0, high=2.0),
        # rows that are missing, huge or all alike
        "p_nan.npy": np.where(np.arange(ROWS) % 9 == 4, np.nan, p),
        "t_nan.npy": np.where(np.arange(ROWS) % 13 == 6, np.nan, t),
        "p_all_nan.npy": np.full(ROWS, np.nan),
        "p_inf.npy": np.where(np.arange(ROWS) == 11, np.inf, p),
        "p2_nan.npy": np.where(
            np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % 17 == 5,
            np.nan,
            _draw(16, ROWS, COLUMNS, **real),
        ),
        "w_nan.npy": np.where(np.arange(ROWS) == 5, np.nan, 1.0),
        "huge_p.npy": p * 1e200,
        "tiny_p.npy": p * 1e-170,
        "zeros.npy": np.zeros(ROWS),
        "one_p.npy": p[:1],
        "one_t.npy": t[:1],
        "two_p.npy": p[:2],
        "two_t.npy": t[:2],
        # what no loss can take
        "short.npy": p[:7],
        "empty.npy": np.zeros(0),
        "no_columns.npy": np.zeros((ROWS, 0)),
        "scalar.npy": np.array(1.0),
        "text.npy": np.array(["a", "b"]),
        "complex.npy": np.full(ROWS, 1j),
        "dates.npy": np.zeros(ROWS, "M8[D]"),
        "records.npy": np.zeros(ROWS, [("a", "f8"), ("b", "i4")]),
        "w_negative.npy": np.where(np.arange(ROWS) == 5, -1.0, 1.0),
        "w_inf.npy": np.where(np.arange(ROWS) == 5, np.inf, 1.0),
        "w_wide.npy": np.ones((ROWS, 2)),
        "w_short.npy": np.ones(7),
        "above.npy": np.where(np.arange(ROWS) % 8 == 3, 1.5, 0.5),
        "negative.npy": np.where(np.arange(ROWS) % 8 == 3, -1.5, 0.5),
        "labels_past.npy": np.where(np.arange(ROWS) == 9, CLASSES, 0),
        "labels_negative.npy": np.where(np.arange(ROWS) == 9, -1, 0),
        "labels_half.npy": np.where(np.arange(ROWS) == 9, 0.5, 0.0),
        "labels_three.npy": np.arange(ROWS) % 3,
        "probs_off.npy": np.full((ROWS, CLASSES), 0.3),
        "negative2.npy": np.full((ROWS, COLUMNS), -0.5),
        "boxes_turned.npy": _boxes(47)[:, ::-1].copy(),
        "interval_turned.npy": np.stack([t + 1.0, t - 1.0], axis=1),
        "scale_negative.npy": np.stack([t, np.full(ROWS, -1.0)], axis=1),
        "p_shape.npy": np.zeros((ROWS, 4)),
        "weight_nan.npy": np.array([1.0, np.nan, 1.0]),
        "weight_negative.npy": np.array([1.0, -1.0, 1.0]),
        "weight_matrix.npy": np.ones((2, 2)),
    }


def _cell(value: float) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _table(columns: dict[str, list], separator: str = ",", header: bool = True) -> str:
    head = [separator.join(columns)] if header else []
    lines = (
        separator.join(x if isinstance(x, str) else _cell(x) for x in row)
        for row in zip(*columns.values(), strict=True)
    )
    return "\n".join([*head, *lines, ""])


def _tables(arrays: dict[str, np.ndarray]) -> dict[str, str]:
    p, t, q, w = (arrays[f"{name}.npy"].tolist() for name in ("p", "t", "q", "w"))
    ids = [f"r{k:03}" for k in range(ROWS)]
    regions = [("eu", "us", "asia")[k] for k in arrays["g.npy"]]
    sites = [str(1 + k % 2) for k in range(ROWS)]
    some = ["" if k % 10 == 7 else region for k, region in enumerate(regions)]
    gaps = [("nan" if k % 10 == 2 else "NaN" if k % 10 == 5 else repr(x)) for k, x in enumerate(p)]
    whole = {"id": ids, "region": regions, "site": sites, "y": t, "yhat": p, "other": q, "w": w}
    logits = {f"z{k}": arrays["logits.npy"][:, k].tolist() for k in range(CLASSES)}
    chances = {f"c{k}": arrays["probs.npy"][:, k].tolist() for k in range(CLASSES)}
    labels = arrays["labels.npy"].tolist()
    turned = [*ids[:3], ids[4], ids[3], *ids[5:]]
    return {
        "table.csv": _table(whole),
        "table.tsv": _table(whole, "\t"),
        "semicolons.csv": _table(whole, ";"),
        "bars.csv": _table(whole, "|"),
        "gaps.csv": _table({"id": ids, "y": t, "yhat": gaps, "w": w}),
        "some.csv": _table({"region": some, "y": t, "yhat": p}),
        "preds.csv": _table({"id": ids, "yhat": p}),
        "targets.csv": _table({"id": ids, "y": t}),
        "turned.csv": _table({"id": turned, "y": t}),
        "one.csv": _table({"yhat": p}),
        "plain.csv": _table({"a": p, "b": t}, header=False),
        "quoted.csv": _table({"id": [f'"r, {k}"' for k in range(ROWS)], "y": t, "yhat": p}),
        "crlf.csv": _table({"y": t, "yhat": p}).replace("\n", "\r\n"),
        "marked.csv": "\ufeff" + _table({"y": t, "yhat": p}),
        "g.csv": _table({"region": regions}),
        "g2.csv": _table({"region": regions, "site": sites}),
        "classes.csv": _table({**logits, **chances, "label": labels}),
        "short_row.csv": "y,yhat\n1,2\n3\n4,5\n",
        "long_row.csv": "y,yhat\n1,2\n3,4,5\n",
        "word.csv": "y,yhat\n1,2\n3,high\n4,5\n",
        "empty_cell.csv": "y,yhat\n1,2\n,3\n4,5\n",
        "no_rows.csv": "y,yhat\n",
        "twice.csv": "y,yhat,yhat\n1,2,3\n",
        "blank_line.csv": "y,yhat\n1,2\n\n3,4\n",
        "not_available.csv": "y,yhat\n1,2\n3,NA\n4,5\n",
        "decimal_commas.csv": "y;yhat\n1,5;2\n2;3\n",
        "no_header.csv": "1,2\n3,4\n",
        "no_numbers.csv": "name,kind\n" + "x,y\n" * ROWS,
        "swallowed.csv": 'y,yhat,c\n1,2,"b\n3,4,c\n5,6,"d\n7,8,e\n',
        "bare_cr.csv": "y,yhat\r1,2\r3,4\r",
        "above.csv": "y,yhat\n1,0.5\n0,1.5\n1,-0.5\n",
        "text.txt": "y,yhat\n1,2\n",
    }


def _npy(header: str, data: bytes = b"", version: tuple[int, int] = (1, 0)) -> bytes:
    text = header.encode("latin-1") + b"\n"
    size = struct.pack("<H" if version == (1, 0) else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + size + text + data


def _broken() -> dict[str, bytes]:
    plain = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"
    data = struct.pack("<3d", 1.0, 2.0, 3.0)
    whole = _npy(plain, data)
    return {
        "ok3.npy": whole,
        "cut_magic.npy": whole[:3],
        "cut_header.npy": whole[:40],
        "cut_data.npy": whole[:-5],
        "followed.npy": whole + whole,
        "nothing.npy": b"",
        "nothing.csv": b"",
        "dashes.npy": _npy("-" * 999),
        "brace.npy": _npy("{"),
        "a_list.npy": _npy("[]"),
        "negative_shape.npy": _npy(plain.replace("(3,)", "(-3,)"), data),
        "huge_shape.npy": _npy(plain.replace("(3,)", "(2**62,)"), data),
        "large_shape.npy": _npy(plain.replace("(3,)", "(9223372036854775807, 4)"), data),
        "more_rows.npy": _npy(plain.replace("(3,)", "(4,)"), data),
        "fewer_rows.npy": _npy(plain.replace("(3,)", "(2,)"), data),
        "objects.npy": _npy(plain.replace("<f8", "|O"), data),
        "void.npy": _npy(plain.replace("<f8", "|V8"), data),
        "no_type.npy": _npy(plain.replace("<f8", "zz"), data),
        "version4.npy": _npy(plain, data, (4, 0)),
        "text_as.npy": b"p\n1\n2\n3\n",
        "zip_as.csv": b"PK\x03\x04" + b"\x00" * 60,
        "a.npz": b"PK\x03\x04" + b"\x00" * 60,
        "a.parquet": b"PAR1",
        "a.jsonl": b'{"p": 1}\n',
        "a.csv.gz": b"\x1f\x8b\x08\x00" + b"\x00" * 20,
        "utf16.csv": "y,yhat\n1,2\n".encode("utf-16"),
        "latin.csv": "pr\xe9d,yhat\n1,2\n".encode("latin-1"),
        "nul.csv": b"y,yhat\n1,2\n\x003,4\n",
    }


_OWN = """import numpy as np

x = 3


def power(pred, target, p=2.0):
    return abs(pred - target) ** p


def rows(pred, target):
    return (pred[:, 0] - target) ** 2


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
    return pred, target


def texts(pred, target):
    return np.full(pred.shape, "a")
"""

_DECLARED = '''"""Huber's loss of a quantile."""

from losscli.losses.declare import REAL, Interval, Loss, Param


def _values(xp, pred, target, *, q):
    error = target - pred
    return xp.where(error < 0, (1.0 - q) * xp.abs(error), q * xp.abs(error))


def _derivative(xp, pred, target, *, q):
    slope = xp.sign(pred - target)
    return xp.where(slope > 0, (1.0 - q) * slope, q * slope)


def _reference(_mp, pred, target, *, q):
    error = target - pred
    return (q if error >= 0 else 1 - q) * abs(error)


share = Loss(
    name="share",
    family="regression",
    formula="w |e|",
    latex="w |e|",
    source="",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=REAL,
    target=REAL,
    use="",
    avoid="",
    flops=4,
    params=(Param("q", 0.5, Interval(0.0, 1.0, "()"), "the share of targets below"),),
)
'''

_KERNELS = '''"""Implementations on tensors: two that are right, and faults of several kinds."""

import torch
import torch.nn.functional as F


def right_mse(pred, target):
    return F.mse_loss(pred, target)


def rows(pred, target):
    return F.mse_loss(pred, target, reduction="none")


def doubled(pred, target):
    return 2.0 * F.mse_loss(pred, target)


def wrong_sign(pred, target):
    return F.mse_loss(pred.detach(), target), -2.0 * (pred.detach() - target) / len(pred)


def half_l1(pred, target):
    return F.smooth_l1_loss(pred.half(), target.half()).float()


def lean_ce(pred, target):
    return F.cross_entropy(pred, target)


def raises(pred, target):
    raise ValueError("no")


def numpy_mae(pred, target):
    return abs(pred - target).mean()


number = 3
'''

_CODE = {
    "own.py": _OWN,
    "declared.py": _DECLARED,
    "kernels.py": _KERNELS,
    "broken.py": "a = 1\n\na / 0\n",
    "syntax.py": "def f(:\n",
    "lacks.py": "import a_package_that_is_nowhere\n",
    "lacks_part.py": _DECLARED.replace("    reference=_reference,\n", ""),
    "wrong_slope.py": _DECLARED.replace("xp.sign(pred - target)", "xp.sign(target - pred)"),
}

_HEAD = "version: 1\ndata: {val: {preds: p.npy, targets: t.npy}}\n"
_ONE = f"{_HEAD}evals:\n  val: {{data: val, losses: ["
_VAL = f"{_HEAD}evals:\n  val: {{data: val, losses: [mae, mse]"

CONFIGS = {
    "ci.yaml": f"""version: 1
defaults: {{ci: 90%}}
data:
  val: {{preds: p.npy, targets: t.npy}}
  table: {{preds: table.csv, pred: yhat, target: y, id: id, by: [region]}}
evals:
  val:
    data: val
    losses: [mae, rmse, {{smooth_l1: {{beta: 0.5}}}}]
    gates:
      - "mae <= 9"
      - "rmse.ci_high <= 9"
      - {{expect: "mae <= 0.001", level: warn}}
      - "rows >= {ROWS}"
  table:
    data: table
    losses: [mae]
    max: mae=9
    min: mae=0
    gates: ["mae[region=*] <= 9", "skipped <= 0"]
  classes:
    preds: logits.npy
    targets: labels.npy
    losses: [cross_entropy]
    gates: ["cross_entropy.ci_high <= 20"]
gates:
  - {{run: val, expect: "mae >= 0"}}
""",
    "fails.yaml": f'{_VAL}, gates: ["mae <= 0.1", "mse.ci_low <= 0.1", "rows >= 1000"]}}\n',
    "errors.yaml": (
        f'{_VAL}, gates: ["mea <= 1", "mae[region=eu] <= 1", "mae <= baseline", "mae.time <= 1",'
        ' "mae.rmse <= 1"]}\n'
    ),
    "not_worse.yaml": """version: 1
evals:
  val:
    preds: q.npy
    targets: t.npy
    losses: [mae, mse]
    gates:
      - {loss: mae, not_worse_than: {preds: p.npy, margin: 1%}}
      - {loss: mse, not_worse_than: {preds: p.npy, margin: 0.5}}
""",
    "worse.yaml": """version: 1
evals:
  val:
    preds: p.npy
    targets: t.npy
    losses: [mae]
    gates: [{not_worse_than: {preds: q.npy}}]
""",
    "undecided.yaml": """version: 1
evals:
  val:
    preds: p.npy
    targets: t.npy
    losses: [mae]
    gates: [{not_worse_than: {preds: p32.npy}}, {not_worse_than: {preds: p16.npy, margin: 0}}]
""",
    "column.yaml": """version: 1
evals:
  val:
    preds: table.csv
    pred: yhat
    target: y
    id: id
    losses: [mse]
    gates: [{not_worse_than: {pred: other, margin: 5%}}, {not_worse_than: {pred: yhat}}]
""",
    "not_worse_bad.yaml": """version: 1
evals:
  val:
    preds: p.npy
    targets: t.npy
    losses: [mae]
    gates: [{not_worse_than: {preds: short.npy}}, {not_worse_than: {preds: nowhere.npy}}]
""",
    "policies.yaml": """version: 1
evals:
  skipped: {preds: p_nan.npy, targets: t.npy, losses: [mae], nan: skip, gates: ["skipped <= 0"]}
  carried: {preds: p_nan.npy, targets: t.npy, losses: [mae], nan: propagate, gates: ["mae <= 9"]}
  sum: {preds: p.npy, targets: t.npy, losses: [mae], reduction: sum, ci: 0.5}
  weighed: {preds: p.npy, targets: t.npy, losses: [mae, mse], weights: ./w.npy, dtype: float32}
  grouped: {preds: p.npy, targets: t.npy, losses: [mae], by: ./g.csv, per_sample: rows.csv}
  like: {preds: logits.npy, targets: labels.npy, losses: [cross_entropy], like: torch}
  penalty: {preds: p.npy, targets: t.npy, losses: ["mse + 0.1*l2(@penalty.npy)"]}
outputs: [out.json, out.csv, out.md, out.xml]
""",
    "baseline.yaml": f'{_VAL}, gates: ["mae <= baseline * 1.02", "mse <= baseline + 0.1",'
    ' "mae.ci_high <= baseline.max"]}\nbaseline: base.json\n',
    "other_data.yaml": (
        "version: 1\nevals:\n  val: {preds: p.npy, targets: q.npy, losses: [mae, mse],"
        ' gates: ["mae <= baseline * 1.02"]}\nbaseline: base.json\n'
    ),
    "stops.yaml": f"""{_VAL}, gates: ["mae <= 9"]}}
  gone: {{preds: nowhere.npy, targets: t.npy, losses: [mae], gates: ["mae <= 1"]}}
  late: {{data: val, losses: [mae], gates: ["mae <= 9"]}}
""",
    "vacuous.yaml": f'{_VAL}, gates: ["rows >= {ROWS}", "mse <= 1e9", "mae <= 2.2"]}}\n',
    "own.yaml": (
        "version: 1\nevals:\n  val: {preds: p.npy, targets: t.npy,"
        " losses: ['own.py:power:p=3', 'declared.py:share:q=0.9']}\n"
    ),
    "variables.yaml": (
        "version: 1\nevals:\n  val: {preds: '${CORPUS_PREDS:-p.npy}', targets: t.npy,"
        " losses: [mae]}\n"
    ),
    "policy_fail.yaml": """version: 1
evals:
  val: {preds: close.npy, targets: t.npy, losses: [mae],
        gates: [{not_worse_than: {preds: closer.npy, margin: 100%}}]}
on_undecided: fail
""",
    "bench.yaml": """version: 1
benches:
  kernels: {losses: [mae], impl: [numpy], size: [1e3], time: 60, resolve: 90%, memory: false,
            pass: forward, gates: ["mae.time <= 100"]}
""",
    "anchors.yaml": """version: 1
data: {val: &val {preds: p.npy, targets: t.npy}}
evals:
  val: {<<: *val, losses: [mae]}
""",
}
CONFIGS["policy_warn.yaml"] = CONFIGS["policy_fail.yaml"].replace(": fail", ": warn")
CONFIGS["policy_undecided.yaml"] = CONFIGS["policy_fail.yaml"].replace(": fail", ": undecided")

# Configs that are refused: each name is a case of `errors/config`.
BAD_CONFIGS = {
    "empty": "",
    "no_version": "evals: {}\n",
    "version_two": "version: 2\n",
    "version_text": "version: '1'\n",
    "a_list": "- version: 1\n",
    "a_word": "version\n",
    "open_bracket": "version: [1\n",
    "tab": "version: 1\n\tevals: {}\n",
    "twice": "version: 1\nversion: 1\n",
    "unknown_key": f"{_VAL}}}\nevlas: {{}}\n",
    "unknown_flag": f"{_VAL}, nna: skip}}\n",
    "unknown_data": "version: 1\nevals:\n  val: {data: nowhere, losses: [mae]}\n",
    "no_losses": f"{_HEAD}evals:\n  val: {{data: val}}\n",
    "empty_losses": f"{_HEAD}evals:\n  val: {{data: val, losses: []}}\n",
    "no_preds": "version: 1\nevals:\n  val: {targets: t.npy, losses: [mae]}\n",
    "unknown_loss": f"{_HEAD}evals:\n  val: {{data: val, losses: [mea]}}\n",
    "bad_parameter": f"{_ONE}{{smooth_l1: {{beta: -1}}}}]}}\n",
    "loss_of_two_keys": f"{_ONE}{{mae: {{}}, mse: {{}}}}]}}\n",
    "bad_nan": f"{_VAL}, nan: drop}}\n",
    "bad_ci": f"{_VAL}, ci: 150%}}\n",
    "bad_reduction": f"{_VAL}, reduction: max}}\n",
    "bad_threads": f"{_VAL}, threads: -1}}\n",
    "threads_text": f"{_VAL}, threads: two}}\n",
    "bad_backend": f"{_VAL}, backend: jax}}\n",
    "bad_like": f"{_VAL}, like: jax}}\n",
    "bad_gate": f'{_VAL}, gates: ["mae < = 1"]}}\n',
    "gate_without_limit": f'{_VAL}, gates: ["mae <="]}}\n',
    "gate_nan": f'{_VAL}, gates: ["mae <= nan"]}}\n',
    "gate_number": f"{_VAL}, gates: [3]}}\n",
    "gate_unknown_key": f'{_VAL}, gates: [{{expct: "mae <= 1"}}]}}\n',
    "gate_two_kinds": (
        f'{_VAL}, gates: [{{expect: "mae <= 1", not_worse_than: {{preds: q.npy}}}}]}}\n'
    ),
    "gate_bad_level": f'{_VAL}, gates: [{{expect: "mae <= 1", level: maybe}}]}}\n',
    "gate_without_run": f'{_VAL}}}\ngates: ["mae <= 1"]\n',
    "gate_unknown_run": f'{_VAL}}}\ngates: [{{run: vla, expect: "mae <= 1"}}]\n',
    "not_worse_root": (
        f"{_HEAD}evals:\n  val: {{data: val, losses: [rmse],"
        " gates: [{not_worse_than: {preds: q.npy}}]}\n"
    ),
    "not_worse_margin": f"{_VAL}, gates: [{{loss: mae, not_worse_than: {{margin: -1%}}}}]}}\n",
    "not_worse_label": f"{_VAL}, gates: [{{not_worse_than: {{preds: q.npy}}}}]}}\n",
    "bad_name": f"{_HEAD}evals:\n  'a b/c': {{data: val, losses: [mae]}}\n",
    "bad_policy": f"{_VAL}}}\non_undecided: maybe\n",
    "bad_output": f"{_VAL}}}\noutputs: [out.txt]\n",
    "bad_size": "version: 1\nbenches: {b: {losses: [mae], size: [none]}}\n",
    "bad_time": "version: 1\nbenches: {b: {losses: [mae], time: -1}}\n",
    "bad_impl": "version: 1\nbenches: {b: {losses: [mae], impl: [jax]}}\n",
    "bad_pass": "version: 1\nbenches: {b: {losses: [mae], pass: sideways}}\n",
    "tag": "version: 1\nevals: !!python/name:os.x\n",
    "alias_of_itself": "a: &a {b: [*a]}\n",
    "unknown_anchor": "version: 1\nevals: *none\n",
    "unset_variable": (
        "version: 1\nevals:\n  val: {preds: '${CORPUS_UNSET}', targets: t.npy, losses: [mae]}\n"
    ),
    "several_faults": "version: 3\nevlas: {}\nevals:\n  val: {losses: [mea], nan: drop}\n",
    "dtype_in_defaults": f"{_VAL}}}\ndefaults: {{dtype: float32}}\n",
    "two_documents": "version: 1\n---\nversion: 1\n",
    "nothing_to_do": "version: 1\n",
}  # fmt: skip


def _samples(median: float, count: int = 40) -> list[float]:
    return [median * (1 + 0.01 * ((k * 7) % 11 - 5) / 5) for k in range(count)]


def _bench_row(loss: str, impl: str, median: float) -> dict[str, object]:
    return {
        "loss": loss, "label": loss, "impl": impl, "device": "cpu", "dtype": "float32",
        "shape": [1000], "pass": "forward", "cache": "warm",
        "time_s": {
            "median": median, "ci": [median * 0.99, median * 1.01], "min": median * 0.9,
            "mean": median, "stddev": median * 0.01, "n": 400, "outliers": 0,
            "rounds_s": _samples(median), "host_s": None,
        },
        "bytes": 8000, "gb_per_s": 8e-6 / median, "limit_time_s": 8e-7, "limit_fraction": 0.1,
        "peak_memory_bytes": None, "max_ulp": 0.5, "max_rel_error": 1e-7, "grad_max_ulp": None,
        "correct": True, "fault": None, "speedup": 1.0, "speedup_ci": [1.0, 1.0], "rounds": 40,
        "stopped_by": "time", "compile_s": None, "threads": 2, "notes": [],
    }  # fmt: skip


def _bench(times: dict[tuple[str, str], float]) -> str:
    document = {
        "schema": "losscli/bench/1",
        "rows": [_bench_row(loss, impl, median) for (loss, impl), median in times.items()],
        "limits": [{"device": "cpu", "level": "memory", "bytes": 8000, "read_gb_per_s": 10.0,
                    "copy_gb_per_s": 8.0, "launch_s": None}],
        "noise_floor": 0.01, "left_out": [], "notes": [], "threads": 2, "seed": 0,
        "timing": {"wall_s": 1.0}, "environment": {}, "losscli": "0.1.0", "status": "pass",
        "exit_code": 0,
    }  # fmt: skip
    return json.dumps(document)


def _saved() -> dict[str, str]:
    old = {("mae", "torch"): 0.001, ("mae", "numpy"): 0.002, ("mse", "torch"): 0.001,
           ("mse", "gone"): 0.001}  # fmt: skip
    new = {("mae", "torch"): 0.001, ("mae", "numpy"): 0.003, ("mse", "torch"): 0.0008,
           ("mse", "fresh"): 0.001}  # fmt: skip
    return {
        "bench_old.json": _bench(old),
        "bench_new.json": _bench(new),
        "cut.json": '{"schema": "losscli/eval/1", "losses": [',
        "list.json": "[]",
        "word.json": "eval",
        "nothing.json": "",
        "number.json": "3",
        "no_schema.json": "{}",
        "other_schema.json": '{"schema": "losscli/eval/99", "losses": []}',
        "not_ours.json": '{"schema": "another/tool/1"}',
        "nan.json": '{"schema": "losscli/eval/1", "losses": [{"label": "mae", "value": NaN}]}',
        "key_twice.json": '{"schema": "losscli/eval/1", "schema": "losscli/eval/1"}',
        "lacks.json": '{"schema": "losscli/eval/1"}',
        "lacks_bench.json": '{"schema": "losscli/bench/1", "rows": [{}]}',
        "error.json": '{"schema": "losscli/error/1", "code": 3, "kind": "data", "message": "m",'
        ' "path": null, "row": null, "line": null, "column": null, "place": null, "count": null,'
        ' "hint": null}',
    }


def _write_array(path: Path, array: np.ndarray) -> None:
    np.save(path, array)


def every_file() -> Iterator[tuple[str, Callable[[Path], object]]]:
    """Each name with what writes it."""
    arrays = _arrays()
    for name, array in arrays.items():
        yield name, lambda path, array=array: _write_array(path, array)
    texts = {**_tables(arrays), **_CODE, **CONFIGS, **_saved()}
    texts |= {f"bad_{name}.yaml": text for name, text in BAD_CONFIGS.items()}
    for name, text in texts.items():
        yield name, lambda path, text=text: path.write_bytes(text.encode())
    for name, content in _broken().items():
        yield name, lambda path, content=content: path.write_bytes(content)


def write_files(folder: Path) -> list[str]:
    """Writes all of them into a folder; their names."""
    written = []
    for name, write in every_file():
        write(folder / name)
        written.append(name)
    return written
