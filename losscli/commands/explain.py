"""`explain`: the facts of one loss.

>>> [corner.at for corner in explain("mae").form.corners]
[0.0]
"""

from losscli.errors import UsageError
from losscli.explanation.facts import Explanation, explained
from losscli.losses.spec.binding import bind, without_penalty
from losscli.plans.catalogue import ExplainPlan
from losscli.plans.functions import public
from losscli.sources.opening import read_array


def run_explain(plan: ExplainPlan) -> Explanation:
    """The facts of a loss: its declaration, and what is computed from it.

    Raises UsageError for an unknown loss, and for several.
    """
    first, *more = map(without_penalty, bind(plan.loss, read_array))
    if more:
        raise UsageError("one loss is explained at a time", hint=f"losscli explain {first.label}")
    return explained(first)


explain = public("explain", ExplainPlan, run_explain)
