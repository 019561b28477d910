"""linear_cross_entropy: a product of matrices and the loss after it, for benchmarks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from losscli.implementations.implementation import LINEAR
from losscli.losses.catalogue.classification.token_cross_entropy import token_cross_entropy


def _renamed(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with class_weight for weight, which is the matrix here."""

    def call(*arrays: Any, class_weight: Any, **params: Any) -> Any:
        return function(*arrays, weight=class_weight, **params)

    return call


_FUNCTIONS: dict[str, Any] = {
    name: _renamed(getattr(token_cross_entropy, name))
    for name in ("values", "derivative", "reference", "denominator")
}
_CHANGES: dict[str, dict[str, Any]] = {
    "weight": {"name": "class_weight", "meaning": "the weight of each class"},
    "z_loss": {"default": 0.0},
}

# The loss of the logits hidden @ weight.T. Without parameters it is cross_entropy.
linear_cross_entropy = replace(
    token_cross_entropy,
    name=LINEAR,
    aliases=(),
    **_FUNCTIONS,
    saturates=False,
    params=tuple(p._replace(**_CHANGES.get(p.name, {})) for p in token_cross_entropy.params),
    equivalents={
        "torch": token_cross_entropy.equivalents["torch"].replace("weight", "class_weight")
    },
)
