"""Predictions held against others of the same rows, row by row."""
