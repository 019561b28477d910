"""`Saved` and `Terms`: the arguments of every comparison of saved results."""

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from losscli.results.document import Record

LEVEL = 0.95
ALPHA = (1.0 - LEVEL) / 2.0  # one-sided, so that a verdict and its interval agree

R = TypeVar("R")


class Saved(NamedTuple, Generic[R]):
    """A saved result, with its name in messages.

    folder: the folder of its file, which paths in it may be relative to; None without a file.
    """

    name: str
    result: R
    folder: str | None = None

    @property
    def side(self) -> dict[str, Any]:
        """Return the fields that every comparison gives of a result."""
        result: Any = self.result
        return {
            "path": self.name,
            "schema": f"losscli/{result.document_kind()}/{result.document_version()}",
            "losscli": result.losscli,
            "environment": result.environment,
        }


def shared_fields(source: object, kind: type[Record]) -> dict[str, Any]:
    """Return the fields of `kind` that an object has too."""
    names = kind.__struct_fields__
    return {name: getattr(source, name) for name in names if hasattr(source, name)}


class Terms(NamedTuple):
    """The settings of a comparison.

    margin: the largest relative slowdown, or increase of a loss, that is tolerated.
    fail_on: "slower" (of benchmarks), "worse" (of losses), "undecided".
    Of benchmarks: between_runs, the relative standard deviation of a run as a whole; across, true
    if rows from other environments are decided too.
    Of losses: per_sample, true if the saved losses of the rows are read and paired; different_data,
    true if results of other data are compared.
    """

    margin: float = 0.05
    between_runs: float = 0.03
    across: bool = False
    fail_on: Sequence[str] = ()
    per_sample: bool = False
    different_data: bool = False
