"""What can be asked for: one frozen plan a command."""
