"""Evaluation: the losses of a source, accumulated into a result."""
