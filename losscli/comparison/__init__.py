"""Predictions compared with others of the same rows, row by row."""
