"""Group relative policy optimisation: the clipped policy loss of one token."""

from typing import Any

from losscli.losses.catalogue.policy._responses import LOG_PROBABILITIES
from losscli.losses.declare import REAL, Array, Convention, Interval, Loss, Namespace, Param, shapes
from losscli.losses.math.stable import log1pmx_near, replaced


def _values(
    xp: Namespace, pred: Array, target: Array, *, low: float, high: float, beta: float
) -> Array:
    """Minus the clipped gain of a token, plus beta times an estimate of the divergence.

    pred is (N, 3), log-probabilities in nats of a token: the policy's, those of the policy that
    generated it, and the reference model's. target is (N,), the advantage of the token's response,
    such as its reward less the mean of its group over the group's deviation; the result is (N,).
    The gain is the advantage times the ratio of policy and old policy, or times the ratio clipped
    to [1 - low, 1 + high] where that is less.

    >>> grpo([[-1.0, -1.0, -1.0], [-1.0, -2.0, -1.0]], [0.5, 2.0], beta=0.0).tolist()
    [-0.5, -2.4]
    """
    ratio = xp.exp(pred[:, 0] - pred[:, 1])
    clipped = xp.clip(ratio, 1.0 - low, 1.0 + high)
    found = 0.0 - xp.minimum(ratio * target, clipped * target)
    return found + beta * _divergence(xp, pred[:, 2] - pred[:, 0]) if beta else found


def _divergence(xp: Namespace, x: Array) -> Array:
    """exp(x) - x - 1, which is u - log(1 + u) of u = exp(x) - 1, without cancellation near 0."""
    rise = xp.expm1(x)
    near = (rise > -0.5) & (rise < 1.0)
    return replaced(xp, rise - x, near, lambda u: -log1pmx_near(u), rise)


def _derivative(
    xp: Namespace, pred: Array, target: Array, *, low: float, high: float, beta: float
) -> Array:
    """-A ratio for the policy unless it is clipped, and the opposite for the old policy.

    The divergence adds beta (1 - exp(x)) for the policy, and the opposite for the reference.
    """
    ratio = xp.exp(pred[:, 0] - pred[:, 1])
    clipped = ((target > 0.0) & (ratio > 1.0 + high)) | ((target < 0.0) & (ratio < 1.0 - low))
    gain = xp.where(clipped, 0.0, ratio * target)
    pull = beta * xp.expm1(pred[:, 2] - pred[:, 0])
    return xp.stack((0.0 - gain - pull, gain, pull), axis=1)


def _reference(mp: Any, pred: Any, target: Any, *, low: Any, high: Any, beta: Any) -> Any:
    policy, old, model = pred
    ratio = mp.exp(policy - old)
    gain = min(ratio * target, min(max(ratio, 1 - low), 1 + high) * target)
    return beta * (mp.exp(model - policy) - (model - policy) - 1) - gain


grpo = Loss(
    name="grpo",
    family="policy",
    formula="-min(r A, clip(r, 1 - low, 1 + high) A) + beta (exp(x) - x - 1), r = π / π_old, "
    "x = log ref - log π",
    latex=r"-\min\left(r A, \mathrm{clip}(r, 1 - \epsilon_l, 1 + \epsilon_h) A\right) "
    r"+ \beta \left(e^x - x - 1\right)",
    source="Shao et al., DeepSeekMath, 2024, equations 3 and 4; different bounds: Yu et al., DAPO, "
    "2025",
    values=_values,
    derivative=_derivative,
    reference=_reference,
    pred=LOG_PROBABILITIES,
    target=REAL,
    rows_of=shapes.THREE,
    saturates=True,  # without beta the reference is ignored
    flops=20,
    params=(
        Param("low", 0.2, Interval(0.0, 1.0, "[)"), "1 minus the least ratio"),
        Param("high", 0.2, Interval(0.0, ends="[)"), "the largest ratio minus 1"),
        Param("beta", 0.04, Interval(0.0, ends="[)"), "the weight of the divergence"),
    ),
    use="a model is trained on rewards of groups of responses to one prompt",
    avoid="responses are labelled in pairs: use dpo",
    equivalents={
        "torch": "-torch.minimum((ratio := torch.exp(pred[:, 0] - pred[:, 1])) * target, "
        "ratio.clip(1 - low, 1 + high) * target) + beta * (torch.exp(x := pred[:, 2] - pred[:, 0]) "
        "- x - 1)",
        "trl": "GRPOTrainer(args=GRPOConfig(epsilon=low, epsilon_high=high, beta=beta))",
    },
    like={
        "trl": Convention(
            {"beta": 0.0},
            note="beta is 0 by default; a mean over tokens is its loss_type='dapo', the default",
        )
    },
    pitfalls=(
        "A row is a token; the paper takes the mean of each response first: weight tokens by the "
        "reciprocal of their response's length.",
        "beta is 0 by default in recent releases of trl.",
        "The divergence is an estimate from one token; a clipped token has its slope only.",
    ),
)
