"""`Schedule`: the cases that are skipped, because of what smaller ones show."""

import time
from collections.abc import Sequence
from contextlib import suppress

from losscli.checks.cases import Case
from losscli.checks.subject import Subject
from losscli.results.documents.check import CheckRow

_LIMIT_S = 60.0  # CPU time of the calls of a case
_CALLS = 25  # of each direction of a case, about
_SMALLEST = 500  # predictions; below, a call's fixed cost says nothing of larger inputs


class Schedule:
    """Skips a larger ordinary case if a smaller one is incorrect, or shows that it is too slow.

    Speed is CPU time of calls after a warm-up, so that neither compilation nor other work on the
    machine makes cases disappear.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._last: Case | None = None
        self._seconds = 0.0
        self._incorrect = False

    def reason_to_skip(self, case: Case) -> str:
        """The reason to skip a case; empty if it is to run."""
        last = self._last
        if last is None or not case.ordinary or case.arrays[0].size <= last.arrays[0].size:
            return ""
        if self._incorrect:
            return f"{last.name} is incorrect"
        if last.arrays[0].size < _SMALLEST:
            return ""
        expected = self._seconds * case.arrays[0].size / last.arrays[0].size
        return f"{last.name} took {self._seconds:.1f} s" if expected > _LIMIT_S else ""

    def warm_up(self, case: Case) -> None:
        """Call an ordinary case once for its compilation and once for its time.

        Raises UnsupportedError if the implementation does not have it.
        """
        runner = self._subject.runner(case.workload)
        if not case.ordinary:
            return
        seconds = 0.0
        for call in (runner.forward, runner.both):
            if call is not None:
                with suppress(Exception):  # the check itself reports what is raised
                    call(*self._subject.inputs(case.workload, case.arrays))
                    inputs = self._subject.inputs(case.workload, case.arrays)
                    start = time.process_time()
                    call(*inputs)
                    seconds += time.process_time() - start
        self._last, self._seconds = case, seconds * _CALLS

    def record(self, case: Case, rows: Sequence[CheckRow]) -> None:
        """Note the result of a case."""
        if case.ordinary:
            self._incorrect = any(row.fault for row in rows)
