"""Losses of masks, from the overlap of two sets of pixels."""
