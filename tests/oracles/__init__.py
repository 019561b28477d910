"""The catalogue beside the libraries that have its losses too."""
