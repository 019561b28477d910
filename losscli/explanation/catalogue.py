"""The catalogue of losses, and its filters."""

from collections.abc import Sequence
from difflib import get_close_matches

from losscli.errors import UsageError
from losscli.explanation.facts import described
from losscli.explanation.kinds import TASKS
from losscli.losses.registry import all_losses, penalties
from losscli.results.documents.list import LossFacts, LossListing


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
