"""Losses of masks: how far two sets of pixels overlap."""
