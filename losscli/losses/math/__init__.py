"""Numerically stable pieces that losses are composed of."""
