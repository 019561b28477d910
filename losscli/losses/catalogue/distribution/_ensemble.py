"""Rows of ensemble members."""

from losscli.errors import DataError
from losscli.losses.declare import Array


def member_count(pred: Array, fair: bool, name: str) -> int:
    """M of (N, M) or (N, M, D); raises DataError for one member if the score of `name` is fair."""
    members = int(pred.shape[1])
    if fair and members < 2:
        raise DataError(
            f"{name}:fair=true takes two members a row at least; there is one",
            hint="leave fair out: of one member it is the absolute error",
        )
    return members
