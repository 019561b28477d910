"""Losses of predicted distributions: counts, amounts, moments, ensembles and intervals."""
