"""The self-test of a config: inject faults into each run and see which of its gates notice.

`evaluations.py` and `benchmarks.py` define the faults, `run.py` runs them.
"""
