"""`check`: an implementation against the true values."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

from losscli.backends.machine import cores
from losscli.errors import UsageError
from losscli.evaluation.measure import no_progress
from losscli.losses.core.loss import Loss
from losscli.losses.spec.binding import bind, without_penalty
from losscli.plans.check import CheckPlan
from losscli.plans.flags import check_flags
from losscli.render.files import outputs
from losscli.sources.tables import read_array

if TYPE_CHECKING:
    from losscli.results.documents.check import Check


def check(impl: str, loss: str | None = None, **flags: Any) -> "Check":
    """Whether an implementation is right: values and gradients, on ordinary and extreme inputs.

    impl: `FILE.py:FUNCTION`, `MODULE:FUNCTION`, the name of a library with a loss, or a loss alone,
    which is losscli's own. loss: a spec such as "smooth_l1:beta=0.5".
    flags: the fields of `losscli.plans.check.CheckPlan`, the long flags of `losscli check`.

    Raises UsageError or MissingError, each with what, where and mend.
    """
    check_flags(CheckPlan, flags)
    return run_check(CheckPlan(impl, loss, **flags))


def run_check(plan: CheckPlan, progress: Callable[[float], None] = no_progress) -> "Check":
    """Check as planned; progress is told the share of the cases that is done."""
    from losscli.backends.torch import TorchBackend
    from losscli.checks.check import check_implementation
    from losscli.checks.precision import precision
    from losscli.implementations.implementation import Setting
    from losscli.implementations.registry import Implementation
    from losscli.implementations.registry import parse as named
    from losscli.losses.spec.grammar import parse
    from losscli.losses.spec.user_code import load

    with outputs(plan.output) as publish:
        precision(plan.dtype)
        if plan.loss is None:
            (first, *_), *_ = (spec.terms for spec in parse(plan.impl))
            alone = f"{first.where}:{first.name}"
            if plan.impl == alone and not isinstance(load(alone), Loss):
                raise UsageError(
                    f"{plan.impl} should be which loss?", hint="--as smooth_l1:beta=0.5"
                )
            implementation, spec = Implementation("numpy", "numpy"), plan.impl
        else:
            implementation, spec = named(plan.impl), plan.loss
        loss, *more = map(without_penalty, bind(spec, read_array))
        if more:
            raise UsageError(f"one loss is checked at a time, not {spec}", hint="run it for each")
        if plan.device != "cpu":
            TorchBackend(plan.device)  # says what is missing
        setting = Setting(plan.device, plan.dtype, cores())
        with redirect_stdout(sys.stderr):
            result = check_implementation(
                implementation, loss, setting, plan.seed, progress, plan.examples
            )
        publish(result)
    return result
