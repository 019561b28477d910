"""The losses: one folder a family, one file a loss."""
