"""How long implementations of a loss take, beside each other."""
