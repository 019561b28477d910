"""`bench`: implementations of losses side by side."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from losscli.evaluation.measure import no_progress
from losscli.plans.bench import BenchPlan
from losscli.plans.flags import check_flags
from losscli.render.files import outputs, picture

if TYPE_CHECKING:
    from losscli.results.documents.bench import Benchmark


def bench(**flags: Any) -> "Benchmark":
    """Speed, memory and rightness of implementations of losses, side by side.

    flags: the fields of `losscli.plans.bench.BenchPlan`, the long flags of `losscli bench`.

    Raises UsageError or MissingError, each with what, where and mend.
    """
    check_flags(BenchPlan, flags)
    return run_benchmark(BenchPlan(**flags))


def run_benchmark(plan: BenchPlan, progress: Callable[[float], None] = no_progress) -> "Benchmark":
    """Benchmark as planned; progress is told the share of the work that is done."""
    from losscli.benchmark.measure import measure as measure_implementations

    with outputs(plan.output, (plan.plot,)) as publish, picture(plan.plot) as draw:
        with redirect_stdout(sys.stderr):  # output of a user's code is not part of the document
            result = measure_implementations(plan, progress)
        draw(result)
        publish(result)
    return result
