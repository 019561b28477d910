"""A source through its losses into tallies, and the result."""

from losscli.evaluation.measure import measure
from losscli.evaluation.result import Evaluation, Input, LossResult, Note

__all__ = ["Evaluation", "Input", "LossResult", "Note", "measure"]
