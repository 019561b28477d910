"""`Check`: the correctness of an implementation, case by case."""

from typing import Any

from msgspec import field

from losscli.results.document import (
    Count,
    Environment,
    Note,
    Number,
    Pass,
    Record,
    RowsDocument,
    Shape,
    Timing,
)


class CheckRow(Record, frozen=True, kw_only=True):
    """One case in one pass.

    case: the kind of inputs. passes: forward, or forward+backward. max_ulp, grad_max_ulp: the
    largest error of a value, of a gradient; None if nothing was compared. median_ulp,
    grad_median_ulp: the median errors. truth: what values were compared with, mpmath or float64.
    correct: by the rule of `losscli.checks.rule`. fault: why it is not correct. smallest: inputs
    that show it. snippet: lines of Python that show it. vacuous: true if a constant would have
    passed as well. ulp_at: the true value at which the error of a correct row is large. torch_ulp:
    the error of torch's own loss there.
    """

    case: str
    passes: Pass = field(name="pass")
    shape: Shape
    max_ulp: Number | None
    grad_max_ulp: Number | None
    truth: str
    correct: bool
    fault: str | None = None
    smallest: str | None = None
    snippet: str | None = None
    median_ulp: Number | None = None
    grad_median_ulp: Number | None = None
    vacuous: bool = False
    ulp_at: Number | None = None
    torch_ulp: Number | None = None

    @property
    def worst(self) -> float:
        """The larger error in ULP, of the value and of the gradient."""
        return max(self.max_ulp or 0.0, self.grad_max_ulp or 0.0)


class CaseCount(Record, frozen=True):
    """The cases that a check has, and those that ran.

    planned: the number of all cases. run: the number of those that ran.
    """

    planned: Count
    run: Count


class SkippedCase(Record, frozen=True):
    """A case that did not run.

    case: the kind of inputs.
    """

    case: str
    reason: str


class Check(RowsDocument[CheckRow], frozen=True, kw_only=True, tag="losscli/check/1"):
    """The cases that an implementation was checked in.

    dtype: the type of the inputs. correct: true if all cases are. cases: the numbers of cases; None
    in documents of older versions, which did not count them. skipped: the cases that did not run.
    allow_skipped: true if skipped cases leave the exit code at 0.
    """

    impl: str
    loss: str
    label: str
    device: str
    dtype: str
    seed: Count
    correct: bool
    rows: tuple[CheckRow, ...]
    cases: CaseCount | None = None
    skipped: tuple[SkippedCase, ...] = ()
    allow_skipped: bool = False
    notes: tuple[Note, ...] = ()
    timing: Timing = Timing()
    environment: Environment = field(default_factory=dict)

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a case and pass; the same keys in each."""
        head = {"impl": self.impl, "label": self.label, "dtype": self.dtype}
        return [
            head | row.to_dict() | {"shape": "x".join(map(str, row.shape))} for row in self.rows
        ]

    def _exit_code(self) -> int:
        if not self.correct:
            return 1
        return 6 if self.skipped and not self.allow_skipped else 0

    def _summary(self) -> str:
        incorrect = sum(not row.correct for row in self.rows)
        return f"{self.impl} as {self.label}, {incorrect} of {len(self.rows)} incorrect"
