"""A source through its losses into tallies, and the result."""

from losscli.documents import Note
from losscli.evaluation.measure import measure
from losscli.evaluation.result import Evaluation, Input, LossResult

__all__ = ["Evaluation", "Input", "LossResult", "Note", "measure"]
