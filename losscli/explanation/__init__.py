"""Facts, curves and the form of a loss, from its declaration and by computation."""
