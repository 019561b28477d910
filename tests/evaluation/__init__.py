"""The result of an evaluation, put together."""
