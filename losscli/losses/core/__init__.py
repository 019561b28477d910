"""What a loss is made of: its declaration, domains, shapes, parameters and conventions."""
