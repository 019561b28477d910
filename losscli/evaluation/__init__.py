"""A source through its losses into tallies, and the result."""

from losscli.documents import Note
from losscli.evaluation.measure import measure
from losscli.evaluation.result import Evaluation, Group, Input, LossResult

__all__ = ["Evaluation", "Group", "Input", "LossResult", "Note", "measure"]
