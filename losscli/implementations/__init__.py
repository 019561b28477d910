"""Implementations of losses that can be timed and checked: one file a library."""
