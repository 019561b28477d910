"""Losses as programs of vector instructions, run by a small machine in C where it was compiled."""
