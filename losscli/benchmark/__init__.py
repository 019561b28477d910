"""Speed, memory and rightness of implementations, judged together."""
