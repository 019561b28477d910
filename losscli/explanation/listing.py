"""The list of losses and metrics, with its filters."""

from collections.abc import Sequence
from difflib import get_close_matches

from losscli.errors import UsageError
from losscli.explanation.facts import described
from losscli.explanation.kinds import TASKS
from losscli.explanation.metrics import AS_LOSS, listed_metrics
from losscli.losses.registry import all_losses, penalties
from losscli.results.documents.list import LossFacts, LossListing, MetricFacts


def catalogue(
    word: str | None = None,
    family: str | None = None,
    task: str | None = None,
    takes: str | None = None,
) -> LossListing:
    """The losses and metrics of a family and a task, of predictions or targets of a kind.

    word: a part of a name, an alias, the family, the formula or the use.

    Raises UsageError for an unknown family, task or kind, and where no loss matches.
    """
    losses = [LossFacts(**described(loss)) for loss in all_losses()]
    found: list[LossFacts | MetricFacts] = [*losses, *listed_metrics()]
    kinds = sorted({kind for each in found for kind in each.takes} - {"none", AS_LOSS})
    _known("family", family, sorted({each.family for each in found}))
    _known("task", task, TASKS)
    _known("takes", takes, kinds)
    kept = [
        each
        for each in found
        if family in (None, each.family)
        and (task is None or task in _tasks(each))
        and (takes is None or takes in each.takes)
        and (word is None or _matches(each, word.lower()))
    ]
    if not kept:
        raise _nothing(word, found)
    whole = (word, family, task, takes) == (None,) * 4
    return LossListing(
        losses=tuple(each for each in kept if isinstance(each, LossFacts)),
        penalties=tuple(f"{name}(@FILE)" for name in penalties()) if whole else (),
        metrics=tuple(each for each in kept if isinstance(each, MetricFacts)),
    )


def _tasks(each: LossFacts | MetricFacts) -> tuple[str, ...]:
    return each.tasks if isinstance(each, LossFacts) else ()


def _matches(each: LossFacts | MetricFacts, word: str) -> bool:
    derived = each.derived if isinstance(each, LossFacts) else ()
    names = [each.name, *each.aliases, *derived, each.family]
    return any(word in text.lower() for text in (*names, each.formula, each.use))


def _known(what: str, word: str | None, words: Sequence[str]) -> None:
    if word is not None and word not in words:
        raise UsageError(f"unknown {what} {word!r}", hint=f"use one of {', '.join(words)}")


def _nothing(word: str | None, found: Sequence[LossFacts | MetricFacts]) -> UsageError:
    if word is None:
        return UsageError("no loss matches all filters", hint="remove one of them")
    names = [name for loss in found for name in (loss.name, *loss.aliases)]
    near = get_close_matches(word, names, 3, 0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "losscli list shows all"
    return UsageError(f"no loss matches {word!r}", hint=hint)
