"""`diff`: two saved results against each other."""

from typing import TYPE_CHECKING

from losscli.plans.diff import DiffPlan
from losscli.plans.functions import public
from losscli.render.files import outputs

if TYPE_CHECKING:
    from losscli.results.documents.diff import Diff


def run_diff(plan: DiffPlan) -> "Diff":
    """The differences between two results of a kind, and their significance.

    old, new: paths of saved results, their documents, or results of `evaluate`, `bench` or `run`.

    Raises DataError for what is not a result, has other data or nothing in common; UsageError.
    """
    from losscli.differences.differ import differ

    with outputs(plan.output, (), (plan.old, plan.new)) as publish:
        result = differ(plan)
        publish(result)
    return result


diff = public("diff", DiffPlan, run_diff)
