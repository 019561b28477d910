"""The facts of a loss, and its explanation."""

import math
from typing import Any

from losscli.explanation.curves import on_line
from losscli.explanation.form import Form, form_of
from losscli.explanation.kinds import kinds_of, tasks_of
from losscli.explanation.lines import Line
from losscli.losses.core.conventions import LIBRARIES
from losscli.losses.core.loss import Loss, Param
from losscli.losses.spec.binding import BoundLoss
from losscli.results.documents.explain import ConventionFacts, Domain, ExplainDocument, LineEnds
from losscli.results.documents.list import ParamFacts


class Explanation(ExplainDocument, frozen=True, kw_only=True):
    """The facts of a loss with its parameters, and its form along a line."""

    bound: BoundLoss
    path: Line
    form: Form

    page = "explain"
    hidden = ExplainDocument.hidden | {"bound", "path", "form"}

    @property
    def loss(self) -> Loss:
        """The declaration."""
        return self.bound.loss

    @property
    def numbers(self) -> bool:
        """True if the loss is elementwise: its line is the prediction or the error."""
        return self.loss.elementwise or self.loss.rows_of.any_shape


def explained(bound: BoundLoss) -> Explanation:
    """The explanation of a loss."""
    on, loss = on_line(bound), bound.loss
    form, line = form_of(on), on.line
    pred, target = loss.domains_of(bound.params)
    kinds, computed = kinds_of(loss), form._asdict()
    return Explanation(
        label=bound.label,
        statistic=bound.statistic,
        **described(loss),
        latex=loss.latex,
        values={name: plain(value) for name, value in bound.params.items()},
        summary=first_words(loss.values.__doc__),
        shapes=loss.rows_of.describe(),
        pred=Domain(kinds[0], pred.words),
        target=None if target is None else Domain(kinds[1], target.words),
        gradient=first_words(loss.derivative.__doc__),
        line=LineEnds(line.axis, line.low, line.high),
        largest_gradient=computed.pop("largest"),
        **computed,
        curve=on.curve(line.low, line.high),
        avoid=loss.avoid,
        equivalents=dict(loss.equivalents),
        conventions={
            library: ConventionFacts(LIBRARIES[library], convention.note)
            for library, convention in loss.like.items()
        },
        pitfalls=tuple(loss.pitfalls),
        source=loss.source,
        next=_next_commands(bound.label, line),
        bound=bound,
        path=line,
        form=form,
    )


def _next_commands(label: str, line: Line) -> tuple[str, ...]:
    """Commands to run next: a loss of errors is plotted with other losses of errors."""
    of_errors = line.axis == "pred - target"
    others = [name for name in ("mae", "mse") if name != label] if of_errors else []
    quoted = f'"{label}"' if " " in label else label
    return (" ".join(["losscli plot", quoted, *others]),)


def described(loss: Loss) -> dict[str, Any]:
    """The fields that the list of losses has too, as `LossFacts` takes them."""
    return {
        "name": loss.name,
        "aliases": tuple(loss.aliases),
        "derived": tuple(name for name, _ in loss.derived),
        "family": loss.family,
        "tasks": tuple(tasks_of(loss)),
        "takes": kinds_of(loss),
        "formula": loss.formula,
        "params": tuple(
            ParamFacts(p.name, plain(p.default), bounds_of(p), p.meaning, p.kind)
            for p in loss.params
        ),
        "use": loss.use,
        "libraries": tuple(loss.like),
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


def plain(value: Any) -> Any:
    """The value of a parameter, for JSON."""
    return value.tolist() if hasattr(value, "tolist") else value


def first_words(text: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())
