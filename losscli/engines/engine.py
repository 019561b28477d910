"""The protocol of engines."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from losscli.errors import MissingError
from losscli.sources.table import Workspace

Task = TypeVar("Task")
Result = TypeVar("Result")


class Engine(Protocol):
    """Maps a function over tasks; the results come in the order of the tasks."""

    name: str
    threads: int

    def map(
        self, work: Callable[[Task, Workspace], Result], tasks: Iterable[Task]
    ) -> Iterator[Result]:
        """Results in task order. The tasks are drawn one at a time; an error stops the rest."""


def cannot_start(what: str, reason: str) -> MissingError:
    """The error for a system that starts no more threads or processes."""
    return MissingError(f"no {what} could be started: {reason}", hint="--threads 1 takes none")
