"""Bits per token, the mean negative log-likelihood to the base 2."""

from decimal import Decimal
from typing import Any

from losscli.losses.declare import INDICES, LOGIT, shapes
from losscli.metrics.core.estimate import Means
from losscli.metrics.core.metric import Array
from losscli.metrics.core.tokens import (
    LOG_2,
    PARAMS,
    TokenMetric,
    reference_of,
    token_terms,
    with_log_probabilities,
)
from losscli.stats.dual import Dual


def _terms(pred: Array, target: Array | None, **_: Any) -> Any:
    """The mean negative log-likelihood in bits.

    pred are logits or probabilities (N, C), recognised as such if every row lies in [0, 1] and sums
    to 1, and target class indices (N,); or pred are the natural log-probabilities of the tokens
    (N,), without targets.

    >>> bits_per_token([[0.5, 0.5], [0.5, 0.5]], [0, 1])
    1.0
    """
    return token_terms(pred, target)


def _value(means: Means, **_: Any) -> Dual:
    return means["nll"] / LOG_2


bits_per_token = with_log_probabilities(
    TokenMetric(
        name="bits_per_token",
        aliases=("bpt", "bits_per_character", "bpc"),
        family="language",
        formula="mean cross-entropy / log 2",
        latex=r"-\frac{1}{N} \sum_i \log_2 p_i(y_i)",
        source="Shannon, Prediction and entropy of printed English, Bell Syst. Tech. J. 30, 1951",
        pred=LOGIT,
        target=INDICES,
        rows_of=shapes.LABELLED,
        columns=("nll",),
        params=PARAMS,
        terms=_terms,
        value=_value,
        reference=reference_of(lambda mean: mean / Decimal(2).ln()),
        higher_is_better=False,
        use="language models are read as compressors, token by token",
        avoid="tokenizers differ: bits_per_byte",
        equivalents={
            "torch": "F.cross_entropy(torch.as_tensor(pred), torch.as_tensor(target)) / np.log(2)"
        },
        pitfalls=(
            "It is the mean cross-entropy over log 2, of tokens: bits per character need tokens "
            "that are characters.",
        ),
    )
)
