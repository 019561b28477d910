"""Statistics: intervals, ranks, shifts, means, verdicts."""
