"""Losses of classes that have an order."""
