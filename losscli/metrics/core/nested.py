"""Metrics of the row losses of a loss, whose parameters they take too."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from losscli.accumulators.exact import Floats
from losscli.backends.rowwise import ROWWISE
from losscli.errors import UsageError
from losscli.losses.core.loss import Loss
from losscli.losses.declare import Param
from losscli.losses.registry import find
from losscli.metrics.core.metric import Array, Metric

LOSS = Param("loss", None, meaning="the loss whose rows count", kind="any")


@dataclass(frozen=True, eq=False, kw_only=True)
class NestedMetric(Metric):
    """A metric with a parameter `loss`, the name of a loss; other parameters go to that loss.

    losses: the names that it takes; empty for all of them.
    """

    losses: tuple[str, ...] = ()

    def resolve(
        self, given: Mapping[str, Any], defaults: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        """All parameters, those of the loss among them."""
        own = {param.name for param in self.params}
        params = Metric.resolve(self, {k: v for k, v in given.items() if k in own}, defaults)
        loss = self.loss_of(params)
        nested = loss.resolve({k: v for k, v in given.items() if k not in own})
        return {**nested, **params, "loss": loss.name}

    def loss_of(self, params: Mapping[str, Any]) -> Loss:
        """The loss; raises UsageError where there is none, or another is needed."""
        name = params["loss"]
        example = self.losses[0] if self.losses else "mae"
        hint = f"-m {self.name}:loss={example}"
        if not isinstance(name, str):
            raise UsageError(f"{self.name} needs the name of a loss", hint=hint)
        loss, statistic = find(name)
        if statistic is not None:
            raise UsageError(f"{name} is a function of a mean and has no rows", hint=hint)
        if self.losses and loss.name not in self.losses:
            words = ", ".join(self.losses)
            raise UsageError(f"{self.name} has no loss {name}", hint=f"it takes one of {words}")
        return loss

    def for_params(self, params: Mapping[str, Any]) -> Metric:
        """The metric of rows of the shapes and domains that the loss takes."""
        loss = self.loss_of(params)
        first, *others = (self._of(each) for each in (loss, *loss.known_variants))
        return replace(first, variants=tuple(others))

    def _of(self, loss: Loss) -> "NestedMetric":
        def domains(**params: Any) -> Any:
            return loss.domains_of(_nested(loss, params))

        return replace(
            self,
            pred=loss.pred,
            target=loss.target,
            domains=domains,
            rows_of=loss.rows_of,
            params=(*self.params, *loss.params),
        )


def _nested(loss: Loss, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that the loss has, of all."""
    return {param.name: params[param.name] for param in loss.params if param.name in params}


def row_losses(pred: Array, target: Array | None, params: Mapping[str, Any]) -> Floats:
    """The losses of rows, of the loss and the parameters in `params`."""
    loss, _ = find(params["loss"])
    row = pred.shape[1:]
    variant = loss.variant_for(row, None if target is None else target.shape[1:])
    return np.asarray(variant.rows(ROWWISE, pred, target, _nested(variant, params)), np.float64)
