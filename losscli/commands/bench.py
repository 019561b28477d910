"""`bench`: implementations of losses side by side."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from losscli.evaluation.measure import no_progress
from losscli.plans.bench import BenchPlan
from losscli.plans.functions import public
from losscli.render.files import outputs, picture

if TYPE_CHECKING:
    from losscli.results.documents.bench import Benchmark


def run_benchmark(
    plan: BenchPlan, progress: Callable[[float, str], None] = no_progress
) -> "Benchmark":
    """Speed, memory and correctness of implementations of losses, side by side.

    Raises UsageError or MissingError.
    """
    from losscli.benchmark.measure import measure
    from losscli.commands.request import typed

    with outputs(plan.output, (plan.plot,)) as publish, picture(plan.plot) as draw:
        result = measure(plan, progress).replace(command=typed(plan, "bench"))
        draw(result)
        publish(result)
    return result


bench = public("bench", BenchPlan, run_benchmark)
