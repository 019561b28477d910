"""Differences between two saved results of a kind, and whether they are significant."""
