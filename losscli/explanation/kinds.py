"""What a loss is for, in the words that people look for it by: all of it from declarations."""

from losscli.losses.core.domain import Domain, Interval, Numbers
from losscli.losses.core.labels import Choice, Labels
from losscli.losses.core.loss import Loss
from losscli.losses.core.shapes import LABEL_SETS

# What the words of a domain say first is what it is called.
_WORDS = {
    "log-probabilit": "log-probability",
    "probabilit": "probability",
    "logit": "logit",
    "score": "score",
    "similarit": "score",
    "box": "box",
    "interval": "interval",
    "a mean": "distribution",
    "a location": "distribution",
    "class ind": "label",
    "label": "label",
    "targets in [0, 1]": "label",
}
TASKS = ("regression", "count", "distribution", "binary", "multiclass", "multilabel", "ordinal",
         "divergence", "ranking", "segmentation", "box")  # fmt: skip


def kind_of(domain: Domain | None) -> str:
    """What a number or a row of a domain is called, such as real, logit or label."""
    if domain is None:
        return "none"
    for start, word in _WORDS.items():
        if domain.words.startswith(start):
            return word
    if not isinstance(domain, Numbers) or not isinstance(domain.interval, Interval):
        return "real"
    low = domain.interval.low
    if low != 0.0:
        return "real"
    return "positive" if domain.interval.ends[0] == "(" else "non-negative"


def kinds_of(loss: Loss) -> tuple[str, str]:
    """What its predictions and its targets are called."""
    return kind_of(loss.pred), kind_of(loss.target)


def tasks_of(loss: Loss) -> tuple[str, ...]:
    """The tasks that it is for: what its family says, and where that is wide its rows."""
    _, target = kinds_of(loss)
    if loss.family == "distribution":
        counts = loss.elementwise and target == "non-negative"
        return ("count", "distribution") if counts else ("distribution",)
    if loss.family != "classification":
        return (loss.family,) if loss.family in TASKS else ()
    if isinstance(loss.target, Labels):
        return ("ordinal",) if loss.rows_of.extra_classes else ("multiclass",)
    if loss.rows_of == LABEL_SETS:
        return ("binary", "multiclass", "multilabel")
    if not loss.elementwise:
        return ("multilabel",)
    signs = isinstance(loss.target, Choice) and -1.0 in loss.target.values
    return ("binary",) if signs else ("binary", "multilabel")
