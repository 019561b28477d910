"""Losses beside those of other libraries."""
