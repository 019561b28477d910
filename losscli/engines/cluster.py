"""A Dask cluster: its workers call a function for each task, and results come in task order."""

import gc
import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, Self

from losscli.backends.machine import cores
from losscli.errors import MissingError

# The seconds that a scheduler, or the first worker, has to answer.
PATIENCE_S = 10.0
# Tasks a worker thread in a batch. Two batches are under way, so that no thread waits while the
# results of the first are merged, and the client never holds more of them.
_BATCH = 8
# Messages that Dask keeps for its developers: each task would add some to the client's memory.
_WITHOUT_LOGS = {"distributed.admin.low-level-log-length": 0}
_RETRIES = 2  # of a task whose worker died, or which could not be sent


class Worker(NamedTuple):
    """A worker. memory: the bytes that it may use; None without a limit."""

    address: str
    threads: int
    memory: int | None


class Cluster:
    """The workers of a Dask cluster; as a context, it stops what it started.

    address: of the scheduler of a running cluster; without one, workers of this machine, a process
    for each core or for each of so many `threads`. name: that of the engine in results. threads:
    those of all workers.

    Raises MissingError without the package distributed, and where no scheduler or no worker answers
    in `PATIENCE_S` seconds.
    """

    name = "dask"

    def __init__(self, address: str = "", threads: int = 0) -> None:
        try:
            import distributed  # noqa: F401
            from dask import config
        except ImportError:
            raise MissingError(
                "--engine dask needs the package distributed", hint="pip install 'losscli[dask]'"
            ) from None
        # It logs what becomes an error here, and what its retries fix.
        self._log = logging.getLogger("distributed")
        self._level, self._collects = self._log.level, gc.isenabled()
        self._log.setLevel(logging.CRITICAL)
        gc.enable()  # connections make garbage in cycles
        self.address = address
        self._own: Any = None
        with config.set(_WITHOUT_LOGS):
            self._start(threads)
        self.threads: int = max(1, sum(worker.threads for worker in self.workers))

    def _start(self, threads: int) -> None:
        """Start workers of this machine where no address is known, and connect."""
        from distributed import Client, LocalCluster

        if not self.address:
            count = min(threads or cores(), cores())
            self._own = LocalCluster(
                n_workers=count, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
            )
        try:
            self._client = Client(
                self._own or self.address, timeout=PATIENCE_S, set_as_default=False
            )
            try:
                self._client.wait_for_workers(1, timeout=PATIENCE_S)
            except BaseException:
                self._client.close(timeout=1)
                raise
        except (OSError, TimeoutError, ValueError) as error:
            self._stop()
            words = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise MissingError(
                f"no Dask cluster answers at {self.address or 'this machine'}: {words}",
                hint="dask scheduler and dask worker start one; --engine dask needs none",
            ) from error
        except BaseException:
            self._stop()
            raise

    @property
    def workers(self) -> list["Worker"]:
        """The workers, sorted by address."""
        known = self._client.scheduler_info(n_workers=-1)["workers"]
        return [
            Worker(address, each["nthreads"], each["memory_limit"] or None)
            for address, each in sorted(known.items())
        ]

    def everywhere(self, function: Callable[[], Any]) -> dict[str, Any]:
        """The result of a function on each worker, by its address; an exception is a result."""
        found: dict[str, Any] = self._client.run(function, on_error="return")
        return found

    def map(self, function: Callable[..., Any], tasks: Iterable[tuple[Any, ...]]) -> Generator[Any]:
        """The results of `function(*task)` in task order, each once.

        A task whose worker died is given to another one; after several of them it is done here.

        Raises MissingError where the cluster stops answering.
        """
        batches = self._batches(function, iter(tasks))
        waiting = deque(islice(batches, 1))
        try:
            while waiting:
                waiting.extend(islice(batches, 1))  # before the first is waited for
                yield from self._taken(function, *waiting[0])
                waiting.popleft()
        finally:
            self._client.cancel([future for futures, _ in waiting for future in futures])

    def _batches(
        self, function: Callable[..., Any], tasks: Iterator[tuple[Any, ...]]
    ) -> Iterator[tuple[list[Any], list[tuple[Any, ...]]]]:
        """Submit tasks, one batch for each that is taken: a message for each task costs more."""
        while batch := list(islice(tasks, _BATCH * self.threads)):
            submit = self._client.map
            yield submit(function, *zip(*batch, strict=True), pure=False, retries=_RETRIES), batch

    def _taken(
        self, function: Callable[..., Any], futures: list[Any], batch: list[tuple[Any, ...]]
    ) -> Iterator[Any]:
        """The results of a batch; a task that killed its workers is done here, once."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        try:
            try:
                yield from self._client.gather(futures)
            except KilledWorker:
                for future, task in zip(futures, batch, strict=True):
                    try:
                        result = future.result()
                    except KilledWorker:
                        result = function(*task)
                    yield result
        except (CancelledError, CommClosedError, OSError, TimeoutError) as error:
            raise MissingError(
                f"the Dask cluster at {self.address or 'this machine'} stopped answering",
                place=str(error).splitlines()[0] if str(error) else None,
                hint="run again when it is up; nothing was written",
            ) from error

    def _stop(self) -> None:
        if self._own is not None:
            self._own.close(timeout=5)
        self._log.setLevel(self._level)
        if not self._collects:
            gc.disable()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close(timeout=5)
        self._stop()
