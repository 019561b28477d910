"""PyTorch, eager: the functions of torch.nn.functional."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from losscli.errors import MissingError
from losscli.implementations.implementation import (
    Answer,
    Runner,
    Setting,
    UnsupportedError,
    Workload,
)

_TENSORS = ("weight", "pos_weight")


class Function(NamedTuple):
    """A function of torch.nn.functional for a loss.

    name: there. params: our names of its parameters, with theirs. split: whether a row of
    predictions holds several arguments, which stand side by side on its first axis; target_second:
    whether the target goes between them. given: what it is told besides. around: makes arguments
    of ours, and a loss of what it returns.
    """

    name: str
    params: Mapping[str, str] = MappingProxyType({})
    split: bool = False
    target_second: bool = False
    given: Mapping[str, Any] = MappingProxyType({})
    around: Callable[..., Any] | None = None


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _kl_div(function: Callable[..., Any], p: Any, t: Any, *, log_pred: bool, **given: Any) -> Any:
    return function(p if log_pred else p.log(), t, **given)


def _label_list(function: Callable[..., Any], p: Any, t: Any, **given: Any) -> Any:
    """Torch's targets are lists of labels that end at the first -1."""
    ordered, labels = t.sort(dim=-1, descending=True, stable=True)
    return function(p, labels.masked_fill(ordered == 0, -1), **given)


def _distance(function: Callable[..., Any], p: Any, t: Any, **given: Any) -> Any:
    return 1.0 - function(p, t, **given).mean()


def _divided(function: Callable[..., Any], p: Any, t: Any, *, temperature: float) -> Any:
    return function(p / temperature, t)


def _difference(function: Callable[..., Any], p: Any, t: Any) -> Any:
    return function(p[:, 0] - p[:, 1], t)


def _logarithms(function: Callable[..., Any], p: Any, t: Any) -> Any:
    return function(p.log(), t)


FUNCTIONS = {
    "mae": Function("l1_loss"),
    "mse": Function("mse_loss"),
    "smooth_l1": Function("smooth_l1_loss", _same("beta")),
    "huber": Function("huber_loss", _same("delta")),
    "poisson_nll": Function("poisson_nll_loss", _same("log_input", "full", "eps")),
    "gaussian_nll": Function(
        "gaussian_nll_loss", _same("full", "eps"), split=True, target_second=True
    ),
    "bce": Function("binary_cross_entropy"),
    "bce_with_logits": Function("binary_cross_entropy_with_logits", _same("pos_weight")),
    "soft_margin": Function("soft_margin_loss"),
    "cross_entropy": Function("cross_entropy", _same("weight", "ignore_index", "label_smoothing")),
    "linear_cross_entropy": Function("cross_entropy", _same("ignore_index", "label_smoothing")),
    "nll": Function("nll_loss", _same("weight", "ignore_index")),
    "categorical_cross_entropy": Function("nll_loss", around=_logarithms),
    "multi_margin": Function("multi_margin_loss", _same("p", "margin", "weight")),
    "multilabel_margin": Function("multilabel_margin_loss", around=_label_list),
    "multilabel_soft_margin": Function("multilabel_soft_margin_loss", _same("weight")),
    "kl_div": Function(
        "kl_div",
        _same("log_pred", "log_target"),
        given={"reduction": "batchmean"},
        around=_kl_div,
    ),
    "cosine_distance": Function("cosine_similarity", _same("eps"), around=_distance),
    "cosine_embedding": Function("cosine_embedding_loss", _same("margin"), split=True),
    "hinge_embedding": Function("hinge_embedding_loss", _same("margin")),
    "margin_ranking": Function("margin_ranking_loss", _same("margin"), split=True),
    "pairwise_logistic": Function("binary_cross_entropy_with_logits", around=_difference),
    "triplet_margin": Function(
        "triplet_margin_loss", _same("margin", "p", "eps", "swap"), split=True
    ),
    "info_nce": Function("cross_entropy", _same("temperature"), around=_divided),
}


def prepare(workload: Workload, setting: Setting) -> Runner:
    """The function of the loss's name, its mean, and autograd."""
    return of_function(function_of(workload, setting), wrt=2 if workload.linear else 1)


def function_of(workload: Workload, setting: Setting) -> Callable[..., Any]:
    """The mean as torch.nn.functional computes it; raises UnsupportedError for a loss it lacks."""
    try:
        import torch.nn.functional as F  # noqa: N812 - everybody's name for it
    except ImportError as error:
        raise MissingError(
            "PyTorch is not installed", hint="pip install 'losscli[torch]'"
        ) from error

    found = FUNCTIONS.get(workload.name)
    if found is None:
        raise UnsupportedError(f"torch.nn.functional has no {workload.name}")
    params = dict(found.given)
    for name, value in workload.params.items():
        if name in found.params:
            params[found.params[name]] = moved(value, setting) if name in _TENSORS else value
        elif name in workload.set_params:
            raise UnsupportedError(f"torch has no {name} of {workload.name}")
    function = getattr(F, found.name)
    if workload.linear:
        return lambda hidden, weight, target: function(hidden @ weight.T, target, **params)
    if found.around is not None:
        return partial(found.around, function, **params)
    if found.split and found.target_second:
        return lambda pred, target: function(pred[:, 0], target, pred[:, 1], **params)
    if found.split:
        return lambda pred, *target: function(*pred.unbind(1), *target, **params)
    return lambda pred, target: function(pred, target, **params)


def of_function(function: Callable[..., Any], wrt: int, *, compiles: bool = False) -> Runner:
    """A function that returns the mean as a runner; the first `wrt` inputs get gradients."""
    import torch

    def forward(*inputs: Any) -> Answer:
        with torch.no_grad():
            return Answer(function(*inputs))

    def both(*inputs: Any) -> Answer:
        leaves = [tensor.detach().requires_grad_() for tensor in inputs[:wrt]]
        mean = function(*leaves, *inputs[wrt:])
        return Answer(mean.detach(), torch.autograd.grad(mean, leaves))

    return Runner("torch", forward, both, compiles)


def moved(value: Any, setting: Setting) -> Any:
    """Numbers as a tensor, and None as it is."""
    import torch

    if value is None:
        return None
    return torch.as_tensor(value, dtype=getattr(torch, setting.dtype), device=setting.device)
