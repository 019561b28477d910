"""Speed, memory and correctness of implementations, measured together."""
