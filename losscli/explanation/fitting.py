"""The losses that fit given data, likely ones first."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from losscli.errors import LossCliError
from losscli.evaluation.layout import row_layout
from losscli.explanation.kinds import tasks_of
from losscli.losses.core.domain import Domain, Numbers
from losscli.losses.core.labels import Choice, IntegerLabels, Labels
from losscli.losses.core.loss import Loss
from losscli.losses.core.probabilities import Simplex
from losscli.losses.registry import all_losses
from losscli.losses.spec.binding import BoundLoss
from losscli.plans.bench import DEFAULT_LOSSES
from losscli.sources.source import Source
from losscli.sources.table import Workspace

_ROWS = 1000


def fitting(source: Source) -> list[str]:
    """The names of the losses that fit the shapes and first rows of a source, likely ones first.

    A loss is likely where its domains say more of the data than that they are numbers (labels of 0
    and 1, probabilities, counts), then where `bench` runs it by default or many libraries have it.

    Raises LossCliError where the data cannot be read.
    """
    arrays = next(source.blocks(_ROWS)).load(Workspace()).arrays
    found = []
    for loss in all_losses():
        shaped = _shaped(source, loss, arrays)
        if shaped is not None:
            common = (loss.name not in DEFAULT_LOSSES, -len(loss.like), -len(loss.equivalents))
            found.append((-_specificity(loss, shaped), *common, loss.name))
    return [name for *_, name in sorted(found)]


def _shaped(source: Source, loss: Loss, arrays: Mapping[str, Any]) -> dict[str, Any] | None:
    """The rows in the shapes that a loss takes; None where it does not take them."""
    params = loss.resolve({})
    bound = BoundLoss(loss, params, loss.name)
    try:
        layout = row_layout(source, [bound])
    except LossCliError:
        return None
    if bound.variant_for(layout["preds"], layout.get("targets")) is not bound:
        return None  # the variant is a loss of its own
    shaped = {role: arrays[role].reshape(-1, *row) for role, row in layout.items()}
    classes = loss.classes(layout["preds"])
    for role, domain in _domains(loss).items():
        rows = shaped[role]
        if domain.violations(rows, classes).outside is not None:
            return None
        if domain.finding(domain.marks(rows)) is not None:  # such as positive log-probabilities
            return None
    return shaped


def _domains(loss: Loss) -> dict[str, Domain]:
    pred, target = loss.domains_of(loss.resolve({}))
    return {"preds": pred} | ({} if target is None else {"targets": target})


def _specificity(loss: Loss, shaped: Mapping[str, Any]) -> int:
    score = sum(_domain_score(domain, shaped[role]) for role, domain in _domains(loss).items())
    return score + int("count" in tasks_of(loss) and _counts(shaped["targets"]))


def _domain_score(domain: Domain, rows: Any) -> int:
    """2 for labels and probabilities of classes, 1 for other sets, 0 where any number is valid."""
    if isinstance(domain, Labels):
        return 2 if rows.ndim == 1 else 0
    if isinstance(domain, Choice | Simplex):
        return 2
    # Labels have an integer type as well; an amount may be an integer by chance.
    if isinstance(domain, IntegerLabels):
        return 2 if rows.dtype.kind in "iub" else 0
    if isinstance(domain, Numbers) and domain.often:
        return 2 if np.isin(rows, domain.often).all() else 1
    if isinstance(domain, Numbers):
        ends = domain.interval.low, domain.interval.high
        return int(bool(np.isfinite(ends).all()))
    return 1


def _counts(targets: Any) -> bool:
    """True if targets are non-negative integers with more values than binary labels."""
    return bool((targets >= 0).all() and (targets == np.floor(targets)).all() and targets.max() > 1)
