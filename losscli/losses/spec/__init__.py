"""Specs: their grammar, and the losses that they are bound to."""
