"""`read_back`: a saved evaluation as a result again, for the formats that show one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from losscli.errors import DataError
from losscli.gates import read_gate
from losscli.results.document import Note
from losscli.results.evaluation import Evaluation, Group, Input, LossResult


@dataclass(frozen=True, slots=True)
class SavedEvaluation(Evaluation):
    """An evaluation that was read back; its document is the one that was saved."""

    document: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The document."""
        return dict(self.document)


def read_back(document: Mapping[str, Any], path: str) -> SavedEvaluation:
    """The evaluation of a document of the schema losscli/eval/1, which `saved.read` has checked.

    Raises DataError where the document lacks what a table shows.
    """
    labels = [loss["label"] for loss in document["losses"]]
    for group in document.get("groups", ()):
        if [loss["label"] for loss in group["losses"]] != labels:
            raise DataError(
                f"{path} cannot be shown: a group of it has other losses",
                hint="evaluate again with --save",
            )
    try:
        timing = document["timing"]
        return SavedEvaluation(
            losses=tuple(map(_loss, document["losses"])),
            notes=tuple(Note(note["code"], note["message"]) for note in document["notes"]),
            inputs=tuple(map(_input, document["inputs"])),
            backend=document["backend"],
            device=document["device"],
            dtype=document["dtype"],
            like=document.get("like"),
            engine=document["engine"],
            threads=document["threads"],
            wall_s=timing["wall_s"],
            bytes=timing["bytes"],
            gates=tuple(map(read_gate, document["gates"])),
            groups=tuple(
                Group(group["by"], tuple(map(_loss, group["losses"])))
                for group in document.get("groups", ())
            ),
            per_sample=document.get("per_sample"),
            started=document.get("started"),
            git=document.get("git"),
            saved=path,
            document=document,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path} cannot be shown: it lacks {error}", hint="evaluate again with --save"
        ) from error


def _input(saved: Mapping[str, Any]) -> Input:
    known = {name: saved[name] for name in ("role", "path", "format", "dtype")}
    columns = tuple(saved.get("columns", ()))
    return Input(**known, shape=tuple(saved["shape"]), digest=saved.get("digest"), columns=columns)


def _loss(saved: Mapping[str, Any]) -> LossResult:
    total, count = float(saved["sum"]), float(saved["weight_sum"])
    derived = {name: float(saved[name]) for name in ("rmse", "rmsle") if name in saved}
    statistic = saved.get("statistic")
    added = _number(saved.get("penalty"))
    if saved["reduction"] == "mean" and statistic is None and added is None:
        mean = float(saved["value"])
    else:
        mean = total / count if count else float("nan")
    ci = saved["ci"]
    return LossResult(
        label=saved["label"],
        loss=saved["loss"],
        params=saved["params"],
        reduction=saved["reduction"],
        value=_number(saved["value"]),
        mean=mean,
        rows=saved["rows"],
        n=saved["n"],
        skipped=saved["skipped"],
        ignored=saved["ignored"],
        weight_sum=count,
        sum=total,
        stderr=_number(saved["stderr"]),
        ci=None if ci is None else (float(ci[0]), float(ci[1])),
        ci_level=saved["ci_level"],
        min=_number(saved["min"]),
        max=_number(saved["max"]),
        max_row=saved["max_row"],
        max_line=saved.get("max_line"),
        derived=derived,
        statistic=statistic,
        penalty=added,
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
