"""The self-test of a config: inject faults into each run and see which of its gates notice.

`evaluations.py` and `benchmarks.py` define the faults, `run.py` runs them.
"""

from losscli.results.documents.self_test import SelfTest
from losscli.selftest.run import self_test

__all__ = ["SelfTest", "self_test"]
