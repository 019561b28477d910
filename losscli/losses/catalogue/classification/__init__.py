"""Losses of probabilities, logits and scores against labels."""
