"""`diff`: two saved results against each other."""

from typing import TYPE_CHECKING, Any

from losscli.plans.diff import DiffPlan
from losscli.plans.flags import check_flags
from losscli.render.files import outputs

if TYPE_CHECKING:
    from losscli.results.documents.diff import Diff


def diff(old: Any, new: Any, **flags: Any) -> "Diff":
    """What changed between two results of a kind, and whether it is more than noise.

    old, new: paths of saved results, their documents, or results themselves: of `evaluate`, of
    `bench` or of `run`.
    flags: the fields of `losscli.plans.diff.DiffPlan`, which are the long flags of `losscli diff`.

    Raises DataError for what is no result, is of other data or has nothing in common, UsageError.
    """
    check_flags(DiffPlan, flags)
    return run_diff(DiffPlan(old, new, **flags))


def run_diff(plan: DiffPlan) -> "Diff":
    """Compare as planned."""
    from losscli.differences.differ import differ

    with outputs(plan.output, (), (plan.old, plan.new)) as publish:
        result = differ(plan)
        publish(result)
    return result
