"""`explain`: the facts of one loss.

>>> [corner.at for corner in explain("mae").form.corners]
[0.0]
"""

import re
from typing import Any

from losscli.errors import UsageError
from losscli.explanation.facts import Explanation, explained
from losscli.explanation.metrics import explained_metric
from losscli.losses.registry import is_known
from losscli.losses.spec.binding import without_penalty
from losscli.metrics.binding import bind as bind_metrics
from losscli.metrics.core.metric import Metric
from losscli.metrics.losses import bind_losses
from losscli.metrics.registry import find, is_metric
from losscli.metrics.registry import names as metric_names
from losscli.plans.catalogue import ExplainPlan
from losscli.plans.functions import public
from losscli.results.documents.explain_metric import MetricExplanation
from losscli.sources.opener import read_array


def run_explain(plan: ExplainPlan) -> Explanation | MetricExplanation:
    """The facts of a loss or a metric: its declaration, and what is computed from it.

    Raises UsageError for an unknown name, and for several.
    """
    if metric := _metric(plan.loss):
        return metric
    bound = [without_penalty(loss) for loss in bind_losses(plan.loss, read_array)]
    if not bound:
        raise UsageError("no loss given", hint="losscli list shows them")
    first, *more = bound
    if more:
        raise UsageError("one loss is explained at a time", hint=f"losscli explain {first.label}")
    return explained(first)


def _metric(spec: Any) -> MetricExplanation | None:
    """The facts of a metric that is meant by its own name, or by another that no loss has."""
    name = spec.name if isinstance(spec, Metric) else re.split("[:,]", str(spec))[0].strip()
    if not (name in metric_names() or (is_metric(name) and not is_known(name))):
        return None
    if name == spec:  # some have no default for a parameter
        return explained_metric(find(name))
    first, *more = bind_metrics(spec)
    if more:
        raise UsageError("one metric is explained at a time", hint=f"losscli explain {first.label}")
    return explained_metric(first.declared, first.params, first.label)


explain = public("explain", ExplainPlan, run_explain)
