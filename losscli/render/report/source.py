"""A result that a report is made of, its baseline and its history."""

from collections.abc import Sequence
from typing import NamedTuple

from losscli.render.page import Result
from losscli.results.history import Past


class Source(NamedTuple):
    """A result and its name.

    baseline: the result that it is compared with; None without one. history: the values of earlier
    results of the same config, the oldest first. path: the file that it is saved in, if any.
    """

    name: str
    result: Result
    baseline: Result = None
    history: Sequence[Past] = ()
    path: str = ""

    def step(self, name: str, result: Result) -> "Source":
        """A step of a run as a source of its own."""
        baselines = getattr(self.baseline, "results", {})
        history = [past for past in self.history if past.run == name]
        return Source(name, result, baselines.get(name), history, self.path)
