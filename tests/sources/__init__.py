"""Files and arrays, read right or refused."""
