"""Adversarial inputs by hypothesis, which climbs towards larger errors."""

import math
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from losscli.checks.arrays import as_dtype
from losscli.checks.cases import row_of, steps
from losscli.checks.generators import nearest
from losscli.checks.inputs import Arrays, in_domain
from losscli.checks.precision import Precision
from losscli.checks.rule import NO_ERRORS
from losscli.checks.truth import truth_of
from losscli.implementations.implementation import Workload
from losscli.results.document import pass_name
from losscli.results.documents.check import CheckRow

if TYPE_CHECKING:
    from losscli.checks.checker import Checker

DEFAULT_EXAMPLES = 100
_WIDTHS = (2, 4)


def search_available() -> bool:
    """Whether hypothesis and mpmath are here."""
    return all(find_spec(name) for name in ("hypothesis", "mpmath"))


def adversarial(
    checker: "Checker", workload: Workload, precision: Precision, seed: int, examples: int
) -> Iterator[CheckRow]:
    """A row a pass: the largest errors that a search found, or the smallest inputs that fail."""
    for both in (False, True):
        if both and checker.runner(workload).both is None:
            return
        hunt = _Hunt(checker, workload, precision, both=both)
        hunt.run(seed, examples)
        yield hunt.checked()


class _Hunt:
    """A search for one row on which an implementation errs, in one pass."""

    def __init__(
        self, checker: "Checker", workload: Workload, precision: Precision, *, both: bool
    ) -> None:
        self._checker = checker
        self._workload = workload
        self._precision = precision
        self._both = both
        self._steps = sorted(steps(workload, precision))
        self._value = self._gradient = NO_ERRORS
        self._failing: Arrays | None = None

    def run(self, seed: int, examples: int) -> None:
        """Try so many rows; the same seed tries the same."""
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
                if self._failing is None:
                    error = self._judge(arrays)
                    library.target(math.log2(1.0 + min(error, 1e300)))

            given = library.given(self._rows(library.strategies))(attempt)
            library.seed(seed)(settings(given))()

    def checked(self) -> CheckRow:
        """What was found, as a row of the check."""
        value, gradient = self._value, self._gradient
        shrunk = words = paste = ""
        if self._failing is not None:
            shrunk, words, paste = self._checker.faulty(
                self._workload, self._failing, both=self._both
            )
            words = words or "it is wrong once, and not again"
        return CheckRow(
            case="adversarial",
            passes=pass_name(self._both),
            shape=self._workload.shape if self._failing is None else self._failing[0].shape,
            max_ulp=value.ulp if value.count else None,
            grad_max_ulp=gradient.ulp if gradient.count else None,
            truth="mpmath",
            correct=not words,
            fault=words or None,
            smallest=shrunk or None,
            median_ulp=value.typical,
            grad_median_ulp=gradient.typical,
            snippet=paste or None,
        )

    def _judge(self, arrays: Arrays) -> float:
        """The error of a row in ULP, nothing where it does not belong; keeps what fails."""
        with np.errstate(over="ignore"):
            arrays = tuple(as_dtype(array, self._precision.name) for array in arrays)
        if not in_domain(self._workload, arrays).all():
            return 0.0
        sized = replace(self._workload, shape=arrays[0].shape)
        truth = truth_of(sized, arrays)
        if np.isnan(truth.losses).any():
            return 0.0
        verdict = self._checker.judged(sized, arrays, truth, both=self._both)
        self._value += verdict.value
        self._gradient += verdict.gradient
        if not verdict.right:
            self._failing = arrays
        found = (verdict.value.ulp, verdict.gradient.ulp)
        return max((ulp for ulp in found if math.isfinite(ulp)), default=0.0)

    def _rows(self, st: Any) -> Any:
        """One row of predictions and of targets, brought into their domains."""
        loss, params = self._workload.loss, self._workload.params
        pred_domain, target_domain = loss.domains_of(params)
        kind = np.float64 if self._precision.name == "float64" else np.float32
        bits = 64 if kind is np.float64 else 32
        known = [0.0, *self._steps, *(-step for step in self._steps)]
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
            return lists.map(lambda found: np.array(found, kind).reshape(shape))

        @st.composite  # type: ignore[untyped-decorator,unused-ignore]
        def row(draw: Any) -> Arrays:
            shape = row_of(self._workload, draw(st.integers(*_WIDTHS)))
            classes = loss.classes(shape) or 0
            pred = draw(filled((1, *shape)))
            target_row = loss.rows_of.target_row(shape)
            if target_domain is None or target_row is None:
                return (nearest(pred_domain, pred, classes),)
            if loss.indexed(target_row):
                target = np.array([draw(st.integers(0, classes - 1))])
                return nearest(pred_domain, pred, classes), target
            target = nearest(target_domain, draw(filled((1, *target_row))), classes)
            if target_row == shape and draw(st.booleans()):  # nearly right
                off = draw(st.integers(-64, 64)) * np.finfo(kind).eps
                with np.errstate(over="ignore"):
                    pred = (target.astype(np.float64) * (1.0 + off)).astype(kind)
            return nearest(pred_domain, pred, classes), target

        return row()


@contextmanager
def _hypothesis() -> Iterator[Any]:
    """The library, which writes its files into a folder that is thrown away."""
    import hypothesis
    from hypothesis import strategies  # noqa: F401 - it is looked up as an attribute
    from hypothesis.configuration import set_hypothesis_home_dir

    with tempfile.TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield hypothesis
        finally:
            set_hypothesis_home_dir(None)
