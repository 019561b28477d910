"""Engines: they map a function over blocks and keep their order."""
