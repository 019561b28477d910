"""The self-test of a config: inject faults into each run and see which of its gates notice.

`faults.py` defines the faults, `run.py` runs them.
"""
