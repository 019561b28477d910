"""`Check`: whether an implementation is right, and its forms for people and programs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from losscli.results.document import Document, Note, ending

if TYPE_CHECKING:
    import pandas as pd


class Checked(NamedTuple):
    """One case in one pass.

    max_ulp, grad_max_ulp: the largest errors found, None where nothing was compared. truth: what
    values were held against, mpmath or float64. fault: what is wrong; smallest: inputs that show
    it; snippet: lines of Python that do. median_ulp, grad_median_ulp: the typical errors. vacuous:
    whether a constant would have passed as well.
    """

    case: str
    both: bool
    shape: tuple[int, ...]
    max_ulp: float | None
    grad_max_ulp: float | None
    truth: str
    fault: str
    smallest: str = ""
    median_ulp: float | None = None
    grad_median_ulp: float | None = None
    vacuous: bool = False
    snippet: str = ""

    @property
    def worst(self) -> float:
        """The larger error in ULP, of the value and of the gradient."""
        return max(self.max_ulp or 0.0, self.grad_max_ulp or 0.0)

    @property
    def passes(self) -> str:
        """The name of the pass."""
        return "forward+backward" if self.both else "forward"

    @property
    def correct(self) -> bool:
        """Whether nothing is wrong."""
        return not self.fault

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "case": self.case,
            "pass": self.passes,
            "shape": list(self.shape),
            "max_ulp": self.max_ulp,
            "grad_max_ulp": self.grad_max_ulp,
            "truth": self.truth,
            "correct": self.correct,
            "fault": self.fault or None,
            "smallest": self.smallest or None,
            "snippet": self.snippet or None,
            "median_ulp": self.median_ulp,
            "grad_median_ulp": self.grad_median_ulp,
            "vacuous": self.vacuous,
        }


@dataclass(frozen=True, slots=True)
class Check(Document):
    """What was checked of an implementation, case by case."""

    page: ClassVar[str] = "check"

    impl: str
    loss: str
    label: str
    device: str
    dtype: str
    seed: int
    rows: tuple[Checked, ...]
    notes: tuple[Note, ...]
    environment: dict[str, Any]
    wall_s: float

    def __iter__(self) -> Iterator[Checked]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def correct(self) -> bool:
        """Whether every case is right."""
        return all(row.correct for row in self.rows)

    @property
    def exit_code(self) -> int:
        """1 where something is wrong."""
        return 0 if self.correct else 1

    def to_dict(self) -> dict[str, Any]:
        """The document `losscli/check/1`."""
        return {
            "schema": "losscli/check/1",
            "impl": self.impl,
            "loss": self.loss,
            "label": self.label,
            "device": self.device,
            "dtype": self.dtype,
            "seed": self.seed,
            "correct": self.correct,
            "rows": [row.to_dict() for row in self.rows],
            "notes": [note.to_dict() for note in self.notes],
            "timing": {"wall_s": self.wall_s},
            "environment": self.environment,
            **ending(self.exit_code),
        }

    def to_records(self) -> list[dict[str, Any]]:
        """One flat record a case and pass; the same keys in each."""
        head = {"impl": self.impl, "label": self.label, "dtype": self.dtype}
        return [
            head | row.to_dict() | {"shape": "x".join(map(str, row.shape))} for row in self.rows
        ]

    def to_frame(self) -> "pd.DataFrame":
        """One row a case and pass."""
        import pandas as pd

        return pd.DataFrame(self.to_records())
