"""Penalties on an array of weights: Σ|w| and Σw²."""
