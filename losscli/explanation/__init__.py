"""What a loss is, by its declaration and by what is computed of it: facts, points and curves."""
