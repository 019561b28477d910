"""The catalogue of losses, and its filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar

from losscli.errors import UsageError
from losscli.explanation.facts import described
from losscli.explanation.kinds import TASKS
from losscli.losses.registry import all_losses, penalties
from losscli.results.document import Note, PlainDocument, ending


@dataclass(frozen=True, slots=True)
class Catalogue(PlainDocument):
    """Losses by family and name, as their declarations describe them; penalties: by spelling."""

    page: ClassVar[str] = "list"

    losses: tuple[dict[str, Any], ...]
    penalties: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    exit_code: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The JSON object."""
        losses = [dict(loss) for loss in self.losses]
        found = {"schema": "losscli/list/1", "losses": losses}
        return found | {"penalties": list(self.penalties)} | ending(self.exit_code)

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a loss."""
        return [
            {
                "name": loss["name"],
                "aliases": " ".join(loss["aliases"]),
                "family": loss["family"],
                "tasks": " ".join(loss["tasks"]),
                "pred": loss["takes"][0],
                "target": loss["takes"][1],
                "params": " ".join(f"{p['name']}={p['default']}" for p in loss["params"]),
                "formula": loss["formula"],
                "use": loss["use"],
            }
            for loss in self.losses
        ]


def catalogue(
    word: str | None = None,
    family: str | None = None,
    task: str | None = None,
    takes: str | None = None,
) -> Catalogue:
    """The losses of a family and a task whose predictions or targets are of a kind.

    word: a part of a name, an alias, the family, the formula or the use.

    Raises UsageError for an unknown family, task or kind, and where no loss matches.
    """
    found = [described(loss) for loss in all_losses()]
    kinds = sorted({kind for loss in found for kind in loss["takes"]} - {"none"})
    _known("family", family, sorted({loss["family"] for loss in found}))
    _known("task", task, TASKS)
    _known("takes", takes, kinds)
    kept = [
        loss
        for loss in found
        if family in (None, loss["family"])
        and (task is None or task in loss["tasks"])
        and (takes is None or takes in loss["takes"])
    ]
    kept = [loss for loss in kept if word is None or _matches(loss, word.lower())]
    if not kept:
        raise _nothing(word, found)
    whole = (word, family, task, takes) == (None,) * 4
    return Catalogue(tuple(kept), tuple(f"{name}(@FILE)" for name in penalties()) if whole else ())


def _matches(loss: dict[str, Any], word: str) -> bool:
    names = [loss["name"], *loss["aliases"], *loss["derived"], loss["family"]]
    return any(word in text.lower() for text in (*names, loss["formula"], loss["use"]))


def _known(what: str, word: str | None, words: Sequence[str]) -> None:
    if word is not None and word not in words:
        raise UsageError(f"unknown {what} {word!r}", hint=f"use one of {', '.join(words)}")


def _nothing(word: str | None, found: Sequence[dict[str, Any]]) -> UsageError:
    if word is None:
        return UsageError("no loss matches all filters", hint="remove one of them")
    names = [name for loss in found for name in (loss["name"], *loss["aliases"])]
    near = get_close_matches(word, names, 3, 0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "losscli list shows all"
    return UsageError(f"no loss matches {word!r}", hint=hint)
