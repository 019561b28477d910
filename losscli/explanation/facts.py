"""The facts of losses: the catalogue with its filters, and the explanation of one loss."""

import math
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from losscli.errors import UsageError
from losscli.explanation.curves import on_line
from losscli.explanation.form import Form, form_of
from losscli.explanation.kinds import TASKS, kinds_of, tasks_of
from losscli.explanation.lines import Line
from losscli.losses.core.conventions import LIBRARIES
from losscli.losses.core.loss import Loss, Param
from losscli.losses.registry import all_losses, penalties
from losscli.losses.spec.binding import BoundLoss
from losscli.results.documents.explain import ConventionFacts, Domain, ExplainDocument, LineEnds
from losscli.results.documents.list import LossFacts, LossListing, ParamFacts


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
        values={name: _plain(value) for name, value in bound.params.items()},
        summary=_first_words(loss.values.__doc__),
        shapes=loss.rows_of.describe(),
        pred=Domain(kinds[0], pred.words),
        target=None if target is None else Domain(kinds[1], target.words),
        gradient=_first_words(loss.derivative.__doc__),
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
            ParamFacts(p.name, _plain(p.default), bounds_of(p), p.meaning, p.kind)
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


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def _first_words(text: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def catalogue(
    word: str | None = None,
    family: str | None = None,
    task: str | None = None,
    takes: str | None = None,
) -> LossListing:
    """The losses of a family and a task whose predictions or targets are of a kind.

    word: a part of a name, an alias, the family, the formula or the use.

    Raises UsageError for an unknown family, task or kind, and where no loss matches.
    """
    found = [LossFacts(**described(loss)) for loss in all_losses()]
    kinds = sorted({kind for loss in found for kind in loss.takes} - {"none"})
    _known("family", family, sorted({loss.family for loss in found}))
    _known("task", task, TASKS)
    _known("takes", takes, kinds)
    kept = [
        loss
        for loss in found
        if family in (None, loss.family)
        and (task is None or task in loss.tasks)
        and (takes is None or takes in loss.takes)
    ]
    kept = [loss for loss in kept if word is None or _matches(loss, word.lower())]
    if not kept:
        raise _nothing(word, found)
    whole = (word, family, task, takes) == (None,) * 4
    spelled = tuple(f"{name}(@FILE)" for name in penalties()) if whole else ()
    return LossListing(losses=tuple(kept), penalties=spelled)


def _matches(loss: LossFacts, word: str) -> bool:
    names = [loss.name, *loss.aliases, *loss.derived, loss.family]
    return any(word in text.lower() for text in (*names, loss.formula, loss.use))


def _known(what: str, word: str | None, words: Sequence[str]) -> None:
    if word is not None and word not in words:
        raise UsageError(f"unknown {what} {word!r}", hint=f"use one of {', '.join(words)}")


def _nothing(word: str | None, found: Sequence[LossFacts]) -> UsageError:
    if word is None:
        return UsageError("no loss matches all filters", hint="remove one of them")
    names = [name for loss in found for name in (loss.name, *loss.aliases)]
    near = get_close_matches(word, names, 3, 0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "losscli list shows all"
    return UsageError(f"no loss matches {word!r}", hint=hint)
