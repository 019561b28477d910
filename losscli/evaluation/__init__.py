"""A source through its losses into accumulators, and the result."""

from losscli.evaluation.measure import measure
from losscli.results.document import Note
from losscli.results.documents.eval import Evaluation, Group, Input, LossResult

__all__ = ["Evaluation", "Group", "Input", "LossResult", "Note", "measure"]
