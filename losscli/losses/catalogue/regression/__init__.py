"""Losses of real predictions against real targets, element by element."""
