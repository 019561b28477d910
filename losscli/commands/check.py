"""`check`: an implementation against the true values."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from losscli.backends.machine import cores
from losscli.errors import UsageError
from losscli.evaluation.measure import no_progress
from losscli.losses.core.loss import Loss
from losscli.losses.spec.binding import bind, without_penalty
from losscli.plans.check import CheckPlan
from losscli.plans.functions import public
from losscli.render.files import outputs
from losscli.sources.opener import read_array

if TYPE_CHECKING:
    from losscli.implementations.registry import Implementation
    from losscli.results.documents.check import Check


def run_check(plan: CheckPlan, progress: Callable[[float, str], None] = no_progress) -> "Check":
    """Check an implementation: values and gradients, on ordinary and extreme inputs.

    impl: `FILE.py:FUNCTION`, `MODULE:FUNCTION`, the name of a library with a loss, or a loss alone,
    which is losscli's own. loss: a spec such as "smooth_l1:beta=0.5".

    Raises UsageError or MissingError.
    """
    from losscli.backends.torch import TorchBackend
    from losscli.checks.check import check_implementation
    from losscli.checks.precision import precision
    from losscli.implementations.implementation import Setting

    with outputs(plan.output) as publish:
        precision(plan.dtype)
        implementation, spec = _subject(plan)
        loss, *more = map(without_penalty, bind(spec, read_array))
        if more:
            raise UsageError(f"one loss is checked at a time, not {spec}", hint="run it for each")
        if plan.device != "cpu":
            TorchBackend(plan.device)  # raises MissingError
        setting = Setting(plan.device, plan.dtype, cores())
        result = check_implementation(implementation, loss, setting, plan, progress)
        publish(result)
    return result


check = public("check", CheckPlan, run_check)


def _subject(plan: CheckPlan) -> "tuple[Implementation, str]":
    """The implementation of a plan, and the spec of its loss.

    Raises UsageError for a function without the loss that it implements.
    """
    from losscli.implementations.registry import Implementation
    from losscli.implementations.registry import parse as named
    from losscli.losses.spec.grammar import parse
    from losscli.losses.spec.user_code import load

    if plan.loss is not None:
        return named(plan.impl), plan.loss
    (first, *_), *_ = (spec.terms for spec in parse(plan.impl))
    alone = f"{first.where}:{first.name}"
    if plan.impl == alone and not isinstance(load(alone), Loss):
        raise UsageError(f"{plan.impl} implements which loss?", hint="--as smooth_l1:beta=0.5")
    return Implementation("numpy", "numpy"), plan.impl
