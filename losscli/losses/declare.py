"""The parts of a declaration of your own: `from losscli.losses.declare import Loss, …`.

A module with a `Loss` in it is named on the command line: `-l FILE.py:NAME`, `-l MODULE:NAME`, or
by the entry point of an installed package in the group `losscli.losses`.
"""

from losscli.losses.core import shapes
from losscli.losses.core.domain import (
    BOX,
    INTERVAL,
    LOGIT,
    MEAN_DEVIATION,
    MEAN_VARIANCE,
    NON_NEGATIVE,
    POSITIVE,
    REAL,
    SCORE,
    SOFT_LABEL,
    SOFT_TARGETS,
    Columns,
    Either,
    Interval,
    Numbers,
)
from losscli.losses.core.labels import BINARY, CLASS, HARD_LABEL, INDICES, LABELS, SIGN, Choice
from losscli.losses.core.loss import Array, Clamp, Convention, Loss, Namespace, Param, no_gradient
from losscli.losses.core.probabilities import LOG_PROBABILITY, PROBABILITY, SIMPLEX
from losscli.losses.core.shapes import Rows

__all__ = [
    "BINARY",
    "BOX",
    "CLASS",
    "HARD_LABEL",
    "INDICES",
    "INTERVAL",
    "LABELS",
    "LOGIT",
    "LOG_PROBABILITY",
    "MEAN_DEVIATION",
    "MEAN_VARIANCE",
    "NON_NEGATIVE",
    "POSITIVE",
    "PROBABILITY",
    "REAL",
    "SCORE",
    "SIGN",
    "SIMPLEX",
    "SOFT_LABEL",
    "SOFT_TARGETS",
    "Array",
    "Choice",
    "Clamp",
    "Columns",
    "Convention",
    "Either",
    "Interval",
    "Loss",
    "Namespace",
    "Numbers",
    "Param",
    "Rows",
    "no_gradient",
    "shapes",
]
