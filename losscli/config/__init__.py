"""Configs: YAML to plans, strictly, with the line of whatever is wrong."""
