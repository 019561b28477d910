"""Metrics: statistics of all rows that are not the mean of a loss of each row."""
