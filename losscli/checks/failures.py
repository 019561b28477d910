"""The smallest inputs on which an implementation fails, with lines that reproduce the failure."""

from typing import NamedTuple

from losscli.checks.inputs import Arrays, in_domain
from losscli.checks.shrinking import smallest
from losscli.checks.snippet import inputs_text, snippet
from losscli.checks.subject import Subject
from losscli.checks.truth import known_truth
from losscli.errors import DataError, UsageError
from losscli.implementations.implementation import Workload


class Counterexample(NamedTuple):
    """Inputs that fail, as text with the fault; the fault alone; Python lines to paste."""

    text: str = ""
    fault: str = ""
    snippet: str = ""


def counterexample(
    subject: Subject, workload: Workload, arrays: Arrays, *, both: bool
) -> Counterexample:
    """The smallest inputs that fail; empty if a second try does not fail.

    The inputs are valid: they belong to the domains.
    """

    def fault(candidate: Arrays) -> str:
        candidate = subject.rounded(candidate)
        truth = known_truth(workload, candidate, slopes=both)
        return subject.check_fully(workload, candidate, truth, both=both)[0].fault

    def fails(candidate: Arrays) -> bool:
        return _valid(workload, candidate) and bool(fault(candidate))

    if not fails(arrays):  # it failed once and not again, or only in a row alone
        single_rows = (tuple(a[at : at + 1] for a in arrays) for at in range(len(arrays[0])))
        failing = next((row for row in single_rows if fails(row)), None)
        if failing is None:
            return Counterexample()
        arrays = failing
    arrays = smallest(arrays, fails)
    text = fault(arrays)
    lines = snippet(subject.implementation, workload, arrays, subject.setting, both=both)
    return Counterexample(f"{inputs_text(arrays)}: {text}", text, lines)


def _valid(workload: Workload, arrays: Arrays) -> bool:
    pred, *rest = arrays
    try:
        row = rest[0].shape[1:] if rest else None
        workload.loss.check_shapes(pred.shape[1:], row, workload.params)
    except (DataError, UsageError):
        return False
    return bool(in_domain(workload, arrays).all())
