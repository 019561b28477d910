"""Whether the gates of a config trip when something goes wrong.

`evaluations.py` and `benchmarks.py` say what goes wrong, `trial.py` tries it, `result.py` tells.
"""

from losscli.results.self_test import SelfTest
from losscli.selftest.run import self_test

__all__ = ["SelfTest", "self_test"]
