"""Adversarial inputs by hypothesis, which searches for larger errors."""

import math
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np

from losscli.checks.answer_check import AnswerCheck, Subject
from losscli.checks.cases import row_of, steps
from losscli.checks.failures import Counterexample, check_row, counterexample
from losscli.checks.generators import Arrays, in_domain, nearest
from losscli.checks.precision import Precision, as_dtype
from losscli.checks.truth import truth_of
from losscli.implementations.implementation import Workload
from losscli.results.documents.check import CheckRow

DEFAULT_EXAMPLES = 100
_WIDTHS = (2, 4)


def search_available() -> bool:
    """True if hypothesis and mpmath are installed."""
    return all(find_spec(name) for name in ("hypothesis", "mpmath"))


def adversarial(
    subject: Subject, workload: Workload, precision: Precision, seed: int, examples: int
) -> Iterator[CheckRow]:
    """A row a direction: the largest errors of a search, or the smallest inputs that fail."""
    for both in (False, True):
        if both and subject.runner(workload).both is None:
            return
        search = _Search(subject, workload, precision, both)
        search.run(seed, examples)
        yield search.row()


@dataclass(slots=True)
class _Search:
    """A search for one row of inputs with an incorrect result, in one direction."""

    subject: Subject
    workload: Workload
    precision: Precision
    both: bool
    errors: AnswerCheck = field(default_factory=AnswerCheck)
    failing: Arrays | None = None

    def run(self, seed: int, examples: int) -> None:
        """Try so many rows; the same seed tries the same rows."""
        with _hypothesis() as library, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            settings = library.settings(
                max_examples=examples,
                database=None,
                deadline=None,
                suppress_health_check=list(library.HealthCheck),
                phases=(library.Phase.generate, library.Phase.target),
                report_multiple_bugs=False,
                print_blob=False,
            )

            def attempt(arrays: Arrays) -> None:
                if self.failing is None:
                    error = self._error(arrays)
                    library.target(math.log2(1.0 + min(error, 1e300)))

            given = library.given(self._rows(library.strategies))(attempt)
            library.seed(seed)(settings(given))()

    def row(self) -> CheckRow:
        """The result as a row of the check."""
        if self.failing is None:
            shape, example, fault = self.workload.shape, Counterexample(), ""
        else:
            shape = self.failing[0].shape
            example = counterexample(self.subject, self.workload, self.failing, both=self.both)
            fault = example.fault or "it is incorrect once, and not again"
        both, errors = self.both, self.errors
        return check_row(
            "adversarial", shape, fault, "mpmath", both=both, check=errors, example=example
        )

    def _error(self, arrays: Arrays) -> float:
        """The error of a row in ULP, 0 if it is not valid; keeps the inputs that fail."""
        with np.errstate(over="ignore"):
            arrays = tuple(as_dtype(array, self.precision.name) for array in arrays)
        if not in_domain(self.workload, arrays).all():
            return 0.0
        truth = truth_of(self.workload, arrays)
        if np.isnan(truth.losses).any():
            return 0.0
        check = self.subject.check_once(self.workload, arrays, truth, both=self.both)
        self.errors.value += check.value
        self.errors.gradient += check.gradient
        if not check.correct:
            self.failing = arrays
        errors = (check.value.ulp, check.gradient.ulp)
        return max((ulp for ulp in errors if math.isfinite(ulp)), default=0.0)

    def _rows(self, st: Any) -> Any:
        """A strategy for one row of valid predictions and targets."""
        loss, params = self.workload.loss, self.workload.params
        pred_domain, target_domain = loss.domains_of(params)
        kind = np.float64 if self.precision.name == "float64" else np.float32
        bits = 64 if kind is np.float64 else 32
        away = sorted(steps(self.workload, self.precision))
        known = [0.0, *away, *(-step for step in away)]
        known = [float(kind(number)) for number in known]
        wide = st.floats(width=bits, allow_nan=False, allow_infinity=False)
        number = st.one_of(
            st.sampled_from(known),
            st.floats(0, 1, width=bits),
            st.floats(-16, 16, width=bits),
            wide,
        )

        def filled(shape: tuple[int, ...]) -> Any:
            count = math.prod(shape)
            lists = st.lists(number, min_size=count, max_size=count)
            return lists.map(lambda numbers: np.array(numbers, kind).reshape(shape))

        @st.composite  # type: ignore[untyped-decorator,unused-ignore]
        def row(draw: Any) -> Arrays:
            shape = row_of(self.workload, draw(st.integers(*_WIDTHS)))
            classes = loss.classes(shape) or 0
            pred = draw(filled((1, *shape)))
            target_row = loss.rows_of.target_row(shape)
            if target_domain is None or target_row is None:
                return (nearest(pred_domain, pred, classes),)
            if loss.indexed(target_row):
                target = np.array([draw(st.integers(0, classes - 1))])
                return nearest(pred_domain, pred, classes), target
            target = nearest(target_domain, draw(filled((1, *target_row))), classes)
            if target_row == shape and draw(st.booleans()):  # nearly equal
                off = draw(st.integers(-64, 64)) * np.finfo(kind).eps
                with np.errstate(over="ignore"):
                    pred = (target.astype(np.float64) * (1.0 + off)).astype(kind)
            return nearest(pred_domain, pred, classes), target

        return row()


@contextmanager
def _hypothesis() -> Iterator[Any]:
    """The library, writing its files into a temporary folder."""
    import hypothesis
    from hypothesis import strategies  # noqa: F401 - it is looked up as an attribute
    from hypothesis.configuration import set_hypothesis_home_dir

    with tempfile.TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield hypothesis
        finally:
            set_hypothesis_home_dir(None)
