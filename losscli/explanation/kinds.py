"""The kinds of values that a loss takes, and its tasks, derived from the declarations."""

from losscli.losses.core.domain import Domain, Numbers
from losscli.losses.core.labels import Choice, Labels
from losscli.losses.core.loss import Loss
from losscli.losses.core.shapes import LABEL_SETS

# The kind of a domain, by the beginning of its description.
_KINDS_BY_START = {
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
         "divergence", "ranking", "segmentation", "box", "policy")  # fmt: skip


def kind_of(domain: Domain | None) -> str:
    """The kind of a domain's values, such as real, logit or label; none without a domain."""
    if domain is None:
        return "none"
    for start, word in _KINDS_BY_START.items():
        if domain.words.startswith(start):
            return word
    if not isinstance(domain, Numbers) or domain.interval.low != 0.0:
        return "real"
    return "positive" if domain.interval.ends[0] == "(" else "non-negative"


def kinds_of(loss: Loss) -> tuple[str, str]:
    """The kinds of a loss's predictions and targets."""
    return kind_of(loss.pred), kind_of(loss.target)


def tasks_of(loss: Loss) -> tuple[str, ...]:
    """The tasks of a loss: by its family, and for classification by its targets and rows."""
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
