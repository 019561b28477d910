"""`check_row`: a row of a check from the results of one case in one direction."""

from typing import Any

from losscli.checks.answer_check import AnswerCheck
from losscli.checks.failures import Counterexample
from losscli.results.document import pass_name
from losscli.results.documents.check import CheckRow

_NONE = Counterexample()


def check_row(
    case: str,
    shape: tuple[int, ...],
    fault: str,
    truth: str,
    *,
    both: bool,
    check: AnswerCheck | None = None,
    example: Counterexample = _NONE,
    **more: Any,
) -> CheckRow:
    """A row; both: True for forward+backward. check: the errors, if numbers were compared."""
    check = check or AnswerCheck()
    value, gradient = check.value, check.gradient
    return CheckRow(
        case=case,
        passes=pass_name(both),
        shape=shape,
        max_ulp=value.ulp if value.count else None,
        grad_max_ulp=gradient.ulp if gradient.count else None,
        truth=truth,
        correct=not fault,
        fault=fault or None,
        smallest=example.text or None,
        snippet=example.snippet or None,
        median_ulp=value.median_ulp,
        grad_median_ulp=gradient.median_ulp,
        **more,
    )
