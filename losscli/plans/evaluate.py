"""What an evaluation can be asked for."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from losscli.errors import UsageError
from losscli.plans.flags import check_kinds, groupers
from losscli.plans.fractions import fraction

Reduction: TypeAlias = Literal["mean", "sum", "none"]
NanPolicy: TypeAlias = Literal["error", "skip", "propagate"]
BackendName: TypeAlias = Literal["auto", "numpy", "torch"]
Precision: TypeAlias = Literal["float64", "float32"]


@dataclass(frozen=True, slots=True)
class EvalPlan:
    """An evaluation; each field is a long flag, of the same meaning and default.

    preds, targets, weights: paths, arrays, DataFrame columns or tensors; preds may also be an open
    source of all roles, beside which no other data is named.
    loss: specs, as on the command line, losses of `losscli.losses`, or functions of pred and target
    that give one loss a row or an element.
    pred, target, id: columns, where the data is a table.
    by: what groups rows: columns, paths, arrays or DataFrame columns, one or several of them, or a
    mapping from the names of the keys to these. A list of texts is a list of columns.
    ci: the level of the interval of the mean, a fraction or a percentage with its sign.
    gate: what the result must hold, such as "mse.ci_high <= 0.3"; max, min: the same as LABEL=N.
    baseline: the JSON of a saved evaluation, which gates may be relative to.
    allow_note: codes of notes that spoil no gate.
    like: the library (torch, keras, sklearn, optax) whose clipping, defaults and divisors are used.
    threads: 0 is all cores. output: files, in the format of their suffix.
    save: whether the result is kept in eval/<UTC time>-<hash>.json, and in latest.json, of the
    folder `results`.
    digest: whether the result holds a digest of each input's values, wherever it is kept or not.
    """

    preds: Any
    targets: Any = None
    loss: Any = ()
    pred: Sequence[str] = ()
    target: Sequence[str] = ()
    id: Sequence[str] = ()
    weights: Any = None
    by: Any = ()
    header: bool = True
    reduction: Reduction = "mean"
    gate: Sequence[str] = ()
    max: Sequence[str] = ()
    min: Sequence[str] = ()
    baseline: str | os.PathLike[str] | None = None
    allow_note: Sequence[str] = ()
    per_sample: str | os.PathLike[str] | None = None
    ci: float | str = 0.95
    nan: NanPolicy = "error"
    like: str | None = None
    backend: BackendName = "auto"
    device: str = "cpu"
    dtype: Precision = "float64"
    threads: int = 0
    engine: str = "local"
    output: Sequence[str | os.PathLike[str]] = ()
    save: bool = False
    results: str | os.PathLike[str] = "results"
    digest: bool = False

    def __post_init__(self) -> None:
        """Raise UsageError for what no run could do."""
        for name, kind in _CHOICES.items():
            if getattr(self, name) not in get_args(kind):
                words = ", ".join(get_args(kind))
                raise UsageError(f"{name} is one of {words}; {getattr(self, name)!r} is not")
        check_kinds(self)
        if self.like is not None:
            from losscli.losses.core.conventions import LIBRARIES

            if self.like not in LIBRARIES:
                words = ", ".join(LIBRARIES)
                raise UsageError(f"like is one of {words}; {self.like!r} is not")
        if self.engine != "local" and self.engine.split(":")[0] != "dask":
            raise UsageError(f"there is no engine {self.engine!r}", hint="--engine local")
        if self.reduction == "none" and self.per_sample is None:
            raise UsageError(
                "with reduction none there is nothing to print",
                hint="--per-sample FILE.npy keeps the losses of the rows",
            )
        object.__setattr__(self, "ci", fraction(self.ci, "ci"))
        object.__setattr__(self, "by", groupers(self.by))


_CHOICES: dict[str, Any] = {
    "reduction": Reduction,
    "nan": NanPolicy,
    "backend": BackendName,
    "dtype": Precision,
}
