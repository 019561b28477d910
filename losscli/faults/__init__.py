"""Whether the gates of a config trip when something goes wrong.

`evaluations.py` and `benchmarks.py` say what goes wrong, `trial.py` tries it, `result.py` tells.
"""

from losscli.faults.result import SelfTest
from losscli.faults.trial import self_test

__all__ = ["SelfTest", "self_test"]
