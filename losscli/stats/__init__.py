"""Statistics: distributions, intervals, tests, decisions, and numbers as text."""
