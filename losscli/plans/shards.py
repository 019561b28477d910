"""The part of an evaluation that a process evaluates: `K/N`, or as its scheduler says."""

import re
from collections.abc import Mapping
from typing import NamedTuple

MOST = 1_000_000


class Shard(NamedTuple):
    """Part `number` of `total`, from 1."""

    number: int
    total: int

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"


def parse(text: str, environ: Mapping[str, str]) -> Shard:
    """The shard of a text K/N, or of the variables of a scheduler for `auto`.

    Raises ValueError, whose text goes on from the flag.
    """
    if text == "auto":
        return _of_scheduler(environ)
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
    if found is None:
        raise ValueError(f"takes K/N, such as 1/8, or auto, not {text!r}")
    return _checked(int(found[1]), int(found[2]), text)


def _of_scheduler(environ: Mapping[str, str]) -> Shard:
    """The shard of the first scheduler whose variables are set."""
    for index, count, first, step in _SCHEDULERS:
        if index in environ and count in environ:
            names = [name for name in (index, count, first, step) if name in environ]
            try:
                values = {name: int(environ[name]) for name in names}
            except ValueError:
                words = " ".join(f"{name}={environ[name]}" for name in names)
                raise ValueError(f"auto found no whole numbers in {words}") from None
            at = (values[index] - values.get(first, 0)) // max(1, values.get(step, 1))
            words = f"{index}={values[index]} {count}={values[count]}"
            return _checked(at + 1, values[count], words)
    known = "; ".join(f"{index} and {count}" for index, count, _, _ in _SCHEDULERS)
    raise ValueError(f"auto found none of these variables: {known}")


def _checked(number: int, count: int, words: str) -> Shard:
    if not 1 <= number <= count <= MOST:
        raise ValueError(f"takes K/N with 1 <= K <= N <= {MOST:,}, not {words}")
    return Shard(number, count)


# The variables of schedulers: index, count, and where set the first index and the step.
_SCHEDULERS = (
    (
        "SLURM_ARRAY_TASK_ID",
        "SLURM_ARRAY_TASK_COUNT",
        "SLURM_ARRAY_TASK_MIN",
        "SLURM_ARRAY_TASK_STEP",
    ),
    ("RANK", "WORLD_SIZE", "", ""),
    ("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", "", ""),
)
