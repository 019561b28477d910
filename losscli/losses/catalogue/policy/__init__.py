"""Losses of language models that are trained on preferences or rewards."""
