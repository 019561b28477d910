"""Correctness of implementations: one rule, true values, and inputs that reveal faults."""
