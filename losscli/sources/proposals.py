"""The columns that are likely predictions and targets, told by the words of their names.

Only words decide: a feature is never proposed because it holds numbers.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from losscli.sources.naming import natural_order

Part: TypeAlias = Literal["preds", "targets", ""]

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# Of a name with words of two lines the first line decides: `predicted_label`, `prob_outcome`.
_RULES: tuple[tuple[Part, str], ...] = (
    ("preds", r"pred(s|ict(s|ed|ions?)?)?|forecast(s|ed)?|yhat|hat|fitted|estimate[sd]?"),
    (
        "targets",
        r"targets?|actuals?|gold(en)?|observ(ed|ations?)|expected|outcomes?|(ground)?truth|gt|labels?"
        r"|ytrue|true",
    ),
    ("preds", r"prob(a|s|as|ability|abilities)?|log(its?|probs?)|scores?|outputs?"),
)
_WHOLE: dict[str, Part] = {"p": "preds", "y": "targets", "t": "targets", "y test": "targets"}
_NUMBERED = re.compile(r"^(.*?)[_ .-]?\d+$")


_KEYS = re.compile(r"id|ids|key|keys|idx|index|uid|uuid|guid|row|rowid|sample|date|ds|timestamp")


def is_key_name(name: str) -> bool:
    """True for the name of a column that tells rows apart.

    >>> [is_key_name(name) for name in ("Id", "image_id", "sampleID", "width")]
    [True, True, True, False]
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    return bool(words) and any(_KEYS.fullmatch(word) for word in (words[0], words[-1]))


_CLASSES = re.compile(r"class(es)?|categor(y|ies)|cat|token|cluster|answer|choice|option|topic")


def is_row_key(name: str) -> bool:
    """True for the name of a key of rows, rather than of classes, labels or predictions.

    >>> [is_row_key(name) for name in ("image_id", "class_id", "label_id", "predicted_index")]
    [True, False, False, False]
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    return is_key_name(name) and not part_of(name) and not any(map(_CLASSES.fullmatch, words))


class Proposal(NamedTuple):
    """Columns of predictions and of targets; empty where no name says so.

    sure: True if no other columns are as likely.
    """

    pred: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    sure: bool = False


def part_of(name: str) -> Part:
    """The part that a name says: "preds", "targets", or neither."""
    words = [word.lower() for word in _WORDS.findall(name)]
    whole = _WHOLE.get(" ".join(words))
    if whole:
        return whole
    for part, pattern in _RULES:
        found = {word for word in words if re.fullmatch(pattern, word)}
        # `true` begins or ends the name of a target; elsewhere it is a word like any other.
        if found and (found != {"true"} or "true" in (words[0], words[-1])):
            return part
    return ""


def propose(names: Sequence[str]) -> Proposal:
    """The likely columns of predictions and targets among the names of a table.

    >>> propose(["id", "prediction", "actual_speed", "rear_grf_y_max"])
    Proposal(pred=('prediction',), target=('actual_speed',), sure=True)
    """
    preds = [name for name in names if part_of(name) == "preds"]
    targets = [name for name in names if part_of(name) == "targets"]
    several = _numbered(preds)
    pred = tuple(sorted(preds, key=natural_order) if several else preds[:1])
    return Proposal(pred, tuple(targets[:1]), len(targets) == 1 and (several or len(preds) == 1))


def _numbered(names: Sequence[str]) -> bool:
    """True for several names that differ in the numbers at their ends: columns of a matrix."""
    stems = {found[1] if (found := _NUMBERED.match(name)) else name for name in names}
    return len(names) > 1 and len(stems) == 1 and len(set(names)) == len(names)
