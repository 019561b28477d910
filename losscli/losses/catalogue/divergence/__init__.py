"""Divergences of predicted distributions from target distributions."""
