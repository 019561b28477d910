"""Evaluation: the losses of a source, accumulated into a result."""

from losscli.evaluation.measure import measure
from losscli.results.document import Note
from losscli.results.documents.eval import Evaluation, Group, Input, LossResult

__all__ = ["Evaluation", "Group", "Input", "LossResult", "Note", "measure"]
