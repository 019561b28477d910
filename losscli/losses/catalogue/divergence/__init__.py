"""Divergences of one distribution from another, the targets being the measure."""
