"""The parts of a loss: its declaration, domains, shapes, parameters and conventions."""
