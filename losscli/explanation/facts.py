"""An explanation of a loss: its declaration, and its computed form."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from losscli.explanation.curves import Curve, on_line
from losscli.explanation.form import Form, form_of
from losscli.explanation.kinds import kinds_of, tasks_of
from losscli.explanation.lines import Line
from losscli.losses.core.conventions import LIBRARIES
from losscli.losses.core.loss import Loss, Param
from losscli.losses.spec.binding import BoundLoss
from losscli.results.document import Note, PlainDocument, ending

COMPARED_WITH = ("mae", "mse")  # in the plot that an explanation of a loss of errors proposes


@dataclass(frozen=True, slots=True)
class Explanation(PlainDocument):
    """The facts of a loss with its parameters, and its form along a line."""

    page: ClassVar[str] = "explain"

    bound: BoundLoss
    line: Line
    form: Form
    curve: Curve
    notes: tuple[Note, ...] = ()
    exit_code: int = 0

    @property
    def loss(self) -> Loss:
        """The declaration."""
        return self.bound.loss

    @property
    def numbers(self) -> bool:
        """True if the loss is elementwise: its line is the prediction or the error."""
        return self.loss.elementwise or self.loss.rows_of.any_shape

    @property
    def of_errors(self) -> bool:
        """True if the loss depends on pred - target alone."""
        return self.line.axis == "pred - target"

    @property
    def gradient(self) -> str:
        """The gradient in words, from the declaration's docstring."""
        return _first_words(self.loss.derivative.__doc__)

    @property
    def next(self) -> list[str]:
        """Commands to run next."""
        label = self.bound.label
        others = [name for name in COMPARED_WITH if name != label] if self.of_errors else []
        return [" ".join(["losscli plot", _quoted(label), *others])]

    def to_dict(self) -> dict[str, Any]:
        """The JSON object."""
        loss, params = self.loss, self.bound.params
        pred, target = loss.domains_of(params)
        kinds = kinds_of(loss)
        return {
            "schema": "losscli/explain/1",
            "label": self.bound.label,
            "statistic": self.bound.statistic,
            **described(loss),
            "latex": loss.latex,
            "values": {name: _plain(value) for name, value in params.items()},
            "summary": _first_words(loss.values.__doc__),
            "shapes": loss.rows_of.describe(),
            "pred": {"kind": kinds[0], "domain": pred.words},
            "target": None if target is None else {"kind": kinds[1], "domain": target.words},
            "gradient": self.gradient,
            "line": {"axis": self.line.axis, "low": self.line.low, "high": self.line.high},
            **self.form.to_dict(),
            "curve": self.curve.to_dict(),
            "avoid": loss.avoid,
            "equivalents": dict(loss.equivalents),
            "conventions": {
                library: {"version": LIBRARIES[library], "note": convention.note}
                for library, convention in loss.like.items()
            },
            "pitfalls": list(loss.pitfalls),
            "source": loss.source,
            "next": self.next,
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a point of the curve."""
        return self.curve.to_records()


def explained(bound: BoundLoss) -> Explanation:
    """The explanation of a loss."""
    loss = on_line(bound)
    return Explanation(bound, loss.line, form_of(loss), loss.curve(loss.line.low, loss.line.high))


def described(loss: Loss) -> dict[str, Any]:
    """The facts of a declaration that the list of losses shows too."""
    pred, target = kinds_of(loss)
    return {
        "name": loss.name,
        "aliases": list(loss.aliases),
        "derived": [name for name, _ in loss.derived],
        "family": loss.family,
        "tasks": list(tasks_of(loss)),
        "takes": [pred, target],
        "formula": loss.formula,
        "params": [_param(param) for param in loss.params],
        "use": loss.use,
        "libraries": [*loss.like],
    }


def _param(param: Param) -> dict[str, Any]:
    return {
        "name": param.name,
        "default": _plain(param.default),
        "bounds": bounds_of(param),
        "meaning": param.meaning,
        "kind": param.kind,
    }


def bounds_of(param: Param) -> str:
    """The values that a parameter may have, in words."""
    if param.kind == "flag":
        return "true or false"
    if param.kind == "word":
        return " or ".join(param.words)
    if param.kind not in ("number", "whole", "columns"):
        return ""
    low, high = param.bounds.low, param.bounds.high
    return "" if math.isinf(low) and math.isinf(high) else str(param.bounds)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _first_words(text: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def _quoted(label: str) -> str:
    return f'"{label}"' if " " in label else label
