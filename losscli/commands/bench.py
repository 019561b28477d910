"""`bench`: implementations of losses side by side."""

import sys
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from losscli.errors import MissingError
from losscli.evaluation.measure import no_progress
from losscli.plans.bench import BenchPlan
from losscli.plans.flags import check_flags
from losscli.render.files import outputs
from losscli.results.files import OutputFile

if TYPE_CHECKING:
    from losscli.results.benchmark import Benchmark


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

    with outputs(plan.output, (plan.plot,)) as publish, ExitStack() as stack:
        picture = None
        if plan.plot is not None:
            if find_spec("matplotlib") is None:
                raise MissingError("a plot needs matplotlib", hint="pip install 'losscli[plot]'")
            picture = stack.enter_context(OutputFile(plan.plot))
        with redirect_stdout(sys.stderr):  # what a user's code prints is no part of the document
            result = measure_implementations(plan, progress)
        if picture is not None and plan.plot is not None:
            from losscli.render.plots import draw

            picture.write(draw(result, plan.plot))
            picture.commit()
        publish(result)
    return result
